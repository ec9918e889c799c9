"""OpenVINO: when it is taken and why, played by onnxruntime; then the real one, where it is installed."""

import json
import os
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest

from runtime.bundle import Bundle
from runtime.engines import choice as choosing
from runtime.engines import libraries
from runtime.engines.cache import engines_folder, kept_path, sidecar_path, wanted_key
from runtime.engines.choice import EngineChoice
from runtime.engines.onnx import OnnxEngine
from runtime.engines.openvino import OpenVINOEngine, has_bf16, this_machine
from runtime.engines.sidecar import BF16, FP32, OPENVINO, EngineKey, EngineRecord, json_from_record
from runtime.errors import BuildError, MissingPackageError, ModelError
from runtime.settings import Settings
from runtime.sides import square

WITH_BF16 = EngineKey("", "", OPENVINO, "2026.4.1", "a CPU", "FP32 BF16 INT8", "", 0, 0, 0)
STAGES = ("detector", "classifier")


class PlayedOpenVINO(OnnxEngine):
    """onnxruntime by another name."""

    def __init__(self, path, precision=FP32, threads=0, shape=None, cache=None):
        OnnxEngine.__init__(self, path, threads)
        self.name, self.shape = "OpenVINO " + precision, shape


class PlayedComparison:
    """Gives each stage a verdict: the precision that runs, or None."""

    def __init__(self, *verdicts):
        self.verdicts = dict(zip(STAGES, verdicts))
        self.compared = []

    def __call__(self, library, folder, stages, sides, precision, force):
        assert library.makes == "export.openvino"
        self.failures = []
        bundle = Bundle.open(folder)
        kept_in = engines_folder(folder)
        os.makedirs(kept_in, 0o700, exist_ok=True)
        for stage in stages:
            found = {
                "detector": (bundle.detector, sides, 1),
                "classifier": (bundle.classifier, square(bundle.crop_size), 16),
            }
            model, own, batch = found[stage]
            key = wanted_key(model, stage, own, precision, batch, WITH_BF16)
            runs = self.verdicts[stage]
            made = None if runs is None else key.model_sha256
            record = EngineRecord(key, made, runs or precision, "as {} would".format(stage), None, {}, [], {})
            path = sidecar_path(kept_path(kept_in, key))
            with open(path, "w") as file:
                file.write(json_from_record(record))
            os.chmod(path, 0o600)
            self.compared.append(stage)
        return self

    def wait(self, stop):
        return None


@pytest.fixture
def bundle(tiny_folder, tmp_path, monkeypatch):
    """A small bundle on a machine with OpenVINO, a CPU with BF16, and no TensorRT; nothing is kept yet."""
    monkeypatch.setenv("SHELFSIGHT_CACHE", str(tmp_path / "cache"))
    shutil.copytree(str(tiny_folder), str(tmp_path / "tiny"))
    monkeypatch.setattr(choosing, "OpenVINOEngine", PlayedOpenVINO)
    monkeypatch.setattr(libraries.platform, "machine", lambda: "x86_64")
    on(monkeypatch, WITH_BF16)
    return Bundle.open(str(tmp_path / "tiny"))


def on(monkeypatch, machine):
    """Play this CPU, or the error that says why there is no OpenVINO."""

    def this_machine():
        if isinstance(machine, Exception):
            raise machine
        return machine

    def no_tensorrt():
        raise MissingPackageError("no TensorRT")

    found = {"TensorRT": no_tensorrt, "OpenVINO": this_machine}
    played = [library._replace(this_machine=found[library.title], absent=lambda: "") for library in libraries.LIBRARIES]
    monkeypatch.setattr(libraries, "LIBRARIES", played)


@pytest.fixture
def chosen(bundle, monkeypatch):
    """By stage, the engine's name and why, with these settings and this comparison."""

    def choose(comparison, **settings):
        monkeypatch.setattr(choosing, "EngineBuild", comparison)
        names = {}
        with EngineChoice(Settings(bundle=bundle.folder, **settings), bundle, threading.Event()) as choice:
            for stage in STAGES:
                path = settings.get("detector") if stage == "detector" else None
                engine, why = choice.open(stage, path or getattr(bundle, stage))
                with engine:
                    names[stage] = (engine.name, why)
        return names

    return choose


def test_auto_takes_bf16_that_agrees_and_compares_once(chosen):
    comparison = PlayedComparison(BF16, BF16)
    expected = {stage: ("OpenVINO bf16", "as {} would".format(stage)) for stage in STAGES}
    assert chosen(comparison) == expected
    assert chosen(comparison) == expected
    assert comparison.compared == list(STAGES)
    assert chosen(comparison, size=320) == expected
    assert comparison.compared == list(STAGES) + ["detector"], "another size, another verdict"


def test_auto_leaves_to_onnxruntime_what_does_not_agree_in_bf16(chosen):
    names = chosen(PlayedComparison(FP32, None))
    assert names["detector"][0].startswith("onnxruntime")
    assert names["detector"][1] == "as detector would; in FP32 OpenVINO gains nothing"
    assert names["classifier"][0].startswith("onnxruntime")
    assert names["classifier"][1] == "as classifier would"


def test_asked_for_it_runs_in_fp32_where_bf16_does_not_agree(chosen):
    names = chosen(PlayedComparison(FP32, BF16), engine="openvino")
    assert [names[stage][0] for stage in STAGES] == ["OpenVINO fp32", "OpenVINO bf16"]
    with pytest.raises(BuildError, match="--engine openvino, but detector cannot run on it: as detector would"):
        chosen(PlayedComparison(None, BF16), engine="openvino", size=320)


@pytest.mark.parametrize(
    "machine, settings, words",
    [
        (WITH_BF16._replace(architecture="FP32 INT8"), {}, "this CPU (a CPU) has no BF16"),
        (MissingPackageError("OpenVINO is not installed"), {}, "no TensorRT; OpenVINO is not installed"),
        (WITH_BF16, {"precision": "fp32"}, "no TensorRT; in FP32 OpenVINO gains nothing"),
        (WITH_BF16, {"precision": "fp16"}, "no TensorRT"),
        (WITH_BF16, {"engine": "onnx"}, "as --engine onnx asks"),
    ],
)
def test_auto_says_why_it_does_not_take_it(monkeypatch, chosen, machine, settings, words):
    on(monkeypatch, machine)
    comparison = PlayedComparison(BF16, BF16)
    for name, why in chosen(comparison, **settings).values():
        assert name.startswith("onnxruntime")
        assert words in why
    assert comparison.compared == []


def test_asked_for_and_missing_is_an_error(monkeypatch, chosen):
    on(monkeypatch, MissingPackageError("OpenVINO is not installed: pip install '.[openvino]'"))
    with pytest.raises(MissingPackageError, match="pip install"):
        chosen(PlayedComparison(BF16, BF16), engine="openvino")


def test_another_cpu_or_openvino_is_compared_again(monkeypatch, chosen):
    chosen(PlayedComparison(BF16, BF16))
    on(monkeypatch, WITH_BF16._replace(device="another CPU"))
    comparison = PlayedComparison(BF16, BF16)
    chosen(comparison)
    assert comparison.compared == list(STAGES)


def test_a_detector_of_somebody_else_is_asked_for_by_name(chosen, tiny_folder):
    theirs = str(tiny_folder / "detector.onnx")
    names = chosen(PlayedComparison(BF16, BF16), detector=theirs)
    assert names["detector"][0].startswith("onnxruntime")
    assert names["classifier"][0] == "OpenVINO bf16"
    names = chosen(PlayedComparison(BF16, BF16), detector=theirs, engine="openvino")
    assert names["detector"][0] == "OpenVINO fp32"
    assert "not compared" in names["detector"][1]
    names = chosen(PlayedComparison(BF16, BF16), detector=theirs, engine="openvino", precision="bf16")
    assert names["detector"][0] == "OpenVINO bf16"


def test_where_it_is_not_installed_the_message_says_how(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingPackageError, match=r"OpenVINO is not installed: pip install '\.\[openvino\]'"):
        this_machine()


# --- the real one


def test_it_tells_nobody_that_it_was_imported(openvino):
    code = "from runtime.engines.openvino import this_machine; import sys; this_machine(); "
    code += "print([name for name, module in sys.modules.items() if module and name.startswith('openvino_telemetry')])"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, universal_newlines=True, timeout=50)
    assert done.stdout.strip() == "[]"


def test_this_machine_says_what_it_computes_with(openvino):
    machine = this_machine()
    assert machine.library == OPENVINO
    assert machine.version[0].isdigit()
    assert "FP32" in machine.architecture.split()
    assert has_bf16(WITH_BF16)
    assert not has_bf16(WITH_BF16._replace(architecture="FP32 INT8"))


@pytest.mark.parametrize("stage, shape", [("detector", (1, 160, 160, 3)), ("classifier", None)])
def test_it_gives_what_onnxruntime_gives(openvino, tiny_folder, stage, shape):
    path = str(tiny_folder / (stage + ".onnx"))
    pictures = np.random.RandomState(0).randint(0, 256, (5, 160, 160, 3), np.uint8)
    with OnnxEngine(path, 1) as reference, OpenVINOEngine(path, threads=1, shape=shape) as engine:
        assert (engine.metadata, engine.input.dtype) == (reference.metadata, reference.input.dtype)
        assert [output.name for output in engine.outputs] == [output.name for output in reference.outputs]
        assert engine.name == "OpenVINO {} CPU FP32".format(this_machine().version)
        for count in (1,) if stage == "detector" else (1, 2, 5, 1, 3):
            expected, found = reference.run(pictures[:count]), engine.run(pictures[:count])
            assert [output.shape for output in found] == [output.shape for output in expected]
            assert found[0] == pytest.approx(expected[0], abs=1e-3)
        kept = found[0].copy()
        engine.run(np.zeros_like(pictures[:count]))
        assert not found[0].flags.owndata
        if stage == "classifier":
            assert (found[0] != kept).any(), "valid until the next run, without a copy"
    with pytest.raises(ModelError, match="is closed"):
        engine.run(pictures[:1])


@pytest.mark.parametrize("tensor", [np.zeros((1, 8, 8, 3), np.float32), np.zeros((1, 8, 8, 4), np.uint8)])
def test_a_tensor_that_does_not_fit_is_one_line(openvino, tiny_folder, tensor):
    with OpenVINOEngine(str(tiny_folder / "classifier.onnx")) as engine, pytest.raises(ModelError) as error:
        engine.run(tensor)
    assert "\n" not in str(error.value)


def test_files_that_are_no_model(openvino, tiny_folder, tmp_path):
    cut = tmp_path / "cut.onnx"
    cut.write_bytes((tiny_folder / "detector.onnx").read_bytes()[:1000])
    for path in (cut, tmp_path / "absent.onnx", tmp_path):
        with pytest.raises(ModelError) as error:
            OpenVINOEngine(str(path))
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.timeout(120)
def test_the_program_compares_once_and_runs(openvino, tiny_folder, tmp_path, root):
    def report(*flags):
        command = [sys.executable, "-m", "runtime.camera", "--source", "demo://", "--bundle", str(tiny_folder)]
        command += ["--sink", "none", "--frames", "2", "--report", "-"]
        environment = dict(os.environ, SHELFSIGHT_CACHE=str(tmp_path / "cache"))
        done = subprocess.run(
            command + list(flags),
            cwd=str(root),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["engines"], done.stderr

    engines, log = report("--engine", "openvino")
    assert "comparing OpenVINO with onnxruntime for detector (not compared yet), classifier (not" in log
    for stage in STAGES:
        assert engines[stage]["engine"].startswith("OpenVINO ")
        assert " agrees with its model" in engines[stage]["why"]
    assert "comparing" not in report("--engine", "openvino")[1]
    assert list((tmp_path / "cache").glob("engines/*/*.blob")), "compiled once too"
    engines, log = report()
    if has_bf16(this_machine()):
        assert {engines[stage]["engine"].split()[-1] for stage in STAGES} == {"BF16"}
        assert "comparing" not in log
    else:
        assert "has no BF16" in engines["detector"]["why"]
