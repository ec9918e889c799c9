"""The folder of --take-bundles: bundles by their hash, and a file that says which runs, written whole or not."""

import contextlib
import json
import logging
import os
import re
import shutil
from typing import Any, NamedTuple, Optional

from runtime.bundle import Bundle
from runtime.errors import BundleError, SinkError
from runtime.outputs import write_whole
from runtime.taking.protocol import is_sha256
from runtime.untrusted.fields import read_json

log = logging.getLogger(__name__)

STATE = "taken.json"
INCOMING = "incoming"
MOST_STARTS = 2
"""Of a bundle on trial: a program that it ends goes back by itself."""
_OWN = re.compile(r"[0-9a-f]{64}\Z|" + INCOMING + r"\Z")
_MOST_STATE_BYTES = 64 << 10


class Taken(NamedTuple):
    """Bundles by the hash of their description; None: that of the program's own flags."""

    running: Optional[str] = None
    before: Optional[str] = None
    is_trial: bool = False
    starts: int = 0
    """Of the trial."""
    failed: str = ""
    """Why the last one was given back; empty: it was not."""


class Place:
    """Of one program."""

    def __init__(self, folder: str) -> None:
        """SinkError: it cannot be made."""
        self.folder = os.path.abspath(folder)
        try:
            os.makedirs(self.folder, exist_ok=True)
        except OSError as error:
            message = "--take-bundles {}: {}: name a folder of yours"
            raise SinkError(message.format(folder, error.strerror or error)) from error
        self.taken = self._read()

    def begin(self) -> Optional[str]:
        """At the start of a program: the folder of the bundle to run, None for that of the flags.

        What a broken-off taking left is removed. A trial that has been started too often, or a bundle that does not
        open any more, gives way to the one before.
        """
        taken = self.taken
        if taken.is_trial and taken.starts >= MOST_STARTS:
            self.go_back("it was started {} times and never confirmed".format(taken.starts))
        elif taken.is_trial:
            self._write(taken._replace(starts=taken.starts + 1))
        while self.taken.running is not None:
            try:
                Bundle.open(self.folder_of(self.taken.running))
                break
            except BundleError as error:
                log.error("the bundle that was taken last: %s", error)
                self.go_back(str(error))
        self.clean()
        return self.running_folder

    @property
    def running_folder(self) -> Optional[str]:
        """None: the bundle of the flags runs."""
        return None if self.taken.running is None else self.folder_of(self.taken.running)

    @property
    def incoming(self) -> str:
        """Where a bundle grows that is none yet."""
        return os.path.join(self.folder, INCOMING)

    def folder_of(self, sha256: str) -> str:
        """Where a bundle is, or will be."""
        return os.path.join(self.folder, sha256)

    def settle_in(self, sha256: str) -> str:
        """What has come in whole becomes the bundle `sha256`, which nothing runs yet; its folder. OSError."""
        folder = self.folder_of(sha256)
        shutil.rmtree(folder, ignore_errors=True)
        _sync(self.incoming)
        os.rename(self.incoming, folder)
        _sync(self.folder)
        return folder

    def try_out(self, sha256: str) -> None:
        """From the next start on `sha256` runs, on trial. OSError: it stays as it is."""
        self._write(Taken(sha256, self.taken.running, is_trial=True))

    def keep(self) -> None:
        """The trial is over, and was good. OSError."""
        self._write(self.taken._replace(is_trial=False, starts=0))
        self.clean()

    def go_back(self, why: str) -> None:
        """From the next start on the bundle before runs. OSError."""
        self._write(Taken(self.taken.before, None, failed=why))

    def clean(self) -> None:
        """Remove bundles that neither run nor would be gone back to; nothing that is not ours."""
        kept = (self.taken.running, self.taken.before)
        with contextlib.suppress(OSError):
            for name in os.listdir(self.folder):
                if _OWN.match(name) and name not in kept:
                    shutil.rmtree(os.path.join(self.folder, name), ignore_errors=True)

    def _read(self) -> Taken:
        path = os.path.join(self.folder, STATE)
        try:
            told = read_json(path, _MOST_STATE_BYTES)
        except FileNotFoundError:
            return Taken()
        except (OSError, ValueError) as error:
            log.error("%s: %s; the bundle of the flags runs", path, error)
            return Taken()
        told = told if isinstance(told, dict) else {}
        starts, failed = told.get("starts"), told.get("failed")
        return Taken(
            _hash(told.get("running")),
            _hash(told.get("before")),
            told.get("is_trial") is True,
            starts if isinstance(starts, int) else 0,
            failed if isinstance(failed, str) else "",
        )

    def _write(self, taken: Taken) -> None:
        write_whole(os.path.join(self.folder, STATE), json.dumps(taken._asdict(), indent=2) + "\n")
        _sync(self.folder)
        self.taken = taken


def _hash(told: Any) -> Optional[str]:
    return told if is_sha256(told) else None


def _sync(folder: str) -> None:
    """So that a rename in it survives a power cut."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
