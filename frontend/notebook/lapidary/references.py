"""What labels of a class look like: a few tiles in the heading, for comparison."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from lapidary import cutting
from lapidary.rows import Row

COUNT = 8


class References:
    """Right labels that the caller gives, or those of the table that its scores call the least likely wrong."""

    def __init__(self, rows: Sequence[Row], *, confirmed: bool) -> None:
        self.confirmed = confirmed
        self._rows: dict[str, list[Row]] = {}
        self._made: dict[tuple[str, int], list[Image.Image]] = {}
        for row in rows:
            self._rows.setdefault(row.name, []).append(row)

    @classmethod
    def likely(cls, rows: Sequence[Row]) -> References:
        scored = [row for row in rows if row.score is not None]
        return cls(sorted(scored, key=lambda row: (row.score, row.row)), confirmed=False)

    def of(self, name: str, tile: int) -> list[Image.Image]:
        """Up to ``COUNT`` tiles of a class; they are cut once."""
        if (name, tile) not in self._made:
            self._made[name, tile] = cutting.first(self._rows.get(name, []), COUNT, tile).crops
        return self._made[name, tile]
