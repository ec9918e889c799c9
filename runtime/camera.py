"""The camera program: python -m runtime.camera --res 640x480 --size 160"""

import _signal  # what `signal` is made of, without the modules that it imports: some ms in which Ctrl-C is a traceback

if __name__ == "__main__" and hasattr(_signal, "pthread_sigmask"):  # they wait until ENDING catches them
    _signal.pthread_sigmask(_signal.SIG_BLOCK, (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP, _signal.SIGQUIT))

from runtime.command_line import standard_streams
from runtime.command_line.ending import ENDING

if __name__ == "__main__":
    standard_streams.fill_in()  # before anything is opened
    ENDING.catch()  # before the other imports, which take a while

import contextlib
import logging
import os
import sys
import threading
import traceback
from typing import List, Optional, Sequence

from runtime.allocator import share_heaps
from runtime.command_line.again import become
from runtime.command_line.arguments import settings_from_arguments
from runtime.command_line.log_format import formatter_for, goes_to_journal, journal_prefix
from runtime.command_line.log_limit import LimitedHandler
from runtime.command_line.one_line import one_line
from runtime.command_line.opencv import load_opencv
from runtime.command_line.reloading import Reloading, is_told_by_files
from runtime.command_line.utf8 import in_utf8
from runtime.errors import ShelfsightError
from runtime.figures.report import check_report_path, write_report
from runtime.handles import OUT_OF_MEMORY, is_out_of_memory, raise_limit
from runtime.outputs import claimed
from runtime.settings import AUTO, Settings

AGAIN = 75
"""The exit status of `main` that asks to be started again: with another bundle."""


def main(arguments: Optional[List[str]] = None, stop: Optional[threading.Event] = None) -> int:
    """Run the program, until `stop` is set; its exit status: 0 done, 1 it could not run, 2 wrong usage, AGAIN."""
    arguments = sys.argv[1:] if arguments is None else arguments
    verbose = "-v" in arguments or "--verbose" in arguments
    stop = stop or threading.Event()
    try:
        settings = settings_from_arguments(arguments)
        _start_log(settings.verbose)
        share_heaps()
        load_opencv(quiet=not settings.verbose)
        if settings.list_modes:
            _list_modes(settings)
        elif settings.check_config:
            return _check_config(settings)
        else:
            return _run(settings, stop, arguments)
    except ShelfsightError as error:
        return _fail(str(error), error.exit_status, verbose)
    except Exception as error:  # a mistake of ours: still one line, and the way to the rest of it
        if is_out_of_memory(error):
            return _fail(OUT_OF_MEMORY.format(error or type(error).__name__), 1, verbose)
        hint = "" if verbose else " (run it again with -v and tell us what it prints)"
        return _fail("unexpected {}: {}{}".format(type(error).__name__, error, hint), 1, verbose)
    return 0


def _fail(message: str, exit_status: int, verbose: bool) -> int:
    if verbose:
        traceback.print_exc()
    prefix = journal_prefix(logging.ERROR) if goes_to_journal(sys.stderr) else ""
    print("{}shelfsight: {}".format(prefix, one_line(message)), file=sys.stderr)
    return exit_status


def _run(settings: Settings, stop: threading.Event, arguments: Sequence[str]) -> int:
    from jetson.telemetry import SysfsBoard
    from runtime.assembly import assemble
    from runtime.taking.opening import open_taking

    check_report_path(settings.report)
    with contextlib.ExitStack() as stack:
        stack.enter_context(claimed(settings.report))
        taking = stack.enter_context(open_taking(settings, stop))
        board = stack.enter_context(SysfsBoard())
        assembly = stack.enter_context(assemble(taking.settings, stop, board=board))
        if taking.ears is not None:
            for sink in assembly.cameras[0].sinks:
                sink.listen(taking.ears)
        if is_told_by_files(arguments):
            ENDING.on_hangup(Reloading(arguments, settings, assembly.take_up))
        ENDING.has_begun = True
        try:
            assembly.loop.run()
        finally:
            ENDING.on_hangup(None)
            if settings.report is not None:
                write_report(settings.report, assembly.report())
    return AGAIN if taking.is_again else 0


def _check_config(settings: Settings) -> int:
    """One line for each thing that would end the program; nothing is opened but what the models are described by."""
    from runtime.assembly import problems_of

    problems = problems_of(settings)
    for problem in problems:
        print("shelfsight: {}".format(one_line(str(problem))), file=sys.stderr)
    if not problems:
        print("these flags are right")
    return max([problem.exit_status for problem in problems], default=0)


def _list_modes(settings: Settings) -> None:
    from runtime.settings import DEFAULT_RES
    from runtime.sources.camera import camera_paths
    from runtime.v4l2.listing import listing

    paths = camera_paths()
    if settings.source != AUTO:
        paths = ["/dev/video" + settings.source if settings.source.isdigit() else settings.source]
    sys.stdout.write(listing(paths, settings.res or DEFAULT_RES, settings.live_fps))


def _start_log(verbose: bool) -> None:
    handler = LimitedHandler(sys.stderr)
    handler.setFormatter(formatter_for(sys.stderr, verbose))
    logging.basicConfig(handlers=[handler], level=logging.DEBUG if verbose else logging.INFO)


def program() -> None:
    """`main` as a process: ends it.

    A thread that is still inside OpenCV when the interpreter takes itself apart aborts the process ("terminate called
    without an active exception"): where a bounded join has left one behind, the process ends without that.
    """
    standard_streams.fill_in()
    ENDING.catch()
    in_utf8("runtime.camera")
    raise_limit()
    status = main(stop=ENDING.stop)
    if status == AGAIN:
        status = 0
        if "NOTIFY_SOCKET" not in os.environ:  # else systemd starts it again, who took our leave for the end
            become("runtime.camera")
    ENDING.is_over()
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    if threading.active_count() > 1 + ENDING.threads:
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    program()
