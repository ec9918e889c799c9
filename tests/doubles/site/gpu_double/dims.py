"""Dims: a shape, of which -1 is a dimension not known yet."""

from typing import Any, Iterable

MAX_DIMS = 8


class Dims:
    """A sequence of at most eight numbers that equals tuples and lists."""

    def __init__(self, shape: Iterable[int] = ()) -> None:
        values = [int(value) for value in shape]
        if len(values) > MAX_DIMS:
            raise ValueError("Input length {}. Max expected length is {}".format(len(values), MAX_DIMS))
        self._values = values

    @property
    def MAX_DIMS(self) -> int:  # noqa: N802 - its name in TensorRT
        return MAX_DIMS

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, slice) and not -len(self._values) <= index < len(self._values):
            raise IndexError("Out of bounds")
        found = self._values[index]
        return tuple(found) if isinstance(index, slice) else found

    def __setitem__(self, index: Any, value: Any) -> None:
        self._values[index] = list(value) if isinstance(index, slice) else int(value)

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, (list, tuple)):  # not even another Dims: so the real one, seen in all releases
            raise TypeError("__eq__(): incompatible function arguments: (self: Dims, arg0: list) or (arg0: tuple)")
        return list(other) == self._values

    __hash__ = None

    def __repr__(self) -> str:
        return repr(tuple(self._values))

    __str__ = __repr__
