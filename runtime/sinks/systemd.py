"""The sink that tells systemd: ready, alive, and the true rate with its cause in `systemctl status`."""

import os
import socket
from typing import Callable, List, Optional

import numpy as np

from runtime.clock import MonotonicClock
from runtime.errors import SinkError
from runtime.figures.figures import Figures
from runtime.figures.wording import status_line
from runtime.frame import Frame, Observation
from runtime.sinks.sink import Sink

NOTIFY_VARIABLE = "NOTIFY_SOCKET"
"""Set by systemd for a unit of Type=notify."""
STATUS_S = 1.0
"""How often the status line changes, at most."""


class SystemdSink(Sink):
    """Feeds the watchdog with each new frame that reaches the sinks, and with each attempt to reopen the source.

    A frame shown again in a stall feeds nothing: what keeps this program alive in systemd's eyes is progress alone.
    """

    name = "systemd"
    wants_panel = False

    def __init__(self, notify: Callable[[str], None], clock: Optional[MonotonicClock] = None) -> None:
        """`notify` takes one datagram: lines of NAME=VALUE, see sd_notify(3)."""
        self._notify = notify
        self._clock = clock or MonotonicClock()
        self._is_ready = False
        self._is_closed = False
        self._last_id = -1
        self._last_offline_s: Optional[float] = None
        self._status_at_s = 0.0

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        lines = ["WATCHDOG=1"] if self._is_progress(observation.frame) else []
        if lines and not self._is_ready:
            self._is_ready = True
            lines.insert(0, "READY=1")
        lines += self._status(observation.frame, figures)
        if lines:
            self._notify("\n".join(lines))
        return True

    def _is_progress(self, frame: Frame) -> bool:
        """A frame with a new id; or a new offline picture: a source that is gone gives one for each attempt to open."""
        if frame.id is None:
            is_new = frame.captured_s != self._last_offline_s
            self._last_offline_s = frame.captured_s
            return is_new
        is_new = frame.id > self._last_id
        self._last_id = max(self._last_id, frame.id)
        return is_new

    def _status(self, frame: Frame, figures: Figures) -> List[str]:
        now_s = self._clock.now_s()
        if now_s < self._status_at_s:
            return []
        self._status_at_s = now_s + STATUS_S
        return ["STATUS=" + status_line(figures, offline=frame.id is None)]

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._notify("STOPPING=1")


def systemd_sinks() -> List[Sink]:
    """A SystemdSink where systemd started this program and listens, else none."""
    address = os.environ.get(NOTIFY_VARIABLE)
    return [] if not address else [SystemdSink(lambda text: _send(address, text))]


def _send(address: str, text: str) -> None:
    """One datagram to systemd's socket; a leading @ stands for the abstract namespace."""
    path = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
            link.sendto(text.encode("utf-8"), path)
    except OSError as error:
        raise SinkError(
            "cannot tell systemd at {}={}: {} (unset {} to run without systemd)".format(
                NOTIFY_VARIABLE, address, error.strerror or error, NOTIFY_VARIABLE
            )
        ) from error
