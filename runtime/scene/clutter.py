"""Things that are no product, for the back of the shelves: plants, stones, vases and cones, of no product's shape."""

from typing import Callable, Tuple

import numpy as np

from runtime.scene.canvas import SATIN, Canvas, rgb


def _plant(rng: np.random.RandomState) -> Canvas:
    canvas = Canvas(240, 260)
    green = (0x3F7D4E, 0x5E9B58, 0x2F6B5B)[rng.randint(3)]
    for number in range(11):
        angle = np.pi * (0.08 + 0.84 * number / 10) + rng.uniform(-0.1, 0.1)
        reach = rng.uniform(110, 165)
        tip = (120 - reach * np.cos(angle) * 0.7, 195 - reach * np.sin(angle))
        bend = ((120 + tip[0]) / 2 + 24 * np.cos(angle), (195 + tip[1]) / 2)
        leaf = canvas.polygon([(115, 200), bend, tip, (bend[0] + 20, bend[1] + 10), (126, 200)])
        canvas.fill(leaf, rgb(green))
        canvas.shade(leaf, rng.uniform(0.7, 1.2))
    pot = canvas.polygon([(76, 190), (164, 190), (148, 260), (92, 260)])
    canvas.fill(pot, rgb((0xC56B4A, 0xE8E2D8, 0x55606A)[rng.randint(3)]))
    canvas.round_across(pot, 76, 164, SATIN)
    return canvas


def _stones(rng: np.random.RandomState) -> Canvas:
    canvas = Canvas(200, 150)
    bottom = 150.0
    for size in (92, 70, 46):
        tall = size * rng.uniform(0.24, 0.30)
        stone = canvas.ellipse(100 + rng.uniform(-8, 8), bottom - tall, size, tall)
        canvas.fill(stone, rgb((0x8B8F94, 0xB8B0A4, 0x6C7378)[rng.randint(3)]))
        canvas.shade(stone, 1.2 - 0.5 * (canvas.y_px - bottom + 2 * tall) / (2 * tall))
        bottom -= 1.8 * tall
    return canvas


def _vase(rng: np.random.RandomState) -> Canvas:
    canvas = Canvas(180, 290)
    for _ in range(6):
        tip = (rng.uniform(10, 170), rng.uniform(4, 70))
        canvas.fill(canvas.stroke([(90, 180), ((90 + tip[0]) / 2 + 8, 100), tip], 2.5), rgb(0x8A6B4A))
        canvas.fill(canvas.ellipse(tip[0], tip[1] + 3, 8, 11), rgb((0xE6D3B3, 0xD99AA5, 0xF3EFE4)[rng.randint(3)]))
    heights = np.linspace(150, 290, 20)
    half = 30 + 26 * np.sin((heights - 165) / 125 * np.pi) - 12 * (heights > 280)
    outline = [(90 - w, y) for y, w in zip(heights, half)] + [(90 + w, y) for y, w in zip(heights, half)][::-1]
    body = canvas.polygon(outline)
    canvas.fill(body, rgb((0x7A8FA3, 0xD8C7B0, 0x9B6A5B)[rng.randint(3)]))
    canvas.round_across(body, 34, 146, SATIN)
    return canvas


def _cone(rng: np.random.RandomState) -> Canvas:
    canvas = Canvas(170, 200)
    body = canvas.polygon([(85, 0), (165, 200), (5, 200)])
    canvas.fill(body, rgb((0xD9D2C5, 0x9FB3A6, 0xC9A9A0)[rng.randint(3)]))
    canvas.round_across(body, 5, 165, (0.7, 0.95, 1.1, 0.95, 0.75, 0.6))
    canvas.shade(body, 1 + 0.06 * np.sign(np.sin(canvas.y_px * 0.16)))
    return canvas


CLUTTER: Tuple[Callable[[np.random.RandomState], Canvas], ...] = (_plant, _stones, _vase, _cone)
