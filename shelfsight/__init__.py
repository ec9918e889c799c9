"""Shelfsight as a library: name the products in front of a camera, and know the true rate.

    import shelfsight

    with shelfsight.Camera("demo://", frames=100) as camera:
        for seen in camera:
            print([thing.name for thing in seen.objects], seen.figures.true_fps)

Camera iterates; SeenFrame is what each step gives, with a SeenObject for each object. What goes wrong is a
ShelfsightError of one line. Python 3.6 and newer; OpenCV is loaded when a Camera is made, not before.
"""

from runtime import __version__
from runtime.errors import (
    BundleError,
    MissingPackageError,
    ModelError,
    ShelfsightError,
    SinkError,
    SourceError,
    UsageError,
)
from runtime.figures.figures import Figures
from runtime.seen import Box, SeenObject
from shelfsight.camera import Camera
from shelfsight.seen_frame import SeenFrame

__all__ = [
    "Box",
    "BundleError",
    "Camera",
    "Figures",
    "MissingPackageError",
    "ModelError",
    "SeenFrame",
    "SeenObject",
    "ShelfsightError",
    "SinkError",
    "SourceError",
    "UsageError",
    "__version__",
]
