"""Encoder processes that do not do their work. Imported by the child: no torch here, so that it starts at once."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection

from apps.inference.service.sam.children import Trouble
from apps.inference.service.sam.trouble import WrongFamily


def at_every_image(connection: Connection, kind: str, path: str, sha256: str, threads: int) -> None:
    connection.send("ready")
    connection.recv()
    os._exit(9)


def at_the_start(connection: Connection, kind: str, path: str, sha256: str, threads: int) -> None:
    os._exit(9)


def refusing(connection: Connection, kind: str, path: str, sha256: str, threads: int) -> None:
    connection.send(Trouble(WrongFamily("not a SAM")))
