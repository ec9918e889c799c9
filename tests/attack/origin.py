"""A page of a stranger in the same browser: it may not read the picture or the figures, by no name that leads here."""

import http.server
import json
import shutil
import socketserver
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any, Dict, List

from attack.program import Program

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WAIT_S = 90
PAGE = """<!doctype html><title>stranger</title><body><script>
const target = %s, found = {};
const told = (name, what) => { found[name] = String(what); };
const image = (path) => new Promise(done => {
  const picture = new Image();
  picture.onload = () => done("shown"); picture.onerror = () => done("refused");
  picture.src = target + path; setTimeout(() => done("refused"), 3000);
});
const events = () => new Promise(done => {
  const source = new EventSource(target + "events");
  source.onmessage = () => done("read"); source.addEventListener("figures", () => done("read"));
  source.onerror = () => done("refused"); setTimeout(() => done("refused"), 3000);
});
const frame = () => new Promise(done => {
  const inner = document.createElement("iframe"); inner.src = target; document.body.append(inner);
  const look = () => {
    try { return inner.contentDocument.body.innerText ? "read" : "refused"; } catch (e) { return "refused"; }
  };
  setTimeout(() => done(look()), 2000);
});
(async () => {
  for (const mode of ["cors", "no-cors"])
    told("fetch " + mode, await fetch(target + "figures.json", {mode, credentials: "include"})
      .then(r => r.text()).then(t => t.length ? "read" : "opaque").catch(() => "refused"));
  told("image", await image("snapshot.jpg")); told("stream", await image("stream.mjpg"));
  told("events", await events()); told("frame", await frame());
  told("script", await new Promise(done => {
    const script = document.createElement("script"); script.src = target + "figures.json";
    script.onload = () => done("ran"); script.onerror = () => done("refused"); document.body.append(script); }));
  await fetch("/told", {method: "POST", body: JSON.stringify(found)});
})();
</script>"""
HARMLESS = {"refused", "opaque"}


def why_not() -> str:
    """The reason why there is no browser, "" where there is."""
    return "" if CHROMIUM else "needs chromium (Debian package: chromium)"


class Threaded(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """As http.server.ThreadingHTTPServer of Python 3.7."""

    daemon_threads = True


def _ask(target: str, host: str, rules: str) -> Dict[str, str]:
    """What a page of `host`, served by us, gets of `target`."""
    answered = threading.Event()
    found: Dict[str, str] = {}

    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write((PAGE % json.dumps(target)).encode())

        def do_POST(self) -> None:
            found.update(json.loads(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(204)
            self.end_headers()
            answered.set()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = Threaded(("127.0.0.1", 0), Stranger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as profile:
        address = "http://{}:{}/".format(host, server.server_port)
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=" + profile]
        browser = subprocess.Popen(
            [str(CHROMIUM)] + flags + ["--host-resolver-rules=" + rules, "--remote-debugging-port=0", address],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert answered.wait(WAIT_S), "the browser did not answer"
        finally:
            browser.kill()
            browser.wait()
            server.shutdown()
            server.server_close()
    return found


def attack(arguments: List[str]) -> Dict[str, Any]:
    """Without a token and with one: what a stranger's page reads, and what a stranger's name that leads here reads."""
    found: Dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--source", "demo://", "--sink", "web", "--port", "0"]
        with Program(Path(folder), *flags, *arguments) as program:
            port = program.port()
            program.wait_for(r"true \d+\.")
            rules = "MAP evil.example 127.0.0.1"
            found["another port"] = _ask("http://127.0.0.1:{}/".format(port), "127.0.0.1", rules)
            found["another name"] = _ask("http://localhost:{}/".format(port), "evil.example", rules)
            found["a name that leads here"] = _ask("http://evil.example:{}/".format(port), "evil.example", rules)
            program.end()
            found["exit status"] = program.popen.returncode
    return found


def is_right(found: Dict[str, Any]) -> bool:
    """Whether nothing was read or shown, wherever the page came from."""
    ways = [way for way in found.values() if isinstance(way, dict)]
    return len(ways) == 3 and all(set(way.values()) <= HARMLESS and len(way) == 7 for way in ways)
