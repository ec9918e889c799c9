"""The class names of a YOLO-format folder, from classes.txt or from the `names:` of its YAML file.

The device has no PyYAML, and of that file only the names matter: a reader of the few ways in which people write them,
which refuses everything else by file and line, is smaller than the dependency.
"""

import os
import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from runtime.errors import SourceError

TEXT_FILES = ("classes.txt",)
YAML_FILES = ("data.yaml", "data.yml", "config.yaml", "dataset.yaml")

_QUOTED = r"""'(?:[^']|'')*'|"[^"\\]*\""""
_KEY = r"(?P<index>\d+)\s*:"
_BLOCK_ITEM = re.compile(
    r"^\s*(?:-|"
    + _KEY
    + r")\s+(?P<name>"
    + _QUOTED
    + r"""|[^\s'"\[\]{}&*!|>%@`#](?:[^#]|(?<=\S)\#)*?)\s*(?:\s\#.*)?$"""
)
_FLOW_ITEM = re.compile(r"\s*(?:" + _KEY + r"\s*)?(?P<name>" + _QUOTED + r"""|[^\s'",\[\]{}#][^,\[\]{}]*?)\s*(?:,|$)""")
_COMMENT = re.compile(r"(^|\s)#.*$")
_BLANK = re.compile(r"^\s*(#.*)?$")
_Items = List[Tuple[Optional[int], str]]


class _Line(NamedTuple):
    number: int
    text: str


def read_names(folder: str) -> List[str]:
    """The names in `folder`, class 0 first. SourceError where there are none or they cannot be read."""
    for name in TEXT_FILES + YAML_FILES:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            names = _from_text(path) if name in TEXT_FILES else _from_yaml(path)
            return _checked(names, path)
    raise SourceError(
        "no class names in {}: expected {} (one name a line) or {} with names".format(
            folder, TEXT_FILES[0], ", ".join(YAML_FILES)
        )
    )


def read_lines(path: str) -> List[str]:
    """The lines of a text file. SourceError where it cannot be read as one."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError("cannot read {}: {}".format(path, getattr(error, "strerror", None) or error)) from error


def _from_text(path: str) -> List[str]:
    lines = [line.strip() for line in read_lines(path)]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _from_yaml(path: str) -> List[str]:
    lines = [_Line(number, text) for number, text in enumerate(read_lines(path), 1)]
    for position, line in enumerate(lines):
        match = re.match(r"^names\s*:(?P<rest>(\s.*)?)$", line.text)
        if match:
            rest = match.group("rest").strip()
            if rest[:1] in ("[", "{"):
                items = _flow_items(path, line.number, rest, lines[position + 1 :])
            elif _BLANK.match(rest):
                items = list(_block_items(path, lines[position + 1 :]))
            else:
                raise _refused(path, line)
            return _in_order(items, path, line.number)
    raise SourceError("no names: in {}: expected a list of class names under that key".format(path))


def _block_items(path: str, lines: List[_Line]) -> Iterator[Tuple[Optional[int], str]]:
    """`- name` or `0: name`, one a line, up to the next key at the margin."""
    for line in lines:
        if _BLANK.match(line.text):
            continue
        if not line.text.startswith((" ", "\t", "-")) or line.text.startswith("---"):
            return
        match = _BLOCK_ITEM.match(line.text)
        if not match:
            raise _refused(path, line)
        yield _item(match)


def _flow_items(path: str, number: int, text: str, following: List[_Line]) -> _Items:
    """`[name, name]` or `{0: name, 1: name}`, over as many lines as it takes."""
    closing = {"[": "]", "{": "}"}[text[0]]
    text = _COMMENT.sub("", text).rstrip()
    for line in following:
        if text.endswith(closing):
            break
        text = (text + " " + _COMMENT.sub("", line.text).strip()).rstrip()
    inner = text[1:-1].strip()
    items = []
    position = 0
    while position < len(inner) and text.endswith(closing):
        match = _FLOW_ITEM.match(inner, position)
        if not match:
            break
        items.append(_item(match))
        position = match.end()
    if position < len(inner) or not text.endswith(closing):
        raise _refused(path, _Line(number, "names: " + text))
    return items


def _item(match) -> Tuple[Optional[int], str]:
    name = match.group("name").strip()
    if name[0] == "'":
        name = name[1:-1].replace("''", "'")
    elif name[0] == '"':
        name = name[1:-1]
    return None if match.group("index") is None else int(match.group("index")), name


def _in_order(items: _Items, path: str, number: int) -> List[str]:
    if all(index is None for index, _ in items):
        return [name for _, name in items]
    by_index: Dict[Optional[int], str] = dict(items)
    if sorted(by_index, key=str) != sorted(range(len(items)), key=str):
        raise SourceError("{}:{}: the names are not numbered 0 to {}, each once".format(path, number, len(items) - 1))
    return [by_index[index] for index in range(len(items))]


def _refused(path: str, line: _Line) -> SourceError:
    return SourceError(
        "{}:{}: cannot read the class names in {!r}: write them into {}, one a line".format(
            path, line.number, line.text.strip()[:60], TEXT_FILES[0]
        )
    )


def _checked(names: List[str], path: str) -> List[str]:
    if not names or not all(names):
        raise SourceError(
            "{}: {}: expected one for each class".format(path, "a name is empty" if names else "no names")
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceError("{}: {!r} names two classes: expected different names".format(path, twice[0]))
    return names
