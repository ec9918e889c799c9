"""The module `tensorrt` of one release, made of that release's surface: what the surface lacks is not there.

Classes with a player behave; the others are there, and say NotPlayed when used.
"""

import types
import warnings
from typing import Any, Dict, List, Type

from gpu_double.enumeration import enumeration
from gpu_double.refusals import NotPlayed
from gpu_double.signature import checked

NOT_COPIED = ("__dict__", "__weakref__", "__module__", "__init__", "__len__", "__getitem__", "__setitem__", "__bool__")
"""Of a player's names with underscores: what each class has of its own, or has only where the surface says so."""


class BoundType(type):
    """As pybind11's metaclass: a subclass whose __init__ forgets the base's is refused."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        instance = super(BoundType, cls).__call__(*args, **kwargs)
        if not instance._is_constructed:
            raise TypeError("{}.__init__() must be called when overriding __init__".format(cls.__name__))
        return instance


class Bound(metaclass=BoundType):
    """An object of the bindings: it has no attribute but those that its class has."""

    _is_constructed = False
    _trt: Any = None
    """The module that it belongs to."""

    def __setattr__(self, name: str, value: Any) -> None:
        known = name.startswith("_") or isinstance(getattr(type(self), name, None), property)
        if not known and "_is_made" in vars(type(self)):  # a subclass written in Python takes any
            raise AttributeError("{!r} object has no attribute {!r}".format(_shown(type(self)), name))
        object.__setattr__(self, name, value)


def _shown(cls: type) -> str:
    return "tensorrt.tensorrt.{}".format(cls.__name__)


def make(cls: Type[Any], **private: Any) -> Any:
    """An object of a class that Python cannot construct, with these attributes behind an underscore."""
    instance = cls.__new__(cls)
    instance._is_constructed = True
    for name, value in private.items():
        setattr(instance, "_" + name, value)
    return instance


def fill_module(module: Any, surface: Dict[str, Any], players: Dict[str, type], functions: Dict[str, Any]) -> None:
    """Put every name of `surface` into `module`. A player's public names that the surface lacks are left out."""
    module._warnings = surface["warnings"]
    for name in _bases_first(surface["classes"]):
        setattr(module, name, _class(name, surface["classes"][name], players.get(name), module))
    for name, signatures in surface["functions"].items():
        setattr(module, name, functions.get(name) or _not_played_function(name, signatures))
        if signatures:
            getattr(module, name).__doc__ = "\n".join(signatures)
    for name, member in surface["constants"].items():
        owner, _, attribute = member.partition(".")
        setattr(module, name, getattr(getattr(module, owner, None) or getattr(module.ILogger, owner), attribute))


def _bases_first(classes: Dict[str, Any]) -> List[str]:
    ordered: List[str] = []

    def put(name: str) -> None:
        for base in classes[name].get("bases", ()):
            if base in classes:
                put(base)
        if name not in ordered:
            ordered.append(name)

    for name in sorted(classes):
        put(name)
    return ordered


def _class(name: str, surface: Dict[str, Any], player: Any, module: Any) -> type:
    properties = surface.get("properties", {})
    if surface.get("members") and "value" in properties:
        return enumeration(name, surface)
    if hasattr(player, "_class_of_release"):
        return player._class_of_release(module)
    bases = tuple(getattr(module, base) for base in surface.get("bases", ()) if hasattr(module, base))
    namespace: Dict[str, Any] = {"__module__": "tensorrt.tensorrt", "_trt": module, "_is_made": True}
    for part in [private for base in reversed(player.__mro__[:-1]) for private in vars(base).items()] if player else ():
        if part[0].startswith("_") and part[0] not in NOT_COPIED:
            namespace[part[0]] = part[1]
    for inner, inner_surface in surface.get("classes", {}).items():
        inherited = [getattr(base, inner) for base in bases if hasattr(base, inner)]
        namespace[inner] = inherited[0] if inherited else _class(inner, inner_surface, None, module)
    for method, signatures in surface.get("methods", {}).items():
        namespace[method] = _method(name, method, signatures, player, module)
    for attribute, access in properties.items():
        namespace[attribute] = _property(name, attribute, access, player, module)
    for member, number in surface.get("members", {}).items():  # exported into a class that is no enumeration
        namespace[member] = number
    made = BoundType(name, bases or (Bound,), namespace)
    _export_members(made, surface, module)
    return made


def _export_members(made: Any, surface: Dict[str, Any], module: Any) -> None:
    """ILogger.WARNING and Logger.WARNING are ILogger.Severity.WARNING."""
    severity = getattr(made, "Severity", None)
    for member in surface.get("members", {}):
        if severity is not None and member in severity.__members__:
            setattr(made, member, getattr(severity, member))


def _method(owner: str, name: str, signatures: List[str], player: Any, module: Any) -> Any:
    played = getattr(player, name, None) if player and name in dir(player) else None
    if name == "__init__":
        return _constructor(owner, signatures, player, module)
    if name in ("__enter__", "__exit__"):
        return {"__enter__": _enter, "__exit__": _exit}[name]
    if played is None:
        return _not_played_function("{}.{}".format(owner, name), signatures)
    warning = module._warnings.get("{}.{} call".format(owner, name), "")
    return checked(name, played, signatures, module, warning) if signatures else played


def _constructor(owner: str, signatures: List[str], player: Any, module: Any) -> Any:
    played = vars(player).get("__init__") if player else None

    def construct(self: Any, *values: Any) -> None:
        if not signatures:
            raise TypeError("{}: No constructor defined!".format("tensorrt.tensorrt." + owner))
        if played is None:
            raise NotPlayed("the double does not play tensorrt.{}".format(owner))
        self._is_constructed = True
        played(self, *values)

    return checked("__init__", construct, signatures, module) if signatures else construct


def _enter(self: Any) -> Any:
    text = "Context managers for TensorRT types are deprecated. Memory will be freed automatically"
    warnings.warn(text + " when the reference count reaches 0.", DeprecationWarning, stacklevel=2)
    return self


def _exit(self: Any, *_: Any) -> None:
    pass


def _property(owner: str, name: str, access: str, player: Any, module: Any) -> property:
    played = getattr(player, name, None) if player else None
    getter, setter = (played.fget, played.fset) if isinstance(played, property) else (None, None)
    message = "the double does not play tensorrt.{}.{}".format(owner, name)

    def refuse(*_: Any) -> None:
        raise NotPlayed(message)

    key = "{}.{} ".format(owner, name)
    getter, setter = _warning(getter or refuse, key + "get", module), _warning(setter or refuse, key + "set", module)
    return property(getter, setter if access == "rw" else None)


def _warning(function: Any, key: str, module: Any) -> Any:
    """The function behind the warning that the real bindings give, if they give one."""
    text = module._warnings.get(key)
    if text is None:
        return function

    def warn(*values: Any) -> Any:
        warnings.warn(text, DeprecationWarning, stacklevel=2)
        return function(*values)

    return warn


def _not_played_function(name: str, signatures: List[str]) -> Any:
    def refuse(*_: Any, **__: Any) -> None:
        raise NotPlayed("the double does not play tensorrt.{}".format(name))

    refuse.__doc__ = "\n".join(signatures)
    return refuse


def kept(name: str, default: Any) -> property:
    """A setting that is kept and given back, without effect."""
    private = "_kept_" + name
    return property(
        lambda self: self.__dict__.get(private, default), lambda self, value: self.__dict__.__setitem__(private, value)
    )


def new_module(name: str) -> types.ModuleType:
    return types.ModuleType(name, "A test's double of tensorrt.")
