"""Pictures of which only the count of one class is known, without boxes: a JSON of the class and a count a picture."""

import json
import os
from typing import List, NamedTuple

import numpy as np

from benchmarks.scoring.yolo_labels import LabelledFolder, LabelledPicture, picture_files
from runtime.errors import SourceError


class CountedFolder(NamedTuple):
    """A set of pictures, some of them counted."""

    folder: LabelledFolder
    """All its pictures; each count stands as so many empty boxes."""
    is_counted: List[bool]
    """Of each picture."""


def read_counted_folder(path: str, counts: str) -> CountedFolder:
    """The pictures in images/ of `path`, with `counts`: {"class": "face", "counts": {"NAME.jpg": 2}}.

    Raises SourceError for what is missing or wrong, and for a count of a picture that is not there.
    """
    try:
        with open(counts, encoding="utf-8") as file:
            told = json.load(file)
        name, known = told["class"], {str(key): int(value) for key, value in told["counts"].items()}
        if min(known.values(), default=0) < 0:
            raise ValueError("a count below 0")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = '{}: no counts of pictures ({}): expected {{"class": "face", "counts": {{"NAME.jpg": 2}}}}'
        raise SourceError(message.format(counts, error)) from error
    images = os.path.join(path, "images")
    files = picture_files(images)
    missing = sorted(set(known).difference(files))
    if missing:
        raise SourceError(
            "{}: {} of its pictures are not in {}, {} for one".format(counts, len(missing), images, missing[0])
        )
    pictures = [
        LabelledPicture(
            os.path.join(images, one), np.zeros((known.get(one, 0), 4)), np.zeros(known.get(one, 0), np.int64)
        )
        for one in files
    ]
    return CountedFolder(LabelledFolder(path, [name], pictures), [one in known for one in files])
