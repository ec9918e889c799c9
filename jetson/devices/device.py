"""What is known of one device, out of the messages that it leaves with the broker: a stranger's until they are read."""

import json
import math
from typing import Any, Dict, NamedTuple, Optional, Tuple

from runtime.mqtt.messages import OFFLINE, ONLINE
from runtime.taking.protocol import is_sha256

MOST_BYTES = 64 << 10
"""Of a message that is read."""
MOST_LETTERS = 300
MOST_RECENT = 20
"""True rates that are remembered."""

LISTED = (
    "prefix", "source", "true_fps", "limited_by", "temperature_celsius", "throttled", "version", "bundle", "sha256",
    "started_at", "last_seen", "last_fault", "last_fault_at", "take_state", "take_why",
)  # fmt: skip
"""Fields that a list shows."""


class Device(NamedTuple):
    """Each field None until it was told."""

    prefix: str
    """Of its topics: its name."""
    is_online: Optional[bool] = None
    source: Optional[str] = None
    """online, or offline: whether its camera delivers."""
    true_fps: Optional[float] = None
    limited_by: Optional[str] = None
    temperature_celsius: Optional[float] = None
    throttled: Optional[str] = None
    version: Optional[str] = None
    bundle: Optional[str] = None
    sha256: Optional[str] = None
    """Of the bundle's description."""
    started_at: Optional[str] = None
    last_seen: Optional[str] = None
    """When it told its figures last, by its own clock; RFC 3339 like all times."""
    last_fault: Optional[str] = None
    last_fault_at: Optional[str] = None
    take_state: Optional[str] = None
    """What it does with bundles that are rolled out; None: it takes none."""
    take_why: Optional[str] = None
    """Why it gave the last one back."""
    take_wanted: Optional[str] = None
    """The hash of the bundle that it was last told to take."""
    take_share: Optional[float] = None
    """Of its bytes, that are there: 0 to 1; None: it fetches none."""
    nonce: Optional[str] = None
    """For the next order."""
    recent_fps: Tuple[float, ...] = ()
    """The last true rates that it told while its camera delivered, the newest last."""
    fps_told: int = 0
    """How many those were in all."""
    heard_s: float = 0.0
    """When anything came from it, on this machine's monotonic clock."""

    @property
    def state(self) -> str:
        """In one word or two."""
        if not self.is_online:
            return "unknown" if self.is_online is None else OFFLINE
        return "no picture" if self.source == OFFLINE else ONLINE

    @property
    def bundle_line(self) -> Optional[str]:
        """Name and first digits of the hash."""
        if self.bundle is None:
            return None
        return "{} {}".format(self.bundle, (self.sha256 or "")[:12]).rstrip()

    def as_json(self) -> Dict[str, Any]:
        """What a list shows."""
        return dict({name: getattr(self, name) for name in LISTED}, state=self.state)


def with_figures(device: Device, payload: bytes) -> Device:
    """`device` as its PREFIX/figures tells it."""
    told = read(payload)
    fps = number(told, "true_fps")
    if fps is not None and told.get("source") == ONLINE:
        device = device._replace(recent_fps=device.recent_fps[1 - MOST_RECENT :] + (fps,), fps_told=device.fps_told + 1)
    return device._replace(
        source=_text(told, "source"),
        true_fps=fps,
        limited_by=_text(told, "limited_by"),
        temperature_celsius=number(told, "temperature_celsius"),
        throttled=_text(told, "throttled"),
        last_seen=_text(told, "at"),
    )


def with_about(device: Device, payload: bytes) -> Device:
    """`device` as its PREFIX/about tells it."""
    told = read(payload)
    bundle, fault = _part(told, "bundle"), _part(told, "last_fault")
    return device._replace(
        version=_text(told, "version"),
        bundle=_text(bundle, "name"),
        sha256=_text(bundle, "sha256"),
        started_at=_text(told, "started_at"),
        last_fault=_text(fault, "text"),
        last_fault_at=_text(fault, "at"),
    )


def with_taking(device: Device, payload: bytes) -> Device:
    """`device` as its PREFIX/bundle tells it."""
    told = read(payload)
    wanted = told.get("wanted")
    return device._replace(
        take_state=_text(told, "state"),
        take_why=_text(told, "why"),
        take_wanted=wanted if is_sha256(wanted) else None,
        take_share=number(told, "share"),
        nonce=_text(told, "nonce"),
    )


def with_availability(device: Device, payload: bytes) -> Device:
    """`device` as its PREFIX/availability tells it, or the broker in its place."""
    return device._replace(is_online=payload == ONLINE.encode("ascii"))


def read(payload: bytes) -> Dict[str, Any]:
    """A JSON object; empty where it is none, or too long."""
    try:
        told = json.loads(payload.decode("utf-8")) if len(payload) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        told = None
    return told if isinstance(told, dict) else {}


def number(told: Dict[str, Any], key: str) -> Optional[float]:
    """A finite one, None for anything else."""
    value = told.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or abs(value) > 1e12 or not math.isfinite(value):
        return None
    return float(value)


def _text(told: Dict[str, Any], key: str) -> Optional[str]:
    value = told.get(key)
    return value[:MOST_LETTERS] if isinstance(value, str) else None


def _part(told: Dict[str, Any], key: str) -> Dict[str, Any]:
    value = told.get(key)
    return value if isinstance(value, dict) else {}
