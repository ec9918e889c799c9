"""Flags that each camera may have its own of: --source door=/dev/video0 --res door=1280x720."""

import os
import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from runtime.errors import UsageError
from runtime.redacted import redacted
from runtime.settings import AUTO, HISTORY_ENDING, CameraSettings

PREFIX = re.compile(r"^([A-Za-z0-9_-]+)=(.+)$", re.DOTALL)
"""A camera's name before the value that is for it alone."""
OF_ONE = ("--source", "--res", "--fps", "--weight", "--zones", "--shelf", "--sink")
"""Flags whose value may be for one camera."""
EVENTS = "--on"
"""Its values are EVENT=URL, which looks like a camera's name and may be one."""
OF_ALL = ("auto", "window", "web", "none")
"""Sinks that take the pictures of any number of cameras."""


class Prefixed(NamedTuple):
    """The value of a flag."""

    camera: Optional[str]
    """Whom it is for; None: for all."""
    value: Any
    text: str
    """As it was given, the prefix with it."""


def prefixed(parse: Callable[[str], Any] = str) -> Callable[[str], Prefixed]:
    """For argparse's `type`: what `parse` makes of the text behind a camera's name."""

    def parse_prefixed(text: str) -> Prefixed:
        match = PREFIX.match(text)
        camera, value = (None, text) if match is None else match.groups()
        return Prefixed(camera, parse(value), text)

    return parse_prefixed


def check_shared(arguments: Sequence[str]) -> None:
    """UsageError where a camera's name stands before the value of a flag that is for all of them."""
    given = []
    for argument, following in zip(arguments, list(arguments[1:]) + [""]):
        flag, equals, text = argument.partition("=")
        if flag.startswith("--"):
            given.append((flag, PREFIX.match(text if equals else following)))
    sources = [match for flag, match in given if flag == "--source"]
    names = [match.group(1) if match else "camera{}".format(number) for number, match in enumerate(sources, 1)]
    for flag, match in given:
        if match is not None and match.group(1) in names and flag not in OF_ONE + (EVENTS,):
            name = match.group(1)
            raise UsageError("{} {}=...: {} is for all cameras: give it without {}=".format(flag, name, flag, name))


def with_cameras(values: Dict[str, Any]) -> Dict[str, Any]:
    """`values` of the parser as fields of Settings: those of one camera as they are, of several in `cameras`.

    UsageError for names and prefixes that make no sense.
    """
    values = dict(values)
    sources: List[Prefixed] = [_whole_if_file(one) for one in values.pop("source") or [Prefixed(None, AUTO, AUTO)]]
    given = {name: values.pop(name) or [] for name in ("res", "fps", "zones", "shelf", "weight", "sinks")}
    if len(sources) == 1 and sources[0].camera is None:
        return dict(values, source=sources[0].value, **_of_the_only_one(given))
    names = _names_of(sources)
    for name, flags in given.items():
        _check_prefixes(name, flags, names)
    _check_apart(sources)
    is_one = len(names) == 1
    cameras = tuple(
        CameraSettings(name, source.value, sinks=_sinks_of(name, given["sinks"], is_one), **_own(name, given, is_one))
        for name, source in zip(names, sources)
    )
    _check_sinks_apart(cameras)
    return dict(values, cameras=cameras, sinks=tuple(sorted({kind for one in cameras for kind in one.sinks})))


def _whole_if_file(source: Prefixed) -> Prefixed:
    return Prefixed(None, source.text, source.text) if os.path.exists(source.text) else source


def _of_the_only_one(given: Dict[str, List[Prefixed]]) -> Dict[str, Any]:
    """Without a name there is nothing to tell from a prefix: a file may be called a=b."""
    for name in ("res", "fps", "weight"):
        _check_prefixes(name, given[name], [])
    own = {name: given[name][-1].value for name in ("res", "fps", "weight") if given[name]}
    own.update((name, given[name][-1].text) for name in ("zones", "shelf") if given[name])
    return dict(own, sinks=tuple(one.text for one in given["sinks"]))


def _names_of(sources: Sequence[Prefixed]) -> List[str]:
    names = [one.camera or "camera{}".format(number) for number, one in enumerate(sources, 1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError("two cameras are called {}: give each --source a name of its own".format(twice))
    return names


def _check_prefixes(field: str, flags: Sequence[Prefixed], names: Sequence[str]) -> None:
    for one in flags:
        if one.camera is not None and one.camera not in names:
            flag = "--" + field.rstrip("s") if field == "sinks" else "--" + field
            known = "expected " + ", ".join(names) if names else "name it with --source {}=URI".format(one.camera)
            raise UsageError("{} {}: no camera is called {}: {}".format(flag, one.text, one.camera, known))


def _check_apart(sources: Sequence[Prefixed]) -> None:
    seen: Dict[str, Prefixed] = {}
    for one in sources:
        if one.value == AUTO and len(sources) > 1:
            raise UsageError("--source auto is for one camera: name each of several, as in --source door=/dev/video0")
        device = _device(one.value)
        if device is not None and device in seen:
            first, second = redacted(seen[device].text), redacted(one.text)
            raise UsageError("--source {} and --source {} are one camera: give it once".format(first, second))
        if device is not None:
            seen[device] = one


def _check_sinks_apart(cameras: Sequence[CameraSettings]) -> None:
    whose: Dict[str, str] = {}
    for one in cameras:
        for kind in one.sinks:
            if not _is_of_all(kind) and whose.setdefault(kind, one.camera) != one.camera:
                message = "--sink {0}: of {1} and of {2}: give each its own, as in --sink {2}={2}.mp4"
                raise UsageError(message.format(redacted(kind), whose[kind], one.camera))


def _is_of_all(kind: str) -> bool:
    """Whether it takes in what comes of any number of cameras."""
    return kind in OF_ALL or kind.lower().endswith(HISTORY_ENDING)


def _device(uri: str) -> Optional[str]:
    """What nobody can read twice at once; None for what anybody can: the demo and files."""
    uri = uri.split("@", 1)[-1] if uri.startswith("fault://") else uri
    if uri.isdigit():
        return "/dev/video{}".format(int(uri))
    if uri.startswith("/dev/"):
        return os.path.realpath(uri)
    return uri if uri.lower().startswith(("csi://", "rtsp://", "rtsps://")) else None


def _own(name: str, given: Dict[str, List[Prefixed]], is_one: bool) -> Dict[str, Any]:
    """The last value that is meant for this camera, its own before everybody's."""
    own = {}
    for field in ("res", "fps", "zones", "shelf", "weight"):
        for_it = [one for one in given[field] if one.camera in (None, name)]
        for_it.sort(key=lambda one: one.camera is not None)
        if not for_it:
            continue
        if field in ("zones", "shelf") and for_it[-1].camera is None and not is_one:
            raise UsageError("--{0} {1}: whose? Say so, as in --{0} {2}={1}".format(field, for_it[-1].value, name))
        own[field] = for_it[-1].value
    return own


def _sinks_of(name: str, flags: Sequence[Prefixed], is_one: bool) -> Tuple[str, ...]:
    """Files that are for all get each camera's name, out.mp4 as out-door.mp4; a history is one for all."""
    kinds = []
    for one in flags:
        if one.camera == name or (one.camera is None and is_one):
            kinds.append(one.value)
        elif one.camera is None:
            kinds.append(_for_each(one.value, name))
    return tuple(kinds)


def _for_each(kind: str, name: str) -> str:
    if _is_of_all(kind):
        return kind
    if kind == "rtsp" or kind.startswith("rtsp://"):
        message = "--sink {0}: of which camera? Say so, as in --sink {1}=rtsp://127.0.0.1:8554/{1}"
        raise UsageError(message.format(redacted(kind), name))
    if kind.endswith(("/", os.sep)) or os.path.isdir(kind):
        return os.path.join(kind, name) + "/"
    stem, ending = os.path.splitext(kind)
    return "{}-{}{}".format(stem, name, ending)
