"""Make one engine: built in one child, compared with its model in another, installed whole or not at all."""

import hashlib
import json
import os
import shutil
import tempfile
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from export.build import BUILT, REFUSED, Built, Request
from export.child import last_line, run_child
from export.parity import FAILED
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
            verdicts: List[Dict[str, Any]] = []
            why = ""
            for precision in (FP16, FP32) if key.precision == FP16 else (FP32,):
                built, path, failure = self._built(staging, model, key, precision)
                if built is None:
                    if precision == FP32:
                        raise BuildError(failure)
                    why = "{} could not be built: {}".format(precision.upper(), failure)
                    self._tell(why)
                    continue
                record = self._record(key, built, path, verdicts, why or built.why)
                verdict = self._compared(staging, model, path, record)
                verdicts.append(dict(verdict, precision=built.precision))
                if verdict["passes"]:
                    record = record._replace(why=record.why or "agrees with its model in FP32")
                    self._install(staging, path, record)
                    return record
                told = "; ".join(verdict["failures"])
                why = "{} does not agree with its model: {}".format(built.precision.upper(), told)
                self._tell(why)
                if built.precision == FP32:
                    break
            refused = record._replace(engine_sha256=None, why=why)
            self._install(staging, None, refused)
            return refused
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _built(self, staging: str, model: str, key: EngineKey, precision: str) -> Tuple[Optional[Built], str, str]:
        """What was built and its file; or None and why."""
        wishes = self._wishes
        path = engine_path(staging, key.stage, key.size, precision)
        kept_cache = os.path.join(self._folder, "timing-{}-{}.cache".format(key.tensorrt, key.sm))
        cache = os.path.join(staging, "timing.cache")
        if os.path.isfile(kept_cache):
            shutil.copyfile(kept_cache, cache)
        request = Request(
            model, path, key.size, key.max_batch, precision, wishes.workspace_mib, wishes.libraries, cache
        )
        request_path = os.path.join(staging, "request.json")
        with open(request_path, "w", encoding="utf-8") as file:
            json.dump(request._asdict(), file)
        self._tell("building in {}".format(precision.upper()))
        if self._child("export.build", [request_path], staging, accepted=(0, REFUSED)) == REFUSED:
            return None, path, _reason(staging)
        with open(path + BUILT, encoding="utf-8") as file:
            built = Built(**json.load(file))
        if os.path.isfile(cache):
            os.replace(cache, kept_cache)
        size_mb = os.path.getsize(path) / 1e6
        self._tell("{} built in {:.0f} s, {:.1f} MB".format(built.precision.upper(), built.seconds, size_mb))
        return built, path, ""

    def _child(self, module: str, arguments: Sequence[str], staging: str, accepted: Sequence[int]) -> int:
        log_path = os.path.join(staging, "log.txt")
        workspace = self._wishes.workspace_mib
        return run_child(module, arguments, log_path, self._tell, workspace, (self._lock,), accepted)

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
        """The verdict of python -m export.parity; one that fails where it could not even be given."""
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
            return {"passes": False, "failures": ["it could not be compared: " + _reason(staging)]}
        with open(out, encoding="utf-8") as file:
            return json.load(file)

    def _install(self, staging: str, built: Optional[str], record: EngineRecord) -> None:
        """Engine, then sidecar: between the two the hash does not match, which the next start sees and mends."""
        key = record.key
        path = engine_path(self._folder, key.stage, key.size, key.precision)
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
