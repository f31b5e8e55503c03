"""Screens are drawn, frozen, judged and taken back; what was said comes out as verdicts."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.core.management import call_command
from numpy.typing import NDArray
from PIL import Image

import lapidary
from lapidary.session import UNDO

Table = dict[str, list[Any]]
Ask = Callable[..., list[dict[str, Any]]]
SIZE = {"size": 4, "tile": 96}


def rows(grid: lapidary.Grid) -> list[int]:
    return [item["row"] for item in grid.shown["items"]]


def commit(ask: Ask, grid: lapidary.Grid, marks: dict[str, str] | None = None, ms: float = 6000) -> None:
    said = ask(grid, "commit", id=grid.shown["id"], marks=marks or {}, active_ms=ms, **SIZE)
    assert said == [{"did": "done"}]


def test_the_likeliest_wrong_come_first_one_class_at_a_time(table: Table, ask: Ask) -> None:
    grid = lapidary.grid(table)
    assert grid.shown == {}
    ask(grid, "show", **SIZE)
    assert (grid.shown["group"], rows(grid)) == ("dog", [11, 9, 7, 5])
    assert grid.shown["groups"] == [["dog", 2], ["cat", 6]]
    with Image.open(io.BytesIO(grid.sheet)) as sheet:
        assert sheet.size == (16 * 96, 96)
    commit(ask, grid)
    assert (grid.shown["group"], rows(grid)) == ("dog", [3, 1])
    commit(ask, grid)
    assert (grid.shown["group"], rows(grid)) == ("cat", [10, 8, 6, 4])
    commit(ask, grid)
    commit(ask, grid)
    assert (grid.shown["id"], grid.sheet) == (None, b"")
    assert sorted(grid.verdicts["row"]) == list(range(12))
    assert set(grid.verdicts["verdict"]) == {"fine"}


def test_without_scores_the_tables_order_holds(table: Table, ask: Ask) -> None:
    del table["p_error"]
    grid = lapidary.grid(table, references=False)
    ask(grid, "show", **SIZE)
    assert (rows(grid), grid.shown["references"]) == ([0, 2, 4, 6], [])
    table["suspicion"] = [float("nan"), 0.1, None, 0.2, 0.9, 0.3] * 2
    grid = lapidary.grid(table, score="suspicion", group=[])
    ask(grid, "show", **SIZE)
    assert (rows(grid), grid.shown["class"]) == ([4, 10, 5, 11], None)


def test_verdicts_say_what_was_marked(table: Table, ask: Ask) -> None:
    frame = pd.DataFrame(table, index=range(100, 112))
    grid = lapidary.grid(frame, classes=["cat", "dog", "cow"])
    heard: list[int] = []
    grid.observe(lambda change: heard.append(change.new), "judged")
    ask(grid, "show", **SIZE)
    commit(ask, grid, {"9": "", "7": "cow"}, ms=8000)
    said = grid.verdicts
    assert list(said.columns) == ["row", "index", "label", "verdict", "new_label", "kind", "batch", "seconds", "at"]
    assert list(said["index"]) == [111, 109, 107, 105]
    assert list(said["verdict"]) == ["fine", "wrong", "wrong", "fine"]
    assert list(said["new_label"]) == [None, None, "cow", None]
    assert list(said["kind"]) == [None, None, "wrong_class", None]
    assert said["seconds"].sum() == 8
    assert str(said["at"].dt.tz) == "UTC"
    assert heard == [4]
    assert grid.figures == {
        "batches": 1,
        "verdicts": 4,
        "wrong": 2,
        "seconds": 8,
        "verdicts_per_minute": 30,
        "wrong_per_minute": 15,
    }


def test_nothing_is_judged_before_and_rates_are_unknown(table: Table, ask: Ask) -> None:
    grid = lapidary.grid(table)
    assert len(grid.verdicts) == 0
    assert math.isnan(grid.figures["verdicts_per_minute"])
    ask(grid, "show", **SIZE)
    assert ask(grid, "undo") == [{"did": "done"}]
    assert len(grid.verdicts) == 0


def test_classes_keep_their_type(table: Table, ask: Ask) -> None:
    grid = lapidary.grid(table | {"label": [0, 1] * 6}, classes=np.arange(3))
    ask(grid, "show", **SIZE)
    assert grid.shown["classes"] == ["0", "1", "2"]
    commit(ask, grid, {"11": "2"})
    first = grid.verdicts.iloc[0]
    assert (first["label"], first["new_label"]) == (1, 2)


def test_a_screen_counts_once(table: Table, ask: Ask) -> None:
    grid = lapidary.grid(table)
    ask(grid, "show", **SIZE)
    first = grid.shown["id"]
    commit(ask, grid)
    # Sent twice, or by a second view of the same widget.
    ask(grid, "commit", id=first, marks={"11": ""}, active_ms=1, **SIZE)
    assert (len(grid.verdicts), set(grid.verdicts["verdict"])) == (4, {"fine"})


@pytest.mark.parametrize("marks", [{"0": ""}, {"11": "bird"}, {"x": ""}])
def test_a_message_that_makes_no_sense_changes_nothing(table: Table, ask: Ask, marks: dict[str, str]) -> None:
    grid = lapidary.grid(table)
    ask(grid, "show", **SIZE)
    shown = dict(grid.shown)
    (said,) = ask(grid, "commit", id=shown["id"], marks=marks, active_ms=1, **SIZE)
    assert said["did"] == "failed"
    assert said["why"].startswith("ValueError")
    assert (grid.shown, len(grid.verdicts)) == (shown, 0)
    (said,) = ask(grid, "show", group="birds", **SIZE)
    assert said["did"] == "failed"
    assert grid.shown == shown


def test_a_screen_is_taken_back_and_the_one_in_front_comes_next(table: Table, ask: Ask) -> None:
    grid = lapidary.grid(table)
    ask(grid, "show", **SIZE)
    sheet, shown = grid.sheet, rows(grid)
    commit(ask, grid, {"9": "cat"})
    following = rows(grid)
    ask(grid, "undo")
    assert (grid.sheet, rows(grid), grid.shown["marks"]) == (sheet, shown, {"9": "cat"})
    assert (len(grid.verdicts), grid.shown["can_undo"]) == (0, False)
    commit(ask, grid, {"9": ""})
    assert (rows(grid), grid.shown["marks"]) == (following, {})
    assert list(grid.verdicts["verdict"]) == ["fine", "wrong", "fine", "fine"]
    # The first look took time too.
    assert grid.figures["seconds"] == 12


def test_ten_screens_can_be_taken_back(picture: NDArray[np.uint8], ask: Ask) -> None:
    grid = lapidary.grid({"image": [picture] * 13, "label": ["cat"] * 13})
    ask(grid, "show", size=1, tile=96)
    for _ in range(13):
        ask(grid, "commit", id=grid.shown["id"], marks={}, active_ms=1, size=1, tile=96)
    assert grid.shown["id"] is None
    for _ in range(UNDO + 3):
        ask(grid, "undo")
    assert (len(grid.verdicts), rows(grid)) == (13 - UNDO, [13 - UNDO])
    # And every row is judged once on the way forward.
    while rows(grid):
        ask(grid, "commit", id=grid.shown["id"], marks={}, active_ms=1, size=1, tile=96)
    assert sorted(grid.verdicts["row"]) == list(range(13))


def test_another_group_can_be_chosen_and_nothing_is_lost(table: Table, ask: Ask) -> None:
    table["by"] = ["ann", "ann", "bob", "bob"] * 3
    grid = lapidary.grid(table, group=["label", "by"])
    ask(grid, "show", **SIZE)
    assert grid.shown["group"] == "dog · bob"
    ask(grid, "show", group="cat · ann", **SIZE)
    assert (rows(grid), grid.shown["left"]) == ([8, 4, 0], 0)
    while grid.shown["id"] is not None:
        commit(ask, grid)
    assert sorted(grid.verdicts["row"]) == list(range(12))


def test_what_cannot_be_shown_has_no_verdict(table: Table, ask: Ask) -> None:
    table["image"][11] = b"no picture"
    table["box"][9] = [500, 500, 600, 600]
    grid = lapidary.grid(table)
    ask(grid, "show", **SIZE)
    assert rows(grid) == [7, 5, 3, 1]
    assert [one.split(": ")[0] for one in grid.problems] == ["row 9 (index 9)", "row 11 (index 11)"]
    assert "outside its image" in grid.problems[0]
    assert (grid.shown["problems"], grid.shown["problem"]) == (2, grid.problems[0])
    while grid.shown["id"] is not None:
        commit(ask, grid)
    assert sorted(grid.verdicts["row"]) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]


def test_references_are_the_least_likely_wrong_or_those_given(table: Table, ask: Ask) -> None:
    grid = lapidary.grid(table)
    ask(grid, "show", **SIZE)
    assert grid.shown["references"] == [(96 * at, 0) for at in range(4, 10)]
    assert grid.shown["confirmed"] is False
    right = {"image": table["image"][:3], "label": ["dog", "dog", "cat"], "box": table["box"][:3]}
    grid = lapidary.grid(table, references=right)
    ask(grid, "show", **SIZE)
    assert (len(grid.shown["references"]), grid.shown["confirmed"]) == (2, True)


def test_a_look_brings_the_whole_image(table: Table, ask: Ask) -> None:
    grid = lapidary.grid(table)
    ask(grid, "show", **SIZE)
    (said,) = ask(grid, "look", row=3)
    with Image.open(io.BytesIO(said.pop("data"))) as whole:
        assert whole.size == (80, 60)
    assert said == {"did": "look", "row": 3, "width": 80, "height": 60, "box": [3.0, 3.0, 20.0, 10.0]}
    table["image"][11] = b"no picture"
    (said,) = ask(lapidary.grid(table), "look", row=11)
    assert (said["did"], "cannot be read" in said["why"]) == ("failed", True)


def test_evidence_or_the_score_is_said_of_a_tile(table: Table, ask: Ask) -> None:
    grid = lapidary.grid(table | {"why": ["model says cow", None] * 6}, evidence="why", group=[])
    ask(grid, "show", **SIZE)
    assert [item["text"] for item in grid.shown["items"]][:2] == ["p_error 0.92", "model says cow"]


def test_thousands_of_rows_are_cut_a_screen_at_a_time(picture: NDArray[np.uint8], ask: Ask) -> None:
    count = 20_000
    grid = lapidary.grid({"image": [picture] * count, "label": ["cat"] * count, "p_error": [0.5] * count})
    ask(grid, "show", size=500, tile=192)
    assert (len(rows(grid)), grid.shown["left"], grid.shown["tile"]) == (200, count - 200, 192)
    with Image.open(io.BytesIO(grid.sheet)) as sheet:
        assert sheet.size == (16 * 192, 13 * 192)


def test_verdicts_calibrate_the_scores(table: Table, ask: Ask, tmp_path: Path) -> None:
    drawn = np.random.default_rng(7)
    given = drawn.integers(0, 2, 400)
    belief = np.where(drawn.random(400) < 0.1, 1 - given, given)
    p = np.where(belief[:, None] == np.arange(2), 0.8, 0.2)
    np.savez(tmp_path / "in.npz", pred_probs=p, given_label=given)
    call_command("quality_score", "--kind", "classification", str(tmp_path / "in.npz"), str(tmp_path / "out.npz"))
    with np.load(tmp_path / "out.npz") as found:
        frame = pd.DataFrame({"label": given, "p_error": found["p_error"]}).assign(image=[table["image"][0]] * 400)
    # A part of the frame, in another order: its index still points at the labels.
    part = frame.sample(120, random_state=1)
    grid, order = lapidary.grid(part), list(part.index)
    ask(grid, "show", size=60, tile=96)
    while grid.shown["id"] is not None:
        marks = {str(row): str(belief[at]) for row in rows(grid) if belief[at := order[row]] != given[at]}
        ask(grid, "commit", id=grid.shown["id"], marks=marks, active_ms=1, size=60, tile=96)
    path = grid.to_npz(tmp_path / "verdicts.npz")
    with np.load(path, allow_pickle=False) as found:
        assert sorted(found["index"]) == sorted(grid.verdicts["index"])
        assert np.array_equal(found["is_error"], belief[found["index"]] != given[found["index"]])
        assert set(found["kind"][found["is_error"]]) == {"wrong_class"}
    command = ["quality_score", "--kind", "classification", "--verdicts", str(path)]
    call_command(*command, str(tmp_path / "in.npz"), str(tmp_path / "again.npz"))
    with np.load(tmp_path / "again.npz") as found:
        assert bool(found["calibrated"])


def test_an_index_that_points_nowhere_is_refused(table: Table, ask: Ask, tmp_path: Path) -> None:
    for index in (list("abcdefghijkl"), [0] * 12):
        grid = lapidary.grid(pd.DataFrame(table, index=index))
        ask(grid, "show", **SIZE)
        commit(ask, grid)
        with pytest.raises(ValueError, match='use index="position"'):
            grid.to_npz(tmp_path / "no.npz")
        assert not (tmp_path / "no.npz").exists()
        with np.load(grid.to_npz(tmp_path / "yes.npz", index="position")) as found:
            assert list(found["index"]) == [11, 9, 7, 5]


def test_without_pandas_verdicts_are_records(table: Table, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = lapidary.grid(table)
    ask(grid, "show", **SIZE)
    commit(ask, grid)
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    assert [one["row"] for one in grid.verdicts] == [11, 9, 7, 5]
