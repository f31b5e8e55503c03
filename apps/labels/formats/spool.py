"""Grouping the annotations of a large file by image without holding them: a private SQLite file that grows on disk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

BATCH = 2_000


class Spool:
    """Images in their order, each with its annotations in theirs. Use as a context manager."""

    def __init__(self) -> None:
        # An empty name is SQLite's own temporary file: kept in memory while small, deleted when closed.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("CREATE TABLE image (key TEXT PRIMARY KEY, ord INTEGER, body TEXT)")
        self._db.execute("CREATE TABLE item (image TEXT, ord INTEGER, body TEXT)")
        self._waiting: list[tuple[str, int, str]] = []
        self._images = 0

    def __enter__(self) -> Self:
        self._db.execute("BEGIN")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def add_image(self, key: Any, body: Any) -> bool:
        """False when there is an image with this key already."""
        self._images += 1
        row = (json.dumps(key), self._images, json.dumps(body))
        return self._db.execute("INSERT OR IGNORE INTO image VALUES (?, ?, ?)", row).rowcount == 1

    def add_item(self, image_key: Any, number: int, body: Any) -> None:
        self._waiting.append((json.dumps(image_key), number, json.dumps(body)))
        if len(self._waiting) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        self._db.executemany("INSERT INTO item VALUES (?, ?, ?)", self._waiting)
        self._waiting.clear()

    def images(self) -> Iterator[tuple[Any, Iterator[tuple[int, Any]]]]:
        """Each image with its annotations (number in the file, body), in the file's order."""
        self._flush()
        self._db.execute("CREATE INDEX item_image ON item (image, ord)")
        for key, body in self._db.execute("SELECT key, body FROM image ORDER BY ord"):
            items = self._db.execute("SELECT ord, body FROM item WHERE image = ? ORDER BY ord", (key,))
            yield json.loads(body), ((number, json.loads(item)) for number, item in items)

    def orphans(self) -> Iterator[tuple[int, Any]]:
        """Annotations of images that the file does not list: number and image key. Only after ``images``."""
        rows = self._db.execute("SELECT ord, image FROM item WHERE image NOT IN (SELECT key FROM image) ORDER BY ord")
        return ((number, json.loads(key)) for number, key in rows)
