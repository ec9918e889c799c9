"""IBuilderConfig: how an engine is to be built."""

from typing import Any, Dict, List

from gpu_double.facade import kept
from gpu_double.logger import error
from gpu_double.timing_cache import is_usable, timing_cache

ALL_MEMORY = 1 << 32


class IBuilderConfig:
    """Made by Builder.create_builder_config."""

    # -- flags

    def set_flag(self, flag: Any) -> None:
        self._flags |= 1 << int(flag)

    def clear_flag(self, flag: Any) -> None:
        self._flags &= ~(1 << int(flag))

    def get_flag(self, flag: Any) -> bool:
        return bool(self._flags >> int(flag) & 1)

    @property
    def flags(self) -> int:
        return self._flags

    @flags.setter
    def flags(self, value: int) -> None:
        self._flags = int(value)

    # -- memory

    @property
    def _pools(self) -> Dict[int, int]:
        return self.__dict__.setdefault("_pool_limits", {})

    def set_memory_pool_limit(self, pool: Any, pool_size: int) -> None:
        self._pools[int(pool)] = int(pool_size)

    def get_memory_pool_limit(self, pool: Any) -> int:
        return self._pools.get(int(pool), ALL_MEMORY)

    @property
    def max_workspace_size(self) -> int:
        return self._pools.get(0, 0)

    @max_workspace_size.setter
    def max_workspace_size(self, value: int) -> None:
        self._pools[0] = int(value)

    # -- optimisation profiles

    def add_optimization_profile(self, profile: Any) -> int:
        if not profile:
            error(self._logger, 4, "Internal Error", "Optimization profile is not valid")
            return -1
        self._profiles.append(profile)
        return len(self._profiles) - 1

    @property
    def num_optimization_profiles(self) -> int:
        return len(self._profiles)

    # -- tactics

    def set_tactic_sources(self, tactic_sources: int) -> bool:
        known = sum(1 << int(member) for member in self._trt.TacticSource.__members__.values())
        if int(tactic_sources) & ~known:
            error(self._logger, 3, "API Usage Error", "unknown tactic source in {:#x}".format(int(tactic_sources)))
            return False
        self._tactic_sources = int(tactic_sources)
        return True

    def get_tactic_sources(self) -> int:
        return self._tactic_sources

    def create_timing_cache(self, serialized_timing_cache: Any) -> Any:
        return timing_cache(self._trt, bytes(memoryview(serialized_timing_cache)))

    def set_timing_cache(self, cache: Any, ignore_mismatch: bool) -> bool:
        if cache is None:
            return False
        if not is_usable(self._trt, cache) and not ignore_mismatch:
            error(self._logger, 6, "API Usage Error", "timing cache of another TensorRT or GPU")
            return False
        self._cache = cache
        return True

    def get_timing_cache(self) -> Any:
        return self._cache

    def reset(self) -> None:
        self._flags = 0

    progress_monitor = kept("progress_monitor", None)
    builder_optimization_level = kept("builder_optimization_level", 3)
    avg_timing_iterations = kept("avg_timing_iterations", 1)
    min_timing_iterations = kept("min_timing_iterations", 1)
    max_aux_streams = kept("max_aux_streams", -1)
    profiling_verbosity = kept("profiling_verbosity", None)
    hardware_compatibility_level = kept("hardware_compatibility_level", None)
    DLA_core = kept("DLA_core", -1)
    profile_stream = kept("profile_stream", 0)


def config_values(module: Any, logger: Any) -> Dict[str, Any]:
    """The private attributes that a new configuration begins with."""
    profiles: List[Any] = []
    sources = sum(1 << int(member) for member in module.TacticSource.__members__.values())
    flags = 1 << int(module.BuilderFlag.TF32)  # on from the start, as in the real one
    return {"flags": flags, "profiles": profiles, "tactic_sources": sources, "cache": None, "logger": logger}
