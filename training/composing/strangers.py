"""Products that nobody may name: the renderer's six outsiders, to test, and made-up ones, to train and calibrate."""

from typing import Dict, Iterator, List, Tuple

import numpy as np

from runtime.scene.products import OUTSIDERS, PRODUCTS, Product
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings
from training.composing.random_products import random_products
from training.composing.textures import texture

CALIBRATION_MOTIFS = ("K", "A", "X", "T", "N", "Z", "E")
"""Label art of the strangers that calibrate the threshold: on none of the others, on none of the thirty."""
TRAINING_MOTIFS = (
    ("petals", "leaf", "drop", "star", "rays", "ring", "moon"),
    ("bands", "dots", "waves", "lattice", "pinstripes", "diagonal", "chevrons"),
    ("B", "D", "H", "M", "P", "Q", "W", "Y"),
)
"""Label art of the strangers that train stage 2: signs, patterns, letters. The outsiders' (heart, cross, hourglass,
triangle, diamond, checker) and those of the calibration stay unseen."""
TEST_MOTIFS = ("heart", "cross", "triangle", "diamond", "hourglass")
"""Label art of the outsiders, which nothing was trained or calibrated on."""
COLOURS = ("main", "accent", "paper", "ink")


def _families() -> List[Product]:
    """The first product of each family: those that share body and colours."""
    seen: Dict[Tuple, Product] = {}
    for product in PRODUCTS:
        seen.setdefault((product.body, product.main, product.ink), product)
    return list(seen.values())


def _recoloured(product: Product) -> Product:
    """The same product with its blue, green and red changed round."""
    return product._replace(**{field: tuple(getattr(product, field)[c] for c in (1, 2, 0)) for field in COLOURS})


def calibration_strangers() -> Iterator[Product]:
    """Two of each family: one that differs in the label art alone, one that has other colours, too."""
    for number, product in enumerate(_families()):
        near, far = (CALIBRATION_MOTIFS[(number + turn) % len(CALIBRATION_MOTIFS)] for turn in (0, 3))
        yield product._replace(name=f"made up {2 * number}", motif=near)
        yield _recoloured(product)._replace(name=f"made up {2 * number + 1}", motif=far)


def training_strangers() -> Iterator[Product]:
    """Eleven or twelve of each family, every fourth in other colours: they teach stage 2 to read labels.

    All the signs, since a heart is nearest to a star, and some of the patterns and letters.
    """
    signs, patterns, letters = TRAINING_MOTIFS
    number = 0
    for turn, product in enumerate(_families()):
        own = {other.motif for other in PRODUCTS if (other.body, other.main) == (product.body, product.main)}
        motifs = list(signs) + [patterns[(3 * turn + step) % len(patterns)] for step in range(3)]
        motifs += [letters[(3 * turn + step) % len(letters)] for step in range(3)]
        for motif in motifs:
            if motif not in own:
                coloured = _recoloured(product) if number % 4 == 3 else product
                yield coloured._replace(name=f"extra {number}", motif=motif)
                number += 1


def near_strangers() -> Iterator[Product]:
    """Two of each family in its own colours, with the outsiders' label art: the hardest to tell from the thirty."""
    taken = {product._replace(name="") for product in PRODUCTS + OUTSIDERS}
    number = 0
    for turn, product in enumerate(_families()):
        for step in (0, 2):
            near = product._replace(name="", motif=TEST_MOTIFS[(turn + step) % len(TEST_MOTIFS)])
            if near not in taken:
                yield near._replace(name=f"near {number}")
                number += 1


def drawn_strangers() -> Tuple[Product, ...]:
    """Two thousand that train stage 2 on what it must do for a product it never saw. None has a test's label art."""
    signs, patterns, letters = TRAINING_MOTIFS
    taken = [product._replace(name="") for product in (*PRODUCTS, *OUTSIDERS, *training_strangers())]
    return random_products(_families(), signs + patterns + letters, "".join(letters), taken)


STRANGERS: Dict[str, Tuple[Product, ...]] = {
    "outsiders": OUTSIDERS,
    "made-up": tuple(calibration_strangers()),
    "extra": tuple(training_strangers()),
    "near": tuple(near_strangers()),
    "drawn": drawn_strangers(),
}
"""Kinds of strangers. What trains or calibrates is never what tests."""

ALL_PRODUCTS: Tuple[Product, ...] = PRODUCTS + tuple(product for kind in STRANGERS.values() for product in kind)
"""Every product that a data set can hold; the index is its class number there, and that of the thirty is unchanged."""


class SceneWithStrangers(Scene):
    """The demo's scene, where the truth tells strangers apart: numbers index ALL_PRODUCTS, none is -1."""

    def __init__(self, settings: SceneSettings, size: Tuple[int, int], kind: str = "outsiders") -> None:
        """`kind`: one of STRANGERS; `settings.unknown` is their share of the objects."""
        super().__init__(settings, size)
        self._strangers = STRANGERS[kind]

    def hang(self, rng: np.random.RandomState) -> None:
        """Put a random texture in the place of walls, shelves and clutter: the products float before it."""
        height, width = self._backdrop.shape[:2]
        self._backdrop = texture(rng, width, height)

    def _shown(self, index: int, visit: int) -> Tuple[int, Product]:
        number, product = super()._shown(index, visit)
        if number >= 0:
            return number, product
        if self._strangers is OUTSIDERS:
            return ALL_PRODUCTS.index(product), product
        turn = self.settings.seed * 13 + index * 5 + visit * 11 + OUTSIDERS.index(product)
        stranger = self._strangers[turn % len(self._strangers)]
        return ALL_PRODUCTS.index(stranger), stranger
