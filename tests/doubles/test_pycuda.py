"""What the double of pycuda refuses: the same on every release."""

import gc
import threading

import numpy as np
import pytest
from doubles.playing import turned


@pytest.fixture
def cuda(play):
    driver = play("8.2").cuda
    driver.init()
    context = driver.Device(0).make_context()
    yield driver
    context.detach()


def in_another_thread(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(outcome(work)))
    thread.start()
    thread.join(10)
    return found[0]


def outcome(work):
    try:
        return work()
    except Exception as error:  # the outcome is what the test asks for
        return "{}: {}".format(type(error).__name__, error)


def test_nothing_before_init(play):
    driver = play("8.2").cuda
    assert outcome(driver.Device.count) == "LogicError: cuDeviceGetCount failed: initialization error"
    driver.init()
    assert driver.Device.count() == 1
    assert driver.Device(0).compute_capability() == (5, 3)
    assert outcome(lambda: driver.Device(1)) == "LogicError: cuDeviceGet failed: invalid device ordinal"


def test_nothing_without_a_context(play):
    driver = play("8.2").cuda
    driver.init()
    assert outcome(lambda: driver.mem_alloc(1)) == "LogicError: cuMemAlloc failed: invalid device context"
    assert "no currently active context?" in outcome(driver.Stream)
    assert "cannot pop" in outcome(driver.Context.pop)


def test_a_context_is_current_in_its_own_thread_only(cuda):
    memory = cuda.mem_alloc(4)
    data = np.zeros(1, np.float32)
    assert "invalid device context" in in_another_thread(lambda: cuda.memcpy_htod(memory, data))
    assert "invalid device context" in in_another_thread(lambda: cuda.mem_alloc(4))


def test_a_pushed_context_works_in_another_thread(cuda):
    context = cuda.Context.get_current()
    memory = cuda.mem_alloc(4)

    def copy():
        context.push()
        cuda.memcpy_htod(memory, np.ones(1, np.float32))
        cuda.Context.pop()
        return "done"

    assert in_another_thread(copy) == "done"
    back = np.zeros(1, np.float32)
    cuda.memcpy_dtoh(back, memory)
    assert back[0] == 1


def test_copies_of_more_bytes_than_there_are_are_refused(cuda):
    memory = cuda.mem_alloc(4)
    wrong = "LogicError: cuMemcpyHtoDAsync failed: invalid argument"
    stream = cuda.Stream()
    assert outcome(lambda: cuda.memcpy_htod_async(memory, np.zeros(2, np.float32), stream)) == wrong
    assert outcome(lambda: cuda.memcpy_htod_async(memory, np.zeros(1, np.float64), stream)) == wrong
    cuda.memcpy_htod(memory, np.zeros(1, np.float32))
    assert outcome(lambda: cuda.memcpy_dtoh(np.zeros(2, np.float32), memory)).endswith("invalid argument")


def test_copies_of_arrays_with_gaps_are_refused(cuda):
    memory = cuda.mem_alloc(16)
    assert outcome(lambda: cuda.memcpy_htod(memory, np.zeros((4, 2), np.float32)[:, 0])).startswith("BufferError")
    fixed = np.zeros(4, np.float32)
    fixed.flags.writeable = False
    cuda.memcpy_htod(memory, fixed)
    assert outcome(lambda: cuda.memcpy_dtoh(fixed, memory)).startswith("BufferError")


def test_freed_memory_is_refused(cuda):
    memory = cuda.mem_alloc(4)
    memory.free()
    assert outcome(lambda: cuda.memcpy_htod(memory, np.zeros(1, np.float32))).endswith("invalid argument")
    assert "LogicError" in outcome(memory.free)


def test_memory_goes_with_its_last_reference(cuda):
    free, total = cuda.mem_get_info()
    memory = cuda.mem_alloc(1 << 20)
    assert cuda.mem_get_info() == (free - (1 << 20), total)
    del memory
    gc.collect()
    assert cuda.mem_get_info() == (free, total)


def test_memory_freed_in_a_thread_without_the_context_leaks(cuda):
    memories = [cuda.mem_alloc(1 << 20)]
    free = cuda.mem_get_info()[0]
    # the context was made by this thread; the other can neither use it nor make it current
    assert in_another_thread(lambda: memories.pop().free()) is None
    assert cuda.mem_get_info()[0] == free


def test_memory_runs_out(cuda):
    with turned(memory_mib=1):
        assert outcome(lambda: cuda.mem_alloc(2 << 20)) == "MemoryError: cuMemAlloc failed: out of memory"
        assert issubclass(cuda.MemoryError, cuda.Error)
    with turned(out_of_memory_at=["pagelocked_empty"]):
        assert "out of memory" in outcome(lambda: cuda.pagelocked_empty(1, np.uint8))


def test_sizes_are_positive_and_by_position(cuda):
    assert outcome(lambda: cuda.mem_alloc(0)) == "LogicError: cuMemAlloc failed: invalid argument"
    assert outcome(lambda: cuda.mem_alloc(bytes=4)).startswith("TypeError")


def test_pinned_memory_is_an_array(cuda):
    array = cuda.pagelocked_empty((2, 3), np.float32)
    assert array.shape == (2, 3)
    assert array.dtype == np.float32
    assert array.flags.writeable
    assert type(array.base).__name__ == "PagelockedHostAllocation" or array.base.base is not None


def test_ordinary_memory_is_copied_at_once(cuda):
    memory, stream, data = cuda.mem_alloc(4), cuda.Stream(), np.ones(1, np.float32)
    cuda.memcpy_htod_async(memory, data, stream)
    data[:] = 2
    stream.synchronize()
    cuda.memcpy_dtoh(data, memory)
    assert data[0] == 1


def test_events_measure_in_milliseconds(cuda):
    stream, start, end = cuda.Stream(), cuda.Event(), cuda.Event()
    start.record(stream)
    end.record(stream)
    assert not end.query()
    assert "not ready" in outcome(lambda: start.time_till(end))
    end.synchronize()
    assert 0 <= start.time_till(end) < 1000


def test_a_dead_context_cannot_be_pushed(cuda):
    other = cuda.Device(0).make_context()
    other.detach()
    assert "invalid device context" in outcome(other.push)
