"""What is kept in memory while it is used: the least recently used goes first when there is too much."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """Values by key, of at most ``limit`` in all by ``size``; one thread's. The newest is kept however large it is."""

    def __init__(self, limit: int, size: Callable[[V], int] = lambda _: 1) -> None:
        self._limit, self._size = limit, size
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self.total = self.hits = self.misses = 0

    def get(self, key: Hashable) -> V | None:
        found = self._values.get(key)
        if found is None:
            self.misses += 1
            return None
        self._values.move_to_end(key)
        self.hits += 1
        return found

    def put(self, key: Hashable, value: V) -> list[V]:
        """What had to go for it."""
        gone = [self.drop(key)] if key in self._values else []
        self._values[key] = value
        self.total += self._size(value)
        while self.total > self._limit and len(self._values) > 1:
            gone.append(self.drop(next(iter(self._values))))
        return [value for value in gone if value is not None]

    def drop(self, key: Hashable) -> V | None:
        value = self._values.pop(key, None)
        if value is not None:
            self.total -= self._size(value)
        return value

    def values(self) -> list[V]:
        return list(self._values.values())
