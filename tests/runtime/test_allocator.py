"""C's allocator: what a thread had once does not stay with the process."""

import sys
import threading

import pytest

from runtime.allocator import give_back

BLOCKS, BLOCK_BYTES = 200, 1 << 16
"""12.5 MiB in pieces too small for mappings of their own."""


def resident_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
def test_what_a_thread_had_goes_back():
    ending, has_freed = threading.Event(), threading.Event()

    def work():
        blocks = [bytearray(BLOCK_BYTES) for _ in range(BLOCKS)]
        last = blocks.pop()
        blocks.clear()
        has_freed.set()
        ending.wait()
        del last

    thread = threading.Thread(target=work)
    thread.start()
    has_freed.wait()
    before_kib = resident_kib()
    give_back()
    after_kib = resident_kib()
    ending.set()
    thread.join()
    assert before_kib - after_kib > 8 << 10
