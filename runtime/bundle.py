"""The bundle: everything the device knows about its products, in one folder, checked when it opens."""

import hashlib
import json
import os
import zipfile
from typing import Any, Dict, List, NamedTuple

import numpy as np

from runtime.errors import BundleError
from runtime.gallery import Gallery

FORMAT = 1
DESCRIPTION = "bundle.json"
FILES = ("detector.onnx", "classifier.onnx", "gallery.npz", "parity.npz")
SHIPPED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bundles")
"""A folder of bundles, inside the package, so that a checkout and an installed copy both find them."""
_MEND = "copy the bundle again, or put it together again with python -m export.bundle"


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

    @classmethod
    def open(cls, folder: str) -> "Bundle":
        """Open and check `folder`, or a shipped bundle by its name.

        BundleError says what is wrong, what was expected and what mends it.
        """
        folder = folder_of(folder)
        description = _read_description(folder)
        for file_name in FILES:
            _check_file(folder, file_name, _field(description, folder, "sha256", file_name, str))
        shapes = _names(description, folder, "shapes")
        products = _names(description, folder, "products")
        threshold = float(_field(description, folder, "classifier", "threshold", (int, float)))
        return cls(
            folder=folder,
            name=str(description.get("name") or os.path.basename(os.path.abspath(folder))),
            shapes=shapes,
            products=products,
            detector=os.path.join(folder, "detector.onnx"),
            classifier=os.path.join(folder, "classifier.onnx"),
            gallery=_read_gallery(folder, len(products), threshold),
            size=_field(description, folder, "detector", "size", int),
            min_score=float(_field(description, folder, "detector", "min_score", (int, float))),
            iou=float(_field(description, folder, "detector", "iou", (int, float))),
            crop_size=_field(description, folder, "classifier", "crop_size", int),
            crop_margin=float(_field(description, folder, "classifier", "crop_margin", (int, float))),
        )


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
        with open(path, encoding="utf-8") as file:
            description = json.load(file)
    except FileNotFoundError as error:
        raise BundleError("{} holds no {}, so it is no bundle; {}".format(folder, DESCRIPTION, _MEND)) from error
    except (OSError, ValueError) as error:
        raise BundleError("cannot read {}: {}; {}".format(path, error, _MEND)) from error
    found = description.get("format") if isinstance(description, dict) else None
    if found != FORMAT:
        raise BundleError(
            "{} says format {!r}, this program reads {}: use the program that the bundle was made with, or {}".format(
                path, found, FORMAT, _MEND
            )
        )
    return description


def _field(description: Dict[str, Any], folder: str, section: str, key: str, kind: Any) -> Any:
    part = description.get(section)
    value = part.get(key) if isinstance(part, dict) else None
    if isinstance(value, bool) or not isinstance(value, kind):
        wanted = " or ".join(k.__name__ for k in kind) if isinstance(kind, tuple) else kind.__name__
        where = os.path.join(folder, DESCRIPTION)
        raise BundleError("{}: {}.{} is {!r}, expected {}; {}".format(where, section, key, value, wanted, _MEND))
    return value


def _names(description: Dict[str, Any], folder: str, key: str) -> List[str]:
    names = description.get(key)
    if not isinstance(names, list) or not names or not all(isinstance(n, str) and n.strip() for n in names):
        where = os.path.join(folder, DESCRIPTION)
        raise BundleError("{}: {!r} is {!r}, expected a list of names, none empty; {}".format(where, key, names, _MEND))
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        where = os.path.join(folder, DESCRIPTION)
        raise BundleError("{}: {!r} names {} twice; {}".format(where, key, ", ".join(twice), _MEND))
    return names


def _check_file(folder: str, file_name: str, expected: str) -> None:
    path = os.path.join(folder, file_name)
    try:
        found = sha256_of(path)
    except OSError as error:
        raise BundleError("cannot read {}: {}; {}".format(path, error.strerror or error, _MEND)) from error
    if found != expected:
        message = "{} has sha256 {}..., {} says {}...: the file was altered or cut short; {}"
        raise BundleError(message.format(path, found[:12], DESCRIPTION, expected[:12], _MEND))


def _read_gallery(folder: str, products: int, threshold: float) -> Gallery:
    path = os.path.join(folder, "gallery.npz")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            prototypes = arrays["prototypes"].astype(np.float32)
            owners = arrays["products"].astype(np.int32)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BundleError(
            "{} does not hold the arrays 'prototypes' and 'products' ({}); {}".format(path, error, _MEND)
        ) from error
    if prototypes.ndim != 2 or owners.shape != prototypes.shape[:1] or not len(owners):
        message = "{}: prototypes {} and products {}, expected (p, d) and (p,) with p > 0; {}"
        raise BundleError(message.format(path, prototypes.shape, owners.shape, _MEND))
    missing = sorted(set(range(products)) - set(owners.tolist()))
    beyond = sorted(set(owners.tolist()) - set(range(products)))
    if missing or beyond:
        message = "{}: its prototypes do not match the {} products of {} (without one: {}; not named: {}); {}"
        raise BundleError(message.format(path, products, DESCRIPTION, missing, beyond, _MEND))
    lengths = np.linalg.norm(prototypes, axis=1)
    if not np.allclose(lengths, 1.0, atol=1e-3):
        message = "{}: prototypes have lengths {:.3f} to {:.3f}, expected 1; {}"
        raise BundleError(message.format(path, float(lengths.min()), float(lengths.max()), _MEND))
    return Gallery(prototypes, owners, threshold)
