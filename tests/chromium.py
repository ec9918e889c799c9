"""A headless Chromium, driven through its DevTools protocol, over the aiohttp that the page needs anyway."""

import asyncio
import base64
import json
import os
import shutil
import subprocess
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WAIT_S = 30.0
"""Bound of every wait: a browser on a busy two-core machine takes several seconds to start."""
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1280,800",
    "--remote-debugging-port=0",
]


class DevToolsError(Exception):
    """A command that failed, as one does whose page is just being left."""


class Chromium:
    """One headless browser with one page."""

    def __init__(self, profile):
        self._process = subprocess.Popen(
            [CHROMIUM, "--user-data-dir=" + str(profile)] + FLAGS + ["about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._loop = asyncio.new_event_loop()
        self._session = None
        self._count = 0
        try:
            self._loop.run_until_complete(self._attach(os.path.join(str(profile), "DevToolsActivePort")))
        except BaseException:
            self.close()
            raise

    async def _attach(self, port_file):
        import aiohttp

        deadline_s = time.monotonic() + WAIT_S
        while not os.path.exists(port_file):
            assert self._process.poll() is None, "chromium ended with {}".format(self._process.returncode)
            assert time.monotonic() < deadline_s, "chromium did not start"
            await asyncio.sleep(0.05)
        with open(port_file) as lines:
            port = int(lines.readline())
        self._session = aiohttp.ClientSession()
        async with self._session.get("http://127.0.0.1:{}/json/list".format(port)) as answer:
            (page,) = [target for target in await answer.json(content_type=None) if target["type"] == "page"]
        self._socket = await self._session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0)

    def ask(self, method, **parameters):
        """The result of one DevTools command."""
        return self._loop.run_until_complete(asyncio.wait_for(self._ask(method, parameters), WAIT_S))

    async def _ask(self, method, parameters):
        self._count += 1
        await self._socket.send_str(json.dumps({"id": self._count, "method": method, "params": parameters}))
        while True:
            message = json.loads((await self._socket.receive()).data)
            if message.get("id") == self._count:
                if "error" in message:
                    raise DevToolsError(message["error"])
                return message["result"]

    def open(self, url):
        """Go to `url`, by way of an empty page so that nothing is read from the last one."""
        self.ask("Page.navigate", url="about:blank")
        self.ask("Page.navigate", url=url)

    def value(self, script):
        """What `script` evaluates to in the page."""
        result = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait_for(self, script, expected=True):
        """Wait until `script` gives `expected`; a page that is still loading may lack what it looks at."""
        guarded = "(() => {{ try {{ return {}; }} catch (error) {{ return String(error); }} }})()".format(script)
        deadline_s = time.monotonic() + WAIT_S
        while True:
            try:
                value = self.value(guarded)
            except DevToolsError as error:
                value = error
            if value == expected:
                return
            assert time.monotonic() < deadline_s, "{} stayed {!r}, expected {!r}".format(script, value, expected)
            time.sleep(0.05)

    def finger(self, *points):
        """Touch the window at the first of `points`, (x, y) in pixels of it, go along the others, and let go."""
        self.ask("Emulation.setTouchEmulationEnabled", enabled=True)
        for kind, (x, y) in zip(["touchStart"] + ["touchMove"] * len(points), points):
            self.ask("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y}])
        self.ask("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def mouse(self, *points):
        """The same with the left button."""
        self.ask("Emulation.setTouchEmulationEnabled", enabled=False)
        kinds = ["mousePressed"] + ["mouseMoved"] * (len(points) - 1)
        for kind, (x, y) in [*zip(kinds, points), ("mouseReleased", points[-1])]:
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def screenshot(self, path):
        """Write what the window shows as PNG."""
        with open(str(path), "wb") as file:
            file.write(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))

    def close(self):
        if self._session is not None:
            self._loop.run_until_complete(self._session.close())
        self._loop.close()
        self._process.terminate()
        try:
            self._process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
