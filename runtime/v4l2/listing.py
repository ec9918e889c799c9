"""--list-modes: what each camera can do, and what would be chosen."""

from typing import List, Sequence

from runtime.errors import SourceError
from runtime.v4l2.device import Camera, check_linux, read_camera
from runtime.v4l2.modes import USABLE, Size, chosen


def listing(paths: Sequence[str], res: Size, fps: float) -> str:
    """Text of several lines on the cameras at `paths`, with the choice for `res` (width, height) and `fps`.

    SourceError where there is none.
    """
    check_linux()
    if not paths:
        raise SourceError("no camera found (/dev/video*): plug one in; a CSI camera has no such list: --source csi://0")
    lines: List[str] = []
    for path in paths:
        try:
            lines += lines_of(read_camera(path), res, fps)
        except SourceError as error:
            if len(paths) == 1:
                raise
            lines.append(str(error))
    return "\n".join(lines) + "\n"


def lines_of(camera: Camera, res: Size, fps: float) -> List[str]:
    """What is said of one camera."""
    lines = ["{0}: {1.card} ({1.driver}, {1.bus})".format(camera.path, camera.identity)]
    for mode in camera.modes:
        rates = ", ".join("{:g}".format(rate) for rate in mode.rates_hz) or "?"
        note = "" if mode.format in USABLE else "  (not used)"
        lines.append("  {:4s} {:>9s}  {} fps{}".format(mode.format, "{}x{}".format(*mode.size), rates, note))
    wanted = "{}x{} at {}".format(res[0], res[1], "{:g} fps".format(fps) if fps else "any rate")
    lines.append("  for {}: {}".format(wanted, chosen(camera.modes, res, fps) or "no mode that we can use"))
    return lines
