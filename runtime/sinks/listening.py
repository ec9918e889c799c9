"""Take an address and port to serve on, with one plain line for each way that fails."""

import errno
import ipaddress
import os
import socket
from typing import Optional, Union
from urllib.parse import quote

from runtime.errors import SinkError, UsageError

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

BACKLOG = 64
"""Connections that may wait to be accepted; a browser opens up to six at once."""


def open_listening_socket(listen: str, port: int) -> socket.socket:
    """Bound and listening, non-blocking. UsageError: no such port number. SinkError: cannot listen there."""
    if not 0 <= port <= 65535:
        raise UsageError("--port {} is no port: give 1 to 65535, or 0 for any free one".format(port))
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(listen, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise SinkError("--listen {} is no address of this machine: {}".format(listen, error)) from error
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            # A restart must not wait for the kernel to forget the last run's connections. On Windows, which does not,
            # the same word would let two programs take one port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SinkError(_reason(error, listen, port)) from error
    listener.setblocking(False)
    return listener


def url_of(listen: str, port: int, token: Optional[str]) -> str:
    """What to type into a browser. A listener on every address is named by the one that reaches the network."""
    host = listen
    try:
        address = ipaddress.ip_address(listen)
    except ValueError:
        pass
    else:
        if address.is_unspecified:
            address = _outward_address(address)
        host = "[{}]".format(address) if address.version == 6 else str(address)
    query = "?token={}".format(quote(token, safe="")) if token else ""
    return "http://{}:{}/{}".format(host, port, query)


def _reason(error: OSError, listen: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return "port {} on {} is in use: stop the program that holds it, or take another with --port N".format(
            port, listen
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no address {}: give one of its own with --listen ADDR".format(listen)
    if error.errno in (errno.EACCES, errno.EPERM):
        return "not allowed to listen on port {}: take one from 1024 up with --port N".format(port)
    return "cannot listen on {} port {}: {}".format(listen, port, error.strerror or error)


def _outward_address(unspecified: Address) -> Address:
    """The address that packets to another network leave from, loopback without a network. Sends nothing."""
    is_v6 = unspecified.version == 6
    family, elsewhere = (socket.AF_INET6, "2001:db8::1") if is_v6 else (socket.AF_INET, "192.0.2.1")
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))  # addresses kept for documentation; connecting a datagram socket is local
            return ipaddress.ip_address(probe.getsockname()[0])
    except OSError:
        return ipaddress.ip_address("::1" if is_v6 else "127.0.0.1")
