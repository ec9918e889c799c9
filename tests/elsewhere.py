"""Runs a module of ours as if this were Windows or macOS, as far as Python shows: a program of its own.

    python tests/elsewhere.py windows runtime.camera --source demo:// --frames 5 --sink none --report -
    python tests/elsewhere.py macos import runtime jetson

What a system lacks (modules, attributes, files) is gone for our code; what the interpreter and its packages need on
Linux to work at all is loaded before. No substitute for the real system: file names, consoles and cameras stay Linux's.
"""

import asyncio
import errno
import importlib
import io
import multiprocessing
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
from typing import NamedTuple, Sequence, Tuple

NEEDED = (asyncio, select, socket, subprocess)
"""Choose between systems when they load."""

POSIX_OS = (
    "O_NONBLOCK O_CLOEXEC O_NOCTTY O_DIRECTORY O_NOFOLLOW chown fchmod fchown fdatasync fork forkpty getegid getgid "
    "getgroups getloadavg getpgid getpgrp getpriority getsid getuid geteuid killpg lchown mkfifo nice openpty pread "
    "pwrite sched_getaffinity sched_setaffinity sendfile setgid setsid setuid statvfs sync sysconf uname wait3 wait4"
).split()
POSIX_SIGNALS = (
    "SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 pause pthread_kill "
    "pthread_sigmask setitimer sigwait"
).split()
KERNEL = ("/dev", "/proc", "/sys", "/etc/nv_tegra_release")


class Elsewhere(NamedTuple):
    """What another system has not."""

    platform: str
    """sys.platform there."""
    name: str
    """os.name there."""
    modules: Sequence[str]
    os_names: Sequence[str]
    signals: Sequence[str]


SYSTEMS = {
    "windows": Elsewhere(
        "win32", "nt", "fcntl grp pwd pty readline resource syslog termios tty".split(), POSIX_OS, POSIX_SIGNALS
    ),
    "macos": Elsewhere("darwin", "posix", ("spwd",), ("fdatasync", "sched_getaffinity", "sched_setaffinity"), ()),
}


def is_hidden(path) -> bool:
    """Whether `path` is one of the kernel's own, which only Linux has there; the null device is everywhere."""
    text = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
    return text != os.devnull and any(text == root or text.startswith(root + "/") for root in KERNEL)


def hiding(function):
    """`function`, which takes a path first, as where that path does not exist."""

    def call(path=".", *arguments, **named):
        if is_hidden(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return function(path, *arguments, **named)

    return call


def become(system: Elsewhere) -> None:
    """Take away what `system` has not; from here on this process is there."""
    access = os.access
    os.access = lambda path, *mode, **named: not is_hidden(path) and access(path, *mode, **named)
    for module, names in ((os, ("open", "stat", "lstat", "listdir", "scandir", "readlink")), (io, ("open",))):
        for name in names:
            setattr(module, name, hiding(getattr(module, name)))
    __builtins__.open = io.open
    multiprocessing.set_start_method("spawn")
    for name in system.modules:
        sys.modules[name] = None  # type: ignore[assignment]
    for module, names in ((os, system.os_names), (signal, system.signals)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    sys.platform, os.name = system.platform, system.name


def modules_of(packages: Sequence[str]) -> Tuple[str, ...]:
    """Each of `packages` with all that is in it."""
    found = []
    for name in packages:
        package = importlib.import_module(name)
        found += [name] + [entry.name for entry in pkgutil.walk_packages(package.__path__, name + ".")]
    return tuple(found)


def main() -> None:
    system, module = SYSTEMS[sys.argv[1]], sys.argv[2]
    for vendor in ("numpy", "cv2", "onnxruntime", "aiohttp.web"):  # which parts of the system they need is theirs
        importlib.import_module(vendor)
    sys.argv = sys.argv[2:]
    sys.path[0] = os.getcwd()  # as python -m has it
    become(system)
    if module != "import":
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    for name in modules_of(sys.argv[1:]) if module == "import" else ():
        importlib.import_module(name)
        print(name)


if __name__ == "__main__":
    main()
