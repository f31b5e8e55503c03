"""One matching answers every threshold: held against pycocotools, and against itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.quality.logic.evaluated import Owners, Table, joined, table_of
from apps.quality.logic.evaluation import (
    ANY,
    NOTHING,
    Asked,
    At,
    confused,
    counts,
    curve,
    matches,
    of_labels,
    of_predictions,
    page,
)
from apps.quality.logic.matching import MET, Things, match
from apps.quality.shapes.coco_figures import BITS, Scene, evaluate, figures
from tests.factories.quality_scenes import Scenes, random_scenes, things_of

THRESHOLDS = np.linspace(0.5, 0.95, 10)


def table(things: Things, subset: Any = None) -> Table:
    n, m = len(things.predicted), len(things.labeled)
    ids = np.zeros((n, 16), np.uint8)
    owners = Owners(
        ids,
        np.zeros(n, np.int64),
        np.zeros(n, np.int64) if subset is None else subset[0],
        np.zeros((m, 16), np.uint8),
        np.zeros(m, np.int64),
        np.zeros(m, np.int64) if subset is None else subset[1],
        np.zeros((1, 16), np.uint8),
    )
    return table_of(things, match(things), owners)


def whole(made: Scenes) -> Table:
    return joined([table(made.things)])


@pytest.mark.parametrize("seed", range(6))
def test_every_threshold_of_coco_is_answered_as_pycocotools_answers_it(seed: int) -> None:
    made = random_scenes(seed, spread=20)
    found = evaluate(made.scenes, "bbox")
    everything = found.area == 0
    kept = whole(made)
    for number, iou in enumerate(THRESHOLDS.tolist()):
        met = (found.met[everything] & BITS[number]) > 0
        ours = counts(kept, made.classes, At(round(iou, 2)))
        theirs = np.bincount(found.kind[everything][met], minlength=made.classes)
        assert ours.met.tolist() == theirs.tolist(), iou
        for sure in (0.3, 0.7):
            held = met & (found.confidence[everything] >= sure)
            ours = counts(kept, made.classes, At(round(iou, 2), sure))
            assert ours.met.tolist() == np.bincount(found.kind[everything][held], minlength=made.classes).tolist()


@pytest.mark.parametrize("seed", range(4))
def test_parts_accumulate_to_what_pycocotools_says_of_the_whole(seed: int) -> None:
    import io
    from contextlib import redirect_stdout

    from pycocotools.cocoeval import COCOeval

    from apps.quality.shapes.coco_figures import Evaluated, document, mean_of

    made = random_scenes(seed, images=15)
    parts = [evaluate(made.scenes[at : at + 4], "bbox") for at in range(0, 15, 4)]
    ours = mean_of(list(figures(Evaluated.joined(parts), "bbox").values()))
    judge = COCOeval(document(made.scenes, labels=True), document(made.scenes, labels=False), "bbox")
    judge.params.imgIds = list(range(15))
    judge.params.catIds = list(range(made.classes))
    with redirect_stdout(io.StringIO()):
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    theirs = dict(
        zip(
            ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar_1", "ar_10", "ar_100"),
            judge.stats,
            strict=False,
        )
    )
    for name, value in ours.items():
        assert (value if value is not None else -1) == pytest.approx(theirs[name], abs=1e-12), name


@pytest.mark.parametrize("seed", range(4))
def test_the_curve_is_cocos(seed: int) -> None:
    made = random_scenes(seed)
    ours, theirs = whole(made), figures(evaluate(made.scenes, "bbox"), "bbox")
    for kind, figure in theirs.items():
        points = curve(ours, kind, At(0.5))
        area = sum(precision for _, precision, _ in points) / 101
        assert area == pytest.approx(figure["ap50"], abs=1e-6)


def test_a_subset_is_evaluated_alone() -> None:
    made = random_scenes(3, images=10)
    some = figures(evaluate(made.scenes, "bbox"), "bbox", np.arange(4))
    assert some == figures(evaluate(made.scenes[:4], "bbox"), "bbox")


seeds = st.integers(0, 10_000)
shares = st.floats(0, 1).map(lambda value: round(value, 3))


@settings(max_examples=60, deadline=None)
@given(seed=seeds, iou=st.floats(0.1, 1).map(lambda value: round(value, 3)), sure=shares)
def test_counts_matrix_and_queue_agree(seed: int, iou: float, sure: float) -> None:
    made = random_scenes(seed, images=4, spread=25)
    kept, at = whole(made), At(iou, sure)
    found = counts(kept, made.classes, at)
    matrix, k = found.confusions, made.classes
    assert matrix.diagonal()[:k].tolist() == found.met.tolist()
    assert matrix[:, :k].sum(0).tolist() == found.predictions.tolist()
    assert matrix[:k].sum(1).tolist() == found.labels.tolist()
    for label in (*range(k), NOTHING):
        for predicted in (*range(k), NOTHING):
            if label == predicted == NOTHING:
                continue
            rows = matches(kept, Asked("", predicted, label), at)
            assert len(rows) == matrix[label, predicted], (label, predicted)
    assert len(matches(kept, Asked("tp"), at)) == found.met.sum()
    assert len(matches(kept, Asked("fp"), at)) == (found.predictions - found.met).sum()
    assert len(matches(kept, Asked("fn"), at)) == (found.labels - found.met).sum()
    for kind in range(k):
        assert len(matches(kept, Asked("fn", ANY, kind), at)) == found.labels[kind] - found.met[kind]


@settings(max_examples=60, deadline=None)
@given(seed=seeds, iou=st.floats(0.1, 1), sure=shares)
def test_it_is_the_matching_of_that_threshold_alone(seed: int, iou: float, sure: float) -> None:
    made = random_scenes(seed, images=3, spread=30)
    kept, at = whole(made), At(iou, sure)
    rows = of_predictions(kept, at)
    order = np.argsort(-made.things.confidence)
    met = {int(order[kept.prediction[row]]): int(kept.label[row]) for row in rows if kept.kind[row] == MET}
    assert met == naive(made.things, float(np.float32(iou)), sure)
    taken = kept.label[rows[confused(kept, rows, at)]].tolist()
    assert len(set(taken)) == len(taken)
    assert not set(taken) & set(met.values())
    assert len(of_labels(kept, at)) == len(made.things.labeled)


def naive(things: Things, iou: float, sure: float) -> dict[int, int]:
    met: dict[int, int] = {}
    for one in np.argsort(-things.confidence).tolist():
        best, partner = iou, -1
        for a, label, value in zip(things.first.tolist(), things.second.tolist(), things.iou.tolist(), strict=True):
            free = a == one and label not in met.values() and things.predicted[one] == things.labeled[label]
            if free and float(np.float32(value)) >= best:
                best, partner = value, label
        if partner >= 0 and things.confidence[one] >= sure:
            met[one] = partner
    return met


def test_a_knot_of_many_is_exact_at_the_multiples() -> None:
    made = random_scenes(5, images=1, classes=2, most=200)
    assert len(made.things.first) > 64
    found = evaluate([Scene(0, s.size, s.labels, s.predictions[:100]) for s in made.scenes], "bbox")
    less = things_of([Scene(0, s.size, s.labels, s.predictions[:100]) for s in made.scenes])
    kept = joined([table(less)])
    for number, iou in enumerate(THRESHOLDS.tolist()):
        everything = found.area == 0
        met = (found.met[everything] & BITS[number]) > 0
        assert (
            counts(kept, 2, At(round(iou, 2))).met.tolist()
            == np.bincount(found.kind[everything][met], minlength=2).tolist()
        )


def test_a_surer_mistake_counts_once_the_true_one_is_left_out() -> None:
    """The same box as WBC at .97 and as RBC at .03, over an RBC."""
    things = Things(
        np.array([1, 0]),
        np.array([0.97, 0.03]),
        np.array([0]),
        np.array([0, 1]),
        np.array([0, 0]),
        np.array([0.9, 0.9]),
    )
    kept = joined([table(things)])
    assert counts(kept, 2, At()).confusions.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert counts(kept, 2, At(confidence=0.5)).confusions.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert counts(kept, 2, At(0.95, 0.5)).confusions.tolist() == [[0, 0, 1], [0, 0, 0], [0, 1, 0]]


def test_pages_follow_one_another_in_both_orders() -> None:
    made = random_scenes(9, images=20)
    kept, at = whole(made), At(0.5)
    everything = matches(kept, Asked("fp"), at).tolist()
    for rising in (False, True):
        seen: list[int] = []
        after = None
        while len((found := page(kept, Asked("fp"), at, after, 3, rising=rising)).row):
            seen += found.row.tolist()
            after = int(found.row[-1])
        assert seen == (everything[::-1] if rising else everything)
    confidences = kept.confidence[kept.prediction[everything]]
    assert (np.diff(confidences) <= 0).all()


def test_parts_join_to_the_whole_and_subsets_add_up() -> None:
    first, second = random_scenes(1), random_scenes(2)

    def part(made: Scenes, number: int) -> Table:
        n, m = len(made.things.predicted), len(made.things.labeled)
        return table(made.things, (np.full(n, number), np.full(m, number)))

    kept = joined([part(first, 0), part(second, 1)])
    for number, made in enumerate((first, second)):
        alone, here = counts(whole(made), 3, At(0.6)), counts(kept, 3, At(0.6, 0.0, number))
        assert here.confusions.tolist() == alone.confusions.tolist()
    assert len(Table.of(kept.arrays()).task_id) == 2
