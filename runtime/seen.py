"""What is seen in a frame, in words: the answer to the first question that anybody has."""

from collections import Counter
from typing import List, NamedTuple, Optional, Tuple

from runtime.frame import UNKNOWN, Detections, Names, Words


class Seen(NamedTuple):
    """Objects of one name."""

    name: str
    is_named: bool
    """False: the name is its shape's, since stage 2 does not know it or has not looked yet."""
    objects: int


def seen_in(detections: Detections, names: Optional[Names], words: Words) -> List[Seen]:
    """What has a name first, and of that the most frequent."""
    counts: Counter = Counter()
    products = [None] * len(detections.shapes) if names is None else names.products.tolist()
    for shape, product in zip(detections.shapes.tolist(), products):
        counts[_name(shape, product, words)] += 1
    seen = [Seen(name, is_named, count) for (name, is_named), count in counts.items()]
    return sorted(seen, key=lambda one: (not one.is_named, -one.objects, one.name))


def _name(shape: int, product: Optional[int], words: Words) -> Tuple[str, bool]:
    if product is None or words.products is None:
        return words.shape(shape), True
    if product >= 0:
        return words.products[product], True
    return ("unknown " if product == UNKNOWN else "") + words.shape(shape), False
