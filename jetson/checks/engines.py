"""The bundle, and the engines that are kept for it.

What opens a bundle needs numpy, and is imported by the check itself: where numpy is broken the doctor still answers.
"""

import os
from typing import TYPE_CHECKING, Iterator, List

from jetson.checks.finding import NOT_APPLICABLE, OK, PROBLEM, WARNING, Finding
from jetson.checks.libraries import probe
from jetson.checks.machine import Machine
from runtime.errors import EngineMismatch, ModelError, ShelfsightError

if TYPE_CHECKING:
    from runtime.bundle import Bundle


def check_engines(machine: Machine, bundle_name: str) -> Iterator[Finding]:
    """Whether the bundle is whole, and whether its engines were built from it by this TensorRT."""
    if probe(machine, "numpy").status != 0:
        yield Finding("bundle", NOT_APPLICABLE, "not looked at: numpy is broken")
        return
    from runtime.bundle import Bundle
    from runtime.engines.cache import engines_folder, kept_engines

    try:
        bundle = Bundle.open(bundle_name)
    except ShelfsightError as error:
        yield Finding("bundle", PROBLEM, str(error))
        return
    yield Finding("bundle", OK, "{}: {} products".format(bundle.name, len(bundle.products)))
    answer = probe(machine, "tensorrt")
    if answer.status != 0:
        yield Finding("engines", NOT_APPLICABLE, "no TensorRT")
        return
    build = "python -m export.engine " + bundle_name
    try:
        kept = kept_engines(engines_folder(bundle.folder))
    except OSError as error:
        yield Finding("engines", WARNING, "{}: {}".format(error.filename, error.strerror), build)
        return
    if not kept:
        yield Finding("engines", WARNING, "none yet in {}".format(engines_folder(bundle.folder)), build + " (minutes)")
    for path in kept:
        yield _engine(path, bundle, answer.last_line, build)


def _engine(path: str, bundle: "Bundle", tensorrt: str, build: str) -> Finding:
    from runtime.bundle import sha256_of
    from runtime.engines.cache import DETECTOR, read_record

    check = "engine " + os.path.basename(path)
    try:
        record = read_record(path)
    except (EngineMismatch, ModelError) as error:
        return Finding(check, WARNING, str(error), build)
    model = bundle.detector if record.key.stage == DETECTOR else bundle.classifier
    wrong: List[str] = []
    if record.key.model_sha256 != sha256_of(model):
        wrong.append("the model has changed")
    if record.key.version != tensorrt:
        wrong.append("it is TensorRT {}'s, this is {}".format(record.key.version, tensorrt))
    if wrong:
        return Finding(check, WARNING, "; ".join(wrong), build)
    return Finding(check, OK, "{}: {}".format(record.precision, record.why))
