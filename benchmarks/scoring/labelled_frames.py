"""Pictures with their true boxes, from the demo, a labelled folder or a labelled video; the same each time.

A labelled folder: images/, labels/ and the names, in YOLO format (see yolo_labels). A labelled video:
clip.mp4 and beside it the folder clip.labels/ with the names (classes.txt or data.yaml) and a label file for each
frame, clip_1.txt for the first, as `yolo predict save_txt=True` numbers them; a frame without one has no true box.
"""

import os
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from benchmarks.scoring.yolo_labels import read_labelled_folder, read_labelled_picture
from benchmarks.scoring.yolo_names import read_names
from runtime.errors import SourceError, UsageError
from runtime.frame import EndOfStream
from runtime.recognition.tracker import MAX_MISSED
from runtime.scene.products import PRODUCTS
from runtime.settings import DEFAULT_RES
from runtime.sources.demo import open_scene, parse_demo_uri
from runtime.sources.fitting import Size, fitted
from runtime.sources.folder import read_image
from runtime.sources.opening import DEMO
from runtime.sources.video import VideoSource

LABELS = ".labels"
OUTSIDER = -1
RUN = 45
"""Frames of a scene or a video are taken in runs of so many in a row, so that there is something to follow."""
WARM_UP = 15
"""Frames before each run that are shown but not scored: a camera does not start anew every second."""
COVERED = MAX_MISSED + 2
"""Black frames between two runs, not scored: nothing is followed from one into the next."""
APART_S = 20.0
"""From one run of the demo to the next: long enough for other products to stand there."""
DEMO_FPS = 30.0
"""Steps of scene time within a run."""


class LabelledFrame(NamedTuple):
    """One picture, and what is to be found in it."""

    image: np.ndarray
    """(H, W, 3) uint8 BGR, the caller's own."""
    boxes_px: np.ndarray
    """(m, 4) float32: x1, y1, x2, y2. m may be 0."""
    names: np.ndarray
    """(m,) int: index into the names of its set, or OUTSIDER."""
    is_scored: bool = True
    """False: shown only for what comes before and after it."""

    @property
    def is_cut(self) -> bool:
        """Whether it is one of the black frames between two runs."""
        return not self.is_scored and not self.image.any()


class LabelledFrames:
    """A set of labelled frames: go through it as often as you like. Raises SourceError for what cannot be read."""

    names: List[str]
    """What there is to be seen."""
    is_continuous = True
    """Whether a frame shows what the one before it showed, a moment later."""

    def __iter__(self) -> Iterator[LabelledFrame]:
        raise NotImplementedError


def open_labelled_frames(source: str, res: Optional[Size], count: int) -> LabelledFrames:
    """At most `count` frames of `source` (the text after --source), fitted into `res` (width, height).

    UsageError for a source that has no labels, SourceError for one that is not there or has mistakes in them.
    """
    if source.startswith(DEMO):
        return DemoFrames(source, res or DEFAULT_RES, count)
    if os.path.isdir(source):
        return FolderFrames(source, res, count)
    if os.path.isfile(source):
        return VideoFrames(source, res, count)
    if source == "auto" or "://" in source or source.startswith("/dev/") or source.isdigit():
        message = "--source {}: a camera has no labels: give demo://, a labelled folder or a labelled video"
        raise UsageError(message.format(source))
    raise SourceError("no such file or folder: {}".format(source))


def spread(total: int, count: int) -> List[int]:
    """At most `count` of the indices 0 .. total - 1, evenly spread."""
    return sorted({int(index) for index in np.linspace(0, total - 1, min(total, count))})


class Step(NamedTuple):
    """One frame to show, of a scene or a video."""

    run: int
    place: Optional[int]
    """Within its run, from its warm-up on; None: a black one."""
    is_scored: bool


def steps(count: int, warm_up: int = WARM_UP) -> Iterator[Step]:
    """Runs with `count` scored frames together, a warm-up before each, and black frames between them."""
    for run, first in enumerate(range(0, count, RUN)):
        for _ in range(COVERED if run else 0):
            yield Step(run, None, False)
        for index in range(warm_up + min(RUN, count - first)):
            yield Step(run, index, index >= warm_up)


def black_frame(width: int, height: int) -> LabelledFrame:
    """The camera covered."""
    return LabelledFrame(np.zeros((height, width, 3), np.uint8), np.empty((0, 4), np.float32), np.empty(0, int), False)


class DemoFrames(LabelledFrames):
    """The drawn scene at chosen times, with its ground truth."""

    def __init__(self, uri: str, size: Size, count: int) -> None:
        self.names = [product.name for product in PRODUCTS]
        self._settings = parse_demo_uri(uri).scene
        self._size = size
        self._count = count

    def __iter__(self) -> Iterator[LabelledFrame]:
        scene = open_scene(self._settings, self._size)
        for run, index, is_scored in steps(self._count):
            if index is None:
                yield black_frame(*self._size)
            else:
                image, truth = scene.render(run * APART_S + index / DEMO_FPS)
                yield LabelledFrame(image, truth.boxes_px, truth.products, is_scored)


class FolderFrames(LabelledFrames):
    """Pictures of a YOLO-format folder, evenly chosen."""

    is_continuous = False

    def __init__(self, path: str, res: Optional[Size], count: int) -> None:
        folder = read_labelled_folder(path)
        self.names = folder.names
        self._pictures = [folder.pictures[index] for index in spread(len(folder.pictures), count)]
        self._res = res

    def __iter__(self) -> Iterator[LabelledFrame]:
        for picture in self._pictures:
            image = read_image(picture.path)
            if image is None:
                raise SourceError("{} is no picture that OpenCV reads: take it out".format(picture.path))
            image = fitted(image, self._res)
            yield LabelledFrame(image, picture.boxes_px(*_size(image)), picture.classes)


class VideoFrames(LabelledFrames):
    """Frames of a video with a label file each."""

    def __init__(self, path: str, res: Optional[Size], count: int) -> None:
        self._path = path
        self._res = res
        stem = os.path.splitext(path)[0]
        self._labels = stem + LABELS
        self._stem = os.path.basename(stem)
        if not os.path.isdir(self._labels):
            message = "no labels for {}: expected the folder {} with classes.txt and {}_1.txt for the first frame"
            raise SourceError(message.format(path, self._labels, self._stem))
        self.names = read_names(self._labels)
        if not any(name.startswith(self._stem + "_") for name in os.listdir(self._labels)):
            message = "no labels in {}: expected {}_1.txt for the first frame of {}"
            raise SourceError(message.format(self._labels, self._stem, path))
        with VideoSource(path) as source:
            self._starts, self._steps = placed(source.total_frames or count, count)

    def __iter__(self) -> Iterator[LabelledFrame]:
        frames = enumerate(_decoded(self._path, self._res))
        size = 0, 0
        for run, index, is_scored in self._steps:
            if index is None:
                yield black_frame(*size)
                continue
            wanted = self._starts[run] + index
            number, image = next((frame for frame in frames if frame[0] == wanted), (0, None))
            if image is None:  # cut short
                return
            name = "{}_{}.jpg".format(self._stem, number + 1)
            labelled = read_labelled_picture(name, self._labels, len(self.names))
            size = _size(image)
            yield LabelledFrame(image, labelled.boxes_px(*size), labelled.classes, is_scored)


def placed(total: int, count: int) -> Tuple[List[int], List[Step]]:
    """Where each run starts in a video of `total` frames, and the steps; a short one has a short warm-up."""
    warm_up = min(WARM_UP, total // 4)
    count = min(count, total - warm_up)
    while count > RUN and count + warm_up * -(-count // RUN) > total:
        count -= RUN
    runs = -(-count // RUN)
    last = total - warm_up - (count - RUN * (runs - 1))
    return np.linspace(0, last if runs > 1 else 0, runs).astype(int).tolist(), list(steps(count, warm_up))


def _decoded(path: str, res: Optional[Size]) -> Iterator[np.ndarray]:
    with VideoSource(path, res) as source:
        while True:
            try:
                frame = source.read(1.0)
            except EndOfStream:
                return
            if frame is not None:
                yield frame.image


def _size(image: np.ndarray) -> Tuple[int, int]:
    return image.shape[1], image.shape[0]


def numbers_in(names: Sequence[str], vocabulary: Sequence[str], what: str) -> np.ndarray:
    """The place of each of `names` in `vocabulary`, (n,) int, or OUTSIDER.

    UsageError where none of them is there: `what` says whose vocabulary it is.
    """
    if not set(names) & set(vocabulary):
        message = "none of the labelled classes ({}) is one of {} ({}): give the --bundle or --detector that knows them"
        raise UsageError(message.format(_some(names), what, _some(vocabulary)))
    return np.array([vocabulary.index(name) if name in vocabulary else OUTSIDER for name in names], np.int64)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
