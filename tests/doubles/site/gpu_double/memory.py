"""GPU memory: allocations with an address, of which every byte knows what was last written to it."""

from typing import Any, Dict

import numpy as np

from gpu_double.refusals import Misuse

ALIGNMENT = 512
FIRST_ADDRESS = 0x702000000
GARBAGE = 0xCD
UNWRITTEN, ANY = 0, 1


class IllegalAddress(Exception):
    """No live allocation holds this range: the GPU would fault."""


class Allocation:
    """`nbytes` bytes at `address`, full of garbage until written to."""

    def __init__(self, address: int, nbytes: int) -> None:
        self.address = address
        self.nbytes = nbytes
        self.bytes = np.full(nbytes, GARBAGE, np.uint8)
        self.kinds = np.full(nbytes, UNWRITTEN, np.uint8)
        """What each byte was written as: UNWRITTEN, ANY (by a kernel or as plain bytes), or a dtype's number."""


class Memory:
    """The allocations of one context."""

    def __init__(self) -> None:
        self._by_address: Dict[int, Allocation] = {}
        self._next = FIRST_ADDRESS
        self._numbers: Dict[np.dtype, int] = {}

    @property
    def used_bytes(self) -> int:
        return sum(allocation.nbytes for allocation in self._by_address.values())

    def allocate(self, nbytes: int) -> Allocation:
        allocation = Allocation(self._next, nbytes)
        # a gap behind each, so that one byte too many is never the next one's first
        self._next += (nbytes // ALIGNMENT + 2) * ALIGNMENT
        self._by_address[allocation.address] = allocation
        return allocation

    def free(self, address: int) -> None:
        """KeyError where no allocation begins there."""
        del self._by_address[address]

    def find(self, address: int, nbytes: int) -> Allocation:
        """The live allocation that holds these bytes. IllegalAddress where none does."""
        for allocation in self._by_address.values():
            if allocation.address <= address and address + nbytes <= allocation.address + allocation.nbytes:
                return allocation
        raise IllegalAddress("{} bytes at {:#x}".format(nbytes, address))

    def write(self, address: int, data: np.ndarray, kind: Any) -> None:
        """Put the bytes of `data` there; `kind` is their dtype, or ANY."""
        flat = np.frombuffer(data.tobytes(), np.uint8)
        allocation = self.find(address, flat.size)
        start = address - allocation.address
        allocation.bytes[start : start + flat.size] = flat
        allocation.kinds[start : start + flat.size] = ANY if kind is ANY else self._number(kind)

    def read(self, address: int, nbytes: int, kind: Any, what: str) -> np.ndarray:
        """The bytes there. Misuse where some were never written, or were written as another dtype than `kind`."""
        allocation = self.find(address, nbytes)
        start = address - allocation.address
        kinds = allocation.kinds[start : start + nbytes]
        if (kinds == UNWRITTEN).any():
            message = "{} reads {} bytes, of which {} were never written"
            raise Misuse(message.format(what, nbytes, int((kinds == UNWRITTEN).sum())))
        if kind is not ANY and not ((kinds == self._number(kind)) | (kinds == ANY)).all():
            wrong = sorted(str(dtype) for dtype, number in self._numbers.items() if (kinds == number).any())
            raise Misuse("{} is {}, the bytes there were written as {}".format(what, kind, ", ".join(wrong)))
        return allocation.bytes[start : start + nbytes].copy()

    def _number(self, dtype: Any) -> int:
        return self._numbers.setdefault(np.dtype(dtype), ANY + 1 + len(self._numbers))
