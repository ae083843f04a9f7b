"""No test talks to the world."""

import socket

import pytest

from tests.support.sockets import OutsideSocket


def test_a_connection_to_the_outside_is_refused() -> None:
    with socket.socket() as probe, pytest.raises(OutsideSocket):
        probe.connect(("192.0.2.1", 80))


def test_a_connection_to_this_machine_is_allowed() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
