"""Out of memory: say which batch would fit, instead of a traceback."""

import gc
from contextlib import contextmanager
from typing import Any, Callable, Iterator

from runtime.errors import ModelError

WORDS = ("out of memory", "can't allocate memory", "not enough memory")
"""How torch says it, of a GPU and of the CPU."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch, or Python, ran out of memory."""
    return isinstance(error, MemoryError) or any(word in str(error) for word in WORDS)


@contextmanager
def fitting(batch: int, try_batch: Callable[[int], Any]) -> Iterator[None]:
    """Around a training: where memory runs out, smaller batches are tried, and ModelError says which fits."""
    try:
        yield
        return
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    _free()
    smaller = batch // 2
    while smaller >= 2 and not _fits(smaller, try_batch):
        smaller //= 2
    advice = f"--batch {smaller} fits" if smaller >= 2 else "no batch fits; take a smaller --crop-size or network"
    raise ModelError(f"out of memory with --batch {batch}: {advice}")


def _fits(batch: int, try_batch: Callable[[int], Any]) -> bool:
    try:
        try_batch(batch)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return False
    finally:
        _free()
    return True


def _free() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
