"""What the double's parser and builder refuse, release by release, and how a test makes a build fail."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from doubles.playing import RELEASES_HERE, environment, turned
from doubles.small_network import network, shape
from doubles.small_session import built, parsed
from onnx import TensorProto

CHILD = """
import tensorrt
from doubles.small_session import Log, built
log = Log(tensorrt)
plan = built(tensorrt, log, workspace_mib=%d)
print(plan.nbytes if plan else log.errors)
"""


def errors_of(played, onnx, flags=None):
    return [str(error) for error in parsed(played.trt, played.log, onnx, flags)[2] or ()]


@pytest.mark.parametrize(("operator", "since"), [("Mul", (8, 2)), ("Mod", (8, 5)), ("BitShift", None)])
def test_an_operator_that_the_release_lacks_is_refused(played, operator, since):
    found = errors_of(played, renamed(network(), operator))
    assert bool(found) == (since is None or played.number < since)
    assert all("No importer registered for op: " + operator in text for text in found)
    assert not found or "test double" in found[0]


def renamed(data, operator):
    import onnx

    model = onnx.load_model_from_string(data)
    model.graph.node[1].op_type = operator
    return model.SerializeToString()


def test_a_uint8_input_is_refused_before_8_5(played):
    found = errors_of(played, network(begins_uint8=True))
    assert bool(found) == (played.number < (8, 5))


def test_a_uint8_input_may_only_be_cast(played):
    import onnx

    model = onnx.load_model_from_string(network(begins_uint8=True))
    model.graph.node[0].op_type = "Identity"
    model.graph.node[0].ClearField("attribute")
    assert errors_of(played, model.SerializeToString())


def test_doubles_are_refused(played):
    assert errors_of(played, network(kind=TensorProto.DOUBLE))


def test_what_is_no_onnx_file_is_refused(played, tmp_path):
    assert "MODEL_DESERIALIZE_FAILED" in errors_of(played, b"\x00 not a model")[0]
    builder, definition, _ = parsed(played.trt, played.log, b"")
    parser = played.trt.OnnxParser(definition, played.log.listener)
    assert parser.parse_from_file(str(tmp_path / "none.onnx")) is False


def test_explicit_batch_must_be_asked_for_before_10(played):
    found = errors_of(played, network(), flags=0)
    assert bool(found) == (played.number < (10, 0))
    assert hasattr(played.trt.NetworkDefinitionCreationFlag, "EXPLICIT_BATCH") == (played.number < (11, 0))


def test_the_fp16_flag_is_gone_from_11(played):
    assert hasattr(played.trt.BuilderFlag, "FP16") == (played.number < (11, 0))


def test_fp16_and_strongly_typed_exclude_each_other(played):
    strong = played.trt.NetworkDefinitionCreationFlag.__members__.get("STRONGLY_TYPED")
    if strong is None or not hasattr(played.trt.BuilderFlag, "FP16"):
        return
    builder, definition, errors = parsed(played.trt, played.log, network(batch=2), 1 << int(strong))
    config = builder.create_builder_config()
    config.set_flag(played.trt.BuilderFlag.FP16)
    assert errors is None
    assert builder.build_serialized_network(definition, config) is None
    assert "STRONGLY_TYPED" in played.log.errors[-1]


def test_a_dynamic_input_needs_a_profile(played):
    assert built(played.trt, played.log, profile=False) is None
    assert "no optimization profile has been defined" in played.log.errors[-1]
    assert built(played.trt, played.log, network(batch=2), profile=False) is not None


def test_a_profile_must_fit_the_network(played):
    profile = played.trt.Builder(played.log.listener).create_optimization_profile()
    with pytest.raises(RuntimeError):
        profile.set_shape("x", shape(2), shape(1), shape(4))
    assert built(played.trt, played.log, network(batch=2)) is None
    assert "does not match network definition" in played.log.errors[-1]


@pytest.mark.parametrize(("knobs", "message"), [({"build_fails": True}, "Could not find"), ({}, None)])
def test_a_build_can_be_made_to_fail(played, knobs, message):
    with turned(**knobs):
        plan = built(played.trt, played.log)
    assert (plan is None) == (message is not None)
    assert message is None or message in played.log.errors[-1]


def test_a_network_that_cannot_be_computed_is_refused(played):
    assert built(played.trt, played.log, renamed(network(), "MatMul")) is None
    assert "the double cannot compute this network" in played.log.errors[-1]


def test_a_build_can_run_out_of_memory(played):
    with turned(out_of_memory_at=["build"]):
        assert built(played.trt, played.log) is None
    assert "OutOfMemory" in played.log.errors[0]


def test_a_timing_cache_makes_the_second_build_short(played):
    cache = played.trt.Builder(played.log.listener).create_builder_config().create_timing_cache(b"")
    with turned(build_s=0.4, build_s_with_cache=0.0):
        first = seconds(lambda: built(played.trt, played.log, cache=cache))
        kept = bytes(cache.serialize())
        again = played.trt.Builder(played.log.listener).create_builder_config().create_timing_cache(kept)
        second = seconds(lambda: built(played.trt, played.log, cache=again))
    assert first > 0.4 > 0.3 > second


def test_a_timing_cache_of_another_gpu_is_refused(played):
    config = played.trt.Builder(played.log.listener).create_builder_config()
    kept = bytes(config.create_timing_cache(b"").serialize())
    assert config.create_timing_cache(b"something else") is None
    with turned(compute_capability=[7, 2]):
        assert config.set_timing_cache(config.create_timing_cache(kept), False) is False
        assert config.set_timing_cache(config.create_timing_cache(kept), True) is True


def seconds(work):
    start = time.monotonic()
    work()
    return time.monotonic() - start


def test_progress_is_told_and_can_call_off_from_10_on(played):
    if not hasattr(played.trt, "IProgressMonitor"):
        assert played.number < (10, 0)
        return
    seen = []

    class Monitor(played.trt.IProgressMonitor):
        def __init__(self):
            played.trt.IProgressMonitor.__init__(self)

        def phase_start(self, phase_name, parent_phase, num_steps):
            seen.append(num_steps)

        def step_complete(self, phase_name, step):
            seen.append(step)
            return step < 1

        def phase_finish(self, phase_name):
            seen.append("end")

    builder, definition, _ = parsed(played.trt, played.log, network(batch=2))
    config = builder.create_builder_config()
    config.progress_monitor = Monitor()
    assert builder.build_serialized_network(definition, config) is None
    assert seen == [10, 0, 1, "end"]


@pytest.mark.parametrize("release", RELEASES_HERE)
@pytest.mark.parametrize(
    ("knobs", "workspace_mib", "is_killed"),
    [
        ({"kill_build": True}, 1, True),
        ({"kill_build_above_mib": 256}, 1024, True),
        ({"kill_build_above_mib": 256}, 256, False),
    ],
)
def test_a_build_in_a_child_is_killed_as_by_the_kernel(root, release, knobs, workspace_mib, is_killed):
    wanted = environment(release, **knobs)
    wanted["PYTHONPATH"] += os.pathsep + str(Path(__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD % workspace_mib],
        env=wanted,
        stdout=subprocess.PIPE,
        universal_newlines=True,
        timeout=50,
    )
    assert done.returncode == (-signal.SIGKILL if is_killed else 0)
    assert done.stdout.strip().isdigit() != is_killed
