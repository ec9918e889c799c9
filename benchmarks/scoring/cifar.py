"""CIFAR-100 as its authors give it for Python: a folder with the files train, test and meta, pickled."""

import io
import os
import pickle
from typing import Any, Dict, List, NamedTuple, Optional

import numpy as np

from runtime.errors import SourceError
from runtime.untrusted.files import read_bytes

FOLDER = "cifar-100-python"
"""What its archive unpacks to."""
TRAIN, TEST, META = "train", "test", "meta"
SIDE_PX = 32
LIMIT_BYTES = 1 << 28


class CifarPictures(NamedTuple):
    """One of its two parts, side by side."""

    images: np.ndarray
    """(n, 32, 32, 3) uint8 BGR."""
    numbers: np.ndarray
    """(n,) int64, index into `names`."""
    names: List[str]


def cifar_at(folder: str) -> Optional[str]:
    """`folder`, or the one in it with the name that it is unpacked to; None where neither holds it."""
    for path in (folder, os.path.join(folder, FOLDER)):
        if all(os.path.isfile(os.path.join(path, name)) for name in (TRAIN, TEST, META)):
            return path
    return None


def read_cifar(folder: str, part: str) -> CifarPictures:
    """`part`: TRAIN or TEST. SourceError, with the file, for what is not as the authors' files are."""
    names = _read(folder, META, "fine_label_names")["fine_label_names"]
    found = _read(folder, part, "data", "fine_labels")
    data, numbers = np.asarray(found["data"]), np.asarray(found["fine_labels"])
    path = os.path.join(folder, part)
    if data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != 3 * SIDE_PX * SIDE_PX:
        raise SourceError("{}: pictures {} {}: expected uint8 (n, 3072)".format(path, data.dtype, data.shape))
    if numbers.shape != data.shape[:1] or not len(numbers) or not np.issubdtype(numbers.dtype, np.integer):
        raise SourceError("{}: {} pictures, labels {}: expected a number each".format(path, len(data), numbers.shape))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SourceError("{}: expected a list of names".format(os.path.join(folder, META)))
    if not 0 <= numbers.min() <= numbers.max() < len(names):
        raise SourceError("{}: labels up to {}, but {} names".format(path, numbers.max(), len(names)))
    planes = data.reshape(-1, 3, SIDE_PX, SIDE_PX)[:, ::-1]
    return CifarPictures(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), numbers.astype(np.int64), names)


class _Arrays(pickle.Unpickler):
    """Makes numpy's arrays and plain values, and nothing else that a pickle may ask for."""

    def find_class(self, module: str, name: str) -> Any:
        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return np.zeros(0).__reduce__()[0]
        if (module, name) in (("numpy", "ndarray"), ("numpy", "dtype")):
            return getattr(np, name)
        raise pickle.UnpicklingError("{}.{} in it".format(module, name))


def _read(folder: str, name: str, *wanted: str) -> Dict[str, Any]:
    path = os.path.join(folder, name)
    try:
        found = _Arrays(io.BytesIO(read_bytes(path, LIMIT_BYTES)), encoding="latin1").load()
    except Exception as error:  # a pickle that is none raises of any kind
        raise SourceError("cannot read {} as CIFAR-100's: {}; unpack it again".format(path, error)) from error
    if not isinstance(found, dict) or not set(wanted) <= set(found):
        raise SourceError("{} holds no {}: expected CIFAR-100's; unpack it again".format(path, " and ".join(wanted)))
    return found
