"""The program as an iterator: whatever it can look at, frame by frame, with what is on each."""

import contextlib
import os
import threading
import weakref
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

from runtime.command_line.arguments import settings_from_arguments
from runtime.command_line.opencv import load_opencv
from runtime.errors import UsageError
from runtime.settings import Settings
from shelfsight.seen_frame import SeenFrame

PathOrNumber = Union[str, int, "os.PathLike[str]"]

_OF_THE_COMMAND = (
    "help", "list_modes", "log_every", "report", "verbose", "version", "take_bundles", "bundle_key"
)  # fmt: skip
"""Flags that a Camera does not take: what they do is the caller's here."""


class Camera:
    """Looks at a source and gives each frame with what is on it: `for seen in shelfsight.Camera("demo://")`.

    Of a live source the newest frame is next, and those that nobody asked for meanwhile are dropped, which is counted:
    what a loop does with a frame is part of its true rate. Of a file every frame is next in turn. While a source is
    away its iterator waits; it is opened again for ever.

    It is open from its constructor on until `close`, the end of a `with` statement or of the source, an exception out
    of its iterator, or until nobody holds it any more; its threads have ended then. One thread iterates; `close` may be
    called from any. OpenCV's own thread pool is off while one is open.
    """

    def __init__(self, source: PathOrNumber = "auto", bundle: Optional[PathOrNumber] = None, **flags: Any) -> None:
        """`source`, `bundle`: as --source and --bundle of the command line; a number is a camera's.

        `flags`: any other flag, with _ for -, as in `size=320, fps=15, engine="onnx", sink=["web", "out.mp4"]`; True
        sets a flag without a value, None leaves it. Two defaults differ: sink "none", and fps 0, as fast as it goes.

        Raises ShelfsightError, one line, where a part cannot be had: UsageError, SourceError, ModelError, BundleError,
        SinkError, MissingPackageError.
        """
        settings = settings_for(dict(flags, source=source, bundle=bundle))
        load_opencv(quiet=False)
        from jetson.telemetry import SysfsBoard
        from runtime.assembly import assemble

        self._report: Optional[Dict[str, Any]] = None
        self._lock = threading.RLock()
        stop = threading.Event()
        with contextlib.ExitStack() as stack:
            board = stack.enter_context(SysfsBoard())
            sinks = None if settings.sinks else ()
            self._assembly = stack.enter_context(assemble(settings, stop, sinks=sinks, board=board, keeps_frames=True))
            self._steps = self._assembly.loop.steps()
            stack.callback(self._steps.close)
            self._stop = stop
            # Runs when nobody holds the camera any more, and at the interpreter's end, while threads can still end.
            self._close = weakref.finalize(self, stack.pop_all().close)

    @property
    def shapes(self) -> Tuple[str, ...]:
        """The names of stage 1's classes."""
        return tuple(self._assembly.recogniser.detector.classes)

    @property
    def products(self) -> Tuple[str, ...]:
        """The names of what stage 2 knows, those taught here too; empty where there is no second stage."""
        return tuple(self._assembly.recogniser.products or ())

    def __iter__(self) -> Iterator[SeenFrame]:
        return self

    def __next__(self) -> SeenFrame:
        """The next frame; StopIteration at the end. ShelfsightError where a part fails meanwhile."""
        try:
            with self._lock:
                for shown in self._steps:
                    seen = SeenFrame.of(*shown)
                    if seen is not None:
                        return seen
        except BaseException:
            self.close()
            raise
        self.close()
        raise StopIteration

    def report(self) -> Dict[str, Any]:
        """The figures of the whole run, as --report writes them: until now, or until it was closed."""
        return self._assembly.report() if self._report is None else self._report

    def close(self) -> None:
        """End it: its threads, and the source. May be called twice, and from another thread, which then waits."""
        self._stop.set()
        with self._lock:
            if self._steps.gi_running:  # a signal's handler calls, amid a step, which sees `_stop` and ends
                return
            if self._report is None:
                self._report = self._assembly.report()
            self._close()

    def __enter__(self) -> "Camera":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def settings_for(flags: Dict[str, Any]) -> Settings:
    """What the command line would make of `flags`, by name with _ for -; UsageError, one line, for what makes no sense.

    The parser is the program's own, so that there is one place that knows what a value may be.
    """
    values = dict({"fps": 0}, **flags)
    arguments: List[str] = []
    for name, value in values.items():
        if name in _OF_THE_COMMAND:
            raise UsageError("Camera({}=...) is a flag of the command alone; report() gives the figures".format(name))
        for one in value if isinstance(value, list) else [value]:
            arguments += _argument("--" + name.replace("_", "-"), one)
    settings = settings_from_arguments(arguments)
    if len(settings.each) > 1:
        raise UsageError("Camera(source=[...]) is for one camera: make a Camera of each, or run the command for all")
    return settings


def _argument(flag: str, value: Any) -> List[str]:
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    if isinstance(value, tuple):  # a resolution
        value = "x".join(str(side) for side in value)
    return ["{}={}".format(flag, os.fspath(value) if isinstance(value, os.PathLike) else value)]
