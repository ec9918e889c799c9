"""One picture of a device to show around, and its figures as JSON: what it is and ran, how fast, how right, how hot."""

from typing import Any, Dict, Optional, Sequence, Tuple

import cv2
import numpy as np

from benchmarks.sweep.pareto import ceilings_of
from benchmarks.sweep.rows import BOARD, Row
from runtime.picture.tiles import Colour, paste, text_tile

CARD = "card"
SIZE = (1200, 630)
"""(width, height) in pixels, as pages show a link's picture."""
MOST_BARS = 8
BACK, FRAME, INK, FAINT, BAR = (34, 30, 28), (60, 54, 50), (245, 245, 245), (170, 165, 160), (230, 160, 70)
MARGIN, BARS_TOP, BARS_BOTTOM, BARS_LEFT, BARS_RIGHT = 56, 212, 520, 270, 820


def card_of(report: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """The card's figures from a sweep's report, as JSON; None where no cell was measured."""
    rows, machine = report["cells"], report["machine"]
    if not rows:
        return None
    return {
        "device": device_of(machine),
        "power_mode": machine.get("power_mode"),
        "system": machine["system"],
        "python": machine["python"],
        "model": rows[0]["model"],
        "engine": rows[0]["engine"],
        "source": report["source"],
        "settings": [
            {key: row[key] for key in ("res", "size", "ceiling_fps", "ap50", "f1")}
            for row in sorted(ceilings_of(rows), key=rows.index)
        ],
        "hottest_celsius": _most(rows, "hottest_celsius"),
        "total_mw": _most(rows, BOARD + "total_mw.mean"),
        "throttled_share": _most(rows, BOARD + "throttled_share"),
        "commit": machine["commit"],
    }


def device_of(machine: Dict[str, Any]) -> str:
    """A board's own name, else the processor's."""
    return machine.get("board") or "{processor}, {cores} cores, no Jetson".format(**machine)


def _most(rows: Sequence[Row], key: str) -> Optional[float]:
    return max((row[key] for row in rows if row.get(key) is not None), default=None)


def heat_line(card: Dict[str, Any]) -> str:
    """Heat, power and throttling in words; what the device does not tell is said."""
    parts = []
    if card["hottest_celsius"] is not None:
        parts.append("{:.0f} °C at most".format(card["hottest_celsius"]))
    if card["total_mw"] is not None:
        parts.append("{:.1f} W".format(card["total_mw"] / 1000))
    if card["throttled_share"]:
        parts.append("clocks held down for {:.0f} % of a run".format(100 * card["throttled_share"]))
    return ", ".join(parts) or "it tells neither heat nor power"


def drawn(card: Dict[str, Any]) -> np.ndarray:
    """The card as a picture, (630, 1200, 3) uint8 BGR: a bar from zero for each resolution and size."""
    picture = np.full((SIZE[1], SIZE[0], 3), BACK, np.uint8)
    mode = "power mode {}, ".format(card["power_mode"]) if card["power_mode"] else ""
    _write(picture, (MARGIN, 40), card["device"], 44, INK)
    _write(picture, (MARGIN, 108), "{}{model} on {engine}".format(mode, **card), 24, FAINT)
    _write(picture, (MARGIN, 160), "the ceiling of the true FPS, by camera resolution and detector size", 22, INK)
    shown = card["settings"][:MOST_BARS]
    highest = max(setting["ceiling_fps"] for setting in shown)
    step = min(64, (BARS_BOTTOM - BARS_TOP) // len(shown))
    for number, setting in enumerate(shown):
        _bar(picture, BARS_TOP + number * step, step, setting, highest)
    cv2.line(picture, (MARGIN, 548), (SIZE[0] - MARGIN, 548), FRAME, 1)
    _write(picture, (MARGIN, 558), heat_line(card), 22, INK)
    _write(picture, (MARGIN, 592), "Shelfsight {commit}, {system}, Python {python}".format(**card), 16, FAINT)
    _write(picture, (BARS_LEFT * 2, 592), "python -m benchmarks.fps_sweep on {source}".format(**card), 16, FAINT)
    return picture


def _bar(picture: np.ndarray, top: int, step: int, setting: Dict[str, Any], highest: float) -> None:
    middle, half = top + step // 2, max(6, int(0.3 * step))
    right = BARS_LEFT + int((BARS_RIGHT - BARS_LEFT) * setting["ceiling_fps"] / highest)
    cv2.rectangle(picture, (BARS_LEFT, middle - half), (right, middle + half), BAR, cv2.FILLED)
    size_px = min(20, int(0.55 * step))
    line_px = middle - int(0.7 * size_px)
    _write(picture, (MARGIN, line_px), "{res} at {size}".format(**setting), size_px, INK)
    _write(picture, (right + 12, line_px), "{:.0f}".format(setting["ceiling_fps"]), size_px, INK)
    scores = [(name, setting[key]) for name, key in (("F1", "f1"), ("AP50", "ap50")) if setting[key] is not None]
    text = "   ".join("{} {:.3f}".format(*score) for score in scores)
    _write(picture, (BARS_RIGHT + 90, line_px), text, size_px, FAINT)


def _write(picture: np.ndarray, place: Tuple[int, int], text: str, size_px: int, colour: Colour) -> None:
    """One line from `place` (left, top) on, smaller where it would not fit."""
    room = picture.shape[1] - place[0] - 16
    tile = text_tile([(text, size_px, colour)], BACK, 0)
    while tile.shape[1] > room and size_px > 10:
        size_px -= 2
        tile = text_tile([(text, size_px, colour)], BACK, 0)
    paste(picture, tile, *place)


def encoded(card: Dict[str, Any]) -> bytes:
    """The picture as a PNG."""
    _, data = cv2.imencode(".png", drawn(card))
    return data.tobytes()
