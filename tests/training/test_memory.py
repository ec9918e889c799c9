"""Out of memory: the batch that fits is found and named."""

import pytest

pytest.importorskip("torch", reason="needs torch, a training extra")

from runtime.errors import ModelError
from training.memory import fitting

CUDA = RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
CPU = RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried ...")


@pytest.mark.parametrize("error", [CUDA, CPU, MemoryError()])
def test_the_largest_batch_that_fits_is_named(error):
    tried = []

    def step(batch):
        tried.append(batch)
        if batch > 16:
            raise error

    with pytest.raises(ModelError, match="out of memory with --batch 128: --batch 16 fits"), fitting(128, step):
        step(128)
    assert tried == [128, 64, 32, 16]


def test_where_nothing_fits_it_says_so():
    def step(batch):
        raise CUDA

    with pytest.raises(ModelError, match="no batch fits"), fitting(8, step):
        step(8)


def test_other_errors_are_not_taken_for_it():
    with pytest.raises(RuntimeError, match="shapes"), fitting(8, print):
        raise RuntimeError("shapes do not match")
    with fitting(8, print):
        pass
