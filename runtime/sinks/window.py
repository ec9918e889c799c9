"""A window on the screen through OpenCV."""

import os
import subprocess
import sys
from typing import Optional

import cv2
import numpy as np

from runtime.errors import SinkError
from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.sinks.sink import Sink

TITLE = "Shelfsight"
KEYS_THAT_END = (ord("q"), 27)
PANEL_KEY = ord("p")
PROBE_TIMEOUT_S = 20
"""Loading OpenCV takes seconds on a Nano that has just booted."""

_PROBE = "import cv2; cv2.namedWindow('probe'); cv2.waitKey(1)"


def why_no_window() -> Optional[str]:
    """None where a window can be opened, else the reason.

    OpenCV's window toolkit aborts the whole process when it finds no display. So a child process tries it first.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "no display (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    try:
        probe = subprocess.run(
            [sys.executable, "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return "the display does not answer"
    if probe.returncode != 0:
        display = os.environ.get("DISPLAY", "")
        return "the display {} cannot be used, or OpenCV was built without windows".format(display)
    return None


def _pressed_key() -> int:
    """The key pressed meanwhile, -1 for none; draws the window. pollKey, new in OpenCV 4.5.1, does not sleep for it."""
    return cv2.pollKey() if hasattr(cv2, "pollKey") else cv2.waitKey(1)


class WindowSink(Sink):
    """Shows each picture in its own size; q, Esc or closing it ends the program, p hides or shows the figures."""

    name = "window"

    def __init__(self, camera: str = "") -> None:
        """`camera`: in its title, where there are several."""
        reason = why_no_window()
        if reason is not None:
            raise SinkError("cannot open a window: {}; use --sink web or --sink none".format(reason))
        self._title = "{} {}".format(TITLE, camera).rstrip()
        cv2.namedWindow(self._title, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)  # normal: without Qt's tool bar
        self._shown = False
        self._panel_pressed = False

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        if self._shown and cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1:
            return False
        cv2.imshow(self._title, picture)
        self._shown = True
        key = _pressed_key() & 0xFF
        self._panel_pressed = self._panel_pressed or key == PANEL_KEY
        return key not in KEYS_THAT_END

    def is_panel_key_pressed(self) -> bool:
        pressed, self._panel_pressed = self._panel_pressed, False
        return pressed

    def close(self) -> None:
        cv2.destroyAllWindows()
