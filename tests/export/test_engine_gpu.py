"""The shipped bundle on a real GPU with a real TensorRT, where there is one; nothing here is played."""

import json

import numpy as np
import pytest

from export import engine
from runtime.assembly import SHIPPED_BUNDLE
from runtime.bundle import Bundle
from runtime.engines.cache import engine_path, engines_folder, sidecar_path
from runtime.engines.onnx import OnnxEngine
from runtime.engines.tensorrt import TensorRTEngine, import_tensorrt, this_machine
from runtime.errors import ShelfsightError
from runtime.sides import Sides, square

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def bundle():
    try:
        this_machine()
    except ShelfsightError as error:
        pytest.skip("needs a GPU with TensorRT and pycuda: {}".format(error))
    assert not hasattr(import_tensorrt(), "__shelfsight_double__"), "the double is no GPU"
    return Bundle.open(SHIPPED_BUNDLE)


@pytest.mark.parametrize("precision", ["fp16", "fp32"])
def test_the_shipped_bundle_is_built_agrees_and_runs(bundle, precision, tmp_path, monkeypatch):
    monkeypatch.setenv("SHELFSIGHT_CACHE", str(tmp_path))
    assert engine.main([bundle.folder, "--size", "160", "--size", "320x320", "--precision", precision]) == 0
    folder = engines_folder(bundle.folder)
    for stage, sides, model in (
        ("detector", Sides(160, 128), bundle.detector),
        ("detector", square(320), bundle.detector),
        ("classifier", square(bundle.crop_size), bundle.classifier),
    ):
        path = engine_path(folder, stage, sides, precision)
        with open(sidecar_path(path), encoding="utf-8") as file:
            record = json.load(file)
        assert record["parity"][-1]["passes"], record["why"]
        batch = 1 if stage == "detector" else 5
        pictures = np.random.RandomState(0).randint(0, 256, (batch, sides.height, sides.width, 3), dtype=np.uint8)
        with TensorRTEngine(path) as candidate, OnnxEngine(model) as reference:
            (found,), (expected,) = candidate.run(pictures), reference.run(pictures)
            assert found.shape == expected.shape
            assert np.isfinite(found).all()
