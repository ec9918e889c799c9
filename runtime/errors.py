"""Every error the program raises on purpose.

    ShelfsightError              one plain line on standard error, exit status 1
    |-- UsageError               a flag that makes no sense (also ValueError), exit status 2
    |-- SourceError              a camera, video or folder that cannot be read (also OSError)
    |-- ModelError               a model or engine file that cannot be used (also ValueError)
    |   `-- EngineMismatch       an engine built from or for something else: it is built again
    |-- BuildError               an engine that could not be built (also RuntimeError)
    |-- BundleError              a bundle that is incomplete or altered (also ValueError)
    |-- CatalogueError           a name, photo or change that the catalogue does not take (also ValueError)
    |-- SinkError                a window, page, file or report that cannot be written (also OSError)
    `-- MissingPackageError      a Python package or system library is absent (also ImportError)

A message says what failed, the value seen, what was expected, and what to do next.
"""


class ShelfsightError(Exception):
    """The root: catch this to catch all of them."""

    exit_status = 1


class UsageError(ShelfsightError, ValueError):
    """A flag or setting that makes no sense."""

    exit_status = 2


class SourceError(ShelfsightError, OSError):
    """A camera, video or folder that cannot be opened or read."""


class ModelError(ShelfsightError, ValueError):
    """A model or engine file that cannot be loaded, or whose inputs or outputs are not understood."""


class EngineMismatch(ModelError):
    """An engine that was built from another model, for another GPU, TensorRT, precision or size, or was altered."""


class BuildError(ShelfsightError, RuntimeError):
    """An engine that could not be built."""


class BundleError(ShelfsightError, ValueError):
    """A bundle that is incomplete, altered or inconsistent."""


class CatalogueError(ShelfsightError, ValueError):
    """A product's name, a photo, or a change that the catalogue of taught products does not take."""


class SinkError(ShelfsightError, OSError):
    """A window, page, recording or report that cannot be opened or written."""


class MissingPackageError(ShelfsightError, ImportError):
    """A Python package, or a system library that it needs, is not installed."""
