"""The library: what an iteration gives, and that whatever ends it ends its threads too."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import pytest
import tiny_bundle as tiny

import shelfsight
from runtime.settings import Settings
from shelfsight.camera import settings_for

pytestmark = pytest.mark.timeout(60)

COUNT = 8


@pytest.fixture
def pictures(tmp_path):
    """A folder: a red square, a blue bar, and a grey square that is none of the products."""
    picture = tiny.scene(
        (36, 36, tiny.SQUARE, tiny.RED), (100, 100, tiny.BAR, tiny.BLUE), (36, 116, tiny.SQUARE, tiny.GREY)
    )
    for number in range(COUNT):
        assert cv2.imwrite(str(tmp_path / "{}.png".format(number)), picture)
    return tmp_path


@pytest.fixture
def opened(tiny_folder):
    """Makes cameras with the tiny bundle; after the test no thread of theirs may be left."""
    before = set(threading.enumerate())

    def make(source="demo://", **flags):
        return shelfsight.Camera(source, tiny_folder, engine="onnx", **flags)

    yield make
    gc.collect()
    assert set(threading.enumerate()) - before == set()


def test_every_picture_once_with_what_is_on_it(opened, pictures):
    untouched = cv2.imread(str(pictures / "0.png"))
    with opened(pictures) as camera:
        assert (camera.shapes, camera.products) == (tuple(tiny.SHAPES), tuple(tiny.PRODUCTS))
        frames = list(camera)
    assert [seen.id for seen in frames] == list(range(COUNT))
    for seen in frames:
        assert (seen.frame == untouched).all(), "not drawn on"
        found = {thing.name: thing for thing in seen.objects}
        assert set(found) == {"red", "blue", "unknown square"}
        assert (found["blue"].product, found["blue"].shape) == ("blue", "bar")
        assert found["unknown square"].product is None
        assert found["blue"].box == pytest.approx((68, 84, 132, 116), abs=1)
        assert 0.6 <= found["red"].score <= 1
        assert found["red"].similarity == pytest.approx(1, abs=1e-3)
        assert len({thing.track for thing in seen.objects}) == 3
    report = camera.report()
    assert report["frames"]["presented"] == COUNT
    assert report["nominal_fps"] == 0
    time.sleep(0.05)
    assert camera.report() == report, "once it is closed it stays so"


def test_a_detector_alone_names_by_shape(pictures, tiny_folder):
    with shelfsight.Camera(pictures, detector=tiny_folder / "detector.onnx", conf=0.6, frames=1) as camera:
        (seen,) = camera
    assert camera.products == ()
    assert sorted((thing.name, thing.product, thing.similarity) for thing in seen.objects) == [
        ("bar", None, None),
        ("square", None, None),
        ("square", None, None),
    ]


def test_beside_a_sink_the_frames_stay_as_they_were(opened, pictures, tmp_path):
    untouched = cv2.imread(str(pictures / "0.png"))
    with opened(pictures, sink=["none", str(tmp_path / "out.mp4")]) as camera:
        assert all((seen.frame == untouched).all() for seen in camera)
    assert (tmp_path / "out.mp4").stat().st_size > 0


def test_a_loop_that_breaks_ends_it(opened):
    for seen in opened():
        if seen.id >= 3:
            break


def test_an_exception_in_the_loop_ends_it(opened):
    try:
        for _ in opened():
            raise KeyError("of the caller")
    except KeyError:
        pass


def test_a_camera_that_nobody_holds_ends(opened):
    camera = opened()
    next(camera)
    del camera


def test_one_that_never_began_ends(opened):
    opened()


def test_the_end_of_a_with_statement_ends_it_and_its_iteration(opened):
    with opened() as camera:
        next(camera)
    assert list(camera) == []
    camera.close()


def test_another_thread_may_end_it(opened):
    camera = opened()
    closer = threading.Timer(0.3, camera.close)
    closer.start()
    for _ in camera:
        pass
    closer.join()


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs Linux or macOS")
def test_a_signals_handler_may_end_it(opened):
    camera = opened("demo://?fps=1")
    before = signal.signal(signal.SIGUSR1, lambda *_: camera.close())
    try:
        next(camera)
        threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGUSR1)).start()
        assert len(list(camera)) <= 1
    finally:
        signal.signal(signal.SIGUSR1, before)
        del before


def test_what_fails_meanwhile_is_raised_and_ends_it(opened, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(shelfsight.SourceError):
        list(opened(tmp_path / "empty"))


def test_what_cannot_be_had_is_raised_at_once(opened, tmp_path):
    with pytest.raises(shelfsight.SourceError, match="no-such"):
        opened(tmp_path / "no-such.mp4")
    with pytest.raises(shelfsight.BundleError):
        shelfsight.Camera("demo://", tmp_path)
    with pytest.raises(shelfsight.UsageError, match="--size"):
        opened(size=33)
    with pytest.raises(shelfsight.UsageError, match="--siz"):
        opened(siz=320)
    with pytest.raises(shelfsight.UsageError, match="one camera"):
        shelfsight.Camera(source=["demo://", "demo://?seed=2"])
    with pytest.raises(shelfsight.UsageError, match="report"):
        opened(report="figures.json")


def test_flags_are_the_command_lines():
    assert settings_for({}) == Settings(fps=0.0)
    settings = settings_for(
        {
            "source": 0, "bundle": Path("my-products"), "res": (1280, 720), "size": 320, "fps": 15,
            "classify_every": 5, "sequential": True, "wait": False, "sink": ["web", "out.mp4"], "engine": None,
        }
    )  # fmt: skip
    assert settings == Settings(
        source="0", bundle="my-products", res=(1280, 720), size=320, fps=15.0,
        classify_every=5, sequential=True, sinks=("web", "out.mp4"),
    )  # fmt: skip


def test_opencvs_threads_are_as_before(opened):
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    try:
        with opened() as camera:
            next(camera)
            assert cv2.getNumThreads() == 1
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)


def run_python(root, text):
    return subprocess.run(
        [sys.executable, "-c", text],
        env=dict(os.environ, PYTHONPATH=str(root)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=40,
    )


def test_a_program_that_leaves_one_open_ends_in_order(root):
    text = "import shelfsight; camera = shelfsight.Camera('demo://', engine='onnx'); print(next(camera).id >= 0)"
    done = run_python(root, text)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_importing_it_loads_no_opencv(root):
    done = run_python(root, "import sys, shelfsight; print({'cv2', 'onnxruntime'} & set(sys.modules))")
    assert done.stdout == "set()\n", done.stderr


def test_the_public_names():
    expected = (
        "Box BundleError Camera Figures MissingPackageError ModelError SeenFrame SeenObject ShelfsightError SinkError "
        "SourceError UsageError __version__"
    )
    assert sorted(shelfsight.__all__) == expected.split()
    assert all(getattr(shelfsight, name).__doc__ for name in shelfsight.__all__)
