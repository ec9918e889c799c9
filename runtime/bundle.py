"""The bundle: everything the device knows about its products, in one folder, checked when it opens."""

import hashlib
import os
from typing import Any, BinaryIO, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from runtime.errors import BundleError
from runtime.gallery import Gallery
from runtime.untrusted import fields
from runtime.untrusted.arrays import read_arrays
from runtime.untrusted.files import opened

FORMAT = 1
DESCRIPTION = "bundle.json"
FILES = ("detector.onnx", "classifier.onnx", "gallery.npz", "parity.npz")
SHIPPED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bundles")
"""A folder of bundles, inside the package, so that a checkout and an installed copy both find them."""
_MEND = "copy the bundle again, or put it together again with python -m export.bundle"
LIMITS_BYTES = {
    DESCRIPTION: 4 << 20, "detector.onnx": 1 << 30, "classifier.onnx": 1 << 30, "gallery.npz": 64 << 20,
    "parity.npz": 256 << 20,
}  # fmt: skip
"""Of each file; archives unpacked too. The largest that makes sense on a device, some ten times over."""
MAX_SIDE_PX, MAX_CROP_PX = 4096, 1024
_EXTERNAL = b"\n\x08location"
"""The key under which ONNX names such a file (TensorProto.external_data)."""


class Bundle(NamedTuple):
    """An opened bundle. Paths are to its ONNX files."""

    folder: str
    name: str
    shapes: List[str]
    """Class names of the detector."""
    products: List[str]
    detector: str
    classifier: str
    gallery: Gallery
    size: int
    """Side of the detector's input in pixels where nothing else is asked for."""
    min_score: float
    iou: float
    crop_size: int
    """Side of the classifier's input in pixels."""
    crop_margin: float
    """How much of its size a box is widened by, in all."""
    usual: Optional[float] = None
    """Cosine that half of its own products' crops reach where the threshold was calibrated; None: not told."""

    @property
    def recogniser(self) -> str:
        """Its name and the first digits of its classifier's SHA-256: equal ones give comparable embeddings."""
        return "{} {}".format(self.name, sha256_of(self.classifier)[:12])

    @property
    def sha256(self) -> str:
        """Of its description, and so of all: that holds the hash of each of its files. OSError where it has gone."""
        return sha256_of(os.path.join(self.folder, DESCRIPTION))

    @classmethod
    def open(cls, folder: str) -> "Bundle":
        """Open and check `folder`, or a shipped bundle by its name.

        BundleError says what is wrong, what was expected and what mends it.
        """
        folder = folder_of(folder)
        description = _read_description(folder)
        try:
            for file_name in FILES:
                _check_file(folder, file_name, fields.text(description, "sha256", file_name))
            products = fields.names(description, "products")
            threshold = fields.number(description, "classifier", "threshold", -1.0, 1.0)
            return cls(
                folder=folder,
                name=_name(description, folder),
                shapes=fields.names(description, "shapes"),
                products=products,
                detector=os.path.join(folder, "detector.onnx"),
                classifier=os.path.join(folder, "classifier.onnx"),
                gallery=_read_gallery(folder, len(products), threshold),
                size=fields.whole(description, "detector", "size", 32, MAX_SIDE_PX, step=32),
                min_score=fields.number(description, "detector", "min_score", 0.0, 1.0),
                iou=fields.number(description, "detector", "iou", 0.0, 1.0),
                crop_size=fields.whole(description, "classifier", "crop_size", 16, MAX_CROP_PX),
                crop_margin=fields.number(description, "classifier", "crop_margin", 0.0, 4.0),
                usual=(
                    fields.number(description, "classifier", "usual", threshold, 1.0)
                    if "usual" in description["classifier"]
                    else None
                ),
            )
        except ValueError as error:
            if isinstance(error, BundleError):
                raise
            raise BundleError("{}: {}; {}".format(os.path.join(folder, DESCRIPTION), error, _MEND)) from error


def folder_of(bundle: str) -> str:
    """A folder as it is; the name of a shipped bundle, where there is no such folder, as the path of that."""
    shipped = os.path.join(SHIPPED, bundle)
    is_name = bundle != "" and os.path.basename(bundle) == bundle and os.path.isdir(shipped)
    return shipped if is_name and not os.path.isdir(bundle) else bundle


def sha256_of(path: str) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def _read_description(folder: str) -> Dict[str, Any]:
    path = os.path.join(folder, DESCRIPTION)
    if not os.path.isdir(folder):
        names = ", ".join(sorted(name for name in os.listdir(SHIPPED) if name[0] != "."))
        message = "no bundle at {}: give the path of a folder that holds {}, or a shipped one by name ({})"
        raise BundleError(message.format(folder, DESCRIPTION, names))
    try:
        description = fields.read_json(path, LIMITS_BYTES[DESCRIPTION])
    except FileNotFoundError as error:
        raise BundleError("{} holds no {}, so it is no bundle; {}".format(folder, DESCRIPTION, _MEND)) from error
    except (OSError, ValueError) as error:
        raise BundleError("cannot read {}: {}; {}".format(path, _reason(error), _MEND)) from error
    found = description.get("format") if isinstance(description, dict) else None
    if found != FORMAT:
        raise BundleError(
            "{} says format {}, this program reads {}: use the program that the bundle was made with, or {}".format(
                path, fields.shown(found), FORMAT, _MEND
            )
        )
    return description


def _name(description: Dict[str, Any], folder: str) -> str:
    name = description.get("name") or os.path.basename(os.path.abspath(folder))
    if not fields.is_name(name):
        raise ValueError("'name' is {}, expected a name that can be printed".format(fields.shown(name)))
    return name


def _check_file(folder: str, file_name: str, expected: str) -> None:
    path = os.path.join(folder, file_name)
    try:
        with opened(path, LIMITS_BYTES[file_name]) as file:
            found, is_alone = _looked_over(file)
    except (OSError, ValueError) as error:
        raise BundleError("cannot read {}: {}; {}".format(path, _reason(error), _MEND)) from error
    if found != expected:
        message = "{} has sha256 {}..., {} says {}...: the file was altered or cut short; {}"
        raise BundleError(message.format(path, found[:12], DESCRIPTION, fields.shown(expected[:12])[1:-1], _MEND))
    if file_name.endswith(".onnx") and not is_alone:
        raise BundleError("{} names other files that hold its weights: expected them inside; {}".format(path, _MEND))


def _looked_over(file: BinaryIO) -> Tuple[str, bool]:
    """The SHA-256, and whether nothing in it reads like the reference to a file of weights (ONNX: external data)."""
    digest, is_alone, end = hashlib.sha256(), True, b""
    for block in iter(lambda: file.read(1 << 20), b""):
        digest.update(block)
        is_alone = is_alone and _EXTERNAL not in end + block
        end = block[-len(_EXTERNAL) :]
    return digest.hexdigest(), is_alone


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _read_gallery(folder: str, products: int, threshold: float) -> Gallery:
    path = os.path.join(folder, "gallery.npz")
    try:
        arrays = read_arrays(path, ("prototypes", "products"), LIMITS_BYTES["gallery.npz"], ["thresholds"])
    except (OSError, ValueError) as error:
        message = "{} does not hold the arrays 'prototypes' and 'products' ({}); {}"
        raise BundleError(message.format(path, _reason(error), _MEND)) from error
    prototypes, owners = arrays["prototypes"].astype(np.float32), arrays["products"].astype(np.int32)
    if prototypes.ndim != 2 or owners.shape != prototypes.shape[:1] or not len(owners):
        message = "{}: prototypes {} and products {}, expected (p, d) and (p,) with p > 0; {}"
        raise BundleError(message.format(path, prototypes.shape, owners.shape, _MEND))
    missing = sorted(set(range(products)) - set(owners.tolist()))
    beyond = sorted(set(owners.tolist()) - set(range(products)))
    if missing or beyond:
        message = "{}: its prototypes do not match the {} products of {} (without one: {}; not named: {}); {}"
        raise BundleError(message.format(path, products, DESCRIPTION, missing[:5], beyond[:5], _MEND))
    lengths = np.linalg.norm(prototypes, axis=1)
    if not np.allclose(lengths, 1.0, atol=1e-3):
        message = "{}: prototypes have lengths {:.3f} to {:.3f}, expected 1; {}"
        raise BundleError(message.format(path, float(lengths.min()), float(lengths.max()), _MEND))
    thresholds = arrays.get("thresholds")
    if thresholds is not None:
        thresholds = thresholds.astype(np.float32)
        if thresholds.shape != owners.shape or not np.all(np.abs(thresholds) <= 1):
            message = "{}: thresholds {}, expected a cosine for each of the {} prototypes; {}"
            raise BundleError(message.format(path, thresholds.shape, len(owners), _MEND))
    return Gallery(prototypes, owners, threshold, thresholds)
