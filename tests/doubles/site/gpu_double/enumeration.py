"""Enumerations as pybind11 makes them."""

from typing import Any, Dict

ITEM_SIZES = {
    "FLOAT": 4,
    "HALF": 2,
    "BF16": 2,
    "INT8": 1,
    "INT32": 4,
    "INT64": 8,
    "BOOL": 1,
    "UINT8": 1,
    "FP8": 1,
    "E8M0": 1,
    "INT4": 0.5,
    "FP4": 0.5,
}
"""Bytes of each DataType."""


class Member:
    """One value; `int()` gives its number. It equals no number, and shifts none."""

    __members__: Dict[str, Any] = {}

    def __init__(self, value: int) -> None:
        self._number = int(value)

    @property
    def name(self) -> str:
        return self._name()

    def _name(self) -> str:
        names = [name for name, member in type(self).__members__.items() if member._number == self._number]
        return names[0] if names else "???"

    @property
    def value(self) -> int:
        return self._number

    def __int__(self) -> int:
        return self._number

    def __index__(self) -> int:
        return self._number

    def __hash__(self) -> int:
        return hash(self._number)

    def __eq__(self, other: Any) -> bool:
        return type(other) is type(self) and other._number == self._number

    def __ne__(self, other: Any) -> bool:
        return not self == other

    def __repr__(self) -> str:
        return "<{}.{}: {}>".format(type(self).__name__, self._name(), self._number)

    def __str__(self) -> str:
        return "{}.{}".format(type(self).__name__, self._name())


class OrderedMember(Member):
    """Compares with members of its own class."""

    def __lt__(self, other: Any) -> bool:
        return self._number < self._same(other)

    def __le__(self, other: Any) -> bool:
        return self._number <= self._same(other)

    def __gt__(self, other: Any) -> bool:
        return self._number > self._same(other)

    def __ge__(self, other: Any) -> bool:
        return self._number >= self._same(other)

    def _same(self, other: Any) -> int:
        if type(other) is not type(self):
            raise TypeError("Expected an enumeration of matching type!")
        return other._number


def enumeration(name: str, surface: Dict[str, Any]) -> type:
    """A class with the members that `surface` lists."""
    base = OrderedMember if surface.get("is_ordered") else Member
    namespace: Dict[str, Any] = {"__module__": "tensorrt.tensorrt", "__members__": {}}
    # pybind11 gives each enumeration its own: so they are found where the real ones have them
    namespace.update({part: vars(base).get(part) or vars(Member)[part] for part in ("name", "value")})
    if "name" not in surface["properties"]:  # of ErrorCode, until 10.9, it is a method
        namespace["name"] = Member._name
    if base is OrderedMember:
        namespace["__lt__"] = OrderedMember.__lt__

    def construct(self: Any, value: int) -> None:
        Member.__init__(self, value)

    construct.__doc__ = "\n".join(surface["methods"]["__init__"])
    made: Any = type(name, (base,), dict(namespace, __init__=construct))
    if "itemsize" in surface["properties"]:
        made.itemsize = property(lambda self: ITEM_SIZES[self.name])
    for member, number in sorted(surface["members"].items(), key=lambda item: (item[1], item[0])):
        made.__members__[member] = made(number)
        setattr(made, member, made.__members__[member])
    return made
