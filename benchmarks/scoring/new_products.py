"""Products that no bundle and no training has seen, drawn at random: known bodies put together anew, or new bodies."""

from typing import List

import numpy as np

from runtime.scene.boxes import WHITE, print_motif
from runtime.scene.canvas import SATIN, Canvas, Colour, mix
from runtime.scene.products import OUTSIDERS, PRODUCTS, SHAPES, Product
from runtime.scene.sprites import BODIES

WORD_LENGTHS = (3, 6)
"""Letters of a printed word, both ends included."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def put_together_anew(count: int, seed: int) -> List[Product]:
    """Bodies, motifs and letters of the demo in colours of their own."""
    rng = np.random.RandomState(seed)
    bodies = sorted({(one.shape, one.body) for one in PRODUCTS + OUTSIDERS})
    motifs = sorted({one.motif for one in PRODUCTS + OUTSIDERS})
    products = []
    for number in range(count):
        shape, body = bodies[rng.randint(len(bodies))]
        main, accent, paper, ink = [_colour(rng) for _ in range(4)]
        motif = motifs[rng.randint(len(motifs))]
        products.append(Product("new {}".format(number), shape, body, main, accent, paper, ink, motif))
    return products


def of_new_bodies(count: int, seed: int) -> List[Product]:
    """Bodies that the demo has not, in colours of their own, with a printed word."""
    BODIES.update(NEW_BODIES)
    rng, bodies = np.random.RandomState(seed), sorted(NEW_BODIES)
    products = []
    for number in range(count):
        main, accent, paper, ink = [_colour(rng) for _ in range(4)]
        letters = rng.randint(len(LETTERS), size=rng.randint(WORD_LENGTHS[0], WORD_LENGTHS[1] + 1))
        word, body = "".join(LETTERS[letter] for letter in letters), bodies[rng.randint(len(bodies))]
        shape = SHAPES.index("rectangle")
        products.append(Product("new {}".format(number), shape, body, main, accent, paper, ink, word))
    return products


KINDS = {"known": put_together_anew, "new": of_new_bodies}
"""By what their bodies are."""


def _colour(rng: np.random.RandomState) -> Colour:
    blue, green, red = rng.randint(20, 246, 3).tolist()
    return blue, green, red


def can(product: Product) -> Canvas:
    """A drinks can: a printed band between two metal rims."""
    canvas = Canvas(150, 270)
    body = canvas.polygon([(14, 0), (136, 0), (150, 26), (150, 246), (136, 270), (14, 270), (0, 246), (0, 26)])
    canvas.fill(body, product.main)
    for top in (0, 252):
        canvas.tint(canvas.box(0, top, 150, top + 18) * body, mix(product.accent, WHITE, 0.6))
    band = canvas.box(0, 78, 150, 190) * body
    canvas.tint(band, product.paper)
    print_motif(canvas, product, 14, 90, 136, 178, band)
    canvas.round_across(body, 0, 150, SATIN)
    return canvas


def pouch(product: Product) -> Canvas:
    """A bag that stands, with a sealed top and a round window."""
    canvas = Canvas(200, 270)
    bag = canvas.polygon([(12, 0), (188, 0), (184, 40), (200, 236), (170, 270), (30, 270), (0, 236), (16, 40)])
    canvas.fill(bag, product.main)
    canvas.tint(canvas.box(0, 0, 200, 28) * bag, product.accent)
    canvas.tint(canvas.ellipse(100, 212, 52, 38), mix(product.accent, product.ink, 0.5))
    label = canvas.box(30, 56, 170, 160, 18)
    canvas.tint(label, product.paper)
    print_motif(canvas, product, 42, 66, 158, 150, label)
    canvas.shade(bag, 1.08 + 0.10 * np.sin(canvas.x_px / 21.0 + canvas.y_px / 37.0))
    return canvas


def gable(product: Product) -> Canvas:
    """A milk carton: a folded roof over a printed front and a darker side."""
    canvas = Canvas(170, 288)
    side = canvas.polygon([(124, 84), (170, 92), (170, 282), (124, 288)])
    canvas.fill(side, mix(product.main, (20, 20, 20), 0.35))
    front = canvas.box(0, 84, 124, 288)
    canvas.fill(front, product.main)
    canvas.fill(canvas.polygon([(18, 26), (150, 26), (170, 92), (124, 84), (0, 84)]), product.paper)
    canvas.fill(canvas.box(18, 0, 150, 28), product.accent)
    panel = canvas.box(12, 124, 112, 226, 4)
    canvas.tint(panel, product.paper)
    print_motif(canvas, product, 16, 130, 108, 220, panel)
    canvas.tint(canvas.box(0, 250, 124, 268), product.accent)
    return canvas


def blister(product: Product) -> Canvas:
    """A hanging card with a clear bubble below its print."""
    canvas = Canvas(190, 280)
    card = canvas.box(0, 0, 190, 280, 12) * (1 - canvas.ellipse(95, 20, 16, 9))
    canvas.fill(card, product.main)
    label = canvas.box(14, 44, 176, 134, 6)
    canvas.tint(label, product.paper)
    print_motif(canvas, product, 20, 50, 170, 128, label)
    bubble = canvas.box(34, 152, 156, 264, 30)
    canvas.tint(bubble, product.accent)
    canvas.shade(bubble, 1.25 - 0.5 * (canvas.x_px + canvas.y_px) / 470)
    canvas.tint(canvas.ellipse(72, 182, 20, 10) * 0.6, WHITE)
    return canvas


def stick(product: Product) -> Canvas:
    """A glue or balm stick: a narrow barrel with a wide cap, its print along the side."""
    canvas = Canvas(96, 288)
    barrel = canvas.box(8, 96, 88, 288, 6)
    canvas.fill(barrel, product.main)
    cap = canvas.box(0, 0, 96, 104, 16)
    canvas.fill(cap, product.accent)
    label = canvas.box(8, 122, 88, 258) * barrel
    canvas.tint(label, product.paper)
    print_motif(canvas, product, 12, 150, 84, 230, label)
    canvas.round_across(barrel, 8, 88, SATIN)
    canvas.round_across(cap, 0, 96, SATIN)
    return canvas


def sachet(product: Product) -> Canvas:
    """A flat pillow bag with crimped ends."""
    canvas = Canvas(230, 190)
    right = [(206, 0), (230, 6), (222, 95), (230, 184), (206, 190)]
    bag = canvas.polygon(right + [(230 - x, y) for x, y in reversed(right)])
    canvas.fill(bag, product.main)
    for left in (0, 208):
        canvas.tint(canvas.box(left, 0, left + 22, 190) * bag, product.accent)
    label = canvas.ellipse(115, 95, 82, 66)
    canvas.tint(label, product.paper)
    print_motif(canvas, product, 52, 54, 178, 136, label)
    canvas.shade(bag, 1.15 - 0.35 * np.abs(canvas.y_px / 95 - 1))
    return canvas


NEW_BODIES = {"can": can, "pouch": pouch, "gable": gable, "blister": blister, "stick": stick, "sachet": sachet}
