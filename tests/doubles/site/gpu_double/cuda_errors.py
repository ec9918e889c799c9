"""pycuda's errors, as pycuda.driver exports them. All that the double raises for the driver is one of these."""


class Error(Exception):
    """Of CUDA, whatever it is."""


class LogicError(Error):
    """A call that was wrong."""


class MemoryError(Error):
    """Out of GPU memory, or of pinned memory."""


class RuntimeError(Error):
    """The driver or the device failed."""


class LaunchError(Error):
    """A kernel could not start or died."""
