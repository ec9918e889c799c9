"""--engine auto, tensorrt and onnx: what runs and why, with the double of TensorRT in every version it plays."""

import hashlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
import tiny_bundle as tiny
from played_tensorrt import VERSIONS

from runtime.assembly import assemble
from runtime.bundle import Bundle
from runtime.engines.cache import engines_folder, sidecar_path
from runtime.engines.choice import EngineChoice
from runtime.errors import MissingPackageError, ShelfsightError
from runtime.settings import Settings

pytestmark = pytest.mark.timeout(300)
SOURCE = "demo://?products=1"
"""It is drawn while engines are built: one product takes a seventh of the time of eight."""


@pytest.fixture
def bundle_folder(tiny_folder, tmp_path):
    """A copy of the small bundle, so that each test has engines of its own."""
    shutil.copytree(str(tiny_folder), str(tmp_path / "tiny"))
    return tmp_path / "tiny"


@pytest.fixture
def run(bundle_folder, caplog):
    """Assemble the program with these settings, run four frames; its report, and what it logged."""
    caplog.set_level(logging.INFO)

    def assembled(**settings):
        caplog.clear()
        given = dict(
            {"source": SOURCE, "bundle": str(bundle_folder), "sinks": ("none",), "frames": 4, "fps": 0.0}, **settings
        )
        with assemble(Settings(**given), threading.Event()) as assembly:
            assembly.loop.run()
            return assembly.report(), caplog.text

    return assembled


@pytest.fixture(scope="module")
def builds():
    """Of each release, the engines of the first build, and the report and the log of the run that built them."""
    return {}


@pytest.fixture
def built(player, run, bundle_folder, builds, tmp_path_factory):
    """Play a release, the engines of both stages there; the report and the log of the run that built them."""

    def played(version):
        player.play(version)
        here = engines_folder(str(bundle_folder))
        if version not in builds:
            report, log = run()
            builds[version] = str(tmp_path_factory.mktemp("built") / "engines"), report, log
            shutil.copytree(here, builds[version][0])
        else:
            shutil.copytree(builds[version][0], here)
        return builds[version][1:]

    return played


def engine_of(bundle_folder, stage="detector-160x128-fp16"):
    return os.path.join(engines_folder(str(bundle_folder)), stage + ".engine")


@pytest.mark.parametrize("version", VERSIONS)
def test_auto_builds_what_is_not_there_and_then_finds_it(built, run, version):
    report, log = built(version)
    assert "no engine fits: building for detector (none has been built yet), classifier (none" in log
    assert "minutes on a Jetson Nano, once" in log
    assert report["engine"].startswith("TensorRT {}".format(version))
    assert report["engine"].endswith(" FP16")
    for stage in ("detector", "classifier"):
        assert report["engines"][stage] == {"engine": report["engine"], "why": "FP16 agrees with its model"}
    assert "detector and classifier on {}: FP16 agrees with its model".format(report["engine"]) in log
    assert report["frames"]["presented"] == 4
    report, log = run()
    assert "building" not in log
    assert report["engine"].startswith("TensorRT")


@pytest.mark.parametrize("version", VERSIONS)
def test_an_fp16_that_does_not_agree_runs_in_fp32_and_says_why(player, run, version):
    player.play(version, fp16_outputs="nan")
    report, log = run()
    assert report["engine"].endswith(" FP32")
    why = "FP32 agrees with its model; FP16 does not agree with its model: the candidate"
    assert report["engines"]["detector"]["why"].startswith(why)
    assert why in log


@pytest.mark.parametrize("version", VERSIONS)
def test_what_does_not_fit_is_built_again_with_a_message(player, built, run, bundle_folder, version):
    built(version)
    path = engine_of(bundle_folder)
    with open(path, "r+b") as file:
        file.truncate(1000)
    report, log = run()
    assert "(1000 bytes) is not the file that its sidecar was written for" in log
    assert report["engine"].startswith("TensorRT")
    player.turn(gpu_name="another GPU")
    report, log = run()
    assert "the device was test double of " in log
    assert "is test double of another GPU" in log
    assert report["engine"].startswith("TensorRT")
    with open(path, "wb") as file:
        file.write(b"foreign")
    with open(sidecar_path(path)) as file:
        sidecar = json.load(file)
    sidecar["engine_sha256"] = hashlib.sha256(b"foreign").hexdigest()
    with open(sidecar_path(path), "w") as file:
        json.dump(sidecar, file)
    report, log = run()
    assert "TensorRT does not take detector-160x128-fp16.engine" in log
    assert report["engine"].startswith("TensorRT")
    assert "building" not in run()[1]


@pytest.mark.skipif(len(VERSIONS) < 2, reason="plays one version")
def test_another_tensorrt_and_another_model_are_built_for(player, built, run, bundle_folder):
    built(VERSIONS[0])
    player.play(VERSIONS[1])
    report, log = run()
    assert "TensorRT was 8.2.1.8, is 8.6.1" in log
    assert report["engine"] == "TensorRT 8.6.1 FP16"
    trained_again(bundle_folder)
    report, log = run()
    assert "building for classifier (the model was " in log
    assert report["engines"]["classifier"]["engine"] == "TensorRT 8.6.1 FP16"


def trained_again(bundle_folder):
    """Another classifier in the same place."""
    import onnx

    from export.bundle import assemble_bundle
    from runtime.bundle import FILES

    model = tiny.classifier_model()
    model.doc_string = "another training"
    other = bundle_folder.parent / "classifier.onnx"
    onnx.save(model, str(other))
    files = {name: str(bundle_folder / name) for name in FILES}
    description = json.loads((bundle_folder / "bundle.json").read_text())
    assemble_bundle(str(bundle_folder), dict(files, **{"classifier.onnx": str(other)}), description, replace=True)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "knobs, words",
    [
        ({"broken": ["tensorrt"]}, "TensorRT cannot be imported"),
        ({"broken": ["pycuda"]}, "pycuda cannot be imported"),
        ({"gpus": 0}, "CUDA does not start"),
        ({"kill_build": True}, "killed by the system, most likely for want of memory: add swap"),
        ({"build_fails": True}, "TensorRT built nothing"),
        ({"fp16_outputs": "zero", "fp32_outputs": "zero"}, "FP32 does not agree with its model"),
        ({"out_of_memory_at": ["mem_alloc"]}, "could not be compared with its model: the GPU fails"),
    ],
)
def test_without_an_engine_onnxruntime_runs_and_says_why(player, run, version, knobs, words):
    player.play(version, **knobs)
    report, log = run()
    assert report["engine"].startswith("onnxruntime")
    for stage in ("detector", "classifier"):
        assert words in report["engines"][stage]["why"]
        assert "\n" not in report["engines"][stage]["why"]
    assert words in log
    assert report["frames"]["presented"] == 4


@pytest.mark.parametrize("device, words", [("no/such/device", "no NVIDIA GPU here"), (__file__, "TensorRT cannot be")])
def test_nobody_is_told_of_a_missing_tensorrt_who_has_no_gpu(monkeypatch, run, device, words):
    monkeypatch.setattr("runtime.engines.tensorrt.NVIDIA_DEVICES", (device,))
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    report, _ = run()
    assert report["engines"]["detector"]["why"].startswith(words)


def test_one_stage_may_run_on_tensorrt_and_the_other_not(player, built, run, bundle_folder):
    built(VERSIONS[0])
    player.turn(kill_build=True)
    os.unlink(engine_of(bundle_folder, "classifier-32x32-fp16"))
    report, log = run()
    assert report["engines"]["detector"]["engine"].startswith("TensorRT")
    assert report["engines"]["classifier"]["engine"].startswith("onnxruntime")
    assert report["engines"]["classifier"]["why"].startswith("classifier at 32x32: killed by the system")


def test_a_file_that_tensorrt_refuses_and_that_cannot_be_built_again(player, built, run, bundle_folder):
    built(VERSIONS[0])
    path = engine_of(bundle_folder)
    with open(path, "wb") as file:
        file.write(b"foreign")
    with open(sidecar_path(path)) as file:
        sidecar = json.load(file)
    with open(sidecar_path(path), "w") as file:
        json.dump(dict(sidecar, engine_sha256=hashlib.sha256(b"foreign").hexdigest()), file)
    player.turn(kill_build=True)
    report, log = run()
    assert "TensorRT does not take detector-160x128-fp16.engine" in log
    assert report["engines"]["detector"]["why"].startswith("detector at 160x128: killed by the system")
    assert report["engines"]["classifier"]["engine"].startswith("TensorRT")
    player.turn()
    assert run()[0]["engine"].startswith("TensorRT"), "the next start heals"


def test_tensorrt_asked_for_and_missing_is_an_error(player, run):
    player.play(VERSIONS[0], broken=["tensorrt"])
    with pytest.raises(MissingPackageError, match="TensorRT cannot be imported"):
        run(engine="tensorrt")
    player.play(VERSIONS[0], kill_build=True)
    with pytest.raises(ShelfsightError, match="--engine tensorrt, but detector cannot run on it: .* killed"):
        run(engine="tensorrt")


def test_onnx_asked_for_looks_at_nothing_else(player, run):
    player.play(VERSIONS[0])
    report, log = run(engine="onnx")
    assert report["engines"]["detector"]["why"] == "as --engine onnx asks"
    assert player.files() == []


def test_precision_is_as_asked(player, run):
    player.play(VERSIONS[0])
    assert run(precision="fp32")[0]["engine"].endswith(" FP32")
    assert run()[0]["engine"].endswith(" FP16")


def test_a_detector_of_somebody_else_runs_on_onnxruntime(player, run, tiny_folder):
    player.play(VERSIONS[0])
    report, log = run(detector=str(tiny_folder / "detector.onnx"), bundle=None)
    assert "comes from --detector" in report["engines"]["detector"]["why"]
    report, log = run(detector=str(tiny_folder / "detector.onnx"))
    assert report["engine"].startswith("onnxruntime")
    assert report["engines"]["classifier"]["engine"].startswith("TensorRT")


def test_a_folder_that_others_may_write_to_is_not_loaded_from(built, run, bundle_folder):
    built(VERSIONS[0])
    os.chmod(os.path.dirname(engine_of(bundle_folder)), 0o777)
    report, log = run()
    assert report["engine"].startswith("onnxruntime")
    assert "chmod go-w" in report["engines"]["detector"]["why"]


def test_meanwhile_onnxruntime_runs(player, bundle_folder, caplog):
    caplog.set_level(logging.INFO)
    player.play(VERSIONS[0], build_s=1)
    settings = Settings(bundle=str(bundle_folder), meanwhile="onnx")
    bundle = Bundle.open(str(bundle_folder))
    with EngineChoice(settings, bundle, threading.Event()) as choice:
        chosen = choice.open("detector", bundle.detector)
        chosen.engine.close()
        assert chosen.engine.name.startswith("onnxruntime")
        assert chosen.why == "meanwhile: its engine is being built"
        deadline_s = time.monotonic() + 60
        while "done; the next start runs on the engines" not in caplog.text:
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
    with EngineChoice(settings, bundle, threading.Event()) as choice:
        chosen = choice.open("detector", bundle.detector)
        chosen.engine.close()
        assert chosen.engine.name.startswith("TensorRT")


def test_a_build_meanwhile_ends_with_the_program(player, bundle_folder):
    player.play(VERSIONS[0], build_s=60)
    settings = Settings(bundle=str(bundle_folder), meanwhile="onnx")
    with EngineChoice(settings, Bundle.open(str(bundle_folder)), threading.Event()) as choice:
        deadline_s = time.monotonic() + 30
        while not [name for name in player.files() if name.startswith(".build-")]:
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        process = choice._build._process
    assert process.poll() is not None
    assert player.files() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_builds_ends_it_and_leaves_nothing(player, root, bundle_folder, number):
    player.play(VERSIONS[0], build_s=60)
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime.camera", "--bundle", str(bundle_folder), "--source", SOURCE]
        + ["--sink", "none"],
        cwd=str(root),
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    try:
        while "building in FP16" not in process.stderr.readline():
            assert process.poll() is None
        sent_s = time.monotonic()
        process.send_signal(number)
        rest = process.communicate(timeout=20)[1]
        assert process.returncode == 0, rest
        assert time.monotonic() - sent_s < 5.0
        assert "Traceback" not in rest
        assert player.files() == []
    finally:
        process.kill()
        process.wait()
