"""NamedTuples as JSON, and the JSON Schema of what comes out: one definition for both."""

from typing import Any, Callable, Dict, List, NewType, Union, get_type_hints

Time = NewType("Time", str)
"""RFC 3339 in UTC, as in 2026-11-26T19:36:25.123Z."""

_SIMPLE = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
}
_NOTHING = type(None)


def as_json(value: Any) -> Any:
    """`value` with each NamedTuple in it as an object."""
    if hasattr(value, "_asdict"):
        return {name: as_json(each) for name, each in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [as_json(each) for each in value]
    if isinstance(value, dict):
        return {name: as_json(each) for name, each in value.items()}
    return value


def schema_of(kind: Any, named: Dict[str, Any]) -> Dict[str, Any]:
    """JSON Schema (2020-12) of the type `kind`; NamedTuples go into `named` by name, and are referred to."""
    if kind is Time:
        return {"type": "string", "format": "date-time"}
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    origin: Any = getattr(kind, "__origin__", None)
    inside: Any = getattr(kind, "__args__", ())
    if origin is Union:
        return {"anyOf": [{"type": "null"} if each is _NOTHING else schema_of(each, named) for each in inside]}
    if origin in (list, List):
        return {"type": "array", "items": schema_of(inside[0], named)}
    if origin in (dict, Dict):
        return {"type": "object", "additionalProperties": schema_of(inside[1], named)}
    if hasattr(kind, "_fields"):
        if kind.__name__ not in named:
            named[kind.__name__] = {}  # before its fields, one of which may be its own kind
            named[kind.__name__] = _object(kind, named)
        return {"$ref": "#/components/schemas/" + kind.__name__}
    raise TypeError("no JSON Schema for {!r}".format(kind))


def _object(kind: Callable, named: Dict[str, Any]) -> Dict[str, Any]:
    fields = get_type_hints(kind)
    return {
        "type": "object",
        "description": (kind.__doc__ or "").strip(),
        "properties": {name: schema_of(each, named) for name, each in fields.items()},
        "required": list(fields),
        "additionalProperties": False,
    }
