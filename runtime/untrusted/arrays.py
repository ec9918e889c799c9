"""Arrays out of an .npz, measured before they are unpacked. Format: numpy.lib.format, versions 1.0 and 2.0.

numpy's own reader believes what an archive says: a header that names a large shape is memory asked for, and one that
nests deeply is a crash of Python's parser.
"""

import re
import struct
import zipfile
import zlib
from typing import IO, Dict, Sequence, Tuple

import numpy as np

from runtime.untrusted.files import opened

_MAGIC = b"\x93NUMPY"
_HEADER_BYTES = 1024
_HEADER = re.compile(
    r"^\{'descr': '([<>|=][a-z]\d{1,2})', 'fortran_order': (True|False), "
    r"'shape': \(((?:\d{1,12}(?:, \d{1,12}){0,7},?)?)\), ?\} *\n?$"
)
KINDS = "fiub"
"""Of numpy: floats, whole numbers, booleans. No objects: they are programs."""


def read_arrays(
    path: str, names: Sequence[str], limit_bytes: int, optional: Sequence[str] = ()
) -> Dict[str, np.ndarray]:
    """The arrays of these names, and the `optional` that are there, all together `limit_bytes` at most.

    ValueError, without the path, for anything else than such a file; OSError where it cannot be opened.
    """
    try:
        with opened(path, limit_bytes) as file, zipfile.ZipFile(file) as archive:
            arrays, left = {}, limit_bytes
            present = set(archive.namelist())
            for name in [*names, *(name for name in optional if name + ".npy" in present)]:
                arrays[name] = _array(archive, name, left)
                left -= arrays[name].nbytes
            return arrays
    except KeyError as error:
        raise ValueError("no array {}".format(error)) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, RuntimeError) as error:
        raise ValueError("no .npz, or damaged ({})".format(error)) from error


def _array(archive: zipfile.ZipFile, name: str, limit_bytes: int) -> np.ndarray:
    entry = archive.getinfo(name + ".npy")
    if entry.file_size > limit_bytes + _HEADER_BYTES:
        raise ValueError("{}: {} bytes unpacked: expected {} at most".format(name, entry.file_size, limit_bytes))
    with archive.open(entry) as file:
        dtype, is_fortran, shape = _header(file, name)
        count = 1
        for side in shape:
            count *= side
        size = count * dtype.itemsize
        if size > limit_bytes:
            raise ValueError("{}: {} bytes unpacked: expected {} at most".format(name, size, limit_bytes))
        data = file.read(size)
    if len(data) != size:
        raise ValueError("{}: {} bytes for shape {}: expected {}".format(name, len(data), shape, size))
    return np.frombuffer(data, dtype).reshape(shape, order="F" if is_fortran else "C").copy()


def _header(file: IO[bytes], name: str) -> Tuple[np.dtype, bool, Tuple[int, ...]]:
    start = file.read(8)
    if start[:6] != _MAGIC or start[6:7] not in (b"\x01", b"\x02"):
        raise ValueError("{}: no array".format(name))
    length = struct.unpack("<H", file.read(2))[0] if start[6:7] == b"\x01" else struct.unpack("<I", file.read(4))[0]
    text = file.read(length).decode("latin-1") if length <= _HEADER_BYTES else ""
    match = _HEADER.match(text)
    if match is None or match.group(1)[1] not in KINDS:
        raise ValueError("{}: expected an array of numbers".format(name))
    try:
        dtype = np.dtype(match.group(1))
    except TypeError as error:
        raise ValueError("{}: expected an array of numbers".format(name)) from error
    shape = tuple(int(side) for side in match.group(3).replace(",", " ").split())
    return dtype, match.group(2) == "True", shape
