"""What a fleet and a device say to each other about a bundle: orders, signed where there is a key, wants and pieces."""

import hashlib
import hmac
import json
import re
from typing import Any, Dict, NamedTuple, Optional, Tuple

from runtime.bundle import DESCRIPTION, FILES, LIMITS_BYTES
from runtime.errors import UsageError
from runtime.untrusted.fields import shown
from runtime.untrusted.files import read_bytes

TAKE, KEEP, BACK = "take", "keep", "back"
IDLE, FETCHING, CHECKING, TRIAL, FAILED = "idle", "fetching", "checking", "trial", "failed"
NAMES = (DESCRIPTION,) + FILES
"""Of a bundle's files, in the order in which they travel: the first holds the hash of each other."""
PIECE_BYTES = 64 << 10
"""Of a file in one message: brokers of clouds take 128 KiB at most."""
MOST_BYTES = 256 << 20
"""Of a whole bundle that is taken; the shipped ones have 14 MB."""
LEAST_KEY_BYTES, MOST_KEY_BYTES = 16, 4096
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class TakingTopics(NamedTuple):
    """Of one device."""

    prefix: str

    @property
    def state(self) -> str:
        """What the device has and does; retained."""
        return self.prefix + "/bundle"

    @property
    def order(self) -> str:
        """To the device."""
        return self.prefix + "/bundle/order"

    @property
    def want(self) -> str:
        """From the device: the next piece."""
        return self.prefix + "/bundle/want"

    @property
    def piece(self) -> str:
        """To the device."""
        return self.prefix + "/bundle/piece"


class Order(NamedTuple):
    """From the fleet."""

    kind: str
    sha256: str
    """Of the description of the bundle that it is about."""
    sizes: Dict[str, int]
    """By NAMES, in bytes; empty but for TAKE."""


class OrderError(ValueError):
    """An order that is not followed."""


def read_key(path: Optional[str]) -> Optional[bytes]:
    """Of --bundle-key: all of the file but the line's end. UsageError where it is none."""
    if path is None:
        return None
    try:
        key = read_bytes(path, MOST_KEY_BYTES).rstrip(b"\r\n")
    except (OSError, ValueError) as error:
        raise UsageError("--bundle-key {}: {}".format(path, getattr(error, "strerror", None) or error)) from error
    if len(key) < LEAST_KEY_BYTES:
        message = "--bundle-key {}: {} bytes, expected {} at least: openssl rand -hex 32 > {}"
        raise UsageError(message.format(path, len(key), LEAST_KEY_BYTES, path))
    return key


def text_of(order: Order, prefix: str, nonce: str, key: Optional[bytes]) -> str:
    """JSON. `nonce`: that the device told last, so that no order is followed twice or by another device."""
    told: Dict[str, Any] = {"order": order.kind, "sha256": order.sha256, "sizes": order.sizes, "nonce": nonce}
    if key is not None:
        told["signature"] = _signature(order, prefix, nonce, key)
    return json.dumps(told)


def read_order(payload: bytes, prefix: str, nonce: str, key: Optional[bytes]) -> Order:
    """OrderError: it is none, is signed wrongly, or is about something too large."""
    told = _object(payload)
    kind, sha256, sizes = told.get("order"), told.get("sha256"), told.get("sizes")
    if kind not in (TAKE, KEEP, BACK) or not is_sha256(sha256):
        raise OrderError("no order: expected take, keep or back, and a SHA-256")
    assert isinstance(kind, str)
    assert isinstance(sha256, str)
    order = Order(kind, sha256, _sizes(sizes) if kind == TAKE else {})
    if told.get("nonce") != nonce:
        raise OrderError("an order of before: expected the nonce that this device told last")
    signature = told.get("signature")
    if key is not None and not hmac.compare_digest(_bytes(signature), _bytes(_signature(order, prefix, nonce, key))):
        raise OrderError("the signature is wrong: is it the same --bundle-key on both sides?")
    return order


def is_sha256(text: Any) -> bool:
    """Whether it is 64 hexadecimal digits, and so may also name a folder."""
    return isinstance(text, str) and _SHA256.match(text) is not None


def want_text(sha256: str, name: str, offset: int) -> str:
    """JSON: the piece that a device asks for."""
    return json.dumps({"sha256": sha256, "file": name, "offset": offset})


def read_want(payload: bytes) -> Optional[Tuple[str, str, int]]:
    """Of `want_text`; None for anything else."""
    try:
        told = _object(payload)
    except OrderError:
        return None
    sha256, name, offset = told.get("sha256"), told.get("file"), told.get("offset")
    if not isinstance(sha256, str) or name not in NAMES or not isinstance(offset, int) or not 0 <= offset < MOST_BYTES:
        return None
    assert isinstance(name, str)
    return sha256, name, offset


def piece_of(name: str, offset: int, data: bytes) -> bytes:
    """A message: one line that says what it is, then the bytes."""
    return "{} {}\n".format(name, offset).encode("ascii") + data


def read_piece(payload: bytes) -> Optional[Tuple[str, int, bytes]]:
    """Of `piece_of`; None for anything else."""
    line, _, data = payload[: PIECE_BYTES + 100].partition(b"\n")
    found = re.match(rb"([a-z]+\.[a-z]+) (\d{1,12})\Z", line)
    if found is None or not data or len(data) > PIECE_BYTES:
        return None
    name = found.group(1).decode("ascii")
    return (name, int(found.group(2)), data) if name in NAMES else None


def _sizes(told: Any) -> Dict[str, int]:
    if not isinstance(told, dict) or set(told) != set(NAMES):
        raise OrderError("no order: expected the sizes of {}".format(", ".join(NAMES)))
    for name in NAMES:
        size = told[name]
        if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= LIMITS_BYTES[name]:
            message = "{} has {} bytes: expected 1 to {}"
            raise OrderError(message.format(name, shown(size), LIMITS_BYTES[name]))
    if sum(told.values()) > MOST_BYTES:
        raise OrderError("{} bytes in all: expected {} at most".format(sum(told.values()), MOST_BYTES))
    return {name: told[name] for name in NAMES}


def _signature(order: Order, prefix: str, nonce: str, key: bytes) -> str:
    signed = json.dumps([prefix, nonce, order.kind, order.sha256])
    return hmac.new(key, signed.encode("utf-8"), hashlib.sha256).hexdigest()


def _bytes(signature: Any) -> bytes:
    return signature.encode("utf-8", "replace") if isinstance(signature, str) else b""


def _object(payload: bytes) -> Dict[str, Any]:
    try:
        told = json.loads(payload[:PIECE_BYTES].decode("utf-8"))
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise OrderError("no JSON")
    return told
