"""First come, first served: SQLite's own busy handler lets one of many writers starve."""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """A lock handed over in the order of asking. It belongs to no thread: whoever took it gives it back."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Event] = deque()

    def take(self, timeout: float) -> bool:
        """Waits for the turn, at most ``timeout`` seconds; False when it did not come."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(timeout):
            return True
        with self._guard:
            if mine.is_set():  # handed over between the end of the wait and here
                return True
            self._waiting.remove(mine)
            return False

    def give(self) -> None:
        """Hands the turn to whoever asked first, or leaves it free."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


_turns: dict[str, Turns] = {}
_guard = threading.Lock()


def turns_of(database: str) -> Turns:
    """The queue of writers of one database file in this process."""
    with _guard:
        return _turns.setdefault(database, Turns())
