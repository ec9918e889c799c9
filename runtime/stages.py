"""The networks of both stages, opened as the settings ask; stage 1 anew where the pictures change their shape."""

import contextlib
import logging
import os
import threading
from typing import Any, Dict, List, Optional

from runtime.bundle import Bundle
from runtime.engines.cache import CLASSIFIER, DETECTOR
from runtime.engines.choice import EngineChoice
from runtime.engines.engine import Engine
from runtime.engines.onnx import OnnxEngine
from runtime.errors import ModelError, UsageError
from runtime.recognition import coco
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector
from runtime.recognition.faces import DEFAULT_SIZE as FACES_SIZE
from runtime.recognition.faces import FaceDetector, is_yunet
from runtime.settings import DEFAULT_RES, DEFAULT_SIZE, Settings
from runtime.sides import Res, Sides, sides_for
from runtime.sources.source import Source
from runtime.untrusted.files import read_text

log = logging.getLogger(__name__)

MAX_CLASSES_BYTES = 1 << 20
DEFAULT_MIN_SCORE = 0.25
"""Of a detector without a bundle."""


class Stages:
    """Opens both stages, and closes their engines."""

    def __init__(self, settings: Settings, bundle: Optional[Bundle], source: Source, stop: threading.Event) -> None:
        """`source` is open: the input of stage 1 takes the shape of its pictures. `stop` ends a build of engines.

        Raises ShelfsightError where a network cannot be had.
        """
        self._settings = settings
        self._bundle = bundle
        self._is_open_to_change = source.continuous and not settings.square
        res = _input_res(settings, source)
        self.engines: Dict[str, Dict[str, str]] = {}
        """By stage: engine, its name, and why, why it is this one."""
        with contextlib.ExitStack() as stack:
            self._choice = stack.enter_context(EngineChoice(settings, bundle, stop, res))
            self._resources = stack
            if is_yunet(self._detector_path()):
                self.detector = self._faces()
            else:
                self.detector = self._first_detector(self._opened(DETECTOR, self._detector_path()), res)
            self.classifier = self._make_classifier()
            self._resources = stack.pop_all()
        self._by_sides: Dict[Sides, Detector] = {self.detector.sides: self.detector}
        self._reshaping = threading.Lock()
        self._log_engines()

    def _opened(self, stage: str, path: str) -> Engine:
        engine, why = self._choice.open(stage, path)
        self._resources.enter_context(engine)
        self.engines[stage] = {"engine": engine.name, "why": why}
        return engine

    def _detector_path(self) -> str:
        path = self._settings.detector or (self._bundle.detector if self._bundle is not None else "")
        if path.endswith(".pt"):
            raise UsageError(
                "--detector {0}: weights of PyTorch do not run here. On a workstation (pip install '.[training]'): "
                "python -m export.onnx detector {0} --out {1}.onnx, and give that".format(path, path[: -len(".pt")])
            )
        return path

    def _faces(self) -> Detector:
        settings = self._settings
        self._is_open_to_change = False
        self.engines[DETECTOR] = {"engine": "opencv", "why": "faces by FaceDetectorYN"}
        iou = 0.3 if settings.iou is None else settings.iou
        size = settings.size or FACES_SIZE
        return FaceDetector(self._detector_path(), size, self._min_score(), iou, settings.stretch)

    def _min_score(self) -> float:
        own = self._bundle if self._settings.detector is None else None
        if self._settings.min_score is not None:
            return self._settings.min_score
        return DEFAULT_MIN_SCORE if own is None else own.min_score

    def take_up(self, settings: Settings) -> None:
        """The lowest score that counts, from `settings`, from the next frame on."""
        self._settings = self._settings._replace(min_score=settings.min_score)
        for detector in self._by_sides.values():
            detector.set_min_score(self._min_score())

    def _first_detector(self, engine: Engine, res: Optional[Res]) -> Detector:
        """In the shape of pictures of `res`; square where a network of others cannot run in that."""
        try:
            return self._make_detector(engine, res)
        except ModelError as error:
            if res is None or self._settings.detector is None:
                raise
            detector = self._square_instead(engine, error)
        self._is_open_to_change = False
        return detector

    def _square_instead(self, engine: Engine, why: ModelError) -> Detector:
        try:
            detector = self._make_detector(engine, None)
        except ModelError:
            raise why from None
        log.warning("a square input, since the network does not run in the pictures' shape (%s)", why)
        return detector

    def _make_detector(self, engine: Engine, res: Optional[Res]) -> Detector:
        """Stage 1 on `engine`, its input of the shape of pictures of `res`, None = square."""
        settings = self._settings
        own = self._bundle if settings.detector is None else None
        classes = own.shapes if own is not None else _class_names(settings.classes)
        thresholds: Dict[str, Any] = {} if own is None else {"iou": own.iou}
        if settings.iou is not None:
            thresholds["iou"] = settings.iou
        is_asked = settings.size is not None
        try:
            return Detector(
                engine,
                self._size(),
                is_asked,
                settings.head,
                classes,
                self._min_score(),
                res=res,
                stretch=settings.stretch,
                **thresholds,
            )
        except ModelError as error:
            raise ModelError("{}: {}".format(self._detector_path(), error)) from error

    def _size(self) -> int:
        own = self._bundle if self._settings.detector is None else None
        return self._settings.size or (own.size if own is not None else DEFAULT_SIZE)

    def _make_classifier(self) -> Optional[Classifier]:
        bundle = self._bundle
        if bundle is None:
            return None
        engine = self._opened(CLASSIFIER, bundle.classifier)
        try:
            return Classifier(engine, bundle.gallery, bundle.crop_size, bundle.crop_margin)
        except ModelError as error:
            raise ModelError("{}: {}".format(bundle.classifier, error)) from error

    def reshaped(self, res: Res) -> Detector:
        """Stage 1 for pictures of `res`, which a source gives from now on; the first where that cannot be had.

        From any thread that captures. The others stay open: frames on their way still need them, another camera may
        have that shape, and one may come back in an earlier one.
        """
        if not self._is_open_to_change:
            return self.detector
        sides = sides_for(self._size(), res)
        with self._reshaping:
            if sides not in self._by_sides:
                self._by_sides[sides] = self._another(sides)
            return self._by_sides[sides]

    def _another(self, sides: Sides) -> Detector:
        """One with these sides, where it can be had at once: no engine is built while frames wait."""
        engine = self.detector.engine
        is_own = self._settings.detector is None
        if not is_own and None not in engine.input.shape[1:]:
            return self.detector  # its sides are fixed
        if not isinstance(engine, OnnxEngine):
            told = "pictures are of another shape now: they get bars in the input of %s; start again for %s"
            log.warning(told, self.detector.sides, sides)
            return self.detector
        log.info("pictures are of another shape now: the detector's input is %s", sides)
        if is_own:
            engine = self._choice.open_onnx(self._detector_path(), sides)
            self._resources.enter_context(engine)
        return self._make_detector(engine, sides)

    def _log_engines(self) -> None:
        """What runs each stage and why, in one line where it is the same for both."""
        stages: Dict[str, List[str]] = {}
        for stage, chosen in self.engines.items():
            stages.setdefault("{engine}: {why}".format(**chosen), []).append(stage)
        for text, names in stages.items():
            log.info("%s on %s", " and ".join(names), text)

    def close(self) -> None:
        """The engines, then what builds them."""
        self._resources.close()

    def __enter__(self) -> "Stages":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _input_res(settings: Settings, source: Source) -> Optional[Res]:
    """The resolution whose shape the detector's input takes; None: a square.

    Loose pictures are of many shapes: without a --res that they are fitted into, they share a square.
    """
    if settings.square:
        return None
    if not source.continuous:
        return settings.res
    return source.res or settings.res or DEFAULT_RES


def _class_names(text: Optional[str]) -> Optional[List[str]]:
    """From a file with one name a line, a comma-separated list, or the word coco."""
    if text is None:
        return None
    if text == "coco":
        return list(coco.NAMES)
    if os.path.exists(text):
        try:
            names = [line.strip() for line in read_text(text, MAX_CLASSES_BYTES).splitlines() if line.strip()]
        except (OSError, ValueError) as error:
            raise UsageError("--classes {}: cannot read it as a list of names: {}".format(text, error)) from error
    elif "," in text:
        names = [name.strip() for name in text.split(",")]
    else:
        raise UsageError("--classes {}: no such file, no comma-separated list and not coco".format(text))
    if not names or not all(names):
        raise UsageError("--classes {}: a name is empty".format(text))
    return names
