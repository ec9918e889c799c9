"""How long it takes the program to notice that its source is gone, and to be back: python -m benchmarks.recovery

Runs the camera program on an RTSP server, both as processes of their own, provokes each fault from outside (the server
is stopped with SIGSTOP, killed, started again, also in another size), and watches the program's page from outside too.
noticed_s counts from the fault to `offline` on the page, back_s from its end to the next new frame.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from benchmarks.machine import machine
from benchmarks.stand_ins.rtsp_server import RtspServer
from runtime.command_line.command import exit_status_of
from runtime.errors import SourceError
from runtime.figures.report import write_report
from runtime.sinks.listening import open_listening_socket

POLL_S = 0.02
LIMIT_S = 60.0
REFRESH_S = 1.0
"""Longer than the figures on the page are old: they change four times a second."""
SETTLE_S = 12.0
"""Longer than a source has to run for its next loss to begin with the short pause again."""


class Fault(NamedTuple):
    """What is done to the server, and how it ends."""

    name: str
    begin: Callable[[RtspServer], None]
    end: Callable[[RtspServer], None]
    lasts_s: float
    """After it was noticed."""


FAULTS = (
    Fault("hung (SIGSTOP), goes on 2 s after it was noticed", RtspServer.hang, RtspServer.go_on, 2.0),
    Fault("hung (SIGSTOP), goes on 20 s after", RtspServer.hang, RtspServer.go_on, 20.0),
    Fault("killed, restarted 2 s after it was noticed", RtspServer.kill, RtspServer.start, 2.0),
    Fault("killed, restarted 20 s after", RtspServer.kill, RtspServer.start, 20.0),
    Fault("killed, restarted in another size 2 s after", RtspServer.kill, lambda s: s.start((320, 240)), 2.0),
)


class Page:
    """The figures of a running program."""

    def __init__(self, url: str) -> None:
        self._url = url + "figures.json"

    def figures(self) -> Optional[Dict[str, Any]]:
        """None before the first picture."""
        try:
            with urllib.request.urlopen(self._url, timeout=5) as answer:
                return json.loads(answer.read().decode("utf-8"))
        except OSError:
            return None

    def wait(self, wanted: Callable[[Dict[str, Any]], bool]) -> float:
        """Seconds until the figures are as `wanted`; SourceError after LIMIT_S."""
        started_s = time.monotonic()
        while time.monotonic() - started_s < LIMIT_S:
            figures = self.figures()
            if figures is not None and wanted(figures):
                return time.monotonic() - started_s
            time.sleep(POLL_S)
        raise SourceError("the page did not come to say so within {:g} s".format(LIMIT_S))

    def presented(self) -> int:
        """New frames so far."""
        figures = self.figures()
        return 0 if figures is None else int(figures["frames"]["presented"])


def provoke(page: Page, server: RtspServer, fault: Fault) -> Dict[str, float]:
    """One fault from its beginning until frames come again."""
    fault.begin(server)
    noticed_s = page.wait(lambda figures: figures["offline"])
    time.sleep(REFRESH_S)
    before = page.presented()
    time.sleep(fault.lasts_s - REFRESH_S)
    counted = page.presented() - before
    if counted:
        raise SourceError("{} frames were counted while the source was away".format(counted))
    fault.end(server)
    back_s = page.wait(lambda figures: not figures["offline"] and figures["frames"]["presented"] > before)
    return {"noticed_s": round(noticed_s, 2), "back_s": round(back_s, 2)}


def main(arguments: Optional[List[str]] = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", default="-", help="where the times go as JSON, - = standard output (default: -)")
    return exit_status_of(lambda: _run(parser.parse_args(arguments)))


def _run(options: argparse.Namespace) -> int:
    results = {}
    port = _free_port()
    with RtspServer() as server:
        command = [sys.executable, "-m", "runtime.camera", "--source", server.uri, "--sink", "web", "--port", str(port)]
        program = subprocess.Popen(command)
        try:
            page = Page("http://127.0.0.1:{}/".format(port))
            page.wait(lambda figures: figures["frames"]["presented"] > 10)
            for fault in FAULTS:
                time.sleep(SETTLE_S)
                results[fault.name] = provoke(page, server, fault)
                print("{}: {}".format(fault.name, results[fault.name]), file=sys.stderr)
        finally:
            program.terminate()
            program.wait()
    write_report(options.report, {"rtsp": results, "machine": machine()})
    return 0


def _free_port() -> int:
    with open_listening_socket("127.0.0.1", 0) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
