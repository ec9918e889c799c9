"""Verdicts on OpenVINO: which precision may run, and what is kept of it. onnxruntime plays it; then the real one."""

import os

import pytest

from export import openvino as comparing
from runtime.assembly import SHIPPED_BUNDLE
from runtime.bundle import Bundle
from runtime.engines.cache import engines_folder, look, wanted_key
from runtime.engines.engine import Engine
from runtime.engines.onnx import OnnxEngine
from runtime.engines.openvino import has_bf16, this_machine
from runtime.engines.sidecar import BF16, FP32, OPENVINO, EngineKey
from runtime.errors import ModelError
from runtime.settings import DEFAULT_RES
from runtime.sides import sides_for, square

MACHINE = EngineKey("", "", OPENVINO, "2026.4.1", "a CPU", "FP32 BF16", "", 0, 0, 0)


class Played(Engine):
    """onnxruntime with its outputs times a factor."""

    def __init__(self, path, factor):
        self._engine = OnnxEngine(path, 1)
        self.name, self.input, self.outputs = "played", self._engine.input, self._engine.outputs
        self.metadata, self._factor = self._engine.metadata, factor

    def run(self, tensor):
        return [output * self._factor for output in self._engine.run(tensor)]


@pytest.fixture
def bundle(tiny_folder):
    return Bundle.open(str(tiny_folder))


@pytest.fixture
def command(tiny_folder, tmp_path, monkeypatch, bundle):
    """Compare the detector, with this machine and a factor of each precision's outputs; the record and the status."""
    monkeypatch.setenv("SHELFSIGHT_CACHE", str(tmp_path / "cache"))
    compared = []

    def run(factors, machine=MACHINE, precision=BF16, *flags):
        def played(path, precision, threads, shape):
            compared.append(precision)
            if isinstance(factors[precision], Exception):
                raise factors[precision]
            return Played(path, factors[precision])

        monkeypatch.setattr(comparing, "OpenVINOEngine", played)
        monkeypatch.setattr(comparing, "this_machine", lambda: machine)
        status = comparing.main([bundle.folder, "--stage", "detector", "--precision", precision] + list(flags))
        key = wanted_key(bundle.detector, "detector", sides_for(bundle.size, DEFAULT_RES), precision, 1, machine)
        return look(engines_folder(bundle.folder), key).record, status

    run.compared = compared
    return run


def test_bf16_that_agrees_is_kept_and_not_compared_again(command, bundle, capsys):
    record, status = command({FP32: 1.0, BF16: 1.0})
    assert (record.precision, record.why, status) == (BF16, "BF16 agrees with its model", 0)
    assert [verdict["precision"] for verdict in record.parity] == [FP32, BF16]
    assert record.parity[0]["thresholds"]["score_within"] < record.parity[1]["thresholds"]["score_within"]
    assert "detector at 160x128: BF16 agrees with its model" in capsys.readouterr().out
    command({FP32: 1.0, BF16: 1.0})
    assert command.compared == [FP32, BF16]
    compiled = os.path.join(engines_folder(bundle.folder), "1.blob")
    with open(compiled, "w"):
        pass
    command({FP32: 1.0, BF16: 1.0}, MACHINE, BF16, "--force")
    assert command.compared == [FP32, BF16] * 2
    assert not os.path.exists(compiled), "another verdict: what OpenVINO compiled before is of no more use"


def test_fp32_takes_the_place_of_bf16_that_does_not_agree(command):
    record, status = command({FP32: 1.0, BF16: 0.9})
    assert (record.precision, status) == (FP32, 0)
    assert record.why.startswith("FP32 agrees with its model; BF16 does not agree with its model: ")


def test_bf16_is_not_tried_where_fp32_does_not_agree(command):
    record, status = command({FP32: 1.01, BF16: 1.0})
    assert (record.engine_sha256, status) == (None, 1)
    assert record.why.startswith("FP32 does not agree with its model: ")
    assert command.compared == [FP32]


def test_a_cpu_without_bf16_and_a_model_that_openvino_does_not_take(command):
    record, status = command({FP32: 1.0}, MACHINE._replace(architecture="FP32"))
    assert (record.precision, record.why) == (FP32, "FP32 agrees with its model; this CPU has no BF16")
    record, status = command({FP32: ModelError("no such operator")}, MACHINE, FP32)
    assert (record.engine_sha256, record.why, status) == (None, "FP32 cannot run: no such operator", 1)


def test_the_shipped_models_agree(openvino, tmp_path, monkeypatch):
    monkeypatch.setenv("SHELFSIGHT_CACHE", str(tmp_path / "cache"))
    machine = this_machine()
    for name, size in ((SHIPPED_BUNDLE, 160), ("groceries", 160)):
        bundle = Bundle.open(name)
        assert comparing.main([name, "--size", str(size)]) == 0
        for stage, sides, batch in (
            ("detector", sides_for(size, DEFAULT_RES), 1),
            ("classifier", square(bundle.crop_size), 16),
        ):
            key = wanted_key(getattr(bundle, stage), stage, sides, BF16, batch, machine)
            record = look(engines_folder(bundle.folder), key).record
            assert record.precision == (BF16 if has_bf16(machine) else FP32), record.why
