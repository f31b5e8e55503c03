"""Tables of every make are read alike, and what cannot be shown is refused by column and row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

import lapidary
from lapidary import BadInput
from lapidary.rows import Columns, read

Table = dict[str, list[Any]]


def change(table: Table, column: str, row: int, value: Any) -> Table:
    return table | {column: [value if at == row else one for at, one in enumerate(table[column])]}


def test_tables_of_every_make_give_the_same_rows(table: Table) -> None:
    rows = read(table, Columns())
    records = [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
    frame = pd.DataFrame(table)
    for other in (records, frame, frame.astype({"label": "category", "p_error": "float32"})):
        found = read(other, Columns())
        assert [(row.row, row.index, row.box, row.label, row.group) for row in found] == [
            (row.row, row.index, row.box, row.label, row.group) for row in rows
        ]
        assert [row.score for row in found] == pytest.approx([row.score for row in rows])
    assert [row.index for row in read(frame.set_axis(list("abcdefghijkl")), Columns())] == list("abcdefghijkl")


def test_boxes_of_four_columns_and_of_sizes(table: Table) -> None:
    sides = {"x": [1, 2], "y": [3, 4], "w": [5, 6], "h": [7.5, 8]}
    small = {name: values[:2] for name, values in table.items() if name != "box"} | sides
    rows = read(small, Columns(box=("x", "y", "w", "h"), box_format="xywh"))
    assert [row.box for row in rows] == [(1.0, 3.0, 6.0, 10.5), (2.0, 4.0, 8.0, 12.0)]
    assert [row.box for row in read(small, Columns())] == [None, None]
    empty = small | {name: [None, float("nan")] for name in sides}
    assert [row.box for row in read(empty, Columns(box=("x", "y", "w", "h")))] == [None, None]


def test_images_of_every_make(table: Table, picture: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(picture).save(path)
    image = Image.fromarray(picture)
    images = [path, str(path), path.read_bytes(), {"path": None, "bytes": path.read_bytes()}, image, picture]
    small = {"image": images, "label": ["cat"] * len(images)}
    assert [row.source.key for row in read(small, Columns())][:2] == [str(path)] * 2
    assert len(read(small, Columns())) == len(images)


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("image", "nowhere.png", "there is no file nowhere.png"),
        ("image", b"", "holds no bytes"),
        ("image", None, "not NoneType"),
        ("image", np.zeros((4, 4)), "not float64 of shape"),
        ("image", np.zeros((4, 4, 2), np.uint8), "of shape"),
        ("box", [1, 2, 3], "a box is four numbers"),
        ("box", "1 2 3 4", "a box is four numbers"),
        ("box", [1, 2, float("nan"), 4], "not finite"),
        ("box", [9, 2, 3, 4], "ends before it begins"),
        ("label", None, "is empty"),
        ("label", float("nan"), "is empty"),
        ("p_error", "high", "is no number"),
    ],
)
def test_a_bad_cell_is_named(table: Table, column: str, value: Any, why: str) -> None:
    bad = change(table, column, 3, value)
    with pytest.raises(BadInput) as refused:
        lapidary.grid(bad)
    assert str(refused.value).startswith(f"column '{column}', row 3: ")
    assert why in str(refused.value)
    named = pd.DataFrame(bad, index=range(100, 112)) if column != "image" else None
    if named is not None:
        with pytest.raises(BadInput, match=r"row 3 \(index 103\)"):
            lapidary.grid(named)


def test_bad_tables_are_refused(table: Table) -> None:
    cases: dict[str, tuple[Any, dict[str, Any]]] = {
        r"column 'img' \(image\): there is no such column; the columns are 'image', 'box'": (table, {"image": "img"}),
        r"column 'seen' \(group\): there is no such column": (table, {"group": ["label", "seen"]}),
        "several columns have this name": (pd.DataFrame(table).rename(columns={"box": "image"}), {}),
        "differ in length": (table | {"label": ["cat"]}, {}),
        "has no rows": ({name: [] for name in table}, {}),
        "a table with columns is needed": (7, {}),
        "row 1: a record": ([{"image": 1}, 2], {}),
        "box_format is 'yolo'": (table, {"box_format": "yolo"}),
        "box names 2 columns": (table, {"box": ("x", "y")}),
        "tile is 12": (table, {"tile": 12}),
    }
    for why, (data, more) in cases.items():
        with pytest.raises(BadInput, match=why):
            lapidary.grid(data, **more)


def test_a_page_that_is_not_built_says_how_to_build_it(table: Table, page: Path) -> None:
    (page / "grid.js").unlink()
    with pytest.raises(lapidary.NotBuilt, match=r"make front.*npm run build:notebook"):
        lapidary.grid(table)
