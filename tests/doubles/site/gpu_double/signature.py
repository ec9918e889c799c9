"""Calls held against the signatures that the real bindings have, as pybind11 writes them."""

import re
import warnings
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import numpy as np

REQUIRED = object()


class Parameter(NamedTuple):
    name: str
    type: str
    default: str
    """As pybind11 writes it; "" where there is none."""


def parameters_of(signature: str) -> List[Parameter]:
    """Of a line like "f(self: T, index: int, path: str = None) -> bool", without self."""
    inside = signature[signature.index("(") + 1 : signature.rindex(") ->")]
    found, depth, start = [], 0, 0
    for position, letter in enumerate(inside + ","):
        depth += {"[": 1, "(": 1, "<": 1, "]": -1, ")": -1, ">": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            found.append(inside[start:position].strip())
            start = position + 1
    parts = [re.match(r"(\w+)(?:: (.*?))?(?: = (.*))?$", text) for text in found if text]
    parameters = [Parameter(part.group(1), part.group(2) or "", part.group(3) or "") for part in parts if part]
    return [parameter for parameter in parameters if parameter.name != "self"]


def default_value(text: str, module: Any) -> Any:
    """What stands behind the equals sign: a number, None, True, or a member like <Severity.WARNING: 2>."""
    member = re.match(r"<(\w+)\.(\w+): -?\d+>$", text)
    if member:
        owner = getattr(module, member.group(1), None) or getattr(module.ILogger, member.group(1))
        return getattr(owner, member.group(2))
    return {"None": None, "True": True, "False": False}.get(text, text and int(text) if text.isdigit() else None)


def fits(value: Any, kind: str, module: Any) -> bool:
    """Whether pybind11 would take the value for a parameter of this type."""
    kind = kind.replace("nvinfer1::", "").replace("nvonnxparser::", "").replace("::", ".")
    if kind == "int":
        return hasattr(value, "__index__") and not isinstance(value, np.ndarray)
    if kind == "float":
        return isinstance(value, (int, float, np.number))
    if kind == "bool":
        return isinstance(value, (bool, np.bool_))
    if kind == "str":
        return isinstance(value, (str, bytes)) or value is None
    if kind == "buffer":
        return _is_buffer(value)
    if kind in ("tuple", "list"):
        return isinstance(value, {"tuple": tuple, "list": list}[kind])
    if kind == "List[int]":
        return _is_sequence_of_int(value)
    if kind == "Dims":
        return isinstance(value, module.Dims) or _is_sequence_of_int(value)
    owner = module
    for part in kind.split("."):
        owner = getattr(owner, part, None)
    if isinstance(owner, type):
        return isinstance(value, owner) or value is None and not hasattr(owner, "__members__")
    return True  # a type that the module does not show


def _is_buffer(value: Any) -> bool:
    try:
        memoryview(value)
    except TypeError:
        return False
    return True


def _is_sequence_of_int(value: Any) -> bool:
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__") or not hasattr(value, "__getitem__"):
        return False
    return all(hasattr(item, "__index__") for item in value)


def bound(parameters: List[Parameter], args: Any, kwargs: Dict[str, Any], module: Any) -> Optional[List[Any]]:
    """The values in the parameters' order, or None where the call does not fit."""
    if len(args) > len(parameters):
        return None
    given = dict(zip([parameter.name for parameter in parameters], args))
    if set(given) & set(kwargs) or set(kwargs) - {parameter.name for parameter in parameters}:
        return None
    given.update(kwargs)
    values = []
    for parameter in parameters:
        if parameter.name not in given:
            if not parameter.default:
                return None
            values.append(default_value(parameter.default, module))
        elif fits(given[parameter.name], parameter.type, module):
            values.append(given[parameter.name])
        else:
            return None
    return values


def checked(
    name: str, function: Callable[..., Any], signatures: List[str], module: Any, warning: str = ""
) -> Callable[..., Any]:
    """`function(self, *values)` behind the check; TypeError as pybind11 raises it. `warning`: of its deprecation."""
    overloads = [parameters_of(signature) for signature in signatures]

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        for parameters in overloads:
            values = bound(parameters, args, kwargs, module)
            if values is not None:
                if warning:
                    warnings.warn(warning, DeprecationWarning, stacklevel=2)
                return function(self, *values)
        lines = ["{}. {}".format(number, text) for number, text in enumerate(signatures, 1)]
        message = "{}(): incompatible function arguments. The following argument types are supported:\n    {}\n\n"
        raise TypeError(message.format(name, "\n    ".join(lines)) + "Invoked with: {!r}, {!r}".format(args, kwargs))

    call.__name__ = name
    call.__doc__ = "\n".join(signatures)
    return call
