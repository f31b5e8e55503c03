"""What the grid needs to know of each row, checked before anything is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lapidary.columns import BadInput, Table, empty
from lapidary.pictures import Box, Source, as_source

SCORES = ("mistakenness", "p_error")
"""Columns that sort the grid when nobody names one: as ``manage.py quality_score`` calls them."""

FORMATS = ("xyxy", "xywh")


@dataclass(frozen=True, slots=True)
class Row:
    """One label. ``row`` is its place in the table, ``index`` what the table calls it."""

    row: int
    index: Any
    source: Source
    box: Box | None
    label: Any
    group: str
    score: float | None
    text: str

    @property
    def name(self) -> str:
        return str(self.label)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what; the arguments of ``lapidary.grid``."""

    image: str = "image"
    box: str | Sequence[str] | None = None
    box_format: str = "xyxy"
    label: str = "label"
    score: str | None = None
    group: str | Sequence[str] | None = None
    evidence: str | None = None


def read(data: Any, columns: Columns) -> list[Row]:
    """The rows in the table's order. Raises ``BadInput``, naming the column and the row."""
    table = Table(data)
    if not len(table):
        raise BadInput("the table has no rows")
    images = sources(table, columns.image)
    labels = filled(table, columns.label, "label")
    boxes = read_boxes(table, columns)
    groups = read_groups(table, columns, labels)
    name, scores = read_scores(table, columns.score)
    texts = table.column(columns.evidence, "evidence") if columns.evidence else [None] * len(table)
    return [
        Row(at, table.index[at], images[at], boxes[at], labels[at], groups[at], scores[at], said)
        for at, said in enumerate(map(sentence, texts, [name] * len(table), scores))
    ]


def sources(table: Table, name: str) -> list[Source]:
    known: set[str] = set()
    found = []
    for row, value in enumerate(table.column(name, "image")):
        try:
            found.append(as_source(value, known))
        except ValueError as error:
            raise table.refuse(name, row, str(error)) from error
    return found


def filled(table: Table, name: str, role: str) -> list[Any]:
    values = table.column(name, role)
    for row, value in enumerate(values):
        if empty(value):
            raise table.refuse(name, row, "is empty")
    return values


def read_groups(table: Table, columns: Columns, labels: list[Any]) -> list[str]:
    if columns.group is None:
        return [str(label) for label in labels]
    names = [columns.group] if isinstance(columns.group, str) else list(columns.group)
    if not names:
        return ["everything"] * len(table)
    return [" · ".join(map(str, parts)) for parts in zip(*(filled(table, one, "group") for one in names), strict=True)]


def read_scores(table: Table, name: str | None) -> tuple[str, list[float | None]]:
    """The column's name and its numbers; None where a row has no score."""
    name = name or next((one for one in SCORES if one in table.names), None)
    if name is None:
        return "", [None] * len(table)
    found: list[float | None] = []
    for row, value in enumerate(table.column(name, "score")):
        if empty(value):
            found.append(None)
        elif isinstance(value, int | float):
            found.append(float(value))
        else:
            raise table.refuse(name, row, f"is no number: {value!r}")
    return name, found


def sentence(text: Any, name: str, score: float | None) -> str:
    """What a tile says of itself when it is pointed at."""
    if not empty(text):
        return str(text)
    return "" if score is None else f"{name} {score:.2f}"


def read_boxes(table: Table, columns: Columns) -> list[Box | None]:
    """Left, top, right, bottom; None is the whole image."""
    if columns.box_format not in FORMATS:
        raise BadInput(f"box_format is {columns.box_format!r}; it is one of {', '.join(FORMATS)}")
    box = columns.box
    if box is None:
        if "box" not in table.names:
            return [None] * len(table)
        box = "box"
    if isinstance(box, str):
        name, values = box, table.column(box, "box")
    else:
        if len(box) != 4:
            raise BadInput(f"box names {len(box)} columns; one column of four numbers, or four columns, are needed")
        name = ", ".join(box)
        values = [
            None if all(map(empty, four)) else four
            for four in zip(*(table.column(one, "box") for one in box), strict=True)
        ]
    return [None if empty(value) else as_box(table, name, row, value, columns) for row, value in enumerate(values)]


def as_box(table: Table, name: str, row: int, value: Any, columns: Columns) -> Box:
    try:
        a, b, c, d = (float(number) for number in value)
    except (TypeError, ValueError) as error:
        raise table.refuse(name, row, f"a box is four numbers ({columns.box_format}), not {value!r}") from error
    if not all(map(math.isfinite, (a, b, c, d))):
        raise table.refuse(name, row, f"holds a number that is not finite: {a, b, c, d}")
    right, bottom = (a + c, b + d) if columns.box_format == "xywh" else (c, d)
    if right < a or bottom < b:
        raise table.refuse(name, row, f"ends before it begins ({columns.box_format} is needed): {a, b, c, d}")
    return a, b, right, bottom
