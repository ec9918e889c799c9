"""One launch of a kernel: addresses of the GPU become the host's, and stray writes become a fault."""

import ctypes
from typing import Any, List, NamedTuple, Sequence, Tuple

import numpy as np

from gpu_double.memory import ANY, UNWRITTEN, Allocation, IllegalAddress, Memory

GUARD = 4096
"""Bytes on both sides of an allocation in which a stray write is seen."""
FILLS = (0xCD, 0x32)
"""No bit in common: a byte never written to differs between two runs that begin with these."""


class Copy(NamedTuple):
    """An allocation's bytes between two guards, for the kernel to work on."""

    allocation: Allocation
    padded: np.ndarray

    @property
    def bytes(self) -> np.ndarray:
        return self.padded[GUARD : GUARD + self.allocation.nbytes]

    @property
    def is_guard_whole(self) -> bool:
        ends = (self.padded[:GUARD], self.padded[GUARD + self.allocation.nbytes :])
        return all((end == FILLS[0]).all() for end in ends)


def run_kernel(kernel: Any, memory: Memory, grid: Any, block: Any, given: Sequence[Tuple[bool, Any]]) -> None:
    """Run it on the allocations that its pointers point into. IllegalAddress for a stray pointer or write."""
    owners = [memory.find(int(value), 1) for is_pointer, value in given if is_pointer]
    runs = [_run(kernel, owners, grid, block, given, fill) for fill in FILLS]
    for first, second in zip(*runs):
        if not (first.is_guard_whole and second.is_guard_whole):
            raise IllegalAddress("{} wrote outside an allocation".format(kernel.name))
        allocation = first.allocation
        was_written = allocation.kinds != UNWRITTEN
        changed = (first.bytes != allocation.bytes) & was_written
        is_new = (first.bytes == second.bytes) & ~was_written
        allocation.bytes[:] = first.bytes
        allocation.kinds[changed | is_new] = ANY


def _run(kernel: Any, owners: Any, grid: Any, block: Any, given: Any, fill: int) -> List[Copy]:
    copies = {}
    for allocation in owners:
        padded = np.full(allocation.nbytes + 2 * GUARD, FILLS[0], np.uint8)
        copy = copies[allocation.address] = Copy(allocation, padded)
        copy.bytes[:] = np.where(allocation.kinds == UNWRITTEN, np.uint8(fill), allocation.bytes)
    values = []  # type: List[Any]
    pointed = iter(owners)
    size_of = getattr(kernel.library, "sizes_of_" + kernel.name)
    for index, (is_pointer, value) in enumerate(given):
        if is_pointer:
            copy = copies[next(pointed).address]
            offset = int(value) - copy.allocation.address
            values.append(ctypes.c_void_p(copy.padded.ctypes.data + GUARD + offset))
        else:
            values.append(_scalar(value, size_of(index), index))
    arguments = (ctypes.c_void_p * max(len(values), 1))(*[ctypes.addressof(value) for value in values])
    sizes = [(ctypes.c_uint * 3)(*size) for size in (grid, block)]
    getattr(kernel.library, "run_" + kernel.name)(arguments, *sizes)
    return list(copies.values())


def _scalar(value: Any, size: int, index: int) -> Any:
    """Its bytes. TypeError for a Python number: pycuda asks for numpy's, which have a size."""
    if not isinstance(value, np.number):
        raise TypeError("invalid type on parameter #{} (0-based)".format(index))
    if value.nbytes != size:
        raise TypeError("parameter #{} is {} bytes, the kernel takes {}".format(index, value.nbytes, size))
    return (ctypes.c_ubyte * size)(*value.tobytes())
