"""Bodies of the shape "rectangle": carton, slim carton, tube and palette."""

from typing import Optional

import cv2
import numpy as np

from runtime.scene.canvas import SATIN, Canvas, mix, rgb
from runtime.scene.motifs import motif_mask
from runtime.scene.products import Product

WHITE = rgb(0xFFFFFF)


def print_motif(
    canvas: Canvas,
    product: Product,
    left: float,
    top: float,
    right: float,
    bottom: float,
    mask: Optional[np.ndarray] = None,
) -> None:
    """The product's label art in its ink, inside the given box and, where there is one, inside `mask`."""
    box = [int(round(v * canvas.oversample)) for v in (left, top, right, bottom)]
    ink = np.zeros(canvas.shape, np.float32)
    ink[box[1] : box[3], box[0] : box[2]] = motif_mask(product.motif, box[2] - box[0], box[3] - box[1])
    canvas.tint(ink if mask is None else ink * mask, product.ink)


def print_name(canvas: Canvas, product: Product, x: float, y: float, width: float) -> None:
    """The product's name in small print around (x, y), `width` across: decoration, not meant to be read from afar."""
    mask = np.zeros(canvas.shape, np.uint8)
    (natural, height), _ = cv2.getTextSize(product.name, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 1)
    scale = min(width * canvas.oversample / natural, 0.9)
    origin = (int(x * canvas.oversample - natural * scale / 2), int(y * canvas.oversample + height * scale / 2))
    cv2.putText(mask, product.name, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, 1, 2, cv2.LINE_4)
    canvas.tint(mask.astype(np.float32) * 0.8, product.ink)


def _folded_box(product: Product, front: int, depth: int, height: int) -> Canvas:
    """A printed card box seen slightly from its right: a front and a darker side."""
    canvas = Canvas(front + depth, height)
    side = canvas.polygon([(front, 0), (front + depth, 8), (front + depth, height - 8), (front, height)])
    canvas.fill(side, mix(product.main, (30, 20, 30), 0.38))
    face = canvas.box(0, 0, front, height, 3)
    canvas.fill(face, product.main)
    canvas.shade(face, 1.10 - 0.26 * (canvas.x_px / front * 0.5 + canvas.y_px / height * 0.5))
    inset = front * 0.10
    panel = canvas.box(inset, height * 0.16, front - inset, height * 0.80, 5)
    canvas.tint(panel, product.paper)
    top = height * 0.19
    print_motif(canvas, product, inset * 1.5, top, front - inset * 1.5, height * 0.66, panel)
    print_name(canvas, product, front / 2.0, height * 0.735, front * 0.68)
    for y in (height * 0.075, height * 0.88):
        foil = canvas.box(0, y, front + 0.0, y + height * 0.035)
        canvas.tint(foil, product.accent)
        canvas.shade(foil, 1 + 0.5 * np.exp(-(((canvas.x_px - front * 0.3) / (front * 0.12)) ** 2)))
    canvas.tint(canvas.box(front - 1.5, 0, front, height) * 0.5, WHITE)
    canvas.tint(canvas.box(0, 0, front, 2) * 0.6, WHITE)
    glare = canvas.polygon([(front * 0.05, 0), (front * 0.30, 0), (0, height * 0.55), (0, height * 0.2)])
    canvas.tint(canvas.soft(glare, 6) * face * 0.28, WHITE)
    return canvas


def carton(product: Product) -> Canvas:
    """A serum's card box."""
    return _folded_box(product, 138, 22, 288)


def slim(product: Product) -> Canvas:
    """A mascara's narrow card box."""
    return _folded_box(product, 104, 16, 288)


def tube(product: Product) -> Canvas:
    """A squeeze tube standing on its cap, with a crimped end on top."""
    canvas = Canvas(132, 288)
    body = canvas.polygon([(0, 0), (132, 0), (132, 16), (122, 236), (10, 236), (0, 16)])
    canvas.fill(body, product.main)
    label = canvas.box(0, 52, 132, 196) * body
    canvas.tint(label, product.paper)
    print_motif(canvas, product, 20, 62, 112, 168, body)
    print_name(canvas, product, 66, 183, 92)
    canvas.round_across(body, 2, 130, SATIN)
    crimp = canvas.box(0, 0, 132, 17)
    canvas.tint(crimp, mix(product.main, WHITE, 0.35))
    canvas.shade(crimp, 0.93 + 0.10 * np.sign(np.sin(canvas.x_px * 1.3)))
    cap = canvas.box(8, 234, 124, 288, 7)
    canvas.fill(cap, product.accent)
    canvas.shade(cap, 0.94 + 0.07 * np.sign(np.sin(canvas.x_px * 0.9)))
    canvas.round_across(cap, 8, 124, SATIN)
    canvas.shade(canvas.soft(canvas.box(8, 232, 124, 240), 2) * canvas.alpha, 0.72)
    canvas.tint(canvas.soft(canvas.box(30, 22, 38, 226, 4), 2) * body * 0.55, WHITE)
    return canvas


def palette(product: Product) -> Canvas:
    """An eye-shadow palette: printed lid above, a row of pans below."""
    canvas = Canvas(288, 196)
    case = canvas.box(0, 0, 288, 196, 12)
    canvas.fill(case, product.main)
    canvas.shade(case, 1.22 - 0.42 * canvas.y_px / 196)
    lid = canvas.box(14, 12, 274, 116, 7)
    canvas.tint(lid, product.paper)
    print_motif(canvas, product, 18, 16, 270, 112, lid)
    shades = (0xF1D3C0, 0xD79C86, 0xB36A6A, 0x8A4A5E, 0x5C3350)
    for number, shade in enumerate(shades):
        x = 40 + number * 52
        canvas.tint(canvas.ellipse(x, 156, 24, 24), product.accent)
        pan = canvas.ellipse(x, 156, 21, 21)
        canvas.tint(pan, rgb(shade))
        canvas.shade(pan, 0.84 + 0.30 * (canvas.x_px - x + canvas.y_px - 156 + 42) / 84)
    canvas.tint(canvas.box(0, 122, 288, 125), product.accent)
    canvas.tint(canvas.soft(canvas.polygon([(40, 0), (104, 0), (34, 120), (-10, 120)]), 5) * lid * 0.22, WHITE)
    canvas.tint(canvas.box(6, 1, 282, 3) * 0.5, WHITE)
    return canvas
