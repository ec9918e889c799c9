"""IOptimizationProfile: the shapes that an engine is built for."""

from typing import Any, Dict, List

from gpu_double.facade import kept


class IOptimizationProfile:
    """Input: smallest, usual and largest shape."""

    @property
    def _set(self) -> Dict[str, List[List[int]]]:
        return self.__dict__.setdefault("_shapes", {})

    def set_shape(self, input: str, min: Any, opt: Any, max: Any) -> None:
        shapes = [[int(d) for d in shape] for shape in (min, opt, max)]
        if len({len(shape) for shape in shapes}) != 1:
            raise RuntimeError("Shape provided for opt is inconsistent with other shapes.")
        if any(not 0 <= a <= b <= c for a, b, c in zip(*shapes)):
            raise RuntimeError("Shape provided for max is inconsistent with other shapes.")
        self._set[input] = shapes

    def get_shape(self, input: str) -> List[Any]:
        if input not in self._set:
            return []
        return [self._trt.Dims(shape) for shape in self._set[input]]

    extra_memory_target = kept("extra_memory_target", 1.0)

    def __bool__(self) -> bool:
        return bool(self._set)


def faults(tensors: List[Any], profiles: List[Any]) -> List[str]:
    """Why these profiles do not go with the network's inputs, in TensorRT's words."""
    dynamic = [tensor for tensor in tensors if -1 in tensor._shape]
    if dynamic and not profiles:
        return ["Network has dynamic or shape inputs, but no optimization profile has been defined."]
    found = []
    for number, profile in enumerate(profiles):
        for tensor in tensors:
            shapes = profile._set.get(tensor._name)
            if shapes is None:
                if tensor in dynamic:
                    found.append("{}: dynamic input is missing dimensions in profile {}.".format(tensor._name, number))
            elif len(shapes[0]) != len(tensor._shape):
                text = "{}: number of dimensions is {} but profile {} has {}."
                found.append(text.format(tensor._name, len(tensor._shape), number, len(shapes[0])))
            else:
                found += _static_faults(tensor, shapes, number)
    return found


def _static_faults(tensor: Any, shapes: List[List[int]], number: int) -> List[str]:
    text = "{}: for dimension number {} in profile {} does not match network definition (got {}), expected {}."
    return [
        text.format(tensor._name, axis, number, [shape[axis] for shape in shapes], fixed)
        for axis, fixed in enumerate(tensor._shape)
        if fixed != -1 and any(shape[axis] != fixed for shape in shapes)
    ]
