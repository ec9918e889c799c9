"""Signals end the program in order, whenever they come and however many."""

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from typing import Any, Callable, List, Optional

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
HANGUP = getattr(signal, "SIGHUP", None)
LONGEST_S = 4.5
"""An ending that takes longer is cut short; systemd's unit kills after 5 s, and would leave nothing said."""


class Ending:
    """One for the process. A signal sets `stop`, from a thread: in a handler, Event.set may wait for its own lock.

    Two SIGTERMs within 60 us did so, in 2 of 1,500 tries. Here the handler does nothing; what wakes the thread is
    Python's own wake-up descriptor, written before any handler runs and also while the main thread is inside a library.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.is_asked = False
        """Set by the handler itself, and so before the next statement of the main thread."""
        self.has_begun = False
        """Whether there is anything to finish: a report, a recording."""
        self._on_hangup: Optional[Callable[[], None]] = None
        self._sender: Optional[socket.socket] = None
        self._receiver: Optional[socket.socket] = None

    @property
    def threads(self) -> int:
        """How many threads this keeps."""
        return 0 if self._sender is None else 1

    def catch(self) -> None:
        """From now on; does nothing the second time. Call it on the main thread, before the imports that take long.

        A signal that the process was started to ignore (nohup, a shell's background) stays ignored.
        """
        if self._sender is not None:
            return
        self._sender, self._receiver = socket.socketpair()
        self._sender.setblocking(False)
        thread = threading.Thread(target=self._watch, name="signals", daemon=True)
        with _Blocked():  # inherited: only the main thread takes signals until others start, see `hand_on`
            thread.start()
        if os.name == "posix":
            signal.set_wakeup_fd(self._sender.fileno())
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        if os.name == "posix":
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def on_hangup(self, do: Optional[Callable[[], None]]) -> None:
        """From now on SIGHUP is no end: `do` is called on the thread that waits for signals. None: it ends again."""
        self._on_hangup = do

    def hand_on(self) -> bool:
        """Before the process becomes another program of ours, which calls `catch`: signals wait for it.

        False where one has come already: then it must not. A command that never called `catch` may go ahead.
        """
        if os.name == "posix" and self._sender is not None:
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        return not self.is_asked

    def is_over(self) -> None:
        """Everything is finished: a signal that still comes changes nothing, not the exit status either.

        What still runs is a child that is frozen, such as one that a source was being opened with.
        """
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        _kill_children()

    def _on_signal(self, number: int, _frame: Any) -> None:
        if self._on_hangup is not None and number == HANGUP:
            return
        self.is_asked = True
        if os.name != "posix" and self._sender is not None:  # an event loop on the main thread takes the descriptor
            try:
                self._sender.send(b"\0")
            except OSError:
                return

    def _watch(self) -> None:
        assert self._receiver is not None
        while True:
            numbers, do = self._receiver.recv(64), self._on_hangup
            if do is None or set(numbers) != {HANGUP}:
                break
            do()
        asked_s = time.monotonic()
        self.stop.set()
        time.sleep(max(0.0, asked_s + LONGEST_S - time.monotonic()))
        self._cut_short()

    def _cut_short(self) -> None:
        """Something hangs, in a library or in the kernel: end all the same, and leave no child.

        While it still starts that is no fault: networks may take a minute to load, and nobody can interrupt that.
        """
        log = logging.getLogger(__name__)
        if self.has_begun:
            log.error("not ended %g s after it was asked to: something hangs", LONGEST_S)
        else:
            log.warning("ended while it was starting: nothing was seen, and nothing is reported")
        _kill_children()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(1 if self.has_begun else 0)


def children(pid: int) -> List[int]:
    """The processes that `pid` has started, where there is a /proc to ask."""
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if name.isdigit():
            try:
                with open("/proc/{}/stat".format(name), "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            if parent == pid:
                found.append(int(name))
    return found


def _kill_children() -> None:
    for child in children(os.getpid()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, getattr(signal, "SIGKILL", signal.SIGTERM))


class _Blocked:
    """Signals wait while the with statement runs, and for the threads that start in it for good."""

    def __enter__(self) -> None:
        if os.name == "posix":
            self._before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def __exit__(self, *_: Any) -> None:
        if os.name == "posix":
            signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


ENDING = Ending()
"""The process's own."""
