"""What is known of one device, out of the messages that it leaves with the broker: a stranger's until they are read."""

import json
import math
from typing import Any, Dict, NamedTuple, Optional

from runtime.mqtt.messages import OFFLINE, ONLINE

MOST_BYTES = 64 << 10
"""Of a message that is read."""
MOST_LETTERS = 300


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
        """All fields."""
        return dict(self._asdict(), state=self.state)


def with_figures(device: Device, payload: bytes) -> Device:
    """`device` as its PREFIX/figures tells it."""
    told = read(payload)
    return device._replace(
        source=_text(told, "source"),
        true_fps=number(told, "true_fps"),
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
