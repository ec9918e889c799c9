"""Capturing pipelines as text, by pure functions of the platform, the elements present, and what is wanted.

Every one ends in raw BGR; whoever runs it appends an appsink or a pipe. On a Jetson the camera's pictures are decoded
by NVDEC and scaled by the VIC (nvvidconv) in NVMM memory and reach the CPU once, as BGRx; elsewhere plain elements do.
"""

from fractions import Fraction
from typing import FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

from runtime.errors import UsageError
from runtime.gstreamer.elements import require

Size = Tuple[int, int]
"""(width, height) in pixels."""

JPEG = "MJPG"
RAW_FORMATS = {
    # V4L2's name -> GStreamer's, of what videoconvert and v4l2src both take
    "YUYV": "YUY2",
    "UYVY": "UYVY",
    "NV12": "NV12",
    "YU12": "I420",
    "YV12": "YV12",
    "BGR3": "BGR",
    "RGB3": "RGB",
}
LATEST = "queue max-size-buffers=1 max-size-bytes=0 max-size-time=0 leaky=downstream"
"""A live source's newest picture wins here too: without it, what a slow reader leaves piles up behind the decoder."""
RTSP_LATENCY_MS = 200
RTSP_TIMEOUT_US = 5000000
CSI_DEFAULT_FPS = 30.0


class Machine(NamedTuple):
    """What pipelines depend on beside the source."""

    elements: FrozenSet[str]
    """All that GStreamer has here."""
    jetson: bool


class CameraFormat(NamedTuple):
    """What is asked of a V4L2 camera."""

    format: str
    """V4L2's four letters: MJPG or one of RAW_FORMATS."""
    size: Size
    fps: float


def csi(machine: Machine, sensor: int, size: Size, fps: float) -> str:
    """`csi://N`: a camera on the ribbon cable of a Jetson, through its image processor."""
    purpose = "csi://{}".format(sensor)
    if not machine.jetson:
        raise UsageError("{} is a camera on a Jetson's ribbon cable, and this machine is no Jetson".format(purpose))
    require(["nvarguscamerasrc", "nvvidconv", "videoconvert"], machine.elements, purpose)
    caps = "video/x-raw(memory:NVMM),width={},height={},format=NV12,framerate={}"
    source = "nvarguscamerasrc sensor-id={}".format(sensor)
    return chain(source, caps.format(size[0], size[1], _fraction(fps or CSI_DEFAULT_FPS)), _converted(machine, size))


def camera(machine: Machine, path: str, wanted: CameraFormat, size: Optional[Size] = None) -> str:
    """A V4L2 camera in exactly this format; `size`: what its pictures are scaled to, None: not at all."""
    require(["v4l2src", "videoconvert"], machine.elements, path)
    source = "v4l2src device={} io-mode=2".format(quoted(path))
    geometry = "width={},height={},framerate={}".format(wanted.size[0], wanted.size[1], _fraction(wanted.fps))
    target = size if size != wanted.size else None
    if wanted.format == JPEG:
        return chain(
            source, "image/jpeg," + geometry, _jpeg_decoder(machine, path), LATEST, _converted(machine, target)
        )
    if wanted.format not in RAW_FORMATS:
        raise UsageError("{}: no pipeline for its format {}".format(path, wanted.format))
    return chain(
        source,
        "video/x-raw,format={},{}".format(RAW_FORMATS[wanted.format], geometry),
        LATEST,
        _converted(machine, target),
    )


def rtsp(machine: Machine, uri: str, size: Optional[Size] = None) -> str:
    """`rtsp://` and `rtsps://`, over TCP, whatever codec it has; `size` as for `camera`."""
    require(["rtspsrc", "decodebin", "videoconvert"], machine.elements, "rtsp://")
    source = "rtspsrc location={} latency={} protocols=tcp drop-on-latency=true tcp-timeout={}".format(
        quoted(uri), RTSP_LATENCY_MS, RTSP_TIMEOUT_US
    )
    # The caps choose the video among the streams of a camera that also sends sound.
    return chain(source, "application/x-rtp,media=video", "decodebin", LATEST, _converted(machine, size))


def file(machine: Machine, path: str, size: Optional[Size] = None) -> str:
    """A video file of any codec; no picture is lost."""
    require(["filesrc", "decodebin", "videoconvert"], machine.elements, path)
    return chain("filesrc location={}".format(quoted(path)), "decodebin", _converted(machine, size))


def custom(machine: Machine, text: str, size: Optional[Size] = None) -> str:
    """`gst:PIPELINE`: whatever delivers video, as gst-launch-1.0 takes it, without a sink."""
    text = text.strip().strip("!").strip()
    if not text:
        raise UsageError("gst: needs a pipeline, as in 'gst:videotestsrc is-live=true ! video/x-raw,framerate=30/1'")
    require(["videoconvert"], machine.elements, "gst:")
    return chain(text, LATEST, _converted(machine, size))


def chain(*parts: str) -> str:
    """`parts` linked one after the other."""
    return " ! ".join(part for part in parts if part)


def quoted(value: str) -> str:
    """`value` as a property: in quotes, so that blanks, commas and ! in it are no syntax."""
    return '"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"'))


def _jpeg_decoder(machine: Machine, path: str) -> str:
    # Never nvjpegdec: it crashes at random.
    if machine.jetson and {"nvv4l2decoder", "jpegparse"} <= machine.elements:
        return "jpegparse ! nvv4l2decoder mjpeg=1"
    require(["jpegdec"], machine.elements, path)
    return "jpegdec"


def _converted(machine: Machine, size: Optional[Size]) -> str:
    """To BGR, scaled to `size` on the way where that is asked for."""
    geometry = "" if size is None else ",width={},height={}".format(*size)
    if machine.jetson and "nvvidconv" in machine.elements:
        return "nvvidconv ! video/x-raw,format=BGRx{} ! videoconvert ! video/x-raw,format=BGR".format(geometry)
    parts: List[str] = ["videoconvert", "video/x-raw,format=BGR" + geometry]
    if size is not None:
        # Scaled before it is converted: fewer bytes to touch in YUV than in BGR.
        require(["videoscale"], machine.elements, "scaling")
        parts.insert(0, "videoscale")
        parts[-1] += ",pixel-aspect-ratio=1/1"
    return chain(*parts)


def _fraction(fps: float) -> str:
    """A rate as GStreamer writes it; 29.97 is 30000/1001."""
    if abs(fps - round(fps)) < 0.001:
        return "{:d}/1".format(int(round(fps)))
    whole = int(round(fps * 1.001))
    if abs(whole / 1.001 - fps) < 0.005:
        return "{:d}/1001".format(whole * 1000)
    exact = Fraction(fps).limit_denominator(1001)
    return "{}/{}".format(exact.numerator, exact.denominator)


def names_in(pipelines: Sequence[str]) -> FrozenSet[str]:
    """The elements that pipelines of this module name, for tests."""
    words = [part.split()[0] for pipeline in pipelines for part in pipeline.split(" ! ")]
    return frozenset(word for word in words if "/" not in word)
