"""What makes engines or compares them, as a child process: passed on to the log, ended with its owner."""

import logging
import os
import subprocess
import sys
import threading
from typing import List, Optional, Sequence

from runtime.engines.libraries import Library
from runtime.sides import Sides

log = logging.getLogger(__name__)

_POLL_S = 0.1
_END_S = 10.0
_PREFIX = "shelfsight: "
SIGKILL = 9
"""signal.SIGKILL, by its number: Windows has no such name."""


class EngineBuild:
    """Runs from its constructor on. `close` ends it; may be called twice."""

    def __init__(
        self, library: Library, bundle_folder: str, stages: Sequence[str], sides: Sides, precision: str, force: bool
    ) -> None:
        self._title = library.making
        command = [sys.executable, "-m", library.makes, bundle_folder, "--size", str(sides), "--precision", precision]
        for stage in stages:
            command += ["--stage", stage]
        self._process = subprocess.Popen(
            command + (["--force"] if force else []),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=dict(os.environ, PYTHONIOENCODING="utf-8"),
        )
        self.failures: List[str] = []
        """The lines that say what could not be had."""
        self._closed = False
        self._reader = threading.Thread(target=self._read, name="engine build", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                text = line.strip()
                if text.startswith(_PREFIX):
                    self.failures.append(text[len(_PREFIX) :])
                else:
                    log.info("%s: %s", self._title, text)

    def wait(self, stop: threading.Event) -> Optional[str]:
        """Until it has ended, or `stop` is set, which ends it; None where it went well, else why not."""
        while self._process.poll() is None and not stop.is_set():
            stop.wait(_POLL_S)
        if self._process.poll() is None:
            self.close()
            return "the {} was interrupted".format(self._title)
        self._reader.join(_END_S)
        return self._outcome()

    def _outcome(self) -> Optional[str]:
        if self._process.returncode == 0:
            return None
        status = self._process.returncode
        if status == -SIGKILL:
            return "the {} was killed, most likely for want of memory (docs/engines.md, steps 3 and 4)".format(
                self._title
            )
        return "; ".join(self.failures) or "the {} ended with status {}".format(self._title, status)

    def go_on_alone(self) -> None:
        """Say in the log how it ended, whenever that is."""

        def tell() -> None:
            self._process.wait()
            self._reader.join(_END_S)
            why = self._outcome()
            if not self._closed:
                log.info("%s: %s", self._title, "done; the next start runs on the engines" if why is None else why)

        threading.Thread(target=tell, name="engine build's end", daemon=True).start()

    def close(self) -> None:
        self._closed = True
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(_END_S)
