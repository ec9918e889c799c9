"""Products by the thousand, drawn at random: they teach stage 2 to tell products that it never saw."""

from typing import Dict, Iterable, List, Sequence, Tuple

import numpy as np

from runtime.scene.canvas import Colour
from runtime.scene.products import Product

COUNT = 2000
WORD_LENGTHS = (2, 5)
"""Letters of a printed word, both ends included."""


def random_products(
    families: Sequence[Product],
    signs: Sequence[str],
    letters: str,
    taken: Iterable[Product] = (),
    count: int = COUNT,
    seed: int = 17,
) -> Tuple[Product, ...]:
    """`count` products called "drawn 0", "drawn 1", ...; always the same for a seed.

    Half of them have the body and the colours of one of `families` and differ in the label art alone, half only its
    body. The label art is one of `signs` or a word of `letters`. No two are alike, none is among `taken` (nameless).
    """
    rng = np.random.RandomState(seed)
    drawn: List[Product] = []
    unlike = set(taken)
    while len(drawn) < count:
        product = families[rng.randint(len(families))]
        if rng.uniform() < 0.5:
            product = product._replace(**_colours(rng))
        if rng.uniform() < 0.5:
            motif = signs[rng.randint(len(signs))]
        else:
            motif = "".join(rng.choice(list(letters), rng.randint(WORD_LENGTHS[0], WORD_LENGTHS[1] + 1)))
        product = product._replace(name="", motif=motif)
        if product not in unlike:
            unlike.add(product)
            drawn.append(product._replace(name=f"drawn {len(drawn)}"))
    return tuple(drawn)


def _colours(rng: np.random.RandomState) -> Dict[str, Colour]:
    """Any body, cap and label; the ink well apart from the label."""
    paper = rng.uniform(0, 255, 3)
    ink = rng.uniform(0, 255, 3)
    while np.abs(paper - ink).sum() < 200:
        ink = rng.uniform(0, 255, 3)
    parts = {"main": rng.uniform(0, 255, 3), "accent": rng.uniform(0, 255, 3), "paper": paper, "ink": ink}
    return {field: _colour(value) for field, value in parts.items()}


def _colour(value: np.ndarray) -> Colour:
    blue, green, red = (float(round(each)) for each in value)
    return blue, green, red
