"""CUDA kernels in C: the product's own source, compiled by the host's C++ compiler and run thread by thread.

Only for kernels in which no thread waits for another: no shared memory, no __syncthreads.
"""

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from gpu_double import device
from gpu_double.cuda_errors import Error, LogicError
from gpu_double.knobs import knob
from gpu_double.launch import run_kernel

PRELUDE = """
#include <cmath>
#include <cstdint>
struct Index3 { unsigned x, y, z; };
static Index3 threadIdx, blockIdx, blockDim, gridDim;
#define __global__
#define __device__
#define __host__
#define __constant__ static
#define __forceinline__ inline
template <typename T> static T __ldg(const T* p) { return *p; }
struct uchar3 { unsigned char x, y, z; };
struct uchar4 { unsigned char x, y, z, w; };
struct float3 { float x, y, z; };
struct float4 { float x, y, z, w; };
"""
RUNNER = """
extern "C" unsigned sizes_of_{name}(unsigned i) {{ unsigned sizes[] = {{{sizes}}}; return sizes[i]; }}
extern "C" void run_{name}(void** arguments, const unsigned* grid, const unsigned* block) {{
    gridDim = {{grid[0], grid[1], grid[2]}};
    blockDim = {{block[0], block[1], block[2]}};
    for (blockIdx.z = 0; blockIdx.z < grid[2]; ++blockIdx.z)
    for (blockIdx.y = 0; blockIdx.y < grid[1]; ++blockIdx.y)
    for (blockIdx.x = 0; blockIdx.x < grid[0]; ++blockIdx.x)
    for (threadIdx.z = 0; threadIdx.z < block[2]; ++threadIdx.z)
    for (threadIdx.y = 0; threadIdx.y < block[1]; ++threadIdx.y)
    for (threadIdx.x = 0; threadIdx.x < block[0]; ++threadIdx.x)
        {name}({arguments});
}}
"""
MARK = b"TEST DOUBLE OF A CUBIN\n"


class CompileError(Error):
    """The compiler refused."""

    def __init__(self, msg: str, command_line: Any, stdout: Any = None, stderr: Any = None) -> None:
        Error.__init__(self, msg, command_line, stdout, stderr)
        self.msg, self.command_line, self.stdout, self.stderr = msg, command_line, stdout, stderr


class Kernel(NamedTuple):
    """A compiled kernel and what it takes."""

    library: ctypes.CDLL
    name: str
    is_pointer: Tuple[bool, ...]


def kernels_in(source: str) -> Dict[str, List[str]]:
    """Name of each __global__ function: the types of its parameters."""
    bare = re.sub(r"//[^\n]*|/\*.*?\*/", " ", source, flags=re.DOTALL)
    found = {}
    for name, parameters in re.findall(r"__global__\s+void\s+(\w+)\s*\(([^)]*)\)", bare):
        types = [re.match(r"(.*?)\w+\s*$", p.strip(), re.DOTALL) for p in parameters.split(",") if p.strip()]
        found[name] = [match.group(1).replace("__restrict__", "").strip() for match in types if match]
    return found


def compiled(source: str) -> Dict[str, Kernel]:
    """Compile CUDA C. CompileError where the compiler refuses, OSError where there is none."""
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None or knob("no_kernel_compiler"):
        raise OSError("nvcc was not found (is it on the PATH?) [{}]".format("test double: no C++ compiler"))
    kernels = kernels_in(source)
    text = PRELUDE + source
    for name, types in kernels.items():
        arguments = ", ".join("*({}*)arguments[{}]".format(kind, i) for i, kind in enumerate(types))
        sizes = ", ".join("sizeof({})".format(kind) for kind in types) or "0"
        text += RUNNER.format(name=name, arguments=arguments, sizes=sizes)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "kernels")
        with open(path + ".cpp", "w", encoding="utf-8") as file:
            file.write(text.replace("__restrict__", ""))
        command = [compiler, "-O1", "-ffp-contract=off", "-shared", "-fPIC", "-o", path + ".so", path + ".cpp"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        if done.returncode:
            raise CompileError("nvcc compilation failed (test double)", command, done.stdout, done.stderr)
        library = ctypes.CDLL(path + ".so")
    return {name: Kernel(library, name, tuple("*" in kind for kind in types)) for name, types in kernels.items()}


class Function:
    """One kernel of a module."""

    def __init__(self, *_: Any) -> None:
        raise Error("This class cannot be instantiated from Python")

    @classmethod
    def _of(cls, kernel: Kernel) -> "Function":
        function = object.__new__(cls)
        function._kernel = kernel
        return function

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        block = kwargs.pop("block", None)
        if block is None:
            raise ValueError("must specify block size")
        grid, stream = kwargs.pop("grid", (1, 1)), kwargs.pop("stream", None)
        unknown = sorted(set(kwargs) - {"shared", "texrefs", "time_kernel"})
        if unknown:
            raise ValueError("extra keyword arguments: {}".format(", ".join(unknown)))
        self._launch(grid, block, stream, args)

    def prepare(self, arg_types: str, texrefs: Any = ()) -> "Function":
        self._formats = arg_types
        return self

    def prepared_call(self, grid: Any, block: Any, *args: Any, **kwargs: Any) -> None:
        self._launch(grid, block, None, self._packed(args))

    def prepared_async_call(self, grid: Any, block: Any, stream: Any, *args: Any, **kwargs: Any) -> None:
        self._launch(grid, block, stream, self._packed(args))

    def _packed(self, args: Any) -> List[Any]:
        """Numbers as the types that `prepare` was told, in struct's letters; P is a pointer."""
        if len(args) != len(self._formats):
            raise LogicError("prepared for {} arguments, given {}".format(len(self._formats), len(args)))
        return [a if letter == "P" else np.dtype(letter).type(a) for letter, a in zip(self._formats, args)]

    def _launch(self, grid: Any, block: Any, stream: Any, args: Any) -> None:
        context = device.current("cuLaunchKernel")
        sizes = [tuple(size) + (1,) * (3 - len(size)) for size in (grid, block)]
        if min(sizes[0] + sizes[1]) < 1 or np.prod(sizes[1]) > 1024 or sizes[1][2] > 64:
            raise LogicError("cuLaunchKernel failed: invalid argument")
        handle = device.DEFAULT_STREAM if stream is None else stream.handle
        kernel = self._kernel
        if len(args) != len(kernel.is_pointer):
            raise LogicError("{} takes {} arguments, given {}".format(kernel.name, len(kernel.is_pointer), len(args)))
        given = list(zip(kernel.is_pointer, args))
        context.enqueue(handle, lambda: run_kernel(kernel, context.memory, sizes[0], sizes[1], given))


class Module:
    """Compiled kernels."""

    def __init__(self, *_: Any) -> None:
        raise Error("This class cannot be instantiated from Python")

    @classmethod
    def _of(cls, source: str) -> "Module":
        module = object.__new__(cls)
        module._kernels = compiled(source)
        return module

    def get_function(self, name: str) -> Function:
        if name not in self._kernels:
            raise LogicError("cuModuleGetFunction failed: named symbol not found")
        return Function._of(self._kernels[name])


class SourceModule:
    """Compiled from source, in the current context."""

    def __init__(
        self,
        source: str,
        nvcc: str = "nvcc",
        options: Any = None,
        keep: bool = False,
        no_extern_c: bool = False,
        arch: Optional[str] = None,
        code: Optional[str] = None,
        cache_dir: Optional[str] = None,
        include_dirs: Any = (),
    ) -> None:
        device.current("cuModuleLoadDataEx")
        self.module = Module._of(source)

    def get_function(self, name: str) -> Function:
        return self.module.get_function(name)


def compile_to_buffer(source: str, *_: Any, **__: Any) -> bytes:
    """pycuda.compiler.compile: what module_from_buffer takes."""
    compiled(source)
    return MARK + source.encode("utf-8")


def module_from_buffer(buffer: bytes, options: Any = (), message_handler: Any = None) -> Module:
    device.current("cuModuleLoadDataEx")
    if not bytes(buffer).startswith(MARK):
        raise LogicError("cuModuleLoadDataEx failed: device kernel image is invalid")
    return Module._of(bytes(buffer)[len(MARK) :].decode("utf-8"))
