"""What the real bindings warn of: each call and property tried once, on objects that the stubbed libraries made up.

Such an object answers every question with an address, so a call may well crash: they are tried in a forked child, and
after a crash in another from the next call on. The bindings warn before they call the library: the warnings are real.
"""

import os
import resource
import signal
import warnings
from typing import Any, Callable, Dict, List, Tuple

BEGUN = "begun "


def objects(module: Any) -> Dict[str, Any]:
    """One object of each class that a program uses to build and run an engine."""
    builder = module.Builder(module.Logger(module.Logger.INTERNAL_ERROR))
    runtime = module.Runtime(module.Logger(module.Logger.INTERNAL_ERROR))
    network = builder.create_network(1)
    engine = runtime.deserialize_cuda_engine(b"not read")
    return {
        "Builder": builder,
        "Runtime": runtime,
        "INetworkDefinition": network,
        "IBuilderConfig": builder.create_builder_config(),
        "IOptimizationProfile": builder.create_optimization_profile(),
        "ICudaEngine": engine,
        "IExecutionContext": engine.create_execution_context(),
        "OnnxParser": module.OnnxParser(network, module.Logger(module.Logger.INTERNAL_ERROR)),
    }


def warned_of(module: Any) -> Dict[str, str]:
    """ "Class.name get", "Class.name set" or "Class.name call": the warning's text."""
    made = objects(module)
    probes = [
        ("{}.{} {}".format(owner, name, kind), works)
        for owner, instance in sorted(made.items())
        for name, attribute in sorted(vars(getattr(module, owner)).items())
        if not name.startswith("_")
        for kind, works in attempts(instance, name, attribute, made)
    ]
    found = {}  # type: Dict[str, str]
    start = 0
    while start < len(probes):
        told, last = in_a_child(probes[start:])
        found.update(told)
        start += last
        if start < len(probes) and (last == 0 or probes[start][0] in told):
            start += 1  # else it crashed after others, which may be to blame: once more, first in a child of its own
    return found


def attempts(instance: Any, name: str, attribute: Any, made: Dict[str, Any]) -> List[Any]:
    """(kind, functions to try until one is accepted) of a method or property."""
    if isinstance(attribute, property):
        tries = [("get", [lambda: getattr(instance, name)])]  # type: List[Any]
        if attribute.fset is not None:
            tries.append(("set", [lambda value=value: setattr(instance, name, value) for value in (1, None)]))
        return tries
    network, config, shape, bindings = made["INetworkDefinition"], made["IBuilderConfig"], (1, 2), [0, 0]
    arguments = [(), (0,), ("x",), (0, 0), ("x", 0), (0, shape), ("x", shape), (bindings,), (bindings, 0)]
    arguments += [(1, bindings), (1, bindings, 0), (0, bindings), (network, config)]  # type: ignore[list-item]
    return [("call", [lambda given=given: getattr(instance, name)(*given) for given in arguments])]


def in_a_child(probes: List[Any]) -> Tuple[Dict[str, str], int]:
    """What these warn of, and the index of the last that was begun."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        warnings.simplefilter("always")
        # at once: what comes after may crash
        warnings.showwarning = lambda message, *_, **__: tell(writing, str(message))
        for index, (_, works) in enumerate(probes):
            tell(writing, "{}{}".format(BEGUN, index))
            signal.alarm(5)  # seconds; a loop over garbage may not end
            first_accepted(works)
        tell(writing, "{}{}".format(BEGUN, len(probes)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        lines = pipe.read().decode("utf-8").splitlines()
    os.waitpid(child, 0)
    told, last = {}, 0  # type: Dict[str, str], int
    for line in lines:
        if line.startswith(BEGUN):
            last = int(line[len(BEGUN) :])
        elif last < len(probes):
            told.setdefault(probes[last][0], line)
    return told, last


def tell(pipe: int, line: str) -> None:
    os.write(pipe, line.encode("utf-8") + b"\n")


def first_accepted(works: List[Callable[[], Any]]) -> None:
    for work in works:
        try:
            work()
        except TypeError:
            continue
        except Exception:  # garbage came back
            pass
        return
