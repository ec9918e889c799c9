"""TensorRT engines run, verified and closed, with the double of TensorRT in every version it plays."""

import hashlib
import json
import os
import shutil
import subprocess
import threading

import numpy as np
import pytest
import tiny_bundle as tiny
from hypothesis import given
from hypothesis import strategies as st
from played_tensorrt import VERSIONS

from runtime.bundle import Bundle
from runtime.engines import cache
from runtime.engines.cache import MAX_BATCH
from runtime.engines.cuda import KERNEL
from runtime.engines.engine import TensorSpec
from runtime.engines.normalize import InputSteps
from runtime.engines.onnx import OnnxEngine
from runtime.engines.tensorrt import TensorRTEngine, this_machine
from runtime.errors import EngineMismatch, MissingPackageError, ModelError
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector
from runtime.sides import square

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="session")
def built(tmp_path_factory, tiny_folder):
    """A function: the folder with the engines of the small bundle for a version, built once."""
    kept = {}

    def build(version):
        if version not in kept:
            from played_tensorrt import Player

            from export import engine

            monkeypatch = pytest.MonkeyPatch()
            player = Player(monkeypatch, tmp_path_factory.mktemp("engines"))
            try:
                player.play(version)
                assert engine.main([str(tiny_folder), "--square"]) == 0
                kept[version] = cache.engines_folder(str(tiny_folder))
            finally:
                monkeypatch.undo()
        return kept[version]

    return build


@pytest.fixture(params=VERSIONS)
def engines(request, player, built, tmp_path):
    """The paths of a copy of the engines, detector and classifier, with their version being played."""
    player.play(request.param)
    folder = tmp_path / "engines"
    shutil.copytree(built(request.param), str(folder))
    os.chmod(str(folder), 0o700)
    return str(folder / "detector-160x160-fp16.engine"), str(folder / "classifier-32x32-fp16.engine")


def rewrite(path, **changes):
    """Change the sidecar of the engine at `path`; key_X changes X of its key."""
    beside = cache.sidecar_path(path)
    with open(beside) as file:
        values = json.load(file)
    for name, value in changes.items():
        if name.startswith("key_"):
            values["key"][name[4:]] = value
        else:
            values[name] = value
    with open(beside, "w") as file:
        json.dump(values, file)


def test_it_answers_as_onnxruntime_does(engines, tiny_folder):
    random = np.random.RandomState(0)
    with OnnxEngine(str(tiny_folder / "classifier.onnx"), 1) as reference, TensorRTEngine(engines[1]) as engine:
        assert engine.input == TensorSpec("images", (None, 32, 32, 3), np.dtype(np.uint8))
        assert engine.outputs == [TensorSpec("embedding", (None, 3), np.dtype(np.float32))]
        for batch in (1, 3, MAX_BATCH, 2):
            pictures = random.randint(0, 256, (batch, 32, 32, 3), dtype=np.uint8)
            (found,) = engine.run(pictures)
            assert found.shape == (batch, 3)
            assert found == pytest.approx(reference.run(pictures)[0], abs=2e-3)
    with TensorRTEngine(engines[0]) as engine, OnnxEngine(str(tiny_folder / "detector.onnx"), 1) as reference:
        assert engine.input == TensorSpec("images", (1, 160, 160, 3), np.dtype(np.uint8))
        assert engine.metadata["task"] == "detect"
        picture = tiny.scene((36, 36, tiny.SQUARE, tiny.RED))[None]
        assert engine.run(picture)[0] == pytest.approx(reference.run(picture)[0], abs=2e-2)


def test_both_stages_in_one_process_find_and_name(engines, tiny_folder):
    bundle = Bundle.open(str(tiny_folder))
    picture = tiny.scene((36, 36, tiny.SQUARE, tiny.RED), (100, 100, tiny.BAR, tiny.BLUE))
    with TensorRTEngine(engines[0]) as first, TensorRTEngine(engines[1]) as second:
        detector = Detector(first, 160, True, None, bundle.shapes, bundle.min_score, bundle.iou)
        classifier = Classifier(second, bundle.gallery, bundle.crop_size, bundle.crop_margin)
        found = detector.detect(detector.prepare(picture))
        names = classifier.name(picture, found.boxes_px)
    assert sorted(bundle.products[index] for index in names.products) == ["blue", "red"]


def test_outputs_are_ordinary_memory_kept_until_the_next_run(engines):
    from gpu_double.host_memory import is_pinned

    with TensorRTEngine(engines[1]) as engine:
        (first,) = engine.run(np.full((2, 32, 32, 3), tiny.RED, np.uint8))
        assert not is_pinned(first)
        assert first.flags["C_CONTIGUOUS"]
        before = first.copy()
        (second,) = engine.run(np.full((2, 32, 32, 3), tiny.BLUE, np.uint8))
        assert np.shares_memory(first, second)
        assert np.abs(before - second).max() > 0.9


def test_buffers_are_allocated_once_and_freed_by_close(engines):
    from gpu_double import device

    engine = TensorRTEngine(engines[1])
    memory = device.primary().memory
    used = memory.used_bytes
    assert used > 0
    for batch in (1, MAX_BATCH, 5):
        engine.run(np.zeros((batch, 32, 32, 3), np.uint8))
    assert memory.used_bytes == used
    engine.close()
    engine.close()
    assert memory.used_bytes == 0
    with pytest.raises(ModelError, match="closed"):
        engine.run(np.zeros((1, 32, 32, 3), np.uint8))


def test_another_thread_may_run_it_and_close_it(engines):
    engine = TensorRTEngine(engines[1])
    found, errors = [], []

    def infer():
        try:
            found.append(engine.run(np.full((2, 32, 32, 3), tiny.GREEN, np.uint8))[0].copy())
            engine.close()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=infer)
    thread.start()
    thread.join(30)
    assert errors == []
    assert found[0] == pytest.approx(np.array([[0, 1, 0]] * 2), abs=1e-2)


@pytest.mark.parametrize(
    "tensor",
    [
        np.zeros((1, 32, 32, 3), np.float32),
        np.zeros((MAX_BATCH + 1, 32, 32, 3), np.uint8),
        np.zeros((0, 32, 32, 3), np.uint8),
        np.zeros((1, 32, 48, 3), np.uint8),
        np.zeros((1, 3, 32, 32), np.uint8),
        np.zeros((32, 32, 3), np.uint8),
    ],
)
def test_a_tensor_that_does_not_fit_is_one_line(engines, tensor):
    with TensorRTEngine(engines[1]) as engine:
        with pytest.raises(ModelError, match="expected uint8") as error:
            engine.run(tensor)
        assert "\n" not in str(error.value)
        engine.run(np.zeros((1, 32, 32, 3), np.uint8))


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"key_model_sha256": "0" * 64}, "the model was 000000000000..., is "),
        ({"key_version": "7.1.3"}, "TensorRT was 7.1.3, is "),
        ({"key_library": "OpenVINO"}, "the library was OpenVINO, is "),
        ({"key_device": "another"}, "the device was another, is "),
        ({"key_architecture": "sm_37"}, "the device's architecture was sm_37, is "),
        ({"key_precision": "int8"}, "the precision was int8, is "),
        ({"key_width": 64}, "the input's width was 64, is "),
        ({"key_height": 64}, "the input's height was 64, is "),
        ({"key_max_batch": 4}, "the batch was 4, is "),
        ({"key_stage": "detector"}, "the stage was detector, is "),
    ],
)
def test_each_kind_of_mismatch_says_what_was_and_what_is(engines, tiny_folder, changes, words):
    model = str(tiny_folder / "classifier.onnx")
    key = cache.wanted_key(model, "classifier", square(32), "fp16", MAX_BATCH, this_machine())
    folder = os.path.dirname(engines[1])
    assert cache.look(folder, key).problem == ""
    rewrite(engines[1], **changes)
    state = cache.look(folder, key)
    assert state.record is None
    assert words in state.problem
    with pytest.raises(EngineMismatch) as error:
        TensorRTEngine(engines[1], key)
    assert words in str(error.value)


def spoilt_cut(path):
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) // 2)


def spoilt_foreign(path):
    with open(path, "wb") as file:
        file.write(b"a foreign file" * 100)


def spoilt_empty(path):
    open(path, "wb").close()


def spoilt_absent(path):
    os.unlink(path)


def spoilt_sidecar_gone(path):
    os.unlink(cache.sidecar_path(path))


def spoilt_sidecar_text(path):
    with open(cache.sidecar_path(path), "w") as file:
        file.write("{ no JSON")


def spoilt_sidecar_other(path):
    with open(cache.sidecar_path(path), "w") as file:
        file.write('{"format": 1, "key": [], "steps": 3}')


def spoilt_sidecar_format(path):
    rewrite(path, format=99)


@pytest.mark.parametrize(
    "spoil",
    [
        spoilt_cut,
        spoilt_foreign,
        spoilt_empty,
        spoilt_absent,
        spoilt_sidecar_gone,
        spoilt_sidecar_text,
        spoilt_sidecar_other,
        spoilt_sidecar_format,
    ],
)
def test_what_is_no_engine_is_a_mismatch(engines, tiny_folder, spoil):
    key = cache.wanted_key(str(tiny_folder / "detector.onnx"), "detector", square(160), "fp16", 1, this_machine())
    spoil(engines[0])
    state = cache.look(os.path.dirname(engines[0]), key)
    assert state.record is None
    assert state.problem
    assert "\n" not in state.problem
    with pytest.raises(EngineMismatch) as error:
        TensorRTEngine(engines[0], key)
    assert "\n" not in str(error.value)


def with_its_hash(path, plan):
    """Bytes that the sidecar vouches for, so that only TensorRT itself can refuse them."""
    with open(path, "wb") as file:
        file.write(plan)
    rewrite(path, engine_sha256=hashlib.sha256(plan).hexdigest())


def test_what_tensorrt_itself_refuses_is_a_mismatch_too(engines):
    with open(engines[0], "rb") as file:
        plan = file.read()
    for spoilt in (b"a foreign file", plan[:-100]):
        with_its_hash(engines[0], spoilt)
        with pytest.raises(EngineMismatch, match="TensorRT does not take detector-160x160-fp16.engine: "):
            TensorRTEngine(engines[0])


def test_an_engine_of_another_gpu_is_a_mismatch(engines, player):
    player.turn(compute_capability=[7, 2])
    with pytest.raises(EngineMismatch, match="generated on an incompatible device"):
        TensorRTEngine(engines[0])


def test_an_engine_that_is_not_what_its_sidecar_says_is_a_mismatch(engines):
    rewrite(engines[1], key_height=64)
    with pytest.raises(EngineMismatch, match="its sidecar says"):
        TensorRTEngine(engines[1])


@pytest.mark.parametrize("moment", ["deserialize", "create_context", "mem_alloc", "pagelocked_empty"])
def test_a_gpu_without_memory_is_one_line_and_no_mismatch(engines, player, moment):
    player.turn(out_of_memory_at=[moment])
    with pytest.raises(ModelError) as error:
        TensorRTEngine(engines[0])
    assert not isinstance(error.value, EngineMismatch), "building it again would not help"
    assert "\n" not in str(error.value)
    player.turn()
    with TensorRTEngine(engines[0]) as engine:
        engine.run(np.zeros((1, 160, 160, 3), np.uint8))


def test_a_fault_of_the_gpu_is_one_line_and_closing_hides_it_not(engines):
    from gpu_double import device

    with pytest.raises(ModelError, match="the GPU fails: .*illegal memory access"):
        with TensorRTEngine(engines[0]) as engine:
            device.primary().is_broken = True
            engine.run(np.zeros((1, 160, 160, 3), np.uint8))


@pytest.mark.parametrize("which", ["folder", "engine", "sidecar"])
@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_what_others_may_write_to_is_not_loaded(engines, which, mode):
    path = {"folder": os.path.dirname(engines[0]), "engine": engines[0], "sidecar": cache.sidecar_path(engines[0])}[
        which
    ]
    os.chmod(path, mode)
    with pytest.raises(ModelError, match="chmod go-w") as error:
        TensorRTEngine(engines[0])
    assert path in str(error.value)


def test_what_another_user_owns_is_not_loaded(engines, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(ModelError, match="this is user 12345"):
        TensorRTEngine(engines[0])


@pytest.mark.parametrize(
    "knobs, words",
    [
        ({"broken": ["tensorrt"]}, "TensorRT cannot be imported"),
        ({"broken": ["pycuda"]}, "pycuda cannot be imported"),
        ({"gpus": 0}, "CUDA does not start"),
    ],
)
def test_a_machine_without_says_why(player, knobs, words):
    player.play(VERSIONS[0], **knobs)
    with pytest.raises(MissingPackageError, match=words) as error:
        this_machine()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("no_kernel_compiler", [False, True])
def test_before_8_5_the_steps_run_on_the_gpu_or_the_cpu(player, built, tiny_folder, no_kernel_compiler, caplog):
    if not (no_kernel_compiler or any(map(shutil.which, ("c++", "g++", "clang++")))):
        pytest.skip("needs a C++ compiler, which stands for nvcc here")
    caplog.set_level("INFO")
    player.play("8.2", no_kernel_compiler=no_kernel_compiler)
    path = os.path.join(built("8.2"), "classifier-32x32-fp16.engine")
    pictures = np.random.RandomState(1).randint(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    with TensorRTEngine(path) as engine, OnnxEngine(str(tiny_folder / "classifier.onnx"), 1) as reference:
        assert engine.run(pictures)[0] == pytest.approx(reference.run(pictures)[0], abs=2e-3)
    assert ("on the CPU: normalize.cu did not compile" in caplog.text) == no_kernel_compiler


@given(
    st.permutations([0, 1, 2]),
    st.lists(st.floats(-2, 2, width=32), min_size=3, max_size=3),
    st.lists(st.floats(-5, 5, width=32), min_size=3, max_size=3),
)
def test_the_steps_in_numpy_are_what_they_say(channels, scales, offsets):
    steps = InputSteps(tuple(channels), tuple(scales), tuple(offsets))
    assert InputSteps.from_json(json.loads(json.dumps(steps._asdict()))) == steps
    pictures = np.random.RandomState(0).randint(0, 256, (2, 3, 5, 3), dtype=np.uint8)
    found = np.empty((2, 3, 3, 5), np.float32)
    steps.fill(pictures, found)
    for plane in range(3):
        expected = pictures[..., channels[plane]] * scales[plane] + offsets[plane]
        assert found[:, plane] == pytest.approx(expected, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("values", [{}, {"channels": [0, 1, 3], "scales": [1] * 3, "offsets": [0] * 3}])
def test_steps_that_are_none_are_refused(values):
    with pytest.raises((ValueError, KeyError)):
        InputSteps.from_json(values)


def test_nvcc_compiles_the_kernel(tmp_path):
    nvcc = shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")
    if nvcc is None:
        pytest.skip("needs nvcc, CUDA's compiler")
    out = tmp_path / "normalize.ptx"
    done = subprocess.run(
        [nvcc, "--ptx", "-Werror", "all-warnings", "-o", str(out), KERNEL],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout
    assert ".entry normalize(" in out.read_text()
