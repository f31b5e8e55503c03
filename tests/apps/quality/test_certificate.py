"""What is still wrong: exact intervals, what enters, what is refused, and that the truth is inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from apps.quality.logic.certificate import frame as frames
from apps.quality.logic.certificate.estimate import estimate
from apps.quality.logic.certificate.frame import Frame
from apps.quality.logic.certificate.intervals import (
    always_valid_upper,
    beta_cdf,
    clopper_pearson,
    looks_needed,
)
from apps.quality.logic.certificate.issue import certificate
from apps.quality.logic.checks import Array, BadInput
from tests.bench.quality_audit import audited


def made_up(*, tasks: int = 400, drawn: int = 100, wrong: float = 0.05) -> dict[str, Array]:
    """Tasks of five labels: the first twenty routed, the others in two strata of which a part is drawn."""
    rng = np.random.default_rng(0)
    task = np.repeat(np.arange(tasks), 5)
    stratum = np.where(np.arange(tasks) < 20, 0, 1 + np.arange(tasks) % 2)
    chance = np.where(stratum == 0, 1.0, drawn / (tasks - 20))
    seen = stratum == 0
    seen[20 : 20 + drawn] = True
    error = rng.random(len(task)) < wrong
    return {
        "label_task": task,
        "label_kind_checked": np.full(len(task), "wrong_class"),
        "stratum": stratum[task],
        "probability": chance[task],
        "reviewed": seen[task],
        "was_wrong": error & seen[task],
        "still_wrong": np.zeros(len(task), bool),
        "task_class": np.where(np.arange(tasks) % 4 == 0, "cat", "dog"),
    }


def issued(tables: dict[str, Array], **options: float) -> dict[str, Any]:
    return certificate(frames.read(tables), **options)


def test_the_interval_is_clopper_and_pearsons() -> None:
    assert clopper_pearson(0, 100) == pytest.approx((0, 0.036217), abs=1e-5)
    assert clopper_pearson(5, 100) == pytest.approx((0.016432, 0.112835), abs=1e-5)
    assert clopper_pearson(10, 10) == pytest.approx((0.691503, 1), abs=1e-5)
    assert clopper_pearson(0, 0) == (0, 1)
    assert beta_cdf(0.3, 1, 1) == pytest.approx(0.3)
    assert beta_cdf(0.1, 2.5, 7.25) + beta_cdf(0.9, 7.25, 2.5) == pytest.approx(1)


def test_the_live_bound_holds_at_every_look() -> None:
    crossed = 0
    for seed in range(200):
        errors = np.cumsum(np.random.default_rng(seed).random(400) < 0.05)
        looks = (10, 25, 50, 100, 200, 400)
        crossed += any(always_valid_upper(float(errors[n - 1]), n) < 0.05 for n in looks)
    assert crossed / 200 < 0.05
    assert always_valid_upper(0, 300) > clopper_pearson(0, 300)[1]


def test_looks_needed_are_just_enough() -> None:
    n = looks_needed(0.0, 0.01)
    assert clopper_pearson(0, n)[1] <= 0.01 < clopper_pearson(0, 0.97 * n)[1]
    assert looks_needed(0.02, 0.01) == float("inf")


def test_a_full_review_is_exact() -> None:
    tables = made_up()
    tables["reviewed"] = np.ones(2000, bool)
    tables["still_wrong"] = np.arange(2000) % 100 == 0
    found = issued(tables)
    assert (found["estimate"], found["lower"], found["upper"]) == (0.01, 0.01, 0.01)
    assert found["meets_target"]
    assert found["looks_needed"] == 0


def test_routed_labels_enter_as_they_are_left_and_speak_for_nobody() -> None:
    tables = made_up(wrong=0.0)
    tables["was_wrong"][:100] = True
    fixed = issued(tables)
    assert fixed["estimate"] == 0
    tables["still_wrong"][:10] = True
    left = issued(tables)
    assert left["estimate"] == pytest.approx(10 / 2000)
    assert left["upper"] - fixed["upper"] == pytest.approx(10 / 2000)


def test_random_looks_count_before_the_fix_for_the_others_and_after_it_for_themselves() -> None:
    tables = made_up(wrong=0.0)
    tables["was_wrong"][100:150] = True  # 10 of the 100 drawn tasks, five labels each
    found = issued(tables)
    assert found["estimate"] == pytest.approx(0.1 * 1400 / 2000)
    tables["still_wrong"][100:150] = True
    assert issued(tables)["estimate"] == pytest.approx(0.1 * 1400 / 2000 + 50 / 2000)


def test_errors_that_come_together_widen_the_interval() -> None:
    apart, together = made_up(wrong=0.0), made_up(wrong=0.0)
    apart["was_wrong"][100:600:10] = True
    together["was_wrong"][100:150] = True
    one, other = issued(apart), issued(together)
    assert one["estimate"] == pytest.approx(other["estimate"], rel=0.01)
    assert other["upper"] - other["lower"] > 1.5 * (one["upper"] - one["lower"])
    assert other["design_effect"] > 3 > 2 > one["design_effect"]


def test_the_more_is_seen_the_narrower() -> None:
    few, many, most = (issued(made_up(drawn=drawn)) for drawn in (40, 160, 360))
    widths = [found["upper"] - found["lower"] for found in (few, many, most)]
    assert widths[0] > 1.5 * widths[1] > 3 * widths[2]
    assert few["lower"] <= few["estimate"] <= few["upper"] < few["live_upper"]


def test_kinds_and_classes_have_lines_of_their_own() -> None:
    tables = made_up()
    tables["label_kind_checked"] = np.where(np.arange(2000) % 2, "wrong_class", "badly_located")
    found = issued(tables)
    lines = {(line["kind"], line["class"]): line for line in found["parts"]}
    names = {(kind, name) for kind in ("wrong_class", "badly_located") for name in ("all", "cat", "dog")}
    assert set(lines) == names
    assert lines["wrong_class", "cat"]["labels"] + lines["badly_located", "cat"]["labels"] == 500
    assert sum(line["labels"] for (_, name), line in lines.items() if name == "all") == found["labels"] == 2000


def test_what_had_no_chance_is_refused_with_the_looks_that_would_do() -> None:
    tables = made_up()
    tables["probability"] = np.where(tables["stratum"] == 2, 0.0, tables["probability"])
    found = issued(tables, target=0.05)
    assert not found["certified"]
    assert "had no chance" in found["reason"]
    assert 2 <= found["looks_needed"] <= 280
    assert issued(tables, target=0.01)["looks_needed"] > found["looks_needed"]
    assert "upper" not in found


def test_certain_labels_that_wait_and_single_looks_are_refused() -> None:
    waiting = made_up()
    waiting["reviewed"][:5] = False
    assert "drawn with certainty and have not been reviewed" in issued(waiting)["reason"]
    assert "Fewer than 2 randomly drawn tasks" in issued(made_up(drawn=1))["reason"]


def test_missing_is_certified_only_from_searched_units() -> None:
    tables = made_up()
    tables["label_kind_checked"] = np.where(np.arange(2000) % 5 == 0, "missing", "wrong_class")
    tables["task_searched"] = np.zeros(400, bool)
    found = issued(tables)
    lines = {line["kind"]: line for line in found["parts"] if line["class"] == "all"}
    assert found["certified"]
    assert found["labels"] == 1600
    assert not lines["missing"]["certified"]
    assert "searched exhaustively" in lines["missing"]["reason"]
    tables["task_searched"] = np.ones(400, bool)
    lines = {line["kind"]: line for line in issued(tables)["parts"] if line["class"] == "all"}
    assert lines["missing"]["certified"]


def test_thin_strata_are_joined() -> None:
    tables = made_up()
    tables["stratum"] = np.where(tables["label_task"] == 399, 9, tables["stratum"])
    found = issued(tables)
    assert found["certified"]
    assert found["estimate"] == pytest.approx(issued(made_up())["estimate"], rel=0.02)


def test_kinds_may_be_given_as_checked_or_not() -> None:
    tables = made_up()
    tables["label_kind_checked"] = tables["reviewed"] & (np.arange(2000) % 5 > 0)
    found = issued(tables)
    assert found["reviewed"] < made_up()["reviewed"].sum()
    assert "drawn with certainty" in found["reason"]


def test_what_nobody_looked_at_may_say_anything() -> None:
    tables = made_up()
    unknown = np.where(tables["reviewed"], tables["was_wrong"].astype(float), np.nan)
    found = issued(tables | {"was_wrong": unknown, "stratum": tables["stratum"].astype(float)})
    assert found == issued(made_up())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"probability": np.full(2000, 1.5)}, r"probability: row 0 \(1.5\) is not between 0 and 1"),
        ({"label_task": np.full(2000, 400)}, "label_task: row 0 .* is an unknown task"),
        ({"reviewed": np.zeros(3, bool)}, "reviewed: 3 rows, but label_task has 2000"),
        ({"was_wrong": np.full(2000, 7)}, "was_wrong: row 0 .* is neither true nor false"),
        ({"task_searched": np.ones(3, bool)}, "task_searched: 3 rows, but task_class has 400"),
    ],
)
def test_bad_input_is_refused_by_array_and_row(change: dict[str, Array], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        issued(made_up() | change)


@pytest.mark.parametrize("rate", [0.003, 0.1])
def test_the_interval_holds_the_truth_after_three_adaptive_waves(rate: float) -> None:
    inside = 0
    for seed in range(60):
        frame, truth = audited(np.random.default_rng([seed, 7]), rate=rate, audit=150, tasks=1500)
        found = estimate(frame)
        inside += found.lower <= truth <= found.upper
    assert inside >= 55


def test_an_empty_frame_is_refused() -> None:
    nothing = Frame(*(np.zeros(0, kind) for kind in (int, "U1", "U1", float, bool, bool, bool, "U1")))
    assert certificate(nothing)["reason"] == "There are no labels in the frame."
