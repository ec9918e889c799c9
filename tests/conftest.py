"""What every test may use, and the rule that CI skips nothing but what tests/skips_allowed_in_ci.txt lists."""

import atexit
import os
import shutil
import signal
import sys
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
SKIPS_ALLOWED = Path(__file__).with_name("skips_allowed_in_ci.txt")

# A shell without job control has its background jobs ignore Ctrl-C, and children inherit that: tests send signals.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for ignored in (getattr(signal, name) for name in ("SIGQUIT", "SIGHUP", "SIGTERM") if hasattr(signal, name)):
    if signal.getsignal(ignored) == signal.SIG_IGN:
        signal.signal(ignored, signal.SIG_DFL)

# What is taught on this machine is no test's, and no test's is this machine's.
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="shelfsight-test-")
os.environ.pop("STATE_DIRECTORY", None)
atexit.register(shutil.rmtree, os.environ["XDG_DATA_HOME"], True)

# No deadline: a busy machine is no bug. In CI the same examples every time: a red run can be run again.
hypothesis.settings.register_profile("shelfsight", deadline=None, derandomize=os.environ.get("CI") == "true")
hypothesis.settings.load_profile("shelfsight")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The development data, too large to commit: videos, labelled pictures, third-party models."""
    folder = Path(os.environ.get("SHELFSIGHT_SHARED") or str(ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip("needs ../shared (development data), absent")
    return folder


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> Path:
    """A small bundle with weights set by hand, see tests/tiny_bundle.py. Not to be written to."""
    import tiny_bundle

    return tiny_bundle.write(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def player(monkeypatch, tmp_path):
    """Plays a release of TensorRT, see tests/played_tensorrt.py; engines are kept in the test's own folder."""
    import played_tensorrt

    monkeypatch.setitem(sys.modules, "openvino", None)  # where it is installed, auto would take it for TensorRT
    yield played_tensorrt.Player(monkeypatch, tmp_path / "cache")
    played_tensorrt.forget()


@pytest.fixture(scope="session")
def openvino():
    """The real package, where it is installed."""
    from runtime.engines.openvino import import_openvino
    from runtime.errors import MissingPackageError

    try:
        return import_openvino()
    except MissingPackageError:
        pytest.skip("needs OpenVINO (pip install '.[openvino]')")


def is_skip_allowed(reason: str, python: str, allowed: str) -> bool:
    """Whether a line of `allowed` ("Python | pattern | why", Python may be "any") covers this reason on this Python."""
    for line in allowed.splitlines():
        if line.strip() and not line.startswith("#"):
            band, pattern, _why = [field.strip() for field in line.split("|")]
            if band in ("any", python) and fnmatchcase(reason, pattern):
                return True
    return False


def fail_a_skip_in_ci(report) -> None:
    """Turn a skip that CI may not make into a failure that says so."""
    if os.environ.get("CI") != "true" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason[len("Skipped: ") :] if reason.startswith("Skipped: ") else reason
    if not is_skip_allowed(reason, "%d.%d" % sys.version_info[:2], SKIPS_ALLOWED.read_text(encoding="utf-8")):
        report.outcome = "failed"
        report.longrepr = "skipped in CI: %s\nInstall what is missing in .ci/run, or allow it in %s." % (
            reason,
            SKIPS_ALLOWED.relative_to(ROOT),
        )


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport():
    outcome = yield
    fail_a_skip_in_ci(outcome.get_result())


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_make_collect_report():
    outcome = yield
    fail_a_skip_in_ci(outcome.get_result())
