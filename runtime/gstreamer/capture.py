"""The contract of whatever runs a capturing pipeline."""

from typing import NamedTuple, Optional

import numpy as np


class Picture(NamedTuple):
    """One decoded picture; whoever holds it owns it."""

    image: np.ndarray
    """(H, W, 3) uint8 BGR."""
    captured_s: Optional[float]
    """On the monotonic clock; None where nobody knows."""


class Capture:
    """Opened by its constructor, which raises SourceError or MissingPackageError where the pipeline does not start."""

    by: str = "capture"
    """What the log calls this way of running a pipeline."""
    fps: float = 0.0
    """What the stream says of its own rate, known from its first picture on; 0 where it says nothing."""

    def read(self, timeout_s: float) -> Optional[Picture]:
        """The next picture, None if none came within `timeout_s` (OpenCV's own waits without bound).

        Raises EndOfStream after the last, SourceError when the pipeline fails.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Stop the pipeline and let go of the device, within a second or two. May be called twice."""
