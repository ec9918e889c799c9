"""A kernel's own source, compiled by the host's compiler and run on the double's memory."""

import shutil

import numpy as np
import pytest
from doubles.playing import turned

SOURCE = """
extern "C" __global__ void halve(const unsigned char* __restrict__ from, float* to, int count, float scale)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;  // one a thread
    if (i < count) to[i] = from[i] * scale;
}
"""

pytestmark = pytest.mark.skipif(
    shutil.which("c++") is None and shutil.which("g++") is None, reason="needs a C++ compiler: it stands for nvcc"
)


@pytest.fixture
def cuda(play):
    driver = play("8.2").cuda
    driver.init()
    context = driver.Device(0).make_context()
    yield driver
    context.detach()


def compiled(source=SOURCE, name="halve"):
    from pycuda.compiler import SourceModule

    return SourceModule(source).get_function(name)


@pytest.fixture
def buffers(cuda):
    source, target = cuda.mem_alloc(100), cuda.mem_alloc(400)
    cuda.memcpy_htod(source, np.arange(100, dtype=np.uint8))
    return source, target


def test_it_runs_for_every_thread_when_the_stream_gets_to_it(cuda, buffers):
    stream = cuda.Stream()
    kernel = compiled()
    kernel(*buffers, np.int32(100), np.float32(0.5), block=(32, 1, 1), grid=(4, 1), stream=stream)
    found = np.empty(100, np.float32)
    cuda.memcpy_dtoh_async(found, buffers[1], stream)
    stream.synchronize()
    np.testing.assert_array_equal(found, np.arange(100, dtype=np.float32) / 2)


def test_a_prepared_call_is_the_same(cuda, buffers):
    kernel = compiled().prepare("PPif")
    kernel.prepared_async_call((4, 1), (32, 1, 1), None, *(int(b) for b in buffers), 100, 0.5)
    found = np.empty(100, np.float32)
    cuda.memcpy_dtoh(found, buffers[1])
    assert found[99] == 49.5


def test_threads_that_are_too_few_leave_the_rest_unwritten(cuda, buffers):
    compiled()(*buffers, np.int32(100), np.float32(0.5), block=(32, 1, 1), grid=(1, 1))
    cuda.memcpy_dtoh(np.empty(32, np.float32), buffers[1])
    with pytest.raises(AssertionError, match="never written"):
        cuda.memcpy_dtoh(np.empty(100, np.float32), buffers[1])


def test_a_stray_write_is_an_illegal_access(cuda, buffers):
    compiled()(*buffers, np.int32(101), np.float32(0.5), block=(128, 1, 1), grid=(1, 1))
    with pytest.raises(cuda.LogicError, match="illegal memory access"):
        cuda.Context.synchronize()


def test_numbers_need_numpys_types_of_the_right_size(cuda, buffers):
    compiled()(*buffers, 100, np.float32(0.5), block=(32, 1, 1), grid=(4, 1))
    with pytest.raises(TypeError, match="invalid type on parameter #2"):
        cuda.Context.synchronize()
    compiled()(*buffers, np.int64(100), np.float32(0.5), block=(32, 1, 1), grid=(4, 1))
    with pytest.raises(TypeError, match="8 bytes, the kernel takes 4"):
        cuda.Context.synchronize()


def test_blocks_are_limited(cuda, buffers):
    with pytest.raises(cuda.LogicError, match="invalid argument"):
        compiled()(*buffers, np.int32(1), np.float32(1), block=(2048, 1, 1), grid=(1, 1))


def test_a_wrong_source_and_a_missing_compiler_are_errors(cuda):
    with pytest.raises(cuda.CompileError):
        compiled("__global__ void f(int* p) { no such thing }")
    with turned(no_kernel_compiler=True), pytest.raises(OSError, match="nvcc was not found"):
        compiled()
    with pytest.raises(cuda.LogicError, match="not found"):
        compiled(name="other")
