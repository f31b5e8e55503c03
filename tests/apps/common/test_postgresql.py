"""A kept connection that the server has ended is found out at its socket, before it is used."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from apps.common.postgresql.base import DatabaseWrapper


class Kept:
    """What the backend looks at of a driver's connection."""

    closed = False

    def __init__(self, end: socket.socket) -> None:
        self.fileno = end.fileno


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Our end and the server's."""
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def wrapper(connection: Any) -> DatabaseWrapper:
    made = DatabaseWrapper({"NAME": "none", "OPTIONS": {}})
    made.connection = connection
    return made


def test_an_idle_connection_is_usable(ends: tuple[socket.socket, socket.socket]) -> None:
    assert wrapper(Kept(ends[0])).is_usable()


def test_one_that_the_server_has_ended_is_not(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[1].close()
    assert not wrapper(Kept(ends[0])).is_usable()


def test_one_with_a_last_word_of_the_server_is_not(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[1].sendall(b"E terminating connection")
    assert not wrapper(Kept(ends[0])).is_usable()


def test_none_is_not() -> None:
    assert not wrapper(None).is_usable()
