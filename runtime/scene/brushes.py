"""Bodies of the shape "brush": bristles, ferrule and a thick printed handle."""

import numpy as np

from runtime.scene.boxes import WHITE, print_motif
from runtime.scene.canvas import GLOSS, METAL, Canvas, mix, rgb
from runtime.scene.products import Product

WIDTH, HEIGHT = 104, 300
MIDDLE = WIDTH / 2.0


def _bristles(canvas: Canvas, mask: np.ndarray, root: int, tip: int) -> None:
    """Hair: fine strands fanning out from the ferrule, darker at the root."""
    canvas.fill(mask, rgb(root))
    canvas.tint(mask * np.clip((100 - canvas.y_px) / 90, 0, 1), rgb(tip))
    fan = (canvas.x_px - MIDDLE) / (170 - canvas.y_px)
    canvas.shade(mask, 0.94 + 0.09 * np.sin(fan * 190) + 0.05 * np.sin(fan * 71 + 1))
    canvas.round_across(mask, 4, WIDTH - 4, (0.68, 1.02, 1.10, 1.0, 0.9, 0.62))


def _ferrule(canvas: Canvas, product: Product, points: list) -> None:
    mask = canvas.polygon(points)
    canvas.fill(mask, product.accent)
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    canvas.round_across(mask, left, right, METAL)
    for y in (points[0][1] + 6, points[-1][1] - 8):
        canvas.shade(canvas.box(0, y, WIDTH, y + 2) * mask, 0.65)


def _handle(canvas: Canvas, product: Product, outline: list) -> None:
    body = canvas.polygon(outline)
    body = np.maximum(body, canvas.ellipse(MIDDLE, 286, 15, 14))
    canvas.fill(body, product.main)
    canvas.tint(canvas.box(0, 142, WIDTH, 262) * body, product.paper)
    for top in (146, 202):  # twice, so that a hand around the lower end leaves one to see
        print_motif(canvas, product, MIDDLE - 27, top, MIDDLE + 27, top + 54, body)
    canvas.round_across(body, MIDDLE - 31, MIDDLE + 31, GLOSS)
    canvas.tint(canvas.soft(canvas.box(MIDDLE - 15, 140, MIDDLE - 11, 270, 2), 1.5) * body * 0.45, WHITE)


HANDLE = [(28, 132), (76, 132), (82, 160), (82, 190), (67, 286), (37, 286), (22, 190), (22, 160)]


def powder(product: Product) -> Canvas:
    """A powder brush with a full dome of hair."""
    canvas = Canvas(WIDTH, HEIGHT)
    dome = np.maximum(canvas.ellipse(MIDDLE, 52, 51, 52), canvas.polygon([(2, 60), (102, 60), (80, 110), (24, 110)]))
    _bristles(canvas, dome, 0x4A2E2A, 0xE7B9A4)
    _handle(canvas, product, HANDLE)
    _ferrule(canvas, product, [(24, 98), (80, 98), (78, 138), (26, 138)][:4])
    return canvas


def flat(product: Product) -> Canvas:
    """A foundation brush with a flat slanted tuft."""
    canvas = Canvas(WIDTH, HEIGHT)
    tuft = canvas.polygon([(14, 34), (22, 16), (70, 0), (88, 8), (92, 40), (82, 106), (22, 106)])
    _bristles(canvas, tuft, 0x2B2422, 0xB98B5E)
    _handle(canvas, product, HANDLE)
    _ferrule(canvas, product, [(20, 92), (84, 92), (78, 138), (26, 138)])
    canvas.tint(canvas.soft(tuft * (canvas.y_px < 12), 3) * tuft * 0.3, mix(WHITE, (0, 0, 0), 0.1))
    return canvas
