"""ITimingCache: which networks were timed before, by this release on this GPU."""

import json
from typing import Any, List, Optional

from gpu_double.facade import make
from gpu_double.host_buffer import host_memory
from gpu_double.versions import gpu_of_release

MARK = b"TEST DOUBLE OF A TIMING CACHE\n"


class ITimingCache:
    """Holds the digests of networks."""

    def serialize(self) -> Any:
        header = {"made_by": _made_by(self._trt), "networks": sorted(self._networks)}
        header["made_by"] = self._made_by
        return host_memory(self._trt, MARK + json.dumps(header).encode("utf-8"))

    def combine(self, input_cache: Any, ignore_mismatch: bool) -> bool:
        if input_cache._made_by != self._made_by and not ignore_mismatch:
            return False
        self._networks |= input_cache._networks
        return True

    def reset(self) -> bool:
        self._networks.clear()
        return True


def _made_by(module: Any) -> List[Any]:
    """What must be equal for a cache to be of use."""
    return [module.__version__, list(gpu_of_release().compute_capability)]


def timing_cache(module: Any, data: bytes) -> Optional[Any]:
    """Of serialised bytes, or empty of none. None for bytes that no double wrote."""
    if not data:
        return make(module.ITimingCache, networks=set(), made_by=_made_by(module))
    if not data.startswith(MARK):
        return None
    try:
        header = json.loads(data[len(MARK) :].decode("utf-8"))
    except ValueError:
        return None
    return make(module.ITimingCache, networks=set(header["networks"]), made_by=header["made_by"])


def is_usable(module: Any, cache: Any) -> bool:
    return cache._made_by == _made_by(module)
