"""Which engines are taken back, and what is said of the others; and a machine without GPU, memory or library."""

import gc
import subprocess
import sys

import numpy as np
import pytest
from doubles.playing import RELEASES_HERE, environment, playing, turned
from doubles.small_network import expected, pictures
from doubles.small_session import Log, Session, built


def refused(played, data):
    """What the logger heard when these bytes were refused."""
    log = Log(played.trt)
    assert played.trt.Runtime(log.listener).deserialize_cuda_engine(data) is None
    return " ".join(log.errors)


@pytest.mark.filterwarnings("ignore:Use .* instead:DeprecationWarning")
def test_a_plan_lives_through_a_file(played, tmp_path):
    path = tmp_path / "small.engine"
    with path.open("wb") as file:
        file.write(built(played.trt, played.log))
    session = Session(played.trt, played.cuda, played.log, path.read_bytes())
    np.testing.assert_allclose(session.run(pictures(1)), expected(pictures(1)), rtol=1e-6)


def test_host_memory_is_a_buffer_and_no_more(played):
    plan = built(played.trt, played.log)
    assert plan.nbytes == len(bytes(plan)) == memoryview(plan).nbytes
    assert isinstance(plan, played.trt.IHostMemory)
    assert plan
    for wrong in (lambda: len(plan), lambda: plan[0], lambda: plan + b""):
        with pytest.raises(TypeError):
            wrong()


def test_a_foreign_a_cut_and_a_changed_file_are_refused(played):
    plan = bytes(built(played.trt, played.log))
    assert "Magic tag does not match" in refused(played, b"\x89PNG" + plan)
    assert "Serialization" in refused(played, plan[:-1])
    assert "Serialization" in refused(played, plan[:-1] + bytes([plan[-1] ^ 1]))
    assert refused(played, b"")


def test_an_engine_of_another_gpu_is_refused(played):
    plan = built(played.trt, played.log)
    with turned(compute_capability=[6, 1]):
        assert "incompatible device, expecting compute 6.1 got compute" in refused(played, plan)


@pytest.mark.parametrize("release", RELEASES_HERE)
def test_an_engine_of_another_release_is_refused(play, release):
    other = RELEASES_HERE[RELEASES_HERE.index(release) - 1]
    with playing(other, compute_capability=[8, 7]) as trt:
        plan = bytes(built(trt, Log(trt)))
    assert "Version tag does not match" in refused(play(release, compute_capability=[8, 7]), plan)


@pytest.mark.parametrize("moment", ["deserialize", "create_context"])
def test_loading_can_run_out_of_memory(played, moment):
    plan = built(played.trt, played.log)
    with turned(out_of_memory_at=[moment]):
        engine = played.trt.Runtime(played.log.listener).deserialize_cuda_engine(plan)
        assert (engine is None) == (moment == "deserialize")
        assert engine is None or engine.create_execution_context() is None
    assert "out of memory" in played.log.errors[-1]


@pytest.mark.parametrize("release", RELEASES_HERE)
def test_without_a_gpu_nothing_starts(play, release):
    played = play(release, gpus=0)
    with pytest.raises(played.cuda.RuntimeError, match="no CUDA-capable device"):
        played.cuda.init()
    for start in (played.trt.Builder, played.trt.Runtime):
        with pytest.raises(TypeError, match="factory function returned nullptr"):
            start(played.log.listener)
    assert "CUDA initialization failure" in played.log.errors[-1]


@pytest.mark.parametrize("name", ["tensorrt", "pycuda"])
def test_a_missing_library_is_an_import_error(name):
    command = [sys.executable, "-c", "import " + name]
    done = subprocess.run(command, env=environment("8.2", broken=[name]), stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert b"ImportError: lib" in done.stderr


def test_without_a_release_named_there_is_nothing_to_import():
    wanted = environment("8.2")
    wanted["SHELFSIGHT_DOUBLE_TENSORRT"] = ""
    done = subprocess.run([sys.executable, "-c", "import tensorrt"], env=wanted, stderr=subprocess.PIPE)
    assert b"this is a test's double" in done.stderr


def test_the_double_leaves_nothing_behind():
    with playing("8.2"):
        assert "tensorrt" in sys.modules
    assert not [name for name in sys.modules if name.split(".")[0] in ("tensorrt", "pycuda", "gpu_double")]


def test_an_unknown_knob_is_refused(play):
    with pytest.raises(KeyError, match="no such knob"):
        play("8.2", no_such_knob=1)


@pytest.mark.parametrize("is_current", [True, False])
def test_an_engine_dropped_without_its_context_is_heard_of(played, is_current):
    engine = played.trt.Runtime(played.log.listener).deserialize_cuda_engine(built(played.trt, played.log))
    context = played.cuda.Context.get_current()
    if not is_current:
        played.cuda.Context.pop()
    del engine
    gc.collect()
    assert bool(played.log.errors) != is_current
    if not is_current:
        context.push()
