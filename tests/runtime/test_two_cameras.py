"""Two cameras in one process, as its users start it: which of them each flag is for, and what is told of which."""

import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
from typing import NamedTuple, Sequence

import cv2
import pytest
import tiny_bundle as tiny
from posted_to import serving
from real_mosquitto import Listener, Mosquitto, until

from benchmarks.several_cameras.leaving import left_behind

pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")

pytestmark = pytest.mark.timeout(90)
FRAMES = 40
DOOR, SHELF = (tiny.SQUARE, tiny.RED), (tiny.BAR, tiny.BLUE)
ALL_OF_IT = {"name": "all", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}


@pytest.fixture
def folders(tmp_path):
    """A red square at the door, a blue bar on the shelf."""
    for name, block in (("door", DOOR), ("shelf", SHELF)):
        (tmp_path / name).mkdir()
        picture = tiny.scene((68, 60) + block, height=128)
        for number in range(FRAMES):
            assert cv2.imwrite(str(tmp_path / name / "{:02d}.png".format(number)), picture)
    return tmp_path


class Ended(NamedTuple):
    """What came of the program."""

    returncode: int
    stderr: str
    to_systemd: Sequence[str]


@pytest.fixture
def run(root, folders, tiny_folder):
    """The program with both and these flags, in the folder; ended where `is_enough` of what systemd was told."""

    def start(*flags, shelf="shelf", is_enough=lambda said: False):
        command = [sys.executable, "-m", "runtime.camera", "--source", "door=door", "--source", "shelf=" + shelf]
        command += ["--bundle", str(tiny_folder), "--engine", "onnx", "--report", "report.json"]
        said = []
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server, open(str(folders / "log"), "w+") as log:
            server.bind(str(folders / "notify"))
            server.settimeout(0.1)
            environment = dict(os.environ, PYTHONPATH=str(root), NOTIFY_SOCKET=str(folders / "notify"), DISPLAY="")
            process = subprocess.Popen(command + list(flags), cwd=str(folders), env=environment, stderr=log)
            while process.poll() is None:  # the socket has room for ten
                with contextlib.suppress(socket.timeout):
                    said.append(server.recv(1000).decode())
                    if is_enough(said):
                        process.terminate()
            log.seek(0)
            return Ended(process.returncode, log.read(), said)

    return start


def test_each_flag_is_for_whom_it_names(run, folders):
    (folders / "zones.json").write_text(json.dumps({"zones": [ALL_OF_IT]}))
    (folders / "layout.csv").write_text("row,product,facings\n1,blue,1\n")
    done = run(
        "--sink", "door=door.mp4", "--sink", "names.jsonl", "--sink", "shelf=pictures/", "--sink", "seen.sqlite",
        "--zones", "door=zones.json", "--shelf", "shelf=layout.csv", "--res", "shelf=320x256", "--fps", "door=100",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    door, shelf = (json.loads((folders / "report.json").read_text())["cameras"][name] for name in ("door", "shelf"))
    assert door["frames"]["presented"] == shelf["frames"]["presented"] == FRAMES
    assert (door["nominal_fps"], shelf["nominal_fps"]) == (100, 0)
    assert (door["res"], shelf["res"]) == ("160x128", "320x256")
    assert ("counts" in door, "counts" in shelf) == (True, False)
    assert ("shelf" in door, "shelf" in shelf) == (False, True)
    assert cv2.VideoCapture(str(folders / "door.mp4")).read()[0]
    assert len(os.listdir(str(folders / "pictures"))) == FRAMES
    for name, product in (("door", "red"), ("shelf", "blue")):
        lines = (folders / "names-{}.jsonl".format(name)).read_text().splitlines()
        assert {thing["name"] for line in lines for thing in json.loads(line)["objects"]} == {product}
    with sqlite3.connect(str(folders / "seen.sqlite")) as history:
        seen = history.execute("SELECT DISTINCT camera, product FROM sightings ORDER BY camera").fetchall()
    assert seen == [("door", "red"), ("shelf", "blue")]


def test_a_broker_and_an_address_are_told_of_each(run, tmp_path):
    with serving() as (url, got), Mosquitto(tmp_path) as broker, Listener(broker.port) as listener:
        mqtt = "mqtt://127.0.0.1:{}/shop".format(broker.port)
        done = run("--sink", "none", "--fps", "20", "--mqtt", mqtt, "--on", "appears=" + url)
        assert done.returncode == 0, done.stderr
        until("the figures", lambda: {"shop/door/figures", "shop/shelf/figures"} <= set(listener.retained))
        told = {name: json.loads(listener.text("shop/{}/figures".format(name))) for name in ("door", "shelf")}
        products = {topic for topic in listener.retained if "/products/" in topic}
    assert all(one["true_fps"] > 0 for one in told.values())
    assert json.loads(listener.text("shop/door/products/red"))["last_seen"] is not None, products
    assert json.loads(listener.text("shop/door/products/blue"))["last_seen"] is None
    posted = [json.loads(body.decode()) for _, _, body in got]
    assert sorted((one["camera"], one["product"]) for one in posted) == [("door", "red"), ("shelf", "blue")]


def test_systemd_does_not_wait_for_a_file_that_has_ended(run):
    def fed_since(said):
        ended = [number for number, text in enumerate(said) if "door: ended" in text]
        return sum("WATCHDOG=1" in text for text in said[ended[0] + 1 :]) if ended else 0

    flags = ("--sink", "none", "--fps", "0", "--res", "shelf=160x128", "--seconds", "40")
    done = run(*flags, shelf="demo://?products=1", is_enough=lambda said: fed_since(said) >= 5)
    assert done.returncode == 0, done.stderr
    assert fed_since(done.to_systemd) >= 5


def test_a_flag_that_is_for_all_is_for_none_alone(run):
    done = run("--size", "door=320")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--size is for all cameras: give it without door=" in done.stderr


def test_fifty_that_come_and_go_leave_nothing_behind(tiny_folder):
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    left = left_behind(str(tiny_folder))
    assert left == {"cameras": 50, "threads": 0, "handles": 0, "holds": True}
