"""What is written of an engine: what it was made from and with, whether it agrees, and so whether it fits."""

import json
from typing import Any, Dict, List, NamedTuple, Optional

from runtime.engines.normalize import InputSteps
from runtime.errors import EngineMismatch
from runtime.sides import Sides

FORMAT = 3
FP16, FP32, BF16 = "fp16", "fp32", "bf16"
TENSORRT, OPENVINO = "TensorRT", "OpenVINO"


class EngineKey(NamedTuple):
    """What an engine depends on: another value, another engine."""

    stage: str
    """detector or classifier."""
    model_sha256: str
    library: str
    """TENSORRT or OPENVINO."""
    version: str
    """Of the library."""
    device: str
    """Name of the GPU, or of the CPU."""
    architecture: str
    """sm_53 and the like of a GPU; the kinds of numbers that a CPU computes with."""
    precision: str
    """That was asked for."""
    width: int
    """Of the input in pixels."""
    height: int
    max_batch: int

    @property
    def sides(self) -> Sides:
        """Of the input."""
        return Sides(self.width, self.height)


_WORDS = {
    "stage": "the stage",
    "model_sha256": "the model",
    "library": "the library",
    "device": "the device",
    "architecture": "the device's architecture",
    "precision": "the precision",
    "width": "the input's width",
    "height": "the input's height",
    "max_batch": "the batch",
}


class EngineRecord(NamedTuple):
    """The sidecar."""

    key: EngineKey
    engine_sha256: Optional[str]
    """None where no precision agreed with the model, so that no engine is there; OpenVINO's engine is the model."""
    precision: str
    """That it computes in: fp32 where fp16 or bf16 was asked for and did not agree."""
    why: str
    """Why this precision, or why none."""
    steps: Optional[InputSteps]
    """From a picture to what the engine begins at; None where it takes the picture itself."""
    metadata: Dict[str, str]
    """The model's own."""
    parity: List[Dict[str, Any]]
    """The verdicts, one for each precision tried."""
    build: Dict[str, Any]
    """How it was built, for people: workspace, tactic sources, seconds, versions."""


def mismatches(found: EngineKey, wanted: EngineKey) -> List[str]:
    """What differs, in words: was, is."""
    return [
        "{} was {}, is {}".format(_WORDS.get(name, found.library), _short(was), _short(now))
        for name, was, now in zip(EngineKey._fields, found, wanted)
        if was != now
    ]


def _short(value: Any) -> str:
    text = str(value)
    return text[:12] + "..." if len(text) == 64 else text


def json_from_record(record: EngineRecord) -> str:
    """The text of the sidecar."""
    steps = None if record.steps is None else record.steps._asdict()
    values = dict(record._asdict(), format=FORMAT, key=record.key._asdict(), steps=steps)
    return json.dumps(values, indent=2, sort_keys=True) + "\n"


def record_from_json(text: str, path: str) -> EngineRecord:
    """Read the text of the sidecar at `path`; EngineMismatch where it is none, or another version's."""
    try:
        values = json.loads(text)
        if values.pop("format") != FORMAT:
            raise ValueError("another format")
        key = EngineKey(**values.pop("key"))
        steps = values.pop("steps")
        return EngineRecord(key=key, steps=None if steps is None else InputSteps.from_json(steps), **values)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise EngineMismatch("{} is no engine's sidecar of this version ({})".format(path, error)) from error
