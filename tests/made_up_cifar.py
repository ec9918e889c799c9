"""A small data set in CIFAR-100's format, pickled as Python 2 would: noisy pictures of plain colours."""

import pickle
import struct
from pathlib import Path
from typing import Any, Dict

import numpy as np

COLOURS = {"blue": (255, 0, 0), "green": (0, 255, 0), "red": (0, 0, 255)}
"""BGR."""


class _Python2(pickle._Pickler):
    """Bytes are written as Python 2's str, which needs no function to be made again."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_bytes(self, found: bytes) -> None:
        self.write(pickle.BINSTRING + struct.pack("<i", len(found)) + found)

    dispatch[bytes] = save_bytes


def write_pickle(path: Path, content: Dict[str, Any]) -> None:
    with open(str(path), "wb") as file:
        _Python2(file, protocol=2).dump(content)


def make_cifar(folder: Path, train: int = 4, test: int = 2) -> Path:
    """`train` and `test` pictures of each colour in `folder`, which is made."""
    folder.mkdir(parents=True)
    rng = np.random.RandomState(0)
    for part, count in (("train", train), ("test", test)):
        numbers = [number for number in range(len(COLOURS)) for _ in range(count)]
        colours = np.array(list(COLOURS.values()))[numbers][:, None, None, :] * 0.8
        images = np.clip(colours + rng.uniform(0, 30, (len(numbers), 32, 32, 3)), 0, 255).astype(np.uint8)
        data = images[..., ::-1].transpose(0, 3, 1, 2).reshape(len(numbers), -1)
        write_pickle(folder / part, {"data": data, "fine_labels": numbers, "coarse_labels": [0] * len(numbers)})
    write_pickle(folder / "meta", {"fine_label_names": list(COLOURS), "coarse_label_names": ["colours"]})
    return folder
