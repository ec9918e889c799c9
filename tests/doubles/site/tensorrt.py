"""A test's double of tensorrt: see gpu_double. It is not TensorRT, and computes with onnxruntime."""

import sys

from gpu_double.tensorrt_module import furnish

furnish(sys.modules[__name__])
del sys, furnish
