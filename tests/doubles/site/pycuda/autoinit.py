"""A test's double of pycuda.autoinit: a context for the thread that imports it, popped when Python ends."""

import atexit

import pycuda.driver

__shelfsight_double__ = True
pycuda.driver.init()
device = pycuda.driver.Device(0)
context = device.make_context()
atexit.register(context.pop)
