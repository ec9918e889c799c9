"""The functions of the module `tensorrt` itself."""

from typing import Any, Dict

import numpy as np

from gpu_double.network import NUMPY_NAMES


def functions_of(module: Any) -> Dict[str, Any]:
    """Those that are played; the surface says which of them a release has."""

    def nptype(trt_type: Any) -> Any:
        """numpy's type. On 8.2 it asks numpy for `bool`, which numpy 1.24 to 1.26 has not."""
        if module._release.number < (8, 5):
            getattr(np, "bool")  # noqa: B009 - the deprecated name, as the real one
        name = NUMPY_NAMES.get(trt_type.name)
        if name is None:
            raise TypeError("Could not resolve TensorRT datatype to an equivalent numpy datatype.")
        return np.dtype(name).type

    def volume(iterable: Any) -> int:
        product = 1
        for value in iterable:
            product *= value
        return product

    def init_libnvinfer_plugins(logger: Any, namespace: str) -> bool:
        return True

    def get_nv_onnx_parser_version() -> int:
        major, minor = module._release.number
        return major * 10000 + minor * 100

    played = (nptype, volume, init_libnvinfer_plugins, get_nv_onnx_parser_version)
    return {function.__name__: function for function in played}
