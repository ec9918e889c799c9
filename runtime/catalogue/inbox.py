"""What stayed unknown: tracks without a name, grouped by likeness, waiting for somebody to name them."""

import threading
import time
from typing import Dict, List, NamedTuple

import numpy as np

from runtime.catalogue.following import crop_of
from runtime.catalogue.photos import LEAST_SIDE_PX, image_from_jpeg, jpeg_of, sharpness_of
from runtime.catalogue.store import Catalogue
from runtime.errors import CatalogueError
from runtime.frame import UNKNOWN, Observation
from runtime.gallery import Known

LEAST_FRAMES = 15
"""Of a track: what was seen in fewer was passing."""
GONE_S = 2.0
LIKE = 0.75
"""Cosine from which on two unknowns are one."""
MOST_GROUPS = 200
AGES_OUT_S = 14 * 86400.0
BETTER = 1.3
"""By how much larger a box must be to be a better view."""
MOST_TRACKS = 64
MOST_SIDES = 5
"""Of a group, beside its best crop."""
SAME = 0.97
"""Cosine from which on another side tells nothing new."""


class Unknown(NamedTuple):
    """A group."""

    id: int
    shape: str
    first_s: float
    """Since 1970."""
    last_s: float
    times: int


class UnknownTrack(NamedTuple):
    """One stay of something without a name."""

    shape: str
    first_s: float
    """On the monotonic clock, as `last_s`."""
    last_s: float
    frames: int
    area: float
    """Of the box of its best crop, in square pixels."""
    crop: np.ndarray
    """(H, W, 3) uint8 BGR."""
    embedding: np.ndarray


class Watching:
    """Tracks that have no name so far. `see` is the presenting thread's, `gone` another's."""

    def __init__(self, margin: float) -> None:
        self._margin = margin
        self._tracks: Dict[int, UnknownTrack] = {}
        self._gone: List[UnknownTrack] = []
        self._lock = threading.Lock()

    def see(self, observation: Observation) -> None:
        """Costs a copy of a crop where an unknown track is new, or larger than it was."""
        names = observation.names
        if names is None or not names.embeddings:
            return
        now_s = observation.frame.captured_s
        for row, (product, track) in enumerate(zip(names.products.tolist(), observation.track_ids.tolist())):
            if product == UNKNOWN and names.embeddings[row] is not None:
                self._note(observation, row, track, now_s)
            elif product >= 0:
                self._tracks.pop(track, None)
        for track in [track for track, one in self._tracks.items() if now_s - one.last_s > GONE_S]:
            one = self._tracks.pop(track)
            if one.frames >= LEAST_FRAMES:
                with self._lock:
                    self._gone = self._gone[-MOST_TRACKS:] + [one]

    def _note(self, observation: Observation, row: int, track: int, now_s: float) -> None:
        box = observation.detections.boxes_px[row].tolist()
        area = (box[2] - box[0]) * (box[3] - box[1])
        known = self._tracks.get(track)
        if known is not None and area < BETTER * known.area:
            self._tracks[track] = known._replace(last_s=now_s, frames=known.frames + 1)
            return
        if known is None and len(self._tracks) >= MOST_TRACKS:
            return
        names = observation.names
        assert names is not None
        crop = crop_of(observation.frame.image, box, self._margin)
        shape = observation.words.shape(int(observation.detections.shapes[row]))
        first_s, frames = (now_s, 1) if known is None else (known.first_s, known.frames + 1)
        embedding = names.embeddings[row]
        assert embedding is not None
        self._tracks[track] = UnknownTrack(shape, first_s, now_s, frames, area, crop, embedding)

    def gone(self) -> List[UnknownTrack]:
        """Those that have left since the last call."""
        with self._lock:
            gone, self._gone = self._gone, []
        return gone


class Inbox:
    """In the catalogue's database; bounded, the oldest out."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def take(self, tracks: List[UnknownTrack], network: str, known: Known) -> None:
        """Put each to the group that it is most like, or begin one; what is known, or not to be named, is left."""
        ahead_s = time.time() - time.monotonic()
        for one in tracks:
            if min(one.crop.shape[:2]) < LEAST_SIDE_PX or _is_settled(one.embedding, known):
                continue
            groups = self._catalogue.unknowns.embeddings(network)
            likeness = [float(embedding.dot(one.embedding)) for _, embedding in groups]
            if likeness and max(likeness) >= LIKE:
                number = groups[likeness.index(max(likeness))][0]
                is_better = sharpness_of(one.crop) > sharpness_of(image_from_jpeg(self.photo(number)))
                photo = jpeg_of(one.crop) if is_better else None
                self._catalogue.unknowns.see(number, one.last_s + ahead_s, photo)
                self._note_side(number, one, max(likeness))
            else:
                times = (one.first_s + ahead_s, one.last_s + ahead_s)
                self._catalogue.unknowns.add(one.shape, times, jpeg_of(one.crop), network, one.embedding)
        self._catalogue.unknowns.bound(MOST_GROUPS, time.time() - AGES_OUT_S)

    def _note_side(self, number: int, one: UnknownTrack, likeness: float) -> None:
        """Keep the crop of `one` where it shows the group's object from another side than those that are kept."""
        sides = self._catalogue.unknowns.views(number)
        likeness = max([likeness] + [float(embedding.dot(one.embedding)) for _, embedding in sides])
        if likeness < SAME and len(sides) < MOST_SIDES:
            self._catalogue.unknowns.add_view(number, jpeg_of(one.crop), one.embedding)

    def groups(self) -> List[Unknown]:
        """The most often seen first."""
        return [Unknown(*row) for row in self._catalogue.unknowns.rows()]

    def photo(self, number: int) -> bytes:
        """JPEG of its best view. CatalogueError: no such group."""
        photo = self._catalogue.unknowns.photo(number)
        if photo is None:
            raise CatalogueError("that unknown is gone: it was named, or aged out")
        return photo

    def photos(self, number: int) -> List[bytes]:
        """JPEG of its best view and of other sides. CatalogueError: no such group."""
        return [self.photo(number)] + [photo for photo, _ in self._catalogue.unknowns.views(number)]

    def drop(self, number: int) -> None:
        """It was named, or is never to be."""
        self._catalogue.unknowns.drop(number)


def _is_settled(embedding: np.ndarray, known: Known) -> bool:
    """Whether it has a name by now, or looks like what is not to be named."""
    likeness = known.gallery.prototypes.dot(embedding)
    best = int(likeness.argmax())
    return bool(likeness[best] >= known.gallery.threshold_of(best))
