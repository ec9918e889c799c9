"""What a module of Python bindings offers, as plain data: classes, their methods, properties and members, functions.

Runs by itself on the Python that the bindings were built for, and prints JSON:

    python tests/doubles/walk_module.py tensorrt_bindings
"""

import enum
import importlib
import json
import re
import sys
import types
from typing import Any, Dict, List

if __name__ == "__main__":  # by itself, beside its neighbours
    from probes import answers
    from warning_probes import warned_of

SPECIAL = (
    "__bool__",
    "__enter__",
    "__exit__",
    "__getitem__",
    "__init__",
    "__iter__",
    "__len__",
    "__next__",
    "__setitem__",
)
"""Of the names with two underscores only these say what a class can do; the rest is every class's."""
PREFIX = re.compile(r"\b(?:tensorrt_bindings|tensorrt)\.(?:tensorrt\.)?(?=[A-Z])")
NEWER_SPELLINGS = (
    # pybind11 of TensorRT 11 writes the same types in another way
    (r"\btyping\.Supports(Int|Float)(?: \| typing\.SupportsIndex)?\b", lambda found: found.group(1).lower()),
    (r"\bcollections\.abc\.Sequence\b", lambda found: "List"),
    (r"\btyping_extensions\.Buffer\b", lambda found: "buffer"),
    (r" at 0x[0-9a-f]+", lambda found: ""),
)


def surface_of(module: types.ModuleType) -> Dict[str, Any]:
    """The public names of `module`: classes, functions, constants (members under a short name)."""
    found = {"classes": {}, "functions": {}, "constants": {}}  # type: Dict[str, Any]
    for name, value in sorted(vars(module).items()):
        if name.startswith("_") or isinstance(value, types.ModuleType):
            continue
        if isinstance(value, type):
            found["classes"][name] = class_surface(value)
        elif callable(value) and not is_member(value):
            found["functions"][name] = signatures(name, value)
        elif is_member(value):
            found["constants"][name] = "{}.{}".format(type(value).__name__, value.name)
    return found


def class_surface(value: type) -> Dict[str, Any]:
    """`bases`, `methods` with their signatures, `properties` ("r" or "rw"), `members` and `classes` inside it.

    `is_ordered`: whether the members of an enumeration compare with each other.
    """
    members = members_of(value)
    parts = {"methods": {}, "properties": {}, "members": members, "classes": {}}  # type: Dict[str, Dict[str, Any]]
    for name, attribute in sorted(vars(value).items()):
        if name in members or attribute is None or name.startswith("_") and name not in SPECIAL:
            continue
        if isinstance(attribute, type):
            parts["classes"][name] = class_surface(attribute)
        elif isinstance(attribute, property):
            parts["properties"][name] = "r" if attribute.fset is None else "rw"
        elif is_member(attribute):
            members[name] = int(attribute)
        else:
            parts["methods"][name] = signatures(name, getattr(value, name))
    bases = [base.__name__ for base in value.__bases__ if base.__module__.startswith("tensorrt")]
    found = {name: part for name, part in parts.items() if part}  # type: Dict[str, Any]
    if bases:
        found["bases"] = bases
    if "members" in found and "__lt__" in vars(value):
        found["is_ordered"] = True
    return found


def members_of(value: type) -> Dict[str, int]:
    """Name to number, of an enumeration as pybind11 or as Python makes it."""
    return {name: int(member) for name, member in getattr(value, "__members__", {}).items()}


def is_member(value: Any) -> bool:
    return isinstance(value, enum.Enum) or hasattr(type(value), "__members__")


def signatures(name: str, function: Any) -> List[str]:
    """As pybind11 writes them at the top of the docstring, less the module's name; none for a Python function."""
    text = function.__doc__ or ""
    lines = [re.sub(r"^\d+\. ", "", line.strip()) for line in text.splitlines()]
    found = [line for line in lines if line.startswith(name + "(") and " -> " in line]
    return [plain(line) for line in found]


def plain(signature: str) -> str:
    """Without module names, in one spelling."""
    for pattern, spelling in NEWER_SPELLINGS:
        signature = re.sub(pattern, spelling, signature)
    return PREFIX.sub("", signature)


def main() -> None:
    module = importlib.import_module(sys.argv[1])
    seen = {"answers": answers(module), "warnings": warned_of(module)}
    document = dict(surface_of(module), version=module.__version__, **seen)
    json.dump(document, sys.stdout, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()
