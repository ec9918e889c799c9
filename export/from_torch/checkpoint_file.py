"""Other people's .pt files, opened without running what is in them."""

import importlib
import pickle
import zipfile
from typing import Any

from runtime.errors import ModelError

HOMES = ("torch.nn.modules.", "ultralytics.nn.modules.", "ultralytics.nn.tasks.")
"""Where the classes of a network that Ultralytics saved come from; only torch modules of these are made."""
SETTINGS = "ultralytics.utils.IterableSimpleNamespace"
"""What its training settings are kept in: a record."""
TRUST_HELP = "open weights that could run any program when they are opened: only your own, or from whom you trust"


def load_checkpoint(path: str, trust: bool = False) -> Any:
    """What torch saved in `path`, on the CPU. `trust`: take whatever is in it, as pickle does.

    ModelError for a file that names anything but parts of networks, and for one that cannot be read.
    """
    import torch

    try:
        if trust:
            return torch.load(path, map_location="cpu", weights_only=False)
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
        harmless = [found for found in map(_network_part, names) if found is not None]
        strange = sorted(name for name in names if _network_part(name) is None)
        if strange:
            raise ModelError(
                f"{path} names {', '.join(strange[:3])}, which is no part of a network and could run anything when it "
                "is opened: add --trust if you know where it comes from"
            )
        with torch.serialization.safe_globals(harmless):
            return torch.load(path, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except (
        OSError, RuntimeError, EOFError, AttributeError, ImportError, ValueError, KeyError, TypeError, IndexError,
        pickle.UnpicklingError, zipfile.BadZipFile,
    ) as error:  # fmt: skip
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise ModelError(f"cannot read {path} as weights of Ultralytics: {reason}") from error


def _network_part(name: str) -> Any:
    """The class of that name where it is a torch module, or the record of settings; else None."""
    import torch

    if name != SETTINGS and not name.startswith(HOMES):
        return None
    module, _, member = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), member, None)
    except ImportError:
        return None
    is_part = isinstance(found, type) and issubclass(found, torch.nn.Module)
    return found if is_part or name == SETTINGS else None
