"""Tests stay on this machine: no mail and no request leaves it, not even by accident."""

from __future__ import annotations

import functools
import ipaddress
import socket
from typing import Any


class Outside(BaseException):
    """A test reached for another machine. Not an Exception, so that no handler swallows it."""


def is_here(host: object) -> bool:
    """Loopback addresses and their names; an empty host means this machine too."""
    if host in {None, "", "localhost", b"localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


def check(address: Any) -> None:
    """``address`` as socket calls take it: a path for Unix sockets, else (host, port, …)."""
    if isinstance(address, tuple) and not is_here(address[0]):
        raise Outside(f"A test tried to reach {address[0]} port {address[1]}.")


def guard() -> None:
    """Put the check before every way Python has to connect, send or ask for an address."""
    look_up = socket.getaddrinfo

    def checked(call: Any) -> Any:
        """``call(socket, …, address)`` with the address looked at first."""

        @functools.wraps(call)
        def guarded(self: socket.socket, *args: Any) -> Any:
            check(args[-1])
            return call(self, *args)

        return guarded

    @functools.wraps(look_up)
    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        check((host, port))
        return look_up(host, port, *args, **kwargs)

    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, checked(getattr(socket.socket, name)))
    socket.getaddrinfo = getaddrinfo
