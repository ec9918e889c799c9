"""Puts the module `tensorrt` of the release together that the environment names."""

from typing import Any, Dict

from gpu_double.builder import Builder
from gpu_double.config import IBuilderConfig
from gpu_double.context import IExecutionContext
from gpu_double.dims import Dims
from gpu_double.engine import ICudaEngine
from gpu_double.facade import fill_module
from gpu_double.functions import functions_of
from gpu_double.host_buffer import IHostMemory
from gpu_double.knobs import VERSION, knob
from gpu_double.logger import ILogger, Logger
from gpu_double.network import ILayer, INetworkDefinition, ITensor
from gpu_double.parser import OnnxParser, ParserError
from gpu_double.profile import IOptimizationProfile
from gpu_double.progress import IProgressMonitor
from gpu_double.runtime import Runtime
from gpu_double.surface import surface
from gpu_double.timing_cache import ITimingCache
from gpu_double.versions import RELEASES, played_release

PLAYERS: Dict[str, type] = {
    player.__name__: player
    for player in (
        Builder,
        Dims,
        IBuilderConfig,
        ICudaEngine,
        IExecutionContext,
        IHostMemory,
        ILayer,
        ILogger,
        INetworkDefinition,
        IOptimizationProfile,
        IProgressMonitor,
        ITensor,
        ITimingCache,
        Logger,
        OnnxParser,
        ParserError,
        Runtime,
    )
}
"""Classes that behave. Enumerations need no player; the other classes are there and refuse."""


def furnish(module: Any) -> None:
    """Make of an empty module the `tensorrt` of the release. ImportError where none is named, or a knob says broken."""
    if "tensorrt" in knob("broken"):
        raise ImportError("libnvinfer.so.8: cannot open shared object file: No such file or directory")
    release = played_release()
    (name,) = [name for name, candidate in RELEASES.items() if candidate is release]
    module.__shelfsight_double__ = True
    module.__version__ = release.version
    module.__doc__ = "A test's double of TensorRT {}, chosen by {}.".format(release.version, VERSION)
    module._release = release
    fill_module(module, surface(name), PLAYERS, functions_of(module))
