"""What runs each network: TensorRT or OpenVINO where they agree with the model, else onnxruntime; and why."""

import logging
import threading
from typing import Dict, List, NamedTuple, Optional

from runtime.bundle import Bundle
from runtime.engines.building import EngineBuild
from runtime.engines.cache import CLASSIFIER, DETECTOR, MAX_BATCH, State, engines_folder, look, wanted_key
from runtime.engines.engine import Engine
from runtime.engines.libraries import Library, considered, machine_for
from runtime.engines.onnx import OnnxEngine
from runtime.engines.openvino import OpenVINOEngine
from runtime.engines.sidecar import FP32, OPENVINO, EngineKey, EngineRecord
from runtime.engines.tensorrt import TensorRTEngine
from runtime.errors import BuildError, EngineMismatch, MissingPackageError, ModelError, ShelfsightError
from runtime.settings import Settings
from runtime.sides import Res, Sides, sides_for, square

log = logging.getLogger(__name__)


class Chosen(NamedTuple):
    """An engine, which the caller closes, and why it is this one."""

    engine: Engine
    why: str


class EngineChoice:
    """Decides once, for the stages that `bundle` gives; builds where it must. Close it after the engines."""

    def __init__(
        self, settings: Settings, bundle: Optional[Bundle], stop: threading.Event, res: Optional[Res] = None
    ) -> None:
        """`res`: of the pictures whose shape the detector's input takes, None = square. `stop` ends a build.

        Raises ShelfsightError where the library that --engine names cannot be had.
        """
        self._settings = settings
        self._stop = stop
        self._build: Optional[EngineBuild] = None
        self._keys: Dict[str, EngineKey] = {}
        self._states: Dict[str, State] = {}
        self._reasons: Dict[str, str] = {}
        self._bundle = bundle
        self._res = res
        self._library: Optional[Library] = None
        if settings.engine == "onnx":
            self._why_not = "as --engine onnx asks"
            return
        self._why_not = "engines are built for bundles, this model comes from --detector"
        if bundle is not None:
            self._take_first(bundle)

    def _take_first(self, bundle: Bundle) -> None:
        """The first library that can be had."""
        reasons = []
        for library in considered(self._settings):
            self._library = library
            try:
                self._prepare(library, bundle)
                return
            except ShelfsightError as error:
                if self._settings.engine == library.flag:
                    raise
                self._states.clear()
                is_missing = isinstance(error, MissingPackageError)
                reasons.append((is_missing and library.absent()) or str(error))
        self._why_not = "; ".join(reasons)

    def _prepare(self, library: Library, bundle: Bundle) -> None:
        self._find_keys(bundle, machine_for(library, self._settings), self._settings.precision or library.precisions[0])
        self._look()
        unfit = [stage for stage, state in self._states.items() if state.record is None]
        if unfit:
            self._make(unfit, force=False)

    def _find_keys(self, bundle: Bundle, machine: EngineKey, precision: str) -> None:
        self._folder = engines_folder(bundle.folder)
        if self._settings.detector is None:
            sides = self._detector_sides(bundle)
            self._keys[DETECTOR] = wanted_key(bundle.detector, DETECTOR, sides, precision, 1, machine)
        self._keys[CLASSIFIER] = wanted_key(
            bundle.classifier, CLASSIFIER, square(bundle.crop_size), precision, MAX_BATCH, machine
        )

    def _detector_sides(self, bundle: Bundle) -> Sides:
        size = self._settings.size or bundle.size
        return square(size) if self._res is None else sides_for(size, self._res)

    def _look(self) -> None:
        self._states = {stage: look(self._folder, key) for stage, key in self._keys.items()}

    def _make(self, stages: List[str], force: bool) -> None:
        """Build for `stages`, or start to; then look again."""
        problems = [
            "{} ({})".format(stage, self._states[stage].problem or "TensorRT does not take the one there is")
            for stage in stages
        ]
        assert self._bundle is not None
        assert self._library is not None
        log.info("%s", self._library.announced.format(", ".join(problems)))
        sides, precision = self._detector_sides(self._bundle), self._keys[CLASSIFIER].precision
        build = EngineBuild(self._library, self._bundle.folder, stages, sides, precision, force)
        if self._settings.meanwhile == "onnx":
            self._build = build
            build.go_on_alone()
            self._reasons.update((stage, "meanwhile: its engine is being built") for stage in stages)
            return
        failure = build.wait(self._stop)
        self._look()
        for stage in stages:
            state = self._states[stage]
            own = [text for text in build.failures if text.startswith(stage)]
            if own or state.record is None:
                self._reasons[stage] = "; ".join(own) or failure or state.problem

    def open(self, stage: str, path: str) -> Chosen:
        """The engine for the model at `path`, which is the bundle's for `stage` or that of --detector."""
        why_not = self._why_not
        if stage in self._states:
            try:
                return self._open_kept(stage, path)
            except ShelfsightError as error:
                why_not = str(error)
        elif self._settings.engine == "openvino":  # of --detector
            why = "as --engine openvino asks; not compared with onnxruntime, since --detector brings no frames for it"
            return Chosen(OpenVINOEngine(path, self._settings.precision or FP32, self._settings.threads), why)
        if self._settings.engine not in ("auto", "onnx"):
            raise BuildError("--engine {}, but {} cannot run on it: {}".format(self._settings.engine, stage, why_not))
        return Chosen(OnnxEngine(path, self._settings.threads, self._sides(stage)), why_not)

    def open_onnx(self, path: str, sides: Sides) -> OnnxEngine:
        """Our own detector for pictures of another shape, on onnxruntime, as `open` gave it."""
        return OnnxEngine(path, self._settings.threads, self._open_sides(sides))

    def _sides(self, stage: str) -> Optional[Dict[str, int]]:
        """What the open dimensions of our own detectors will be (export.onnx names them), where that is known."""
        if stage != DETECTOR or self._settings.detector is not None or self._bundle is None:
            return None
        return self._open_sides(self._detector_sides(self._bundle))

    def _open_sides(self, sides: Sides) -> Dict[str, int]:
        """Of several cameras the frames may come in one batch: how many stays open."""
        values = {"h": sides.height, "w": sides.width}
        return values if self._settings.cameras else dict(values, n=1)

    def _open_kept(self, stage: str, path: str) -> Chosen:
        state = self._states[stage]
        if state.record is None:
            raise ModelError(self._reasons.get(stage, state.problem))
        if state.record.engine_sha256 is None:
            raise ModelError(state.record.why)
        if self._keys[stage].library == OPENVINO:
            return self._open_openvino(stage, path, state.record)
        return self._open_tensorrt(stage, state, state.record)

    def _open_openvino(self, stage: str, path: str, record: EngineRecord) -> Chosen:
        if record.precision == FP32 and self._settings.engine == "auto":
            raise ModelError(record.why + "; in FP32 OpenVINO gains nothing")
        sides = self._sides(stage)
        shape = None if sides is None else (1, sides["h"], sides["w"], 3)
        engine = OpenVINOEngine(path, record.precision, self._settings.threads, shape, self._folder)
        return Chosen(engine, record.why)

    def _open_tensorrt(self, stage: str, state: State, record: EngineRecord) -> Chosen:
        try:
            return Chosen(TensorRTEngine(state.path, self._keys[stage]), record.why)
        except EngineMismatch as error:
            log.warning("%s: %s", stage, error)
        self._make([stage], force=True)
        state = self._states[stage]
        if stage in self._reasons or state.record is None:
            raise ModelError(self._reasons.get(stage, state.problem))
        return Chosen(TensorRTEngine(state.path, self._keys[stage]), state.record.why)

    def close(self) -> None:
        """End a build that is still under way; the next start begins it again."""
        if self._build is not None:
            self._build.close()
            self._build = None

    def __enter__(self) -> "EngineChoice":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
