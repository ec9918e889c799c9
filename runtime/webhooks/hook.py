"""One --on: which event, and where it is posted to."""

import os
from typing import Iterable, List, NamedTuple, Optional
from urllib.parse import urlsplit

from runtime.errors import UsageError
from runtime.events.event import KINDS

SECRET_VARIABLE = "SHELFSIGHT_WEBHOOK_SECRET"
ANY = "any"


class Hook(NamedTuple):
    """`url` may hold a secret in its path, as those of chats do: only `shown` is for the log."""

    kind: str
    """One of KINDS, or ANY."""
    url: str

    @property
    def shown(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return "{}://{}{}".format(parts.scheme, parts.hostname, "" if parts.port is None else ":%d" % parts.port)


def hooks_of(texts: Iterable[str]) -> List[Hook]:
    """Read each EVENT=URL. UsageError where one makes no sense."""
    return [_hook(text) for text in texts]


def _hook(text: str) -> Hook:
    kind, equals, url = text.partition("=")
    kinds = ", ".join(list(KINDS) + [ANY])
    if not equals or kind not in KINDS and kind != ANY:
        raise UsageError("--on {!r}: expected EVENT=URL, where EVENT is one of {}".format(kind, kinds))
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise UsageError("--on {}: expected an address that begins with http:// or https://".format(kind))
    if any(ord(letter) <= 32 or ord(letter) > 126 for letter in url):
        raise UsageError("--on {}: the address holds a space or what is no ASCII: write it as %XX".format(kind))
    if parts.username is not None:
        raise UsageError("--on {}: no user or password in the address; what is posted can be signed".format(kind))
    return Hook(kind, url)


def secret() -> Optional[bytes]:
    """What each post is signed with; None: not at all."""
    return os.environ.get(SECRET_VARIABLE, "").encode("utf-8", "surrogateescape") or None
