"""Runs in processes of their own: their memory is theirs, and what kills one kills no other."""

import multiprocessing
import os
import sys
import threading
import time
from multiprocessing import connection
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, NamedTuple, Sequence, Tuple


class Job(NamedTuple):
    """`function(*arguments)`; what it prints goes to `log`."""

    function: Callable[..., Any]
    arguments: Tuple[Any, ...]
    log: Path


class Outcome(NamedTuple):
    """What became of a job."""

    job: Job
    result: Any
    """None where there is an error."""
    error: str
    """In a line; empty where all went well."""


def run_all(jobs: Sequence[Job], at_once: int, until_s: float = float("inf")) -> Iterator[Outcome]:
    """Each as it ends, `at_once` at a time; none begins after `until_s` of time.monotonic()."""
    context = multiprocessing.get_context("spawn")
    waiting = list(jobs)
    running: Dict[Any, Tuple[Any, Job]] = {}
    try:
        while running or waiting:
            while waiting and len(running) < at_once and time.monotonic() < until_s:
                job = waiting.pop(0)
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(job, theirs))
                process.start()
                theirs.close()
                running[ours] = process, job
            if not running:
                return
            for pipe in connection.wait(list(running)):
                process, job = running.pop(pipe)
                yield _outcome(pipe, process, job)
    finally:
        for process, _ in running.values():
            process.terminate()
            process.join()


def _outcome(pipe: Any, process: Any, job: Job) -> Outcome:
    try:
        result, error = pipe.recv()
    except EOFError:
        process.join()
        result, error = None, f"the process ended with {process.exitcode}: see {job.log}"
    process.join()
    return Outcome(job, result, error)


def _work(job: Job, pipe: Any) -> None:
    """In the process: runs the job, and dies with the one that started it."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    job.log.parent.mkdir(parents=True, exist_ok=True)
    with open(job.log, "a", encoding="utf-8") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    try:
        pipe.send((job.function(*job.arguments), ""))
    except Exception as error:  # of any kind: it is this run's row, and the others go on
        pipe.send((None, f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"))
        raise


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
