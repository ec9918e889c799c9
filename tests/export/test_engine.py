"""Engines built, compared, kept and refused, with the double of TensorRT in every version it plays."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest
from played_tensorrt import VERSIONS

from export import engine
from export.building import making
from export.building.child import ChildCrashed, run_child

pytestmark = pytest.mark.timeout(300)
ENGINES = [
    "classifier-32x32-fp16.engine",
    "classifier-32x32-fp16.json",
    "detector-160x128-fp16.engine",
    "detector-160x128-fp16.json",
]


@pytest.fixture
def build(tiny_folder, capfd):
    """Run the command on the small bundle; its status, standard output and standard error."""

    def run(*arguments):
        status = engine.main([str(tiny_folder)] + [str(argument) for argument in arguments])
        printed = capfd.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def installs(build):
    """The same where it must go well."""

    def run(*arguments):
        status, out, err = build(*arguments)
        assert status == 0, out + err

    return run


def sidecar(player, name):
    (path,) = player.cache.glob("engines/*/{}.json".format(name))
    return json.loads(path.read_text())


@pytest.mark.parametrize("version", VERSIONS)
def test_built_compared_installed_and_then_found(player, build, version):
    player.play(version)
    status, out, err = build()
    assert (status, err) == (0, "")
    assert "detector at 160x128: installed: FP16 agrees with its model" in out
    assert player.files() == ENGINES
    record = sidecar(player, "detector-160x128-fp16")
    assert record["precision"] == "fp16"
    assert record["parity"][0]["passes"] is True
    assert record["parity"][0]["figures"]["boxes"] == 2
    assert (record["steps"] is None) == (version != "8.2"), "before 8.5 it begins at normalized"
    folder = next(player.cache.glob("engines/*"))
    assert os.stat(str(folder)).st_mode & 0o77 == 0
    assert all(os.stat(str(path)).st_mode & 0o77 == 0 for path in folder.iterdir())
    before = {path.name: path.stat().st_mtime for path in folder.glob("*.engine")}
    status, out, err = build()
    assert status == 0
    assert "building" not in out
    assert "detector at 160x128: is there: FP16 agrees with its model" in out
    assert {path.name: path.stat().st_mtime for path in folder.glob("*.engine")} == before


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("outputs", ["nan", "zero", "perturbed"])
def test_an_fp16_that_does_not_agree_makes_way_for_fp32(player, build, version, outputs):
    player.play(version, fp16_outputs=outputs)
    status, out, _ = build("--stage", "detector")
    assert status == 0
    record = sidecar(player, "detector-160x128-fp16")
    assert (record["key"]["precision"], record["precision"]) == ("fp16", "fp32")
    assert record["why"].startswith("FP32 agrees with its model; FP16 does not agree with its model: ")
    assert [verdict["passes"] for verdict in record["parity"]] == [False, True]
    assert record["why"] in out


@pytest.mark.parametrize("version", VERSIONS)
def test_where_none_agrees_no_engine_is_kept_and_it_is_remembered(player, build, installs, version):
    player.play(version, fp16_outputs="zero", fp32_outputs="zero")
    status, out, _ = build("--stage", "classifier")
    assert status == 1
    assert "no engine: FP16 does not agree" in out
    assert player.files() == ["classifier-32x32-fp16.json"]
    status, out, _ = build("--stage", "classifier")
    assert status == 1
    assert "building" not in out
    player.turn()
    installs("--stage", "classifier", "--force")
    assert player.files() == ENGINES[:2]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_killed_build_is_explained_and_leaves_nothing(player, build, installs, version):
    player.play(version, kill_build_above_mib=100)
    status, out, err = build("--stage", "detector")
    assert status == 1
    assert err.count("\n") == 1
    for words in (
        "shelfsight: detector at 160x128: killed",
        "swap",
        "nvzramconfig",
        "--workspace 128 (it had 256 MiB)",
    ):
        assert words in err
    assert player.files() == []
    installs("--stage", "detector", "--workspace", "64")
    assert sidecar(player, "detector-160x128-fp16")["build"]["workspace_mib"] == 64


def test_the_other_stage_is_built_though_one_fails(player, build, tiny_folder, tmp_path):
    player.play(VERSIONS[0], build_fails=True)
    status, out, err = build()
    assert status == 1
    assert err.count("\n") == 2
    assert "detector at 160x128: could not be built: TensorRT built nothing" in err
    assert "classifier at 32x32: could not be built: TensorRT built nothing" in err
    assert player.files() == []


@pytest.mark.parametrize("version", VERSIONS)
def test_sizes_precision_workspace_and_libraries_are_as_asked(player, version, capfd):
    """With the shipped bundle: the small one's shapes are known at one size only."""
    player.play(version)
    arguments = ["--size", "160", "--size", "320", "--precision", "fp32", "--no-libraries", "--workspace", "32"]
    assert engine.main(arguments) == 0, capfd.readouterr()
    names = [name for name in player.files() if name.endswith(".engine")]
    assert names == ["classifier-64x64-fp32.engine", "detector-160x128-fp32.engine", "detector-320x256-fp32.engine"]
    record = sidecar(player, "detector-320x256-fp32")
    assert record["precision"] == "fp32"
    assert record["build"]["workspace_mib"] == 32
    assert not {"CUBLAS", "CUBLAS_LT", "CUDNN"} & set(record["build"]["tactic_sources"])


@pytest.mark.parametrize("version", VERSIONS)
def test_the_shipped_bundle_agrees_in_fp16(player, version, capfd):
    """The double rounds weights to FP16: the way there is tried, not what a GPU makes of it."""
    player.play(version)
    assert engine.main([]) == 0, capfd.readouterr()
    for name in ("detector-160x128-fp16", "classifier-64x64-fp16"):
        assert sidecar(player, name)["precision"] == "fp16"


def test_a_size_at_which_the_model_sees_nothing_gets_no_engine(player, build):
    player.play(VERSIONS[0])
    status, out, _ = build("--stage", "detector", "--size", 320)
    assert status == 1
    assert "sees no box on any frame: nothing to compare" in out


def test_libraries_are_tried_unless_left_out(player, installs):
    player.play("8.2")
    installs("--stage", "detector")
    assert {"CUBLAS", "CUDNN"} <= set(sidecar(player, "detector-160x128-fp16")["build"]["tactic_sources"])


@pytest.mark.parametrize("version", VERSIONS)
def test_the_timing_cache_makes_the_next_build_faster(player, installs, version):
    player.play(version, build_s=2.0, build_s_with_cache=0.0)
    installs("--stage", "detector")
    assert sidecar(player, "detector-160x128-fp16")["build"]["seconds"] >= 2.0
    assert len(list(player.cache.glob("engines/*/timing-*.cache"))) == 1
    installs("--stage", "detector", "--force")
    assert sidecar(player, "detector-160x128-fp16")["build"]["seconds"] < 2.0


def test_a_broken_timing_cache_does_not_matter(player, installs):
    player.play(VERSIONS[0])
    installs("--stage", "detector")
    (cache,) = player.cache.glob("engines/*/timing-*.cache")
    cache.write_bytes(b"no timing cache")
    installs("--stage", "detector", "--force")
    assert cache.read_bytes() != b"no timing cache"


@pytest.mark.skipif(VERSIONS[-1] == "8.6", reason="plays no TensorRT that tells its progress")
def test_progress_is_passed_on_where_tensorrt_tells_it(player, build, monkeypatch):
    monkeypatch.setattr("export.building.child.TELL_EVERY_S", 0.3)
    player.play("10.9", build_s=3)
    assert re.search(r"detector at 160x128: \d+ s: Building Engine, step \d+ of 10", build("--stage", "detector")[1])


def test_a_build_that_crashes_in_fp16_makes_way_for_fp32(player, installs, monkeypatch):
    calls = []

    def crash_once(module, *arguments):
        calls.append(module)
        if len(calls) == 1:
            raise ChildCrashed("python -m {} crashed (SIGSEGV); it last said: nothing".format(module))
        return run_child(module, *arguments)

    player.play(VERSIONS[0])
    monkeypatch.setattr(making, "run_child", crash_once)
    installs("--stage", "detector")
    record = sidecar(player, "detector-160x128-fp16")
    assert record["precision"] == "fp32"
    assert "FP16 python -m export.building.build crashed (SIGSEGV)" in record["why"]


def test_a_gpu_that_is_not_faster_in_fp16_gets_fp32(player, installs):
    player.play("8.2", fast_fp16=False)
    installs("--stage", "detector")
    record = sidecar(player, "detector-160x128-fp16")
    assert record["precision"] == "fp32"
    assert "not faster in FP16" in record["why"]


def started(tiny_folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "export.engine", str(tiny_folder), "--stage", "detector"] + list(arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


def until(process, words):
    """Read lines until one says this."""
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_a_build_leaves_nothing_half_written(player, tiny_folder, number):
    player.play(VERSIONS[0], build_s=60)
    process = started(tiny_folder)
    until(process, "building in FP16")
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert err == "shelfsight: interrupted: nothing half-built is left, what was there before is as it was\n"
    assert player.files() == []


def test_two_builds_at_once_wait_for_each_other_and_build_once(player, tiny_folder):
    player.play(VERSIONS[0], build_s=3)
    first = started(tiny_folder)
    until(first, "building in FP16")
    second = started(tiny_folder)
    out = second.communicate(timeout=60)[0]
    first.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "another build is under way (process {}): waiting for it".format(first.pid) in out
    assert "is there: FP16 agrees" in out
    assert "building" not in out


def test_what_a_parent_that_was_killed_left_behind_is_cleared(player, tiny_folder, installs):
    player.play(VERSIONS[0], build_s=60)
    process = started(tiny_folder)
    until(process, "building in FP16")
    time.sleep(0.5)
    process.kill()
    process.communicate(timeout=20)
    (staging,) = [name for name in player.files() if name.startswith(".build-")]
    # The build itself goes on, and holds the lock, until it ends; it is told apart by its request.
    for status in [path for path in os.listdir("/proc") if path.isdigit()]:
        try:
            with open("/proc/{}/cmdline".format(status), "rb") as file:
                if staging.encode() in file.read():
                    os.kill(int(status), signal.SIGKILL)
        except OSError:
            pass
    player.turn()
    installs("--stage", "detector")
    assert player.files() == ENGINES[2:]


def test_a_full_disk_is_one_line_and_heals(player, tiny_folder, build, installs):
    player.play(VERSIONS[0])
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, limit[1]))  # the error of a full disk but for its number
    try:
        status, out, err = build("--stage", "detector")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert status == 1
    assert err.count("\n") == 1
    assert err.startswith("shelfsight: ")
    assert "File too large" in err
    assert player.files() == []
    installs("--stage", "detector")


@pytest.mark.parametrize("cache", ["/sys/shelfsight", "a-file/below"])
def test_a_folder_that_cannot_be_written_is_one_line(player, build, tmp_path, monkeypatch, cache):
    (tmp_path / "a-file").write_text("")
    monkeypatch.setenv("SHELFSIGHT_CACHE", str(tmp_path / cache))
    player.play(VERSIONS[0])
    status, out, err = build()
    assert status == 1
    assert err.startswith("shelfsight: {}".format(tmp_path / cache))
    assert err.count("\n") == 1


def test_a_folder_that_others_may_write_to_is_refused(player, build, installs):
    player.play(VERSIONS[0])
    installs("--stage", "detector")
    (folder,) = player.cache.glob("engines/*")
    os.chmod(str(folder), 0o777)
    status, _, err = build("--stage", "detector")
    assert status == 1
    assert "chmod go-w '{}'".format(folder) in err


@pytest.mark.parametrize(
    "knobs, words",
    [
        ({"broken": ["tensorrt"]}, "TensorRT cannot be imported"),
        ({"broken": ["pycuda"]}, "pycuda cannot be imported"),
        ({"gpus": 0}, "is NVIDIA's driver installed?"),
    ],
)
def test_a_machine_that_cannot_build_says_why(player, build, knobs, words):
    player.play(VERSIONS[0], **knobs)
    status, out, err = build()
    assert status == 1
    assert err.count("\n") == 1
    assert words in err


def test_a_machine_without_onnx_says_so(player, build, monkeypatch):
    player.play(VERSIONS[0])
    monkeypatch.setitem(sys.modules, "onnx", None)
    status, _, err = build()
    assert status == 1
    assert err.startswith("shelfsight: a build needs onnx, which is not installed")


def test_the_process_beside_the_build_stays_small(root):
    command = "import export.engine, sys; assert not {'onnx', 'tensorrt', 'pycuda', 'onnxruntime'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", command], cwd=str(root), check=True)


def test_a_model_that_the_parser_refuses_is_one_line(player, tiny_folder, tmp_path, capfd):
    import onnx
    import tiny_bundle as tiny

    from export.bundle import assemble_bundle
    from runtime.bundle import FILES

    files = {name: str(tiny_folder / name) for name in FILES}
    model = tiny.detector_model()
    (node,) = [node for node in model.graph.node if node.name == "" and node.op_type == "Greater"]
    node.op_type = "Mod"  # that 8.2 has no importer for
    files["detector.onnx"] = str(tmp_path / "detector.onnx")
    onnx.save(model, files["detector.onnx"])
    description = json.loads((tiny_folder / "bundle.json").read_text())
    assemble_bundle(str(tmp_path / "bundle"), files, description)
    player.play("8.2")
    assert engine.main([str(tmp_path / "bundle"), "--stage", "detector"]) == 1
    err = capfd.readouterr().err
    assert "No importer registered for op: Mod" in err
    assert "python -m export.check" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--size", "100"],
        ["--size", "x"],
        ["--workspace", "1"],
        ["--precision", "int8"],
        ["--stage", "third"],
        ["--what"],
    ],
)
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        engine.main(arguments)
    assert stopped.value.code == 2


def test_a_child_that_crashes_is_told_with_its_signal_and_last_words(tmp_path, monkeypatch):
    (tmp_path / "crashing.py").write_text("import os\nprint('so far', flush=True)\nos.kill(os.getpid(), 11)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ChildCrashed, match=r"crashed \(SIGSEGV\); it last said: so far"):
        run_child("crashing", [], str(tmp_path / "log"), lambda text: None, 256)


def test_a_child_gives_signs_of_life(tmp_path, monkeypatch):
    monkeypatch.setattr("export.building.child.TELL_EVERY_S", 0.2)
    (tmp_path / "slow.py").write_text("import time\nprint('timing tactics', flush=True)\ntime.sleep(1.5)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    told = []
    assert run_child("slow", [], str(tmp_path / "log"), told.append, 256) == 0
    assert any("timing tactics" in line for line in told)


def test_an_altered_bundle_is_refused(tiny_folder, tmp_path, capsys):
    shutil.copytree(str(tiny_folder), str(tmp_path / "bundle"))
    with open(str(tmp_path / "bundle" / "detector.onnx"), "ab") as file:
        file.write(b"\0")
    assert engine.main([str(tmp_path / "bundle")]) == 1
    assert "sha256" in capsys.readouterr().err
