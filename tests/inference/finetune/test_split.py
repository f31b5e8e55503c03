"""The split: nothing learned is judged, the classes are spread, and too little is refused with its counts."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.inference import wire
from apps.inference.service.finetune.split import LEAST_HELD_OUT, LEAST_TRAINED, TooFew, split
from tests.inference.finetune.material import plain

CLASSES = ("car", "car", "car", "bus", "bus", "bicycle")


def objects(images: int, each: int = 3) -> list[wire.TrainingObject]:
    return [plain(CLASSES[n % len(CLASSES)], f"image {n // each}") for n in range(images * each)]


def test_every_object_has_one_part_and_every_group_is_in_one() -> None:
    all_of_them = objects(100)
    parts = split(all_of_them, seed=1)
    assert sorted(parts.train + parts.stop + parts.judge) == list(range(len(all_of_them)))
    groups = [{all_of_them[n].group for n in part} for part in (parts.train, parts.stop, parts.judge)]
    assert sum(map(len, groups)) == len(set().union(*groups)) == 100
    assert 0.28 <= len(parts.judge) / len(all_of_them) <= 0.32


IMAGES = st.lists(st.lists(st.sampled_from(("car", "bus", "bicycle")), min_size=1, max_size=12), max_size=60)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(images=IMAGES, seed=st.integers(0, 2**31))
def test_whatever_there_is_no_group_is_on_two_sides_and_no_part_is_too_small(
    images: list[list[str]], seed: int
) -> None:
    there = [plain(name, f"image {number}") for number, names in enumerate(images) for name in names]
    try:
        parts = split(there, seed)
    except TooFew:
        assert len(images) < 3 or len(there) < 3 * (LEAST_HELD_OUT + LEAST_TRAINED)
        return
    sides = (parts.train, parts.stop, parts.judge)
    assert sorted(parts.train + parts.stop + parts.judge) == list(range(len(there)))
    groups = [{there[n].group for n in side} for side in sides]
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert len(parts.judge) >= LEAST_HELD_OUT
    assert len(parts.train) >= LEAST_TRAINED
    assert parts.stop
    assert parts == split(there, seed)


def test_it_is_decided_by_the_seed_and_not_by_the_order() -> None:
    there = objects(60)
    assert split(there, seed=3) == split(there, seed=3)
    assert split(there, seed=3) != split(there, seed=4)
    turned = there[::-1]
    names = [
        {there[n].group for n in split(there, seed=3).judge},
        {turned[n].group for n in split(turned, seed=3).judge},
    ]
    assert names[0] == names[1]


def test_rare_classes_are_among_the_judges_in_their_share() -> None:
    """Images of one class each, as a camera at one place takes them: a blind draw would miss by far more."""
    there = [plain("rare" if n % 10 == 0 else "common", f"image {n}") for n in range(200)]
    for seed in range(20):
        parts = split(there, seed)
        rare = Counter(there[n].class_name for n in parts.judge)["rare"]
        assert abs(rare - 0.1 * len(parts.judge)) <= 1


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (objects(16), ["48 objects", "16 groups", "30 are needed", "20 are needed"]),
        (objects(2, 100), ["2 group(s)"]),
        ([], ["0 group(s)"]),
    ],
)
def test_too_little_is_refused_with_its_counts(there: list[wire.TrainingObject], words: list[str]) -> None:
    with pytest.raises(TooFew) as refused:
        split(there, seed=0)
    assert all(word in str(refused.value) for word in words)


def test_of_few_objects_more_than_their_share_are_held_out() -> None:
    parts = split(objects(20), seed=0)
    assert len(parts.judge) >= LEAST_HELD_OUT
