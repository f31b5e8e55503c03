"""Callers at once: each in a thread of its own, so with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What each call answered, all started together behind a barrier. An exception of any comes out."""
    answers: dict[int, T] = {}
    failures: list[Exception] = []
    barrier = threading.Barrier(len(calls))

    def run(index: int, call: Callable[[], T]) -> None:
        try:
            barrier.wait()
            answers[index] = call()
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [answers[index] for index in range(len(calls))]
