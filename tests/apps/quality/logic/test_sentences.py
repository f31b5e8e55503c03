"""A sentence of evidence names what speaks against the label; what supports it is named as that, and stands behind."""

from __future__ import annotations

from typing import Any

import pytest

from apps.quality.logic.digests import digest_of
from apps.quality.logic.sentences import sentence

NAMES = {"g": "galaxy", "s": "star", "q": "quasar"}


def near(**counts: int) -> list[dict[str, str]]:
    return [{"class": name} for name, count in counts.items() for _ in range(count)]


def said(kind: str = "", **hints: Any) -> str:
    """Of a label that says galaxy."""
    return sentence(kind, "g", hints, NAMES.__getitem__, "YOLO")


def sees(name: str, confidence: float = 0.9) -> dict[str, Any]:
    return {"model": {"class": name, "confidence": confidence}, "iou": 0.8}


@pytest.mark.parametrize(
    ("found", "whole"),
    [
        (near(g=7, s=2, q=1), "2 of the 10 nearest crops are star, 7 agree."),
        (near(g=9, s=1), "1 of the 10 nearest crops is star, 9 agree."),
        (near(s=8, g=2), "8 of the 10 nearest crops are star."),
        (near(g=10), "nothing speaks against it; 10 of the 10 nearest crops agree."),
        (near(g=6) + [{"class": ""}] * 4, "nothing speaks against it; 6 of the 6 nearest crops agree."),
        ([{"class": ""}] * 4, "nothing speaks against it."),
    ],
)
def test_neighbours_that_contradict_come_first_and_others_agree(found: list[dict[str, str]], whole: str) -> None:
    assert said(alone=True, near=found) == whole


def test_a_label_that_only_looks_odd_says_so_beside_neighbours_that_agree() -> None:
    assert said("badly_located", alone=True, odd=0.7, near=near(g=7)) == (
        "its size or shape is unusual for galaxy; 7 of the 7 nearest crops agree."
    )
    assert said("wrong_class", alone=True, by_shape=0.4, suggested="s", near=near(g=7)) == (
        "its size and place are more like star's; 7 of the 7 nearest crops agree."
    )


def test_a_model_that_agrees_stands_behind_what_contradicts() -> None:
    assert said(**sees("g")) == "nothing speaks against it; YOLO sees galaxy at 0.90 too (overlap 0.80)."
    assert said("wrong_class", **sees("g"), near=near(s=8, g=2)) == (
        "8 of the 10 nearest crops are star; YOLO sees galaxy at 0.90 too (overlap 0.80)."
    )
    assert said("wrong_class", **sees("g", 0.2)).startswith("only weak signs speak against it; YOLO sees galaxy")
    assert said("wrong_class", **sees("s"), near=near(g=10)) == (
        "YOLO sees star at 0.90 (overlap 0.80); the label says galaxy; 10 of the 10 nearest crops agree."
    )


def test_what_a_kind_says_against_the_label_leads() -> None:
    assert said("spurious", **sees("g")).startswith("YOLO sees galaxy at 0.90 only beside it")
    assert said("badly_located", **sees("g"), near=near(g=3)).startswith("YOLO sees galaxy at 0.90, but elsewhere")
    assert said("wrong_attribute", **sees("g")).startswith("only weak signs speak against it; YOLO sees galaxy")
    assert said("spurious", unseen=True, near=near(g=2)) == "YOLO sees nothing here; 2 of the 2 nearest crops agree."


def test_answers_are_contradicted_or_not() -> None:
    answer: dict[str, Any] = {"answer": "g", "confidence": 0.8}
    assert said(said="g", **answer) == "nothing speaks against it; YOLO says galaxy too, at 0.80."
    assert said("wrong_class", said="s", **answer) == "YOLO says star at 0.80; the label says galaxy."
    ticked: dict[str, Any] = {"said": "s", "wanted": True, "confidence": 0.9}
    assert said("wrong_attribute", **ticked) == "YOLO expects star, at 0.90."
    assert said(**ticked) == "nothing speaks against it; YOLO ticks the same."


def test_the_digest_is_of_what_is_said_and_not_of_how() -> None:
    one = digest_of({"a": 1, "b": [1.5, None, "ä"]})
    assert one == digest_of({"b": [1.5, None, "ä"], "a": 1})
    assert len(one) == 64
    assert one != digest_of({"a": 1, "b": [1.5, "ä", None]})
