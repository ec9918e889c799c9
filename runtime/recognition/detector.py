"""Stage 1: candidates by shape, from one frame through any network of the YOLO family."""

import ast
import logging
import math
from typing import Dict, List, NamedTuple, Optional, Sequence, Union

import numpy as np

from runtime.engines.engine import Engine
from runtime.errors import ModelError
from runtime.frame import Detections
from runtime.recognition.heads import Candidates, columns_beside, make_head, tell_head
from runtime.recognition.letterbox import Letterbox
from runtime.recognition.network_input import FloatInput, UInt8Input, input_sides, takes_uint8
from runtime.recognition.nms import suppress
from runtime.sides import Res

log = logging.getLogger(__name__)

MAX_NAMES_LETTERS = 1 << 20
MAX_DETECTIONS = 300
"""The limit that Ultralytics uses."""


class Prepared(NamedTuple):
    """A picture in the form that the network takes; its buffer is the detector's, and used again after `detect`."""

    buffer: Union[UInt8Input, FloatInput]
    fit: Letterbox


class Detector:
    """Letterbox, infer, read the head, suppress. One thread may prepare while another detects."""

    has_batch_axis = False
    """Whether it takes several pictures at once."""

    def __init__(
        self,
        engine: Engine,
        size: int = 160,
        size_is_explicit: bool = False,
        head: Optional[str] = None,
        classes: Optional[Sequence[str]] = None,
        min_score: float = 0.25,
        iou: float = 0.7,
        res: Optional[Res] = None,
        stretch: bool = False,
    ) -> None:
        """Runs the network once, on grey, to see its output.

        `size`: longer side in pixels where the model leaves it open; `res`: of the pictures whose shape the input then
        takes, None = square; pictures of another are letterboxed into it. `head`: see recognition.heads.NAMES, None =
        told by metadata and shape. `stretch`: fill the input, whatever becomes of the aspect. `classes`: names, None =
        the model's metadata. Raises ModelError for one that does not fit.
        """
        self.engine = engine
        self.sides = input_sides(engine.input, size, size_is_explicit, res)
        self._min_score = min_score
        self._iou = iou
        self._is_stretched = stretch
        self._batch = engine.input.shape[0] or 1
        if self._batch > 1:
            log.warning("the model takes %d pictures at a time, and one is shown to it: export it for 1", self._batch)
        shapes = [output.shape for output in engine.run(self._grey())]
        names = list(classes) if classes else names_in(engine.metadata)
        name = head or tell_head(shapes, self.sides, engine.metadata, len(names), self._batch)
        self.head = make_head(name, self.sides, shapes[0], columns_beside(shapes, engine.metadata), len(names))
        self.classes = _class_names(self.head.classes(shapes[0]), names)
        self._free = [self._make_input()]
        self.has_batch_axis = engine.input.shape[0] is None
        self.takes_uint8 = takes_uint8(engine.input)
        self.dtype = engine.input.dtype
        self._has_warned = False

    @property
    def size(self) -> int:
        """The longer side of the input, in pixels."""
        return self.sides.size

    def _grey(self) -> np.ndarray:
        width, height = self.sides
        shape = (height, width, 3) if takes_uint8(self.engine.input) else (3, height, width)
        return np.zeros((self._batch,) + shape, self.engine.input.dtype)

    def _make_input(self) -> Union[UInt8Input, FloatInput]:
        head = self.head
        if takes_uint8(self.engine.input):
            return UInt8Input(self.sides, head.centred, self._batch, self._is_stretched)
        return FloatInput(
            self.sides,
            head.centred,
            head.rgb,
            head.float_scale,
            self.engine.input.dtype,
            self._batch,
            self._is_stretched,
        )

    def set_min_score(self, min_score: float) -> None:
        """The lowest score that counts, 0..1, from the next frame on. Any thread may call it."""
        self._min_score = min_score

    def prepare(self, image: np.ndarray) -> Prepared:
        """Put `image` (H, W, 3) uint8 BGR into a buffer of the network's input, ready for `detect`."""
        try:
            buffer = self._free.pop()
        except IndexError:  # those of frames that were lost on the way do not come back
            buffer = self._make_input()
        return Prepared(buffer, buffer.fill(image))

    def detect(self, prepared: Prepared) -> Detections:
        """What the network finds in the prepared image."""
        output = self.engine.run(prepared.buffer.tensor)[0]
        self._free.append(prepared.buffer)
        return self._read(output, prepared.fit)

    def detect_all(self, those: Sequence[Prepared]) -> List[Detections]:
        """The same of several prepared images in one batch, for which the engine must have an axis."""
        output = self.engine.run(np.concatenate([prepared.buffer.tensor for prepared in those]))[0]
        self._free += [prepared.buffer for prepared in those]
        return [self._read(output[row : row + 1], prepared.fit) for row, prepared in enumerate(those)]

    def _read(self, output: np.ndarray, fit: Letterbox) -> Detections:
        found = self.head.read(output if output.dtype == np.float32 else output.astype(np.float32), self._min_score)
        if found.boxes and not _is_sound(found, len(self.classes)):
            found = self._sound(found)
        if not found.boxes:
            return Detections.none()
        kept = self._kept(found)
        return Detections(
            fit.boxes_out([found.boxes[index] for index in kept]),
            np.array([found.scores[index] for index in kept], np.float32),
            np.array([found.classes[index] for index in kept], np.int32),
        )

    def _sound(self, found: Candidates) -> Candidates:
        """What is left of an answer that holds NaN, infinities or classes that there are not; said once."""
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "the detector answers with boxes that are none (NaN, infinite, of a class that there is not): they are "
                "passed over; where it runs in FP16 or BF16, try --precision fp32"
            )
        boxes, scores, classes = found
        kept = [
            index
            for index in range(len(boxes))
            if _is_sound(Candidates([boxes[index]], [scores[index]], [classes[index]]), len(self.classes))
        ]
        return Candidates([boxes[n] for n in kept], [scores[n] for n in kept], [classes[n] for n in kept])

    def _kept(self, found: Candidates) -> List[int]:
        """Indices of those that stay, best first."""
        if self.head.overlapping:
            return suppress(found.boxes, found.scores, found.classes, self._iou, MAX_DETECTIONS)
        return sorted(range(len(found.scores)), key=found.scores.__getitem__, reverse=True)[:MAX_DETECTIONS]


def _is_sound(found: Candidates, classes: int) -> bool:
    """In numbers, as everything about a frame's few boxes: 2 us for ten."""
    total = sum(found.scores) + sum([x1 + y1 + x2 + y2 for x1, y1, x2, y2 in found.boxes])
    return math.isfinite(total) and min(found.classes) >= 0 and max(found.classes) < classes


def _class_names(expected: Optional[int], names: List[str]) -> List[str]:
    if expected is None:
        return names
    if not names:
        return ["class {}".format(index) for index in range(expected)]
    if len(names) != expected:
        raise ModelError(
            "{} class names for a model with {} classes: give as many with --classes".format(len(names), expected)
        )
    return names


def names_in(metadata: Dict[str, str]) -> List[str]:
    """The class names in a model's metadata, or none: Ultralytics writes `names` as the text of a dict from index."""
    try:
        text = metadata.get("names", "{}")
        names = ast.literal_eval(text if len(text) <= MAX_NAMES_LETTERS else "")
        return [str(names[index]) for index in sorted(names)]
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise ModelError(
            "the model's metadata 'names' is not a list of names: give them with --classes ({})".format(error)
        ) from error
