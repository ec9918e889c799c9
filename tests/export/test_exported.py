"""What the exporter wrote, kept in tests/export/exported (see make_exported.py), runs everywhere as torch said.

On Python 3.6 that is onnxruntime 1.10. The files hold rounded weights (FP16), torch had the others: hence the limits.
"""

from pathlib import Path

import numpy as np
import onnx
import pytest

from export.from_torch.agreement import paired_differences, pictures
from runtime.engines.onnx import OnnxEngine
from runtime.recognition.heads import tell_head
from runtime.sides import square

FOLDER = Path(__file__).with_name("exported")
SIZES = [(160, 160), (96, 64)]


@pytest.fixture(scope="module")
def expected():
    with np.load(str(FOLDER / "expected.npz")) as arrays:
        return dict(arrays)


def outputs(name, sizes):
    engine = OnnxEngine(str(FOLDER / (name + ".onnx")), threads=1)
    for index, images in enumerate(pictures(sizes, [2])):
        yield index, engine.run(images)[0]
    engine.close()


def test_the_raw_head_square_and_not(expected):
    for index, found in outputs("detector", SIZES):
        gap = np.abs(found - expected["detector{}".format(index)])
        assert found.shape[:2] == (2, 8)
        assert gap[:, :4].max() < 0.05, "pixels"
        assert gap[:, 4:].max() < 1e-3
        assert found[:, 4:].max() > 0.5, "nothing to tell apart"


def test_the_end_to_end_head(expected):
    for index, found in outputs("end2end", SIZES):
        boxes_px, scores = paired_differences(expected["end2end{}".format(index)], found)
        assert found.shape == (2, 20, 6)
        assert boxes_px < 0.05
        assert scores < 1e-3
        assert set(np.unique(found[..., 5])) <= {0, 1, 2, 3}


def test_the_embedding(expected):
    for index, found in outputs("classifier", [(32, 32)]):
        np.testing.assert_allclose(found, expected["classifier{}".format(index)], atol=2e-3)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "name, outputs", [("detector", ["n", 8, "cells"]), ("end2end", ["n", 20, 6]), ("classifier", ["n", 8])]
)
def test_the_contract_of_a_file(name, outputs):
    model = onnx.load(str(FOLDER / (name + ".onnx")))
    onnx.checker.check_model(model)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 13)]
    assert model.ir_version <= 8
    (images,), (output,) = model.graph.input, model.graph.output
    assert (images.name, images.type.tensor_type.elem_type) == ("images", onnx.TensorProto.UINT8)
    assert shape(images) == ["n", "h", "w", 3]
    assert shape(output) == outputs
    (normalized,) = [info for info in model.graph.value_info if info.name == "normalized"]
    assert shape(normalized) == ["n", 3, "h", "w"]
    assert not any(node.doc_string for node in model.graph.node), "a trace of the machine it was made on"


def shape(value):
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


def test_the_metadata_tells_head_and_names():
    for name, head in (("detector", "ultralytics"), ("end2end", "end2end")):
        engine = OnnxEngine(str(FOLDER / (name + ".onnx")), threads=1)
        found = engine.run(np.zeros((1, 160, 160, 3), np.uint8))[0]
        assert tell_head([found.shape], square(160), engine.metadata) == head
        assert {key: engine.metadata[key] for key in ("task", "stride", "imgsz", "end2end")} == {
            "task": "detect",
            "stride": "32",
            "imgsz": "[160, 160]",
            "end2end": str(name == "end2end"),
        }
        assert "2: 'snout bottle'" in engine.metadata["names"]
        engine.close()


def test_like_pairs_are_found_and_a_perturbed_output_is_not_equal():
    random = np.random.RandomState(0)
    rows = np.concatenate(
        [random.rand(1, 9, 4) * 100, -np.sort(-random.rand(1, 9, 1), axis=1), np.ones((1, 9, 1))], axis=2
    )
    assert paired_differences(rows, rows) == (0, 0)
    moved = rows.copy()
    moved[0, 3, 0] += 5
    assert paired_differences(rows, moved)[0] == pytest.approx(5)
    other = rows.copy()
    other[0, 3, 5] = 2
    assert paired_differences(rows, other)[0] == np.inf
    swapped = rows.copy()
    swapped[0, [2, 3], 4] = swapped[0, [2, 3], 4].mean()
    lower = swapped.copy()
    lower[0, [2, 3]] = swapped[0, [3, 2]]
    assert paired_differences(swapped, lower) == (0, 0)
