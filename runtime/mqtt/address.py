"""The broker that --mqtt names: mqtt://user@host:1883/prefix."""

import os
import re
from typing import NamedTuple, Optional
from urllib.parse import unquote, urlsplit

from runtime.errors import UsageError

PASSWORD_VARIABLE = "SHELFSIGHT_MQTT_PASSWORD"
PORTS = {"mqtt": 1883, "mqtts": 8883}
PREFIX = "shelfsight"
LONGEST_PASSWORD = 4096
_EXPECTED = "expected mqtt://user@host:1883/prefix, or mqtts:// for TLS"


class Broker(NamedTuple):
    """Where to, as whom, and under which topic. Never printed as a whole: `shown` is for that."""

    host: str
    port: int
    is_tls: bool
    user: Optional[str]
    password: Optional[str]
    prefix: str
    """Of every topic but discovery's; another for each camera of one broker."""

    @property
    def shown(self) -> str:
        """For the log."""
        return "{}://{}:{}/{}".format("mqtts" if self.is_tls else "mqtt", self.host, self.port, self.prefix)


def broker_of(url: str, password_file: Optional[str] = None, prefix: str = PREFIX) -> Broker:
    """Read --mqtt, with the password from `password_file` or the environment. UsageError where it makes no sense.

    `prefix`: where the address names none.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError("--mqtt: {}: {}".format(error, _EXPECTED)) from error
    if parts.scheme not in PORTS or not host or parts.query or parts.fragment:
        raise UsageError("--mqtt: {}".format(_EXPECTED))
    if parts.password is not None:
        message = (
            "--mqtt holds a password, which others see in the list of processes: put it into the variable {} or a file"
        )
        raise UsageError(message.format(PASSWORD_VARIABLE) + " (--mqtt-password-file)")
    prefix = unquote(parts.path).strip("/") or prefix
    if re.search(r"[+#\0$]|//", prefix) or not prefix.isprintable() or len(prefix) > 200:
        raise UsageError("--mqtt: the prefix {!r} is no topic: it may not hold + # $ or an empty level".format(prefix))
    user = unquote(parts.username) if parts.username else None
    password = _password(password_file)
    if password is not None and user is None:
        raise UsageError("--mqtt: there is a password and no user: write it as mqtt://user@host")
    return Broker(host, PORTS[parts.scheme] if port is None else port, parts.scheme == "mqtts", user, password, prefix)


def _password(path: Optional[str]) -> Optional[str]:
    if path is None:
        return os.environ.get(PASSWORD_VARIABLE) or None
    try:
        with open(path, encoding="utf-8") as file:
            password = file.read(LONGEST_PASSWORD).rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise UsageError("--mqtt-password-file {}: {}".format(path, getattr(error, "strerror", error))) from error
    if not password:
        raise UsageError("--mqtt-password-file {} is empty".format(path))
    return password
