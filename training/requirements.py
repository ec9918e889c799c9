"""What a training needs of this machine, asked before its first step instead of after its first hour."""

import importlib.util
from typing import List, Sequence

from runtime.errors import MissingPackageError, UsageError

INSTALL = "pip install '.[training]' (about 6 GB, most of it torch's CUDA libraries)"
STAGE1, STAGE2 = ("torch", "ultralytics"), ("torch", "timm")


def require(packages: Sequence[str], device: str) -> None:
    """Raise MissingPackageError for `packages` that are not installed, UsageError for a GPU that torch does not find.

    `device`: as torch or Ultralytics take it: cpu, cuda, cuda:N, or N for a GPU's number.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingPackageError(f"a training needs {', '.join(missing)}: {INSTALL}")
    if device != "cpu":
        _require_gpu(device)


def _require_gpu(device: str) -> None:
    import torch

    if device.startswith(("cuda", *"0123456789")) and not torch.cuda.is_available():
        raise UsageError(
            f"--device {device}: torch {torch.__version__} finds no GPU here: take --device cpu, or see what "
            "nvidia-smi says of the driver"
        )


def all_of(*groups: Sequence[str]) -> List[str]:
    """Each package once, in order."""
    return list(dict.fromkeys(name for group in groups for name in group))
