"""A product that the bundle has never seen is taught by taps on the page, and named from then on."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from chromium import CHROMIUM, Chromium

pytest.importorskip("aiohttp", reason="aiohttp is not installed")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian package: chromium)"),
    pytest.mark.filterwarnings("ignore:Running attrs on Python 3.6:DeprecationWarning"),
    pytest.mark.timeout(180),
]
NAME = "🍵 <new> tea"
TAP = """(() => {{
  const box = document.getElementById('picture').getBoundingClientRect();
  document.getElementById('picture').dispatchEvent(new MouseEvent('click', {{
    clientX: box.left + {} * box.width, clientY: box.top + {} * box.height, bubbles: true }}));
}})()"""


def in_view(url):
    try:
        with urllib.request.urlopen(url + "api/v1/now", timeout=10) as answer:
            return json.loads(answer.read().decode("utf-8"))["objects"]
    except urllib.error.HTTPError as error:
        error.close()
        return []  # before the first picture


def wait_for(what, within_s=40.0):
    deadline_s = time.monotonic() + within_s
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline_s, what
        time.sleep(0.1)


@pytest.fixture
def camera(root, tmp_path):
    """The program on the demo's strangers alone, standing still: address and token."""
    command = [sys.executable, "-m", "runtime.camera", "--source", "demo://?unknown=1&products=3&speed=0&seed=7"]
    command += ["--sink", "web", "--port", "0", "--fps", "10", "--catalogue", str(tmp_path / "state" / "c.sqlite")]
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    process = subprocess.Popen(command, cwd=str(root), stderr=subprocess.PIPE, env=environment)
    told = []
    try:
        while not told or b"live picture" not in told[-1]:
            told.append(process.stderr.readline())
            assert told[-1], told
        url = re.search(rb"live picture: (\S+)", told[-1]).group(1).decode()
        token = (tmp_path / "state" / "token").read_text().strip()
        yield url, token
    finally:
        process.terminate()
        process.communicate(timeout=20)


def lesson(browser, tap):
    """From the tap to the question for a name."""
    browser.value(tap)
    browser.wait_for("document.getElementById('following').hidden", False)
    browser.wait_for("Number(document.getElementById('count').textContent) >= 5")
    browser.value("document.getElementById('enough').click()")
    browser.wait_for("document.getElementById('ready').hidden", False)


def doubt(browser, tap):
    """The same object under another name is asked about, with a picture of both."""
    lesson(browser, tap)
    browser.value("document.getElementById('name').value = 'another'")
    browser.value("document.querySelector('#naming button').click()")
    browser.wait_for("document.getElementById('doubt').hidden", False)
    assert NAME in browser.value("document.getElementById('like_text').textContent")
    browser.wait_for("[...document.querySelectorAll('#both img')].filter((one) => one.naturalWidth).length", 2)


def test_from_the_tap_to_the_name(camera, tmp_path):
    url, token = camera
    unknown = wait_for(
        lambda: [one for one in in_view(url) if one["product"] is None and one["similarity"] is not None]
    )
    x1, y1, x2, y2 = unknown[0]["box"]
    browser = Chromium(tmp_path / "profile")
    try:
        browser.open(url + "teach")
        browser.wait_for("document.getElementById('picture').naturalWidth", 640)
        browser.wait_for("document.getElementById('unlock').hidden", False)
        browser.value("document.getElementById('token').value = {}".format(json.dumps(token)))
        browser.value("document.querySelector('#unlock button').click()")
        browser.wait_for("document.getElementById('unlock').hidden", True)
        began_s = time.monotonic()
        tap = TAP.format((x1 + x2) / 2 / 640, (y1 + y2) / 2 / 480)
        lesson(browser, tap)
        browser.wait_for("document.querySelectorAll('#views img').length >= 5")
        browser.value("document.getElementById('name').value = {}".format(json.dumps(NAME)))
        browser.value("document.querySelector('#naming button').click()")
        browser.wait_for("document.getElementById('done').textContent.includes({})".format(json.dumps(NAME)))
        wait_for(lambda: [one for one in in_view(url) if one["name"] == NAME], 10.0)
        print("{:.1f} s from the tap to the name".format(time.monotonic() - began_s))
        with urllib.request.urlopen(url + "snapshot.jpg", timeout=10) as answer:
            (tmp_path / "taught.jpg").write_bytes(answer.read())  # to be looked at
        doubt(browser, tap)
        browser.screenshot(tmp_path / "doubt.png")
        browser.value("document.getElementById('merge').click()")
        browser.wait_for("document.getElementById('done').textContent.includes({})".format(json.dumps(NAME)))
        browser.open(url + "products")
        browser.wait_for("document.querySelectorAll('#taught li').length", 1)
        assert browser.value("document.querySelector('#taught li b').textContent") == NAME
        assert browser.value("document.querySelectorAll('#taught li img').length") >= 10, "of both lessons"
        browser.wait_for("document.querySelector('#taught .soft').textContent.includes('last')")
        browser.ask("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
        assert browser.value("document.documentElement.scrollWidth") == 390
        browser.screenshot(tmp_path / "products.png")
        for left in (1, 0):
            browser.wait_for("document.getElementById('undo').hidden", False)
            browser.value("document.getElementById('undo').click()")
            browser.wait_for("document.querySelectorAll('#taught li').length", left)
        wait_for(lambda: not [one for one in in_view(url) if one["name"] == NAME], 10.0)
    finally:
        browser.close()
