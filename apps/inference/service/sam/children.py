"""Work in a process of its own, so that this one needs no torch and survives what goes wrong there.

A child is started anew (spawn), never forked: torch and OpenCV do not survive a fork of a process with threads.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar, cast

from apps.inference.service.sam.trouble import EncoderDied, ModelTrouble, need_torch, trouble

T = TypeVar("T")

LIMIT = 900
"""Seconds after which a child is taken for hung. The largest model is read from a slow disk in less."""

NICE = 10


class ChildDied(Exception):
    """The process ended, or hung, before it answered."""


class Child:
    """A process that runs ``main(connection, *arguments)``, and the way to it."""

    def __init__(self, main: Callable[..., None], *arguments: object) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=main, args=(theirs, *arguments), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.is_alive()

    def answer(self, limit: float = LIMIT) -> Any:
        """What the child sends next. Raises ChildDied, or the ModelTrouble that it sends."""
        try:
            # A pipe whose other end is gone is ready too, and reading it says so.
            if not wait([self.connection, self._process.sentinel], limit) or not self.connection.poll(0):
                raise ChildDied
            said = self.connection.recv()
        except (EOFError, OSError) as error:
            raise ChildDied from error
        if isinstance(said, Trouble):
            raise trouble(said.code, said.detail)
        return said

    def interrupt(self) -> None:
        """Ends the process from another thread than the one that waits for it, which then sees ChildDied."""
        with suppress(ValueError):  # it has been stopped meanwhile
            self._process.kill()

    def stop(self) -> None:
        self.connection.close()
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._process.close()


class Trouble:
    """A ModelTrouble on its way to the parent."""

    def __init__(self, error: ModelTrouble) -> None:
        self.code, self.detail = error.code, error.detail


def call(function: Callable[..., T], *arguments: object) -> T:
    """``function(*arguments)`` in a process that ends with it. Raises the ModelTrouble that it raises."""
    need_torch()
    child = Child(_run_once, function, arguments)
    try:
        return cast(T, child.answer())
    except ChildDied as error:
        raise EncoderDied("The process that read the model ended (memory, most likely).") from error
    finally:
        child.stop()


def _run_once(connection: Connection, function: Callable[..., object], arguments: tuple[object, ...]) -> None:
    settle(threads=1)
    try:
        connection.send(function(*arguments))
    except ModelTrouble as error:
        connection.send(Trouble(error))


def settle(threads: int) -> None:
    """What a child does before it imports torch: steps back behind the clicks, and leaves Ctrl-C to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0))
