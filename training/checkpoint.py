"""Checkpoints: written whole or not at all, opened without running what is in them."""

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any, Dict

from runtime.errors import ModelError
from training.data.dataset import write_atomically


def write_checkpoint(path: Path, content: Dict[str, Any]) -> None:
    """Save tensors and plain values. A process killed half-way leaves the checkpoint before it; so does a full disk."""
    import torch

    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_atomically(path, buffer.getvalue())


def read_checkpoint(path: Path, kind: str) -> Dict[str, Any]:
    """What `write_checkpoint` saved with content["kind"] == `kind`; ModelError for anything else."""
    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise ModelError(f"no checkpoint at {path}: start without --resume") from error
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"{path} is no checkpoint of ours ({_first_line(error)}): start again without --resume"
        ) from error
    if not isinstance(content, dict) or content.get("kind") != kind:
        raise ModelError(f"{path} is not a checkpoint of a {kind}: give the --out of a python -m training.{kind}")
    return content


def read_checkpoint_of_ultralytics(path: Path) -> None:
    """ModelError unless `path` is there and whole; Ultralytics' own pickles cannot be opened weights-only."""
    if not os.path.isfile(path):
        raise ModelError(f"no checkpoint at {path}: start without --resume")
    if not zipfile.is_zipfile(path):
        raise ModelError(f"{path} is cut short or no checkpoint: start again without --resume, with another --out")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
