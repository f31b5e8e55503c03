"""Nearest neighbours among many vectors: exact while they are few, by a graph (HNSW) when they are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt
from usearch.index import Index

EXACT = 20_000
"""Up to so many vectors every one is compared."""

LINKS, EFFORT_ADD, EFFORT_SEARCH = 16, 96, 96
"""Of the graph: with these it finds at least 0.95 of the true ten nearest among 100,000 (``make bench-quality``)."""

CHUNK = 512
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Found:
    """``keys`` and ``distance`` (n, k) = 1 - cosine, nearest first; key -1 and distance 2 where there are fewer."""

    keys: npt.NDArray[np.int64]
    distance: npt.NDArray[np.float32]


class NeighbourIndex(Protocol):
    """What finds neighbours. Another store (a database's vector column) may stand behind it: it needs these alone."""

    def __len__(self) -> int: ...

    def keys(self) -> npt.NDArray[np.int64]:
        """All keys, in no order."""

    def add(self, keys: Array, vectors: Array) -> None:
        """Keys are positive and new; vectors (n, d), of any length but 0."""

    def remove(self, keys: Array) -> None:
        """Keys that are not there are passed over."""

    def nearest(self, vectors: Array, k: int) -> Found:
        """The k nearest by cosine; a vector that is in the index finds itself."""


class GraphIndex:
    """A usearch index of half-precision vectors. ``exact`` None: exact up to ``EXACT`` vectors."""

    def __init__(self, width: int, *, exact: bool | None = None) -> None:
        self.exact = exact
        self.all: tuple[Array, Array] | None = None
        self.index = Index(
            ndim=width,
            metric="cos",
            dtype="f16",
            connectivity=LINKS,
            expansion_add=EFFORT_ADD,
            expansion_search=EFFORT_SEARCH,
        )

    @classmethod
    def of(cls, content: bytes) -> Self:
        """From ``content()``. Raises ValueError for anything else."""
        found = Index.restore(content)
        if found is None:
            raise ValueError("this is no index")
        made = cls(found.ndim)
        made.index = found
        made.index.expansion_search = EFFORT_SEARCH  # type: ignore[misc] # it has a setter
        return made

    def content(self) -> bytes:
        """All of it, to be kept in a file."""
        return bytes(self.index.save() or b"")

    def __len__(self) -> int:
        return len(self.index)

    def keys(self) -> npt.NDArray[np.int64]:
        return np.fromiter(self.index.keys, np.int64, len(self)) if len(self) else np.zeros(0, np.int64)

    def add(self, keys: Array, vectors: Array) -> None:
        if len(keys):
            self.all = None
            self.index.add(np.asarray(keys, np.uint64), np.asarray(vectors, np.float32))

    def remove(self, keys: Array) -> None:
        present = np.asarray([key for key in np.asarray(keys, np.uint64).tolist() if key in self.index], np.uint64)
        if len(present):
            self.all = None
            self.index.remove(present)

    def nearest(self, vectors: Array, k: int) -> Found:
        rows = np.atleast_2d(np.asarray(vectors, np.float32))
        keys, distance = np.full((len(rows), k), -1, np.int64), np.full((len(rows), k), 2.0, np.float32)
        count = min(k, len(self))
        if not count or not len(rows):
            return Found(keys, distance)
        few = len(self) <= EXACT if self.exact is None else self.exact
        near, away = self.compared(rows, count) if few else self.followed(rows, count)
        keys[:, :count], distance[:, :count] = near, away
        return Found(keys, distance)

    def compared(self, rows: Array, count: int) -> tuple[Array, Array]:
        """With every vector: products of matrices, which no graph beats while they are few."""
        if self.all is None:
            keys = self.keys()
            self.all = keys, unit(np.asarray(self.index.get(keys.astype(np.uint64)), np.float32).reshape(len(keys), -1))
        keys, matrix = self.all
        near, away = np.zeros((len(rows), count), np.int64), np.zeros((len(rows), count), np.float32)
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            close = unit(rows[part]) @ matrix.T
            top = np.argpartition(-close, count - 1, axis=1)[:, :count]
            order = np.argsort(-np.take_along_axis(close, top, axis=1), axis=1, kind="stable")
            top = np.take_along_axis(top, order, axis=1)
            near[part], away[part] = keys[top], 1 - np.take_along_axis(close, top, axis=1)
        return near, np.clip(away, 0, 2)

    def followed(self, rows: Array, count: int) -> tuple[Array, Array]:
        """Along the graph; places that it could not fill have key -1."""
        matches: Any = self.index.search(rows, count)
        filled = np.asarray(matches.counts if len(rows) > 1 else [len(matches)])
        near, away = (np.reshape(np.asarray(part), (len(rows), -1)) for part in (matches.keys, matches.distances))
        there = np.arange(near.shape[1]) < filled[:, None]
        return np.where(there, near.astype(np.int64), -1), np.where(there, np.clip(away, 0, 2), 2.0)


def unit(x: Array) -> Array:
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12))
