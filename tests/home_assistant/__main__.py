"""Shelfsight in a real Home Assistant core: python -m tests.home_assistant [--hass FOLDER/bin/hass]

Outside CI: it installs Home Assistant (300 MB) into an environment of its own unless one is named. A mosquitto, a core
and the demo are started; the entities must appear by discovery, go unavailable when the program is killed (kill -9),
and come back. What was asked and answered is printed.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from real_mosquitto import Mosquitto, free_port

WAIT_S = 180.0
CONFIGURATION = """
homeassistant:
  name: Shop
http:
  server_port: {port}
  server_host: 127.0.0.1
api:
config:
onboarding:
"""


class Core:
    """A running Home Assistant, asked as its own pages ask it."""

    def __init__(self, hass: str, folder: Path) -> None:
        self.port = free_port()
        folder.mkdir()
        (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=self.port))
        self._log = open(str(folder / "out.log"), "wb")  # noqa: SIM115 - closed by close
        self._process = subprocess.Popen([hass, "-c", str(folder)], stdout=self._log, stderr=subprocess.STDOUT)
        self._token: Optional[str] = None

    def ask(self, path: str, content: Optional[Any] = None, form: Optional[Dict[str, str]] = None) -> Any:
        data = None if content is None else json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        if form is not None:
            data, headers = urllib.parse.urlencode(form).encode(), {}
        if self._token:
            headers["Authorization"] = "Bearer " + self._token
        request = urllib.request.Request("http://127.0.0.1:{}{}".format(self.port, path), data, headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def set_up(self) -> None:
        """A first user, as the first visitor of a new one is."""
        until("Home Assistant to answer", lambda: self.ask("/api/onboarding") is not None)
        client = "http://127.0.0.1:{}/".format(self.port)
        user = {"name": "a", "username": "a", "password": "only for this test", "language": "en", "client_id": client}
        code = self.ask("/api/onboarding/users", user)["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": client}
        self._token = self.ask("/auth/token", form=form)["access_token"]

    def add_mqtt(self, port: int) -> str:
        """The integration, through its own dialogue."""
        flow = self.ask("/api/config/config_entries/flow", {"handler": "mqtt"})
        path = "/api/config/config_entries/flow/" + flow["flow_id"]
        return self.ask(path, {"broker": "127.0.0.1", "port": port})["type"]

    def states(self) -> Dict[str, str]:
        """By entity, ours alone."""
        return {
            one["entity_id"]: one["state"]
            for one in self.ask("/api/states")
            if ".shop_" in one["entity_id"] or "shop shelf 1" in str(one["attributes"].get("friendly_name", "")).lower()
        }

    def attributes(self, entity: str) -> Dict[str, Any]:
        return self.ask("/api/states/" + entity)["attributes"]

    @property
    def version(self) -> str:
        return self.ask("/api/config")["version"]

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._log.close()


def until(what: str, condition: Callable[[], Any]) -> float:
    """How long it took, in seconds."""
    began_s = time.monotonic()
    while True:
        try:
            if condition():
                return time.monotonic() - began_s
        except (urllib.error.URLError, OSError, ValueError):
            pass
        if time.monotonic() - began_s > WAIT_S:
            raise SystemExit("waited in vain for " + what)
        time.sleep(0.25)


def say(line: str, states: Optional[Dict[str, str]] = None) -> None:
    print(line, flush=True)
    for entity, state in sorted((states or {}).items()):
        print("    {:48} {}".format(entity, state), flush=True)


def demo(port: int) -> subprocess.Popen:
    command = [sys.executable, "-m", "runtime.camera", "--source", "demo://", "--sink", "none", "--mqtt-picture", "5"]
    command += ["--mqtt", "mqtt://127.0.0.1:{}/shop/shelf-1".format(port), "--fps", "10"]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def play(core: Core, broker: Mosquitto) -> None:
    core.set_up()
    say("Home Assistant {} with its MQTT integration: {}".format(core.version, core.add_mqtt(broker.port)))
    program = demo(broker.port)
    try:

        def is_all_there() -> bool:
            states = core.states()
            told = {state for entity, state in states.items() if entity.endswith(("true_fps", "_camera", "_change"))}
            return len(states) > 5 and not {"unknown", "unavailable", "0.0"} & told

        seconds = until("the entities", is_all_there)
        until("something in view", lambda: any(state not in ("0", "unknown") for state in _products(core).values()))
        say("the demo started; after {:.1f} s its entities are there:".format(seconds), core.states())
        entity = next(name for name, state in _products(core).items() if state not in ("0", "unknown"))
        attributes = core.attributes(entity)
        say("{}: count {}, last seen {}".format(entity, attributes["count"], attributes["last_seen"]))
        program.send_signal(signal.SIGKILL)
        seconds = until("unavailable", lambda: set(core.states().values()) == {"unavailable"})
        say("kill -9; after {:.1f} s all {} are unavailable".format(seconds, len(core.states())))
        program.wait()
        program = demo(broker.port)
        seconds = until("them to come back", is_all_there)
        say("started again; after {:.1f} s they are back".format(seconds))
        program.send_signal(signal.SIGTERM)
        seconds = until("unavailable", lambda: set(core.states().values()) == {"unavailable"})
        say("ended in order; after {:.1f} s they are unavailable".format(seconds))
    finally:
        program.kill()
        program.wait()


def _products(core: Core) -> Dict[str, str]:
    others = ("true_fps", "temperature", "last_seen", "_camera", "_change", "_picture")
    return {name: state for name, state in core.states().items() if not name.endswith(others)}


def installed(folder: Path, python: str) -> str:
    """Home Assistant in an environment of its own; the path of its program."""
    subprocess.run([python, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run(pip + ["homeassistant", "paho-mqtt"], check=True)
    return str(folder / "bin" / "hass")


def main(arguments: Optional[List[str]] = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hass", metavar="PATH", help="program of an installed core (default: install one)")
    parser.add_argument("--python", default="python3.13", help="a Python that Home Assistant runs on (python3.13)")
    values = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hass = values.hass or installed(folder / "venv", values.python)
        (folder / "broker").mkdir()
        with Mosquitto(folder / "broker") as broker:
            core = Core(hass, folder / "config")
            try:
                play(core, broker)
            except BaseException:
                log = (folder / "config" / "out.log").read_text(errors="replace")
                print("\n".join(log.splitlines()[-25:]), file=sys.stderr)
                raise
            finally:
                core.close()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
