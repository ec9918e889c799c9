"""The card of a device: the figures it takes from a sweep, and bars that begin at zero."""

import cv2
import numpy as np
import pytest
from captured_board import Captured

from benchmarks.machine import machine
from benchmarks.sweep.card import BAR, SIZE, card_of, drawn, encoded, heat_line


def row(size, ceiling_fps, **more):
    usual = {"res": "640x480", "nominal_fps": 24.0, "true_fps": 24.0, "f1": 0.95, "ap50": 0.98, "hottest_celsius": None}
    return dict(dict(usual, model="bundle demo", engine="onnxruntime"), size=size, ceiling_fps=ceiling_fps, **more)


def report(*rows, **board):
    about = {"processor": "a processor", "cores": 4, "system": "Linux", "python": "3.6.9", "commit": "abc"}
    return {"cells": list(rows), "machine": dict(about, **board), "source": "demo://"}


BOARD = {"board.total_mw.mean": 6120.0, "board.throttled_share": 0.12, "hottest_celsius": 61.5}


def test_a_setting_once_however_many_nominal_rates():
    card = card_of(report(row(160, 130.0), row(160, 128.0), row(320, 60.0)))
    assert [(one["size"], one["ceiling_fps"]) for one in card["settings"]] == [(160, 130.0), (320, 60.0)]
    assert card["device"] == "a processor, 4 cores, no Jetson"
    assert heat_line(card) == "it tells neither heat nor power"
    assert card_of(report()) is None


def test_a_boards_name_mode_heat_and_power_are_on_it():
    card = card_of(report(row(160, 40.0, **BOARD), row(320, 20.0), board="NVIDIA Jetson Nano", power_mode="MAXN"))
    assert (card["device"], card["power_mode"], card["hottest_celsius"]) == ("NVIDIA Jetson Nano", "MAXN", 61.5)
    assert heat_line(card) == "62 °C at most, 6.1 W, clocks held down for 12 % of a run"


@pytest.mark.parametrize("name, board", [("nano", "NVIDIA Jetson Nano Developer Kit"), ("pc", None)])
def test_a_machine_names_its_board_and_power_mode(tmp_path, name, board):
    found = machine(Captured(name, tmp_path).machine)
    assert found.get("board") == board
    assert bool(found.get("power_mode")) == (name == "nano")
    assert found["processor"]


def test_the_bars_are_as_long_as_what_they_say():
    picture = drawn(card_of(report(row(160, 100.0), row(320, 50.0), row(640, 10.0))))
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    widths = (picture == np.uint8(BAR)).all(axis=2).sum(axis=1)
    lengths = [width for width, before in zip(widths[1:], widths) if width and width != before]
    assert lengths == pytest.approx([max(lengths), max(lengths) / 2, max(lengths) / 10], abs=2)


@pytest.mark.parametrize("count", [1, 8, 20])
def test_it_is_a_png_however_many_settings(count):
    card = card_of(report(*[row(32 * number, 10.0 + number, f1=None) for number in range(1, count + 1)]))
    assert len(card["settings"]) == count
    assert cv2.imdecode(np.frombuffer(encoded(card), np.uint8), cv2.IMREAD_COLOR).shape == (SIZE[1], SIZE[0], 3)
