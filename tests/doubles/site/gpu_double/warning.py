"""TensorRT's own warnings of what it will drop: the product's tests treat warnings as errors."""

import warnings
from typing import Any, Tuple


def deprecated(module: Any, since: Tuple[int, int], instead: str) -> None:
    """As its bindings say it, from that release on."""
    if module._release.number >= since:
        warnings.warn("Use {} instead.".format(instead), DeprecationWarning, stacklevel=4)
