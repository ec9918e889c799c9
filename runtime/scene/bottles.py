"""Bodies of the shape "snout bottle": pump, spray and snout."""

import numpy as np

from runtime.scene.boxes import WHITE, print_motif, print_name
from runtime.scene.canvas import GLOSS, METAL, SATIN, Canvas, mix
from runtime.scene.products import Product


def _label(
    canvas: Canvas, product: Product, left: float, top: float, right: float, bottom: float, body: np.ndarray
) -> None:
    panel = canvas.box(left, top, right, bottom, 6) * body
    canvas.tint(panel, product.paper)
    gap = 4
    print_motif(canvas, product, left + gap, top + gap, right - gap, bottom - 24, panel)
    print_name(canvas, product, (left + right) / 2, bottom - 13, right - left - 18)


def _collar(canvas: Canvas, product: Product, left: float, top: float, right: float, bottom: float) -> None:
    ring = canvas.box(left, top, right, bottom, 3)
    canvas.fill(ring, product.accent)
    canvas.round_across(ring, left, right, METAL)
    canvas.shade(canvas.box(left, bottom - 3, right, bottom), 0.7)


def pump(product: Product) -> Canvas:
    """A lotion bottle with a pump head; the snout points left."""
    canvas = Canvas(140, 300)
    body = np.maximum(canvas.box(8, 96, 132, 300, 20), canvas.box(8, 200, 132, 300, 10))
    stem = canvas.box(64, 26, 76, 72)
    canvas.fill(stem, mix(product.accent, WHITE, 0.25))
    canvas.round_across(stem, 64, 76, METAL)
    head = canvas.polygon([(2, 14), (48, 4), (94, 4), (94, 30), (48, 30), (14, 28), (12, 42), (0, 42)])
    head = np.maximum(head, canvas.box(46, 2, 96, 32, 7))
    canvas.fill(head, product.accent)
    canvas.shade(head, 1.25 - 0.55 * np.clip((canvas.y_px - 2) / 34, 0, 1))
    canvas.tint(canvas.box(50, 5, 90, 9, 2) * 0.55, WHITE)
    _collar(canvas, product, 42, 66, 98, 98)
    canvas.fill(body, product.main)
    _label(canvas, product, 14, 120, 126, 284, body)
    canvas.round_across(body, 6, 134, GLOSS)
    canvas.shade(canvas.soft(canvas.box(30, 92, 110, 100), 3) * body, 0.7)
    canvas.tint(canvas.soft(canvas.box(26, 112, 34, 288, 4), 2) * body * 0.5, WHITE)
    return canvas


def spray(product: Product) -> Canvas:
    """A slender mist bottle with a trigger head; the snout points left."""
    canvas = Canvas(132, 300)
    head = canvas.polygon([(0, 12), (30, 4), (100, 4), (112, 22), (104, 52), (44, 52), (40, 34), (0, 30)])
    canvas.fill(head, product.accent)
    canvas.shade(head, 1.08 - 0.40 * np.clip(canvas.y_px / 52, 0, 1))
    trigger = canvas.polygon([(30, 34), (44, 34), (46, 70), (34, 92), (26, 88), (34, 66)])
    canvas.fill(trigger, mix(product.accent, (60, 60, 60), 0.25))
    _collar(canvas, product, 46, 50, 106, 80)
    body = canvas.polygon(
        [
            (52, 78),
            (100, 78),
            (106, 110),
            (128, 150),
            (128, 290),
            (122, 300),
            (30, 300),
            (24, 290),
            (24, 150),
            (46, 110),
        ]
    )
    canvas.fill(body, product.main)
    _label(canvas, product, 32, 158, 120, 282, body)
    canvas.round_across(body, 22, 130, GLOSS)
    canvas.tint(canvas.soft(canvas.box(40, 120, 47, 288, 3), 2) * body * 0.5, WHITE)
    return canvas


def snout(product: Product) -> Canvas:
    """A soft bottle whose shoulders run into a tall conical snout."""
    canvas = Canvas(136, 300)
    tip = canvas.polygon([(60, 0), (76, 0), (92, 74), (44, 74)])
    canvas.fill(tip, product.accent)
    canvas.round_across(tip, 44, 92, SATIN)
    collar = canvas.box(34, 70, 102, 94, 5)
    canvas.fill(collar, product.accent)
    canvas.shade(collar, 0.92 + 0.10 * np.sign(np.sin(canvas.x_px * 1.1)))
    canvas.round_across(collar, 34, 102, SATIN)
    body = np.maximum(canvas.ellipse(68, 156, 66, 66), canvas.box(2, 156, 134, 300, 26))
    body = np.maximum(body, canvas.box(2, 156, 134, 220))
    canvas.fill(body, product.main)
    _label(canvas, product, 12, 132, 124, 276, body)
    canvas.round_across(body, 0, 136, SATIN)
    canvas.tint(canvas.soft(canvas.box(22, 128, 31, 276, 4), 3) * body * 0.6, WHITE)
    canvas.shade(canvas.soft(canvas.box(36, 88, 100, 97), 3) * body, 0.75)
    return canvas
