"""Bodies of the shape "circle": jar, compact and tin, seen from above."""

import numpy as np

from runtime.scene.boxes import WHITE, print_motif
from runtime.scene.canvas import Canvas, mix
from runtime.scene.products import Product

SIDE = 264
"""Design pixels across, all three."""
MIDDLE = SIDE / 2.0


def _disc(canvas: Canvas, radius: float) -> np.ndarray:
    return canvas.ellipse(MIDDLE, MIDDLE, radius, radius)


def _sweep(canvas: Canvas, phase: float) -> np.ndarray:
    """Conical shine of turned metal: gains around the centre."""
    angle = np.arctan2(canvas.y_px - MIDDLE, canvas.x_px - MIDDLE)
    return 0.92 + 0.34 * np.cos(2 * (angle - phase)) + 0.12 * np.cos(5 * angle)


def _bowl(canvas: Canvas, depth: float) -> np.ndarray:
    """Light from the upper left: gains falling towards the lower right."""
    return 1.0 - depth * ((canvas.x_px - MIDDLE) + (canvas.y_px - MIDDLE)) / SIDE


def _label(canvas: Canvas, product: Product, radius: float) -> None:
    inside = _disc(canvas, radius)
    canvas.tint(inside, product.paper)
    reach = radius * 0.86
    print_motif(canvas, product, MIDDLE - reach, MIDDLE - reach, MIDDLE + reach, MIDDLE + reach, _disc(canvas, reach))


def _glare(canvas: Canvas, radius: float, strength: float) -> None:
    """A crescent of reflected window near the upper left."""
    crescent = _disc(canvas, radius) * (1 - canvas.ellipse(MIDDLE + 22, MIDDLE + 26, radius, radius))
    canvas.tint(canvas.soft(crescent, 5) * _disc(canvas, radius) * strength, WHITE)


def jar(product: Product) -> Canvas:
    """A cream jar: metal screw lid with a knurled edge and a printed top."""
    canvas = Canvas(SIDE, SIDE)
    rim = _disc(canvas, 131)
    canvas.fill(rim, product.accent)
    angle = np.arctan2(canvas.y_px - MIDDLE, canvas.x_px - MIDDLE)
    canvas.shade(rim, 0.90 + 0.14 * np.sign(np.sin(angle * 60)))
    canvas.shade(rim, _sweep(canvas, -2.2))
    canvas.tint(_disc(canvas, 113), mix(product.main, (40, 50, 60), 0.30))
    top = _disc(canvas, 110)
    canvas.tint(top, product.main)
    _label(canvas, product, 92)
    canvas.shade(top, _bowl(canvas, 0.34))
    _glare(canvas, 106, 0.65)
    return canvas


def compact(product: Product) -> Canvas:
    """A lacquered powder compact with a metal ring and a clasp."""
    canvas = Canvas(SIDE, SIDE)
    canvas.fill(canvas.box(MIDDLE - 24, SIDE - 22, MIDDLE + 24, SIDE - 2, 5), product.accent)
    body = canvas.ellipse(MIDDLE, MIDDLE - 3, 127, 127)
    canvas.fill(body, product.main)
    canvas.shade(body, _bowl(canvas, 0.9))
    ring = _disc(canvas, 111)
    canvas.tint(ring, product.accent)
    canvas.shade(ring, _sweep(canvas, -2.2))
    _label(canvas, product, 102)
    canvas.shade(_disc(canvas, 102), _bowl(canvas, 0.6))
    _glare(canvas, 121, 0.42)
    return canvas


def tin(product: Product) -> Canvas:
    """A flat balm tin: rolled bare edge, printed lid with a pressed step."""
    canvas = Canvas(SIDE, SIDE)
    edge = _disc(canvas, 131)
    canvas.fill(edge, product.accent)
    canvas.shade(edge, _sweep(canvas, -0.8))
    lid = _disc(canvas, 119)
    canvas.tint(lid, product.main)
    canvas.shade(lid, _bowl(canvas, 0.5))
    canvas.shade(canvas.soft(_disc(canvas, 103) - _disc(canvas, 99), 1.2), 0.55)
    _label(canvas, product, 100)
    canvas.shade(_disc(canvas, 100), _bowl(canvas, 0.3))
    _glare(canvas, 116, 0.5)
    return canvas
