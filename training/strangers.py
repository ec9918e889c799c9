"""Products that nobody may name: the renderer's six outsiders, for the test, and made-up ones, for calibration."""

from typing import Dict, List, Tuple

from runtime.scene.products import OUTSIDERS, PRODUCTS, Product
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings

NEW_MOTIFS = ("K", "A", "X", "T", "N", "Z", "E")
"""Letters that are on none of the thirty and on none of the outsiders."""


def _families() -> List[Product]:
    """The first product of each family: those that share body and colours."""
    seen: Dict[Tuple, Product] = {}
    for product in PRODUCTS:
        seen.setdefault((product.body, product.main, product.ink), product)
    return list(seen.values())


def made_up_products() -> Tuple[Product, ...]:
    """Two of each family: one that differs in the label art alone, one that has other colours, too."""
    made_up = []
    for number, product in enumerate(_families()):
        motifs = NEW_MOTIFS[number % len(NEW_MOTIFS)], NEW_MOTIFS[(number + 3) % len(NEW_MOTIFS)]
        made_up.append(product._replace(name=f"made up {2 * number}", motif=motifs[0]))
        colours = {field: tuple(getattr(product, field)[c] for c in (1, 2, 0)) for field in COLOURS}
        made_up.append(product._replace(name=f"made up {2 * number + 1}", motif=motifs[1], **colours))
    return tuple(made_up)


COLOURS = ("main", "accent", "paper", "ink")
STRANGERS: Dict[str, Tuple[Product, ...]] = {"outsiders": OUTSIDERS, "made-up": made_up_products()}
"""Kinds of strangers. What calibrates the threshold is never what tests it."""

ALL_PRODUCTS: Tuple[Product, ...] = PRODUCTS + tuple(product for kind in STRANGERS.values() for product in kind)
"""Every product that a data set can hold; the index is its class number there, and that of the thirty is unchanged."""


class SceneWithStrangers(Scene):
    """The demo's scene, where the truth tells strangers apart: numbers index ALL_PRODUCTS, none is -1."""

    def __init__(self, settings: SceneSettings, size: Tuple[int, int], kind: str = "outsiders") -> None:
        """`kind`: one of STRANGERS; `settings.unknown` is their share of the objects."""
        super().__init__(settings, size)
        self._strangers = STRANGERS[kind]

    def _shown(self, index: int, visit: int) -> Tuple[int, Product]:
        number, product = super()._shown(index, visit)
        if number >= 0:
            return number, product
        if self._strangers is OUTSIDERS:
            return ALL_PRODUCTS.index(product), product
        turn = self.settings.seed * 13 + index * 5 + visit * 11 + OUTSIDERS.index(product)
        stranger = self._strangers[turn % len(self._strangers)]
        return ALL_PRODUCTS.index(stranger), stranger
