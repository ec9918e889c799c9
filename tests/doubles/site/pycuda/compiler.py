"""A test's double of pycuda.compiler: the host's C++ compiler stands for nvcc."""

# ruff: noqa: F401 - what pycuda.compiler offers
from gpu_double.kernels import SourceModule
from gpu_double.kernels import compile_to_buffer as compile

__shelfsight_double__ = True
