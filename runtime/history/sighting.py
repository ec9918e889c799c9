"""One track's stay in view, as it is remembered."""

from typing import NamedTuple, Optional

import numpy as np

from runtime.seen import Box


class Sighting(NamedTuple):
    """What is known of a track so far; told again whenever that has changed."""

    track: int
    product: Optional[str]
    """None: it stayed unknown."""
    shape: str
    first_s: float
    """Since the run began, on the monotonic clock; of a file, by its own times."""
    last_s: float
    frames: int
    """In which it was seen."""
    similarity: Optional[float]
    """At its best moment; cosine to the nearest product, -1..1."""
    box: Box
    """At its best moment."""
    file: Optional[str] = None
    """The file it was seen in, where a source is a folder of them."""
    is_corrected: bool = False
    """Whether its name was another before."""
    crop: Optional[bytes] = None
    """JPEG, at its best moment; None: as told before."""
    embedding: Optional[bytes] = None
    """(D,) little-endian float16, of the same moment; None: as told before."""
    camera: Optional[str] = None
    """Its name, where it has one; tracks of all cameras of a run have numbers of their own."""
    at_once: int = 1
    """How many of its name were in view at once, at most, while it was."""
    cut: Optional[np.ndarray] = None
    """(h, w, 3) uint8 BGR, its own: the crop before it is a JPEG, which is made on the thread that writes."""
