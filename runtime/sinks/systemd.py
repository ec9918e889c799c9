"""The sink that tells systemd: ready, alive, and the true rate with its cause in `systemctl status`."""

import os
import socket
from typing import Callable, Dict, List, Optional, Sequence

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


class Service:
    """What the cameras of one program have to say together, in one voice."""

    def __init__(
        self, notify: Callable[[str], None], cameras: Sequence[str] = ("",), clock: Optional[MonotonicClock] = None
    ) -> None:
        """`notify` takes one datagram: lines of NAME=VALUE, see sd_notify(3)."""
        self._notify = notify
        self._clock = clock or MonotonicClock()
        self._cameras = frozenset(cameras)
        self._waited_for = set(cameras)
        """Those without progress since the watchdog was fed."""
        self._status: Dict[str, str] = {}
        self._is_ready = False
        self._is_closed = False
        self._status_at_s = 0.0

    def note(self, camera: str, is_progress: bool, status: Callable[[], str]) -> None:
        """A picture of `camera` was presented. `status`: its line."""
        lines = self._progress_of(camera) if is_progress else []
        now_s = self._clock.now_s()
        if now_s >= self._status_at_s or camera not in self._status:
            self._status[camera] = status() if not camera else "{}: {}".format(camera, status())
            self._status_at_s = now_s + STATUS_S / len(self._cameras)
            lines.append(self._status_line())
        if lines:
            self._notify("\n".join(lines))

    def leave_out(self, camera: str) -> None:
        """`camera`'s source has ended: the others alone are waited for."""
        self._cameras -= {camera}
        self._status[camera] = "{}: ended".format(camera)
        self._notify("\n".join(self._progress_of(camera) + [self._status_line()]))

    def _progress_of(self, camera: str) -> List[str]:
        """What the watchdog is told: nothing, until each camera has made some."""
        self._waited_for.discard(camera)
        if self._waited_for:
            return []
        self._waited_for = set(self._cameras)
        was_ready, self._is_ready = self._is_ready, True
        return ["WATCHDOG=1"] if was_ready else ["READY=1", "WATCHDOG=1"]

    def _status_line(self) -> str:
        return "STATUS=" + "; ".join(self._status.values())

    def end(self) -> None:
        """Say that the program goes. May be called twice."""
        if not self._is_closed:
            self._is_closed = True
            self._notify("STOPPING=1")


class SystemdSink(Sink):
    """Feeds the watchdog with each new frame that reaches the sinks, and with each attempt to reopen the source.

    A frame shown again in a stall feeds nothing: what keeps this program alive in systemd's eyes is progress alone. Of
    several cameras each whose source has not ended has to make some before the watchdog is fed again.
    """

    name = "systemd"
    wants_panel = False

    def __init__(self, service: Service, camera: str = "") -> None:
        self._service, self._camera = service, camera
        self._last_id = -1
        self._last_offline_s: Optional[float] = None

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        frame = observation.frame
        self._service.note(
            self._camera, self._is_progress(frame), lambda: status_line(figures, offline=frame.id is None)
        )
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

    def end(self) -> None:
        self._service.leave_out(self._camera)

    def close(self) -> None:
        self._service.end()


def systemd_sinks(cameras: Sequence[str] = ("",)) -> List[Sink]:
    """A SystemdSink for each camera where systemd started this program and listens, else none."""
    address = os.environ.get(NOTIFY_VARIABLE)
    if not address:
        return []
    service = Service(lambda text: _send(address, text), cameras)
    return [SystemdSink(service, camera) for camera in cameras]


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
