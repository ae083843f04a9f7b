"""No test talks to the world: connections other than to this machine are refused with a clear error."""

import ipaddress
import socket
from typing import Any

import pytest


class OutsideSocket(Exception):
    """A test tried to leave the machine."""


def _is_local(address: Any) -> bool:
    if isinstance(address, str | bytes):
        return True  # a UNIX socket
    host = str(address[0])
    if host in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def close_outside_sockets(patch: pytest.MonkeyPatch) -> None:
    """Refuse, until the patch is undone, every connection that leaves the machine."""
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any, _original: Any = original) -> Any:
            if not _is_local(address):
                raise OutsideSocket(f"a test tried to connect to {address!r}")
            return _original(self, address)

        patch.setattr(socket.socket, name, guarded)
