"""The source contract: where frames come from."""

from typing import Optional

from runtime.frame import Frame
from runtime.sides import Res


class Source:
    """Opened by its constructor (SourceError if it cannot), closed by `close` or the `with` statement.

    A live source (a camera, the demo) runs on its own: `read` gives the newest frame not yet given, and
    the older ones are lost, which shows as gaps in the frame ids. A source that is not live (a file, a
    folder) waits for its reader and loses nothing.
    """

    name: str = "source"
    """What the log, the page and the report call it."""
    live: bool = False
    continuous: bool = True
    """Whether each frame follows the one before in time, so that objects can be followed; loose pictures do not."""
    total_frames: Optional[int] = None
    """How many frames there will be, where that is known."""
    own_fps: float = 0.0
    """The rate at which a file is played; 0: as fast as it goes, where it has none or where it is live."""

    res: Optional[Res] = None
    """(width, height) of its pictures, where it is known before the first of them is read."""

    def read(self, timeout_s: float) -> Optional[Frame]:
        """The next frame, or None if none came within `timeout_s`.

        Raises EndOfStream after the last frame, SourceError when the source fails.
        """
        raise NotImplementedError

    def why_slow(self) -> str:
        """The likely cause, in a word or two, while a camera delivers less than its driver granted; else empty."""
        return ""

    def close(self) -> None:
        """Let go of the device or file. May be called twice."""

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
