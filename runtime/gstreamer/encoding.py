"""Encoding pipelines as text, by pure functions: H.264 by NVENC on a Jetson, by x264 elsewhere."""

from runtime.gstreamer.elements import require
from runtime.gstreamer.pipelines import Machine, chain, quoted

KEY_FRAME_S = 1.0
"""A player that joins a stream waits for the next key frame, and a seek lands on one."""
FRAGMENT_MS = 1000
"""What a recording loses at most when power or process go: the fragment that was being written."""
BITS_PER_PIXEL = 0.15
"""640x480 at 30 fps gives 1.4 Mbit/s: labels stay sharp with x264's fastest preset (looked at, desk)."""
LEAST_RATE_HZ = 15.0
"""A slower recording has as many bits a second as one of this rate: its pictures have less in common."""
LEAST_BITS = 300000
"""A second: small pictures need more bits a pixel."""
DEFAULT_FPS = 30.0


def h264(machine: Machine, fps: float, width: int, height: int, purpose: str) -> str:
    """From raw BGR to parsed H.264. `purpose` is named where an element is missing."""
    rate = fps or DEFAULT_FPS
    key_frames = max(1, int(round(rate * KEY_FRAME_S)))
    bits = max(LEAST_BITS, int(width * height * max(rate, LEAST_RATE_HZ) * BITS_PER_PIXEL))
    require(["videoconvert", "h264parse"], machine.elements, purpose)
    if machine.jetson and {"nvv4l2h264enc", "nvvidconv"} <= machine.elements:
        return chain(
            "videoconvert",
            "video/x-raw,format=BGRx",
            "nvvidconv",
            "video/x-raw(memory:NVMM),format=NV12",
            "nvv4l2h264enc insert-sps-pps=true idrinterval={} bitrate={}".format(key_frames, bits),
            "h264parse",
        )
    require(["x264enc"], machine.elements, purpose)
    return chain(
        "videoconvert",
        "video/x-raw,format=I420",
        "x264enc tune=zerolatency speed-preset=ultrafast key-int-max={} bitrate={}".format(key_frames, bits // 1000),
        "h264parse",
    )


def recording(machine: Machine, path: str, fps: float, width: int, height: int) -> str:
    """From GDP packets on standard input to an .mp4 that plays even where it was cut off."""
    purpose = "recording to {}".format(path)
    require(["fdsrc", "gdpdepay", "mp4mux", "filesink"], machine.elements, purpose)
    return chain(
        "fdsrc fd=0",
        "gdpdepay",
        h264(machine, fps, width, height, purpose),
        "mp4mux fragment-duration={}".format(FRAGMENT_MS),
        # Unbuffered: what is finished is on the disk, and a full one is noticed.
        "filesink location={} buffer-mode=unbuffered".format(quoted(path)),
    )


def served(machine: Machine, fps: float, width: int, height: int) -> str:
    """From an appsrc named `in` to RTP packets, as an RTSP server's factory takes it."""
    require(["appsrc", "rtph264pay"], machine.elements, "--sink rtsp://")
    encoder = h264(machine, fps, width, height, "--sink rtsp://")
    source = "appsrc name=in is-live=true do-timestamp=true format=time"
    return "( {} )".format(chain(source, encoder, "rtph264pay name=pay0 pt=96 config-interval=1"))
