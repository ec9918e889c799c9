"""The videos that folders, files and URLs stand for."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any, Iterable, Iterator, NamedTuple

import fsspec

from runtime.errors import SourceError

ENDINGS = frozenset(
    ".mp4 .m4v .mov .mkv .webm .avi .ts .mts .m2ts .mpg .mpeg .wmv .flv .3gp .ogv .h264 .hevc .y4m .gif".split()
)


class VideoFile(NamedTuple):
    """One file; the same as before while its size and date are."""

    address: str
    """An absolute path, or a URL of fsspec."""
    bytes: int
    modified_s: float


def videos_in(addresses: Iterable[str]) -> list[VideoFile]:
    """Each once, by address. Of folders what has a video's ending; a file that is named is taken as one.

    SourceError: there is no such file or folder, or nothing at all.
    """
    found = {one.address: one for address in addresses for one in _in(address)}
    if not found:
        raise SourceError(f"no videos there: expected files that end with {', '.join(sorted(ENDINGS))}")
    return [found[address] for address in sorted(found)]


def _in(address: str) -> Iterator[VideoFile]:
    if "://" in address:
        yield from _remote(address)
    elif os.path.isdir(address):
        for folder, _, names in os.walk(os.path.abspath(address)):
            for name in names:
                if os.path.splitext(name)[1].lower() in ENDINGS and os.path.exists(os.path.join(folder, name)):
                    yield _local(os.path.join(folder, name))
    elif os.path.exists(address):
        yield _local(os.path.abspath(address))
    else:
        raise SourceError(f"no such file or folder: {address}")


def _local(path: str) -> VideoFile:
    status = os.stat(path)
    return VideoFile(path, status.st_size, status.st_mtime)


def _remote(address: str) -> Iterator[VideoFile]:
    try:
        system, path = fsspec.core.url_to_fs(address)
        is_folder = system.isdir(path)
        details = system.find(path, detail=True).values() if is_folder else [system.info(path)]
    except (OSError, ValueError, ImportError) as error:
        raise SourceError(f"{address}: cannot be listed ({error})") from error
    for one in details:
        if not is_folder or os.path.splitext(one["name"])[1].lower() in ENDINGS:
            yield VideoFile(system.unstrip_protocol(one["name"]), int(one.get("size") or 0), _modified_s(one))


def _modified_s(details: dict[str, Any]) -> float:
    for name in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = details.get(name)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, (int, float)):
            return float(value)
    return 0.0
