"""A test's double of pycuda: see gpu_double."""

from gpu_double.knobs import knob

__shelfsight_double__ = True
VERSION = (2022, 1)
VERSION_TEXT = "2022.1"

if "pycuda" in knob("broken"):
    raise ImportError("libcuda.so.1: cannot open shared object file: No such file or directory")
