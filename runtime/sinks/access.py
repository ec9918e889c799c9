"""Who may look at the page: a token beyond this machine, a local name in the Host header without one."""

import hashlib
import hmac
import ipaddress
import re
from typing import NamedTuple, Optional

from runtime.errors import UsageError

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/@\[\]]+))(?::\d*)?\Z")


class Refusal(NamedTuple):
    """Why a request is turned away."""

    status: int
    """HTTP status: 401 or 403."""
    line: str
    """One plain line for whoever asked."""


def is_local(address: str) -> bool:
    """True for what only this machine can reach: localhost, 127.0.0.0/8 and ::1."""
    if address.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def host_without_port(host: str) -> str:
    """The name or address in a Host header: `[::1]:8080` gives `::1`, `localhost:8080` gives `localhost`; else ""."""
    match = _HOST.match(host)
    return "" if match is None else match.group(1) or match.group(2)


class Access:
    """The rules of one server. Without a token it may listen on this machine only (else UsageError)."""

    def __init__(self, listen: str, token: Optional[str]) -> None:
        if token is not None and token and not token.strip():
            raise UsageError("--token is blank: give a secret of letters and digits, or leave it out")
        if not token and not is_local(listen):
            raise UsageError(
                "listening on {} shows the picture to the network and needs a token: "
                "give --token TOKEN or set the environment variable SHELFSIGHT_TOKEN".format(listen)
            )
        self._token = token or None

    def refusal(
        self, host: str, query_token: Optional[str], authorization: Optional[str], cookie: Optional[str]
    ) -> Optional[Refusal]:
        """None when the request may pass; any one of the three ways in is enough.

        Without a token the Host header must name this machine: a page of a stranger whose name was made to
        resolve to 127.0.0.1 (DNS rebinding) could otherwise read the camera through the visitor's browser.
        """
        if self._token is None:
            if is_local(host_without_port(host)):
                return None
            return Refusal(403, "this page answers to localhost only; to reach it by another name, give it a --token")
        scheme, _, bearer = (authorization or "").partition(" ")
        ways_in = (
            same(query_token, self._token),
            same(cookie, self.cookie_value),
            same(bearer.strip(), self._token) and scheme.lower() == "bearer",
        )
        if any(ways_in):
            return None
        return Refusal(401, "this page needs its token: open the address that the program printed, or add ?token=TOKEN")

    @property
    def has_token(self) -> bool:
        """Whether one is set: without one nothing may be changed."""
        return self._token is not None

    @property
    def token(self) -> Optional[str]:
        """As it was set."""
        return self._token

    def is_token(self, query_token: Optional[str]) -> bool:
        """True when a token is set and this is it."""
        return self._token is not None and same(query_token, self._token)

    @property
    def cookie_value(self) -> str:
        """Stands for the token in the cookie: hexadecimal, so that any token fits, and not the token itself."""
        return hmac.new((self._token or "").encode("utf-8"), b"shelfsight page", hashlib.sha256).hexdigest()


def same(given: Optional[str], expected: str) -> bool:
    """Compare in a time that tells nothing about how much of a guess was right."""
    # surrogateescape: a header may carry bytes that are no UTF-8
    return hmac.compare_digest((given or "").encode("utf-8", "surrogateescape"), expected.encode("utf-8"))
