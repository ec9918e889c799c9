"""The one settings object that everything is built from: the command line, the service, the sweep and the tests."""

from typing import NamedTuple, Optional, Sequence, Tuple

HISTORY_ENDING = ".sqlite"
"""Of a --sink that remembers; its rows may be bounded without segments."""
DEFAULT_RES = (640, 480)
DEFAULT_SIZE = 160
LIVE_FPS = 30.0
AUTO = "auto"
"""The first camera found, else the demo."""


class Segment(NamedTuple):
    """When a recording goes on in the next file."""

    seconds: Optional[float] = None
    bytes: Optional[int] = None


class Keep(NamedTuple):
    """How much of a history is kept; None: without end."""

    seconds: Optional[float] = None
    bytes: Optional[int] = None


class CameraSettings(NamedTuple):
    """Of one of several cameras: what takes the place of the fields of Settings of the same names."""

    camera: str
    source: str
    res: Optional[Tuple[int, int]] = None
    fps: Optional[float] = None
    zones: Optional[str] = None
    shelf: Optional[str] = None
    sinks: Tuple[str, ...] = ()
    weight: float = 1.0


class Settings(NamedTuple):
    """What to run, and how. See runtime.command_line.parser for the flags and their meaning."""

    camera: str = ""
    """Its name; empty for the only one that has none."""
    source: str = AUTO
    cameras: Tuple[CameraSettings, ...] = ()
    """Each of several; empty for one."""
    weight: float = 1.0
    """Of a camera's share of the networks' time."""
    wait: bool = False
    res: Optional[Tuple[int, int]] = None
    """(width, height); None: 640x480 for a camera and the demo, files as they are."""
    size: Optional[int] = None
    """Longer side of the detector's input in pixels; None: the bundle's, else 160, else what the model is fixed to."""
    square: bool = False
    """Both sides of it are as long, whatever the shape of the pictures."""
    stretch: bool = False
    """Pictures fill the input whatever becomes of their aspect, instead of bars beside them."""
    detector: Optional[str] = None
    classes: Optional[str] = None
    head: Optional[str] = None
    min_score: Optional[float] = None
    iou: Optional[float] = None
    fps: Optional[float] = None
    """Nominal; 0: as fast as it goes, None: a file's own, 30 for what is live, a folder as fast as it goes."""
    sequential: bool = False
    """One frame after the other on one thread, instead of capture, inference and presenting overlapped."""
    bundle: Optional[str] = None
    engine: str = "auto"
    precision: Optional[str] = None
    """Of the networks; None: fp16 on TensorRT, bf16 on OpenVINO. FP32 takes its place where it does not agree with the
    model."""
    meanwhile: Optional[str] = None
    """What runs while an engine is built: onnx, or None, nothing."""
    threads: int = 0
    classify_every: int = 10
    """Frames after which a track's name is asked for again; 1: every candidate on every frame, as for loose
    pictures in any case."""
    classify_budget_ms: Optional[float] = None
    """Of stage 2 on one frame; 0: as long as it takes, None: a quarter of stage 1's time."""
    sinks: Tuple[str, ...] = ()
    """Empty: a window with a display, else the web page."""
    panel: str = AUTO
    """Whether the figures are drawn on the picture: on, off, or auto, where a sink has them from nowhere else."""
    zones: Optional[str] = None
    """The file of zones and lines to count in; None: nothing is counted."""
    shelf: Optional[str] = None
    """The file of the layout of a shelf to watch; None: none is watched."""
    catalogue: Optional[str] = AUTO
    """The file of products taught here; AUTO: this device's, where a page can teach or it is there; None: none."""
    listen: str = "127.0.0.1"
    port: int = 8080
    token: Optional[str] = None
    segment: Optional[Segment] = None
    """None: a recording is one file."""
    keep_bytes: Optional[int] = None
    """Of segments on the disk, the oldest deleted beyond it; None: all."""
    keep_history: Optional[Keep] = None
    """None: as `keep_bytes` says."""
    hooks: Tuple[str, ...] = ()
    """EVENT=URL each, as given: see runtime.webhooks."""
    mqtt: Optional[str] = None
    """mqtt://user@host:1883/prefix"""
    mqtt_password_file: Optional[str] = None
    """None: from the environment."""
    mqtt_picture_every_s: Optional[float] = None
    """None: no picture is sent there."""
    take_bundles: Optional[str] = None
    """The folder for bundles that a fleet rolls out; None: none is taken."""
    bundle_key: Optional[str] = None
    """The file of the key that its orders must be signed with; None: the broker is trusted."""
    frames: Optional[int] = None
    seconds: Optional[float] = None
    report: Optional[str] = None
    log_every_s: float = 5.0
    list_modes: bool = False
    check_config: bool = False
    verbose: bool = False

    @property
    def each(self) -> Sequence["Settings"]:
        """The settings of each camera, as if it were the only one."""
        return [self._replace(cameras=(), **one._asdict()) for one in self.cameras] or [self]

    @property
    def history_keep(self) -> Keep:
        """What stays of a history."""
        return self.keep_history or Keep(bytes=self.keep_bytes)

    @property
    def live_fps(self) -> float:
        """Of a camera, the demo and a stream: what is asked for, or 30."""
        return LIVE_FPS if self.fps is None else self.fps
