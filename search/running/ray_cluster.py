"""Pieces looked through by workers of a Ray cluster, or of Ray on this machine."""

from __future__ import annotations

import collections
import os
import secrets
from typing import Any, Callable, Iterable, Iterator

from runtime.errors import MissingPackageError, ShelfsightError, SourceError
from search.looking.looker import Look, Looker, Request
from search.running.processes import AHEAD, MAX_CRASHES
from search.videos.pieces import Piece

LOCAL = "local"
"""The address of a Ray that is started here, and ends with the command."""


class Worker:
    """Looks through one piece after the other with networks that it opens once. Ray makes an actor of it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._looker: Looker | None = None

    def look(self, piece: Piece) -> Look | ShelfsightError:
        """What is in `piece`, or why not: an exception raised here would reach the driver as one of Ray's."""
        try:
            if self._looker is None:
                self._looker = Looker(self._request)
            return self._looker.look(piece)
        except ShelfsightError as error:
            return error


def looks(
    pieces: Iterable[Piece], request: Request, workers: int | None, address: str
) -> Iterator[tuple[Piece, Look | SourceError]]:
    """What is in each of `pieces`, in their order, so that an index is the same whoever looked, and however often.

    `workers` None: one for each CPU of the cluster. A worker that dies is started again, and its pieces given to it
    once more; then each alone, since whichever was beside another is not known to be at fault. ShelfsightError: there
    is no Ray, or the networks cannot be had.
    """
    ray = _connected(address, workers)
    try:
        count = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        actor = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=1)(Worker)
        lonely = ray.remote(num_cpus=0)(Worker)
        yield from _in_order(ray, pieces, [actor.remote(request) for _ in range(count)], lambda: lonely.remote(request))
    finally:
        ray.shutdown()


def _in_order(
    ray: Any, pieces: Iterable[Piece], actors: list[Any], another: Callable[[], Any]
) -> Iterator[tuple[Piece, Look | SourceError]]:
    waiting: collections.deque[tuple[Piece, Any]] = collections.deque()
    busy: dict[Any, int] = {}  # by what is awaited, which worker has it
    load = [0] * len(actors)
    source, is_more = iter(pieces), True
    while is_more or waiting:
        while is_more and len(waiting) < AHEAD * len(actors) and min(load) < 2:
            piece = next(source, None)
            is_more = piece is not None
            if piece is not None:
                free = load.index(min(load))
                reference = actors[free].look.remote(piece)
                waiting.append((piece, reference))
                busy[reference] = free
                load[free] += 1
        if not waiting:
            return
        # What is done frees its worker, also out of turn: one long piece does not hold up the rest.
        for reference in ray.wait(list(busy), num_returns=1)[0] if busy else ():
            load[busy.pop(reference)] -= 1
        while waiting and waiting[0][1] not in busy:
            piece, reference = waiting.popleft()
            yield piece, _result(ray, piece, reference, another)


def _result(ray: Any, piece: Piece, reference: Any, another: Callable[[], Any]) -> Look | SourceError:
    try:
        found = ray.get(reference)
    except ray.exceptions.RayActorError:
        found = _alone(ray, piece, another)
    if isinstance(found, ShelfsightError) and not isinstance(found, SourceError):
        raise found
    return found


def _alone(ray: Any, piece: Piece, another: Callable[[], Any]) -> Look | ShelfsightError:
    """By a worker that has nothing else to do, and another where that dies too."""
    for _ in range(MAX_CRASHES - 1):
        actor = another()
        try:
            return ray.get(actor.look.remote(piece))
        except ray.exceptions.RayActorError:
            continue
        finally:
            ray.kill(actor)
    return SourceError(f"{piece.address}: looking through it ends the worker, also where nothing else runs there")


def _connected(address: str, workers: int | None) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # 15 otherwise: behind all else on this machine
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if address == LOCAL and "RAY_AUTH_MODE" not in os.environ:
        # Ray's ports listen on every address of the machine, whatever it is told: nobody else gets in without this
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
    try:
        import ray
    except ImportError as error:
        raise MissingPackageError("--ray needs Ray: pip install '.[ray]' on each machine") from error
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if address == LOCAL:
        options.update(address=LOCAL, num_cpus=workers, include_dashboard=False, _node_ip_address="127.0.0.1")
    else:
        options.update(address=address)
    try:
        ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise SourceError(f"--ray {address}: no cluster there ({error}): ray start --head begins one") from error
    return ray
