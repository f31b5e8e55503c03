"""What ``make run`` shows: one line a step, and a bar where a step is long."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

WIDTH = 30


def say(text: str) -> None:
    print(f"lapidary: {text}", flush=True)


class Bar:
    """A progress bar; where the output is no terminal, the line before and the line after."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done = what, max(1, total), 0
        self.live = sys.stdout.isatty()

    def __enter__(self) -> Self:
        if not self.live:
            say(self.what)
        self._draw()
        return self

    def step(self) -> None:
        self.done = min(self.total, self.done + 1)
        self._draw()

    def _draw(self) -> None:
        if self.live:
            filled = WIDTH * self.done // self.total
            marks = "#" * filled + "." * (WIDTH - filled)
            print(f"\rlapidary: {self.what} [{marks}] {self.done}/{self.total}", end="", flush=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live:
            print(flush=True)
