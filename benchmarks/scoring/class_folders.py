"""Pictures sorted into a folder for each class."""

import os
from typing import List, Tuple

from runtime.errors import SourceError
from runtime.sources.folder import EXTENSIONS, natural_order


def pictures_by_class(folder: str) -> List[Tuple[str, str]]:
    """Path and class of each picture; classes by name, pictures in natural order. SourceError where there is none."""
    if not os.path.isdir(folder):
        raise SourceError("no folder {}: expected one with a folder for each product".format(folder))
    found = [
        (os.path.join(folder, product, name), product)
        for product in sorted(os.listdir(folder))
        if os.path.isdir(os.path.join(folder, product))
        for name in sorted(os.listdir(os.path.join(folder, product)), key=natural_order)
        if name.lower().endswith(EXTENSIONS)
    ]
    if not found:
        raise SourceError("{} holds no photos: expected a folder for each product".format(folder))
    return found
