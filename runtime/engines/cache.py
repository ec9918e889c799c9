"""Where engines are kept: a folder of the user's own for each bundle, in it each engine with its sidecar."""

import hashlib
import os
import re
import stat
from typing import List, NamedTuple, Optional

from runtime.bundle import sha256_of
from runtime.engines.sidecar import OPENVINO, EngineKey, EngineRecord, mismatches, record_from_json
from runtime.errors import EngineMismatch, ModelError
from runtime.sides import Sides

CACHE_VARIABLE = "SHELFSIGHT_CACHE"
ENGINE, SIDECAR = ".engine", ".json"
DETECTOR, CLASSIFIER = "detector", "classifier"
MAX_BATCH = 16
"""Crops of one inference, which a classifier's engine is built for; more candidates take several."""


def engines_folder(bundle_folder: str) -> str:
    """Where the engines of this bundle are: below SHELFSIGHT_CACHE, else the user's own cache folder.

    A bundle is known by where it lies: one that was trained again finds the old engines, sees that they do not fit and
    replaces them, so that none pile up.
    """
    cache = os.environ.get(CACHE_VARIABLE) or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "shelfsight"
    )
    path = os.path.realpath(bundle_folder)
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", os.path.basename(path)) or "bundle"
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
    return os.path.join(cache, "engines", "{}-{}".format(name, digest[:8]))


def engine_path(folder: str, stage: str, sides: Sides, precision: str) -> str:
    """The file of one engine."""
    return os.path.join(folder, "{}-{}-{}{}".format(stage, sides, precision, ENGINE))


def kept_path(folder: str, key: EngineKey) -> str:
    """The file of TensorRT's engine for `key`; of OpenVINO's there is the sidecar only."""
    kind = "openvino-" + key.precision if key.library == OPENVINO else key.precision
    return engine_path(folder, key.stage, key.sides, kind)


def sidecar_path(path: str) -> str:
    """The sidecar of the engine at `path`."""
    return os.path.splitext(path)[0] + SIDECAR


def wanted_key(model: str, stage: str, sides: Sides, precision: str, max_batch: int, machine: EngineKey) -> EngineKey:
    """What an engine of the ONNX file `model` must be; `machine` gives library and device."""
    return machine._replace(
        stage=stage,
        model_sha256=sha256_of(model),
        width=sides.width,
        height=sides.height,
        precision=precision,
        max_batch=max_batch,
    )


def check_private(path: str) -> None:
    """ModelError unless the user owns `path`, a file or folder, and nobody else may write to it.

    An engine is code to the driver: who can write one here runs as the user. Windows tells neither owner nor rights
    this way; there the user's own folders are closed to others from the start.
    """
    if not hasattr(os, "geteuid"):
        return
    found = os.stat(path)
    user = os.geteuid()
    if found.st_uid != user:
        raise ModelError(
            "{} belongs to user {}, this is user {}: engines load only from what is one's own; run as that user, or "
            "set {} to a folder of your own".format(path, found.st_uid, user, CACHE_VARIABLE)
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ModelError(
            "{} may be written to by others (mode {:o}), and an engine is code: chmod go-w '{}'".format(
                path, stat.S_IMODE(found.st_mode), path
            )
        )


class State(NamedTuple):
    """What is kept for one key."""

    path: str
    record: Optional[EngineRecord]
    """Where it fits; its engine_sha256 is None where every precision was tried and none agreed."""
    problem: str
    """Why it does not fit; empty where it does."""


def look(folder: str, key: EngineKey) -> State:
    """What is kept for `key` in `folder`. ModelError where the folder is not private; never for what lies in it."""
    path = kept_path(folder, key)
    if not os.path.isfile(sidecar_path(path)):
        none = "not compared yet" if key.library == OPENVINO else "none has been built yet"
        return State(path, None, none if not os.path.exists(path) else "its sidecar is gone")
    check_private(folder)
    try:
        record = read_record(path)
        differences = mismatches(record.key, key)
        if differences:
            raise EngineMismatch("; ".join(differences))
        if record.engine_sha256 not in (None, key.model_sha256):
            read_plan(path, record)
    except EngineMismatch as error:
        return State(path, None, str(error))
    return State(path, record, "")


def read_record(path: str) -> EngineRecord:
    """The sidecar of the engine at `path`; EngineMismatch where there is none."""
    beside = sidecar_path(path)
    try:
        check_private(beside)
        with open(beside, encoding="utf-8") as file:
            return record_from_json(file.read(), beside)
    except (OSError, UnicodeDecodeError) as error:
        raise EngineMismatch("{}: {}".format(beside, getattr(error, "strerror", None) or error)) from error


def read_plan(path: str, record: EngineRecord) -> bytes:
    """The bytes of the engine at `path`, once they are those that `record` was written for."""
    try:
        check_private(os.path.dirname(os.path.abspath(path)))
        check_private(path)
        with open(path, "rb") as file:
            plan = file.read()
    except OSError as error:
        raise EngineMismatch("{}: {}".format(path, error.strerror or error)) from error
    if hashlib.sha256(plan).hexdigest() != record.engine_sha256:
        raise EngineMismatch(
            "{} ({} bytes) is not the file that its sidecar was written for: cut short, altered or foreign".format(
                path, len(plan)
            )
        )
    return plan


def kept_engines(folder: str) -> List[str]:
    """Paths of the engines in `folder`, sorted."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return [os.path.join(folder, name) for name in sorted(names) if name.endswith(ENGINE)]
