"""A signal sets the stop, from the first line on and however often; what hangs is cut short."""

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")

STORM = """
import os, signal, sys
from runtime.command_line.ending import ENDING
ENDING.catch()
for _ in range(2000):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        os.kill(os.getpid(), number)
assert ENDING.stop.wait(20)
ENDING.is_over()
os.kill(os.getpid(), signal.SIGTERM)
"""

HANGING = """
import subprocess, sys, time
from runtime.command_line import ending
ending.LONGEST_S = 0.5
ending.ENDING.catch()
ending.ENDING.has_begun = {}
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""

HANDED_ON = """
import os, signal, sys
from runtime.command_line.ending import ENDING
ENDING.catch()
if len(sys.argv) == 1:
    assert ENDING.hand_on()
    os.kill(os.getpid(), signal.SIGTERM)
    os.execv(sys.executable, [sys.executable, __file__, "again"])
assert ENDING.stop.wait(20)
"""


def run(program, root, **streams):
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=dict(os.environ, PYTHONPATH=str(root)),
        preexec_fn=lambda: [signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGHUP)],
        **streams,
    )


def test_a_storm_of_signals_is_one_stop(root):
    assert run(STORM, root).wait(50) == 0


@pytest.mark.parametrize("has_begun", [True, False])
def test_what_hangs_is_cut_short_and_leaves_no_child(root, has_begun):
    with run(HANGING.format(has_begun), root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        child = int(process.stdout.readline())
        process.terminate()
        assert process.wait(20) == (1 if has_begun else 0), "while it starts there is nothing to finish"
        assert (b"something hangs" if has_begun else b"while it was starting") in process.stderr.read()
    deadline_s = time.monotonic() + 10
    while _runs(child):
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_a_signal_while_the_process_becomes_another_is_kept(root, tmp_path):
    path = tmp_path / "handed_on.py"
    path.write_text(HANDED_ON)
    done = subprocess.run([sys.executable, str(path)], env=dict(os.environ, PYTHONPATH=str(root)), timeout=50)
    assert done.returncode == 0


def test_what_is_ignored_stays_ignored(root):
    program = "import signal; from runtime.command_line.ending import ENDING; ENDING.catch();"
    program += "assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=dict(os.environ, PYTHONPATH=str(root)),
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
        timeout=50,
    )
    assert done.returncode == 0


def _runs(pid):
    """Whether it is there, and no zombie that waits for its parent's parent."""
    try:
        with open("/proc/{}/stat".format(pid)) as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
