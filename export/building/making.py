"""Make one engine: built in one child, compared with its model in another, installed whole or not at all."""

import hashlib
import json
import os
import shutil
import tempfile
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from export.building.child import ChildCrashed, last_line, run_child
from export.building.request import BUILT, REFUSED, Built, Request
from export.comparing.comparison import FAILED
from runtime import __version__
from runtime.engines.cache import engine_path, sidecar_path
from runtime.engines.normalize import InputSteps
from runtime.engines.sidecar import FP16, FP32, EngineKey, EngineRecord, json_from_record
from runtime.errors import BuildError

STAGING = ".build-"


class Wishes(NamedTuple):
    """How to build, whatever the engine."""

    workspace_mib: int = 256
    libraries: bool = True
    frames: Optional[str] = None
    """More frames for the comparison."""


class _Failed(Exception):
    """One precision could not be tried."""


class Maker:
    """Makes engines in one folder. The caller holds the folder's lock."""

    def __init__(self, bundle_folder: str, folder: str, wishes: Wishes, lock: int, tell: Callable[[str], None]) -> None:
        self._bundle_folder = bundle_folder
        self._folder = folder
        self._wishes = wishes
        self._lock = lock
        self._tell = tell

    def make(self, model: str, key: EngineKey) -> EngineRecord:
        """Build for `key`, in FP32 where FP16 does not agree, and install it; the record says which, and why.

        Where none agrees the record is kept without an engine, so that the next start need not try again. BuildError
        where it could not be tried; what was there before is then as it was.
        """
        staging = tempfile.mkdtemp(dir=self._folder, prefix=STAGING)
        try:
            record, path = self._best(staging, model, key)
            self._install(staging, path, record)
            return record
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _best(self, staging: str, model: str, key: EngineKey) -> Tuple[EngineRecord, Optional[str]]:
        """The first precision that agrees, and its file; a record without an engine, and None, where none does."""
        verdicts: List[Dict[str, Any]] = []
        reasons: List[str] = []
        for precision in (FP16, FP32) if key.precision == FP16 else (FP32,):
            try:
                built, path = self._built(staging, model, key, precision)
                record = self._record(key, built, path, verdicts, "; ".join(reasons) or built.why)
                verdict = self._compared(staging, model, path, record)
            except _Failed as error:
                if precision == FP32:
                    raise BuildError(str(error)) from error
                reasons.append("{} {}".format(precision.upper(), error))
                self._tell(reasons[-1])
                continue
            verdicts.append(dict(verdict, precision=built.precision))
            if verdict["passes"]:
                agrees = "{} agrees with its model".format(built.precision.upper())
                return record._replace(why="; ".join(filter(None, [agrees, record.why]))), path
            told = "; ".join(verdict["failures"])
            reasons.append("{} does not agree with its model: {}".format(built.precision.upper(), told))
            self._tell(reasons[-1])
            if built.precision == FP32:
                break
        return record._replace(engine_sha256=None, why="; ".join(reasons)), None

    def _built(self, staging: str, model: str, key: EngineKey, precision: str) -> Tuple[Built, str]:
        """What was built, and its file."""
        wishes = self._wishes
        path = engine_path(staging, key.stage, key.sides, precision)
        kept_cache = os.path.join(self._folder, "timing-{}-{}.cache".format(key.version, key.architecture))
        cache = os.path.join(staging, "timing.cache")
        if os.path.isfile(kept_cache):
            shutil.copyfile(kept_cache, cache)
        how = precision, wishes.workspace_mib, wishes.libraries, cache
        request = Request(model, path, key.width, key.height, key.max_batch, *how)
        request_path = os.path.join(staging, "request.json")
        with open(request_path, "w", encoding="utf-8") as file:
            json.dump(request._asdict(), file)
        self._tell("building in {}".format(precision.upper()))
        if self._child("export.building.build", [request_path], staging, accepted=(0, REFUSED)) == REFUSED:
            raise _Failed("could not be built: " + _reason(staging))
        with open(path + BUILT, encoding="utf-8") as file:
            built = Built(**json.load(file))
        if os.path.isfile(cache):
            os.chmod(cache, 0o600)
            os.replace(cache, kept_cache)
        size_mb = os.path.getsize(path) / 1e6
        self._tell("{} built in {:.0f} s, {:.1f} MB".format(built.precision.upper(), built.seconds, size_mb))
        return built, path

    def _child(self, module: str, arguments: Sequence[str], staging: str, accepted: Sequence[int]) -> int:
        log_path = os.path.join(staging, "log.txt")
        workspace = self._wishes.workspace_mib
        try:
            return run_child(module, arguments, log_path, self._tell, workspace, (self._lock,), accepted)
        except ChildCrashed as error:
            raise _Failed(str(error)) from error

    def _record(
        self, key: EngineKey, built: Built, path: str, verdicts: List[Dict[str, Any]], why: str
    ) -> EngineRecord:
        return EngineRecord(
            key=key,
            engine_sha256=_sha256(path),
            precision=built.precision,
            why=why,
            steps=None if built.steps is None else InputSteps.from_json(built.steps),
            metadata=built.metadata,
            parity=verdicts,
            build={
                "workspace_mib": self._wishes.workspace_mib,
                "tactic_sources": built.tactic_sources,
                "seconds": built.seconds,
                "shelfsight": __version__,
                "built": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            },
        )

    def _compared(self, staging: str, model: str, path: str, record: EngineRecord) -> Dict[str, Any]:
        """The verdict of python -m export.parity."""
        with open(sidecar_path(path), "w", encoding="utf-8") as file:
            file.write(json_from_record(record))
        out = os.path.join(staging, "verdict.json")
        arguments = [model, path, "--bundle", self._bundle_folder, "--json", out]
        if self._wishes.frames:
            arguments += ["--frames", self._wishes.frames]
        self._tell("comparing it with its model")
        if os.path.exists(out):
            os.unlink(out)
        status = self._child("export.parity", arguments, staging, accepted=(0, 1, FAILED))
        if status == 1 or not os.path.isfile(out):
            raise _Failed("could not be compared with its model: " + _reason(staging))
        with open(out, encoding="utf-8") as file:
            return json.load(file)

    def _install(self, staging: str, built: Optional[str], record: EngineRecord) -> None:
        """Engine, then sidecar: between the two the hash does not match, which the next start sees and mends."""
        key = record.key
        path = engine_path(self._folder, key.stage, key.sides, key.precision)
        beside = os.path.join(staging, "sidecar.json")
        with open(beside, "w", encoding="utf-8") as file:
            file.write(json_from_record(record))
            file.flush()
            os.fsync(file.fileno())
        for staged in (beside,) if built is None else (beside, built):
            os.chmod(staged, 0o600)
        if built is None:
            if os.path.exists(path):
                os.unlink(path)
        else:
            os.replace(built, path)
        os.replace(beside, sidecar_path(path))


def _reason(staging: str) -> str:
    said = last_line(os.path.join(staging, "log.txt")) or "it said nothing"
    return said[len("shelfsight: ") :] if said.startswith("shelfsight: ") else said


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
