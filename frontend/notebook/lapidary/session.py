"""One person's way through the table: a screen is drawn and frozen, judged, and may be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime

from lapidary import cutting
from lapidary.cutting import Cut
from lapidary.pictures import sheet
from lapidary.references import References
from lapidary.rows import Row

MOST = 200
"""Tiles of a screen, as on the server: with the references they fit on one sheet of 16 x 16."""

UNDO = 10
"""So many screens can be taken back."""

TILES = (96, 192)


@dataclass(frozen=True, slots=True)
class Screen:
    """A batch as it was shown: it is frozen before anybody sees it, and judged as a whole."""

    id: int
    group: str
    rows: tuple[int, ...]
    tile: int
    references: int
    sheet: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """What a person said of a screen: ``marks`` gives a marked row its class, "" for just wrong."""

    screen: Screen
    marks: Mapping[int, str]
    seconds: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Size:
    """How many tiles go on a person's screen, and how sharp they have to be."""

    count: int = 60
    tile: int = 96

    @classmethod
    def of(cls, count: int, tile: int) -> Size:
        return cls(max(1, min(MOST, count)), tile if tile in TILES else TILES[0])


class Session:
    """Draws screens and keeps what was said. It knows nothing of notebooks."""

    def __init__(self, rows: Sequence[Row], references: References) -> None:
        self.rows = rows
        self.references = references
        self.groups = grouped(rows)
        self.size = Size()
        self.screen: Screen | None = None
        self.commits: list[Commit] = []
        self.troubles: dict[int, str] = {}
        self._judged: set[int] = set()
        self._numbers = 0
        self._spent: dict[int, float] = {}
        self._coming: Screen | None = None
        self._made: tuple[tuple[str, tuple[int, ...]], Future[Cut]] | None = None

    def left(self) -> dict[str, list[int]]:
        """By group the rows that are neither judged, nor on the screen, nor without a picture, in their order."""
        away = self._judged.union(self.troubles, self.screen.rows if self.screen else ())
        return {name: [row for row in rows if row not in away] for name, rows in self.groups.items()}

    def show(self, group: str | None = None) -> None:
        """Draws the first screen, or one of another group. What was drawn of this one and not judged comes again."""
        if self.screen and group in (None, self.screen.group):
            return
        if group is not None and group not in self.groups:
            raise KeyError(f"there is no group {group!r}")
        self.screen = self._coming = None
        self._draw(group)

    def commit(self, screen: int, marks: Mapping[int, str], seconds: float, at: datetime) -> bool:
        """Marked rows are wrong, all others fine. False when this screen is not in front: it was judged before."""
        if self.screen is None or self.screen.id != screen:
            return False
        strange = [row for row in marks if row not in self.screen.rows]
        if strange:
            raise ValueError(f"rows {strange} are not on this screen")
        judged, self.screen = self.screen, None
        spent = max(0.0, seconds) + self._spent.pop(judged.id, 0.0)
        self.commits.append(Commit(judged, dict(marks), spent, at))
        self._judged.update(judged.rows)
        if len(self.commits) > UNDO:
            old = self.commits[-UNDO - 1]
            self.commits[-UNDO - 1] = replace(old, screen=replace(old.screen, sheet=b""))
        coming, self._coming = self._coming, None
        if coming:
            self.screen = coming
        else:
            self._draw(judged.group)
        return True

    @property
    def can_undo(self) -> bool:
        return bool(self.commits) and bool(self.commits[-1].screen.sheet)

    def undo(self) -> Mapping[int, str] | None:
        """Brings the last screen back as it stood, and answers its marks; what is in front comes next."""
        if not self.can_undo:
            return None
        last = self.commits.pop()
        self._judged.difference_update(last.screen.rows)
        # The time that it took is not taken back.
        self._spent[last.screen.id] = last.seconds
        self._coming, self.screen = self.screen or self._coming, last.screen
        return last.marks

    def prepare(self) -> None:
        """Begins to cut the next screen, while a person looks at this one."""
        if self.screen is None or self._coming is not None:
            return
        coming = self._following(self.screen.group)
        if coming is not None and (self._made is None or self._made[0] != coming):
            picked = [self.rows[row] for row in coming[1]]
            self._made = coming, cutting.ahead().submit(cutting.first, picked, self.size.count, self.size.tile)

    def _following(self, group: str | None) -> tuple[str, tuple[int, ...]] | None:
        """This group and its rows while it has any left, else the next group that has."""
        left, names = self.left(), list(self.groups)
        at = names.index(group) if group is not None else 0
        return next(((name, tuple(left[name])) for name in names[at:] + names[:at] if left[name]), None)

    def _draw(self, group: str | None) -> None:
        """The next screen; a group without a single picture is passed over."""
        while (coming := self._following(group)) is not None:
            name, rows = coming
            if self._made and self._made[0] == coming:
                found = self._made[1].result()
            else:
                found = cutting.first([self.rows[row] for row in rows], self.size.count, self.size.tile)
            self._made = None
            self.troubles.update(found.troubles)
            if found.rows:
                self.screen = self._frozen(name, found)
                return

    def _frozen(self, group: str, found: Cut) -> Screen:
        tile = found.crops[0].width
        same = len({self.rows[row].name for row in self.groups[group]}) == 1
        shown = self.references.of(self.rows[found.rows[0]].name, tile) if same else []
        self._numbers += 1
        whole = sheet([*found.crops, *shown], tile)
        return Screen(self._numbers, group, tuple(found.rows), tile, len(shown), whole)


def grouped(rows: Sequence[Row]) -> dict[str, list[int]]:
    """Rows by group: the likeliest wrong first, what has no score last, else in the table's order. The group that
    holds the likeliest wrong row comes first."""
    order = sorted(rows, key=lambda one: (one.score is None, -(one.score or 0.0), one.row))
    groups: dict[str, list[int]] = {}
    for one in order:
        groups.setdefault(one.group, []).append(one.row)
    return groups
