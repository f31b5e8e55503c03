"""What looks and changes together say of a label, and how large waves are planned. Pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apps.quality.logic.certificate.judged import UNSEEN, Said, content_at, known_of
from apps.quality.logic.certificate.planning import Ahead, Found, asked_for, planned
from apps.quality.logic.certificate.repeats import agreement


def said(visit: int, seen: int, *, left: int | None = None, wrong: bool = False, stands: bool | None = None) -> Said:
    left = seen if left is None else left
    return Said(visit, seen, left, wrong, wrong and left == seen if stands is None else stands, "wrong_class")


def test_what_nobody_looked_at_is_unseen() -> None:
    assert known_of([1], [], 1) == UNSEEN
    assert not known_of([1, 4], [said(1, 2)], 4).reviewed, "approved, then changed by somebody else"


def test_an_approval_and_a_fix_leave_it_right() -> None:
    right = known_of([1], [said(1, 3)], 3)
    assert (right.reviewed, right.was_wrong, right.still_wrong) == (True, False, False)
    fixed = known_of([1, 4], [said(1, 3, left=4, wrong=True)], 9)
    assert (fixed.was_wrong, fixed.still_wrong, fixed.kind) == (True, False, "wrong_class")


def test_a_fix_after_the_certified_state_does_not_reach_it() -> None:
    before = known_of([1, 4], [said(1, 3, left=4, wrong=True)], 3)
    assert (before.reviewed, before.was_wrong, before.still_wrong) == (True, True, True)


def test_a_rejection_is_fixed_only_when_its_rework_was_approved() -> None:
    rejected = said(1, 2, wrong=True)
    assert known_of([1], [rejected], 2).still_wrong
    reworked = known_of([1, 5], [rejected], 5)
    assert (reworked.was_wrong, reworked.still_wrong) == (True, True)
    approved = known_of([1, 5], [rejected, said(2, 6)], 6)
    assert (approved.was_wrong, approved.still_wrong) == (True, False)
    assert approved.first == rejected
    again = known_of([1, 5], [rejected, said(2, 6, wrong=True)], 6)
    assert (again.was_wrong, again.still_wrong) == (True, True)


def test_the_first_look_is_the_one_that_was_drawn_the_last_one_says_what_is_left() -> None:
    found = known_of([1], [said(1, 2), said(2, 2, wrong=True)], 2)
    assert found.first is not None
    assert (found.first.visit, found.was_wrong, found.still_wrong) == (1, False, True)


@given(st.lists(st.integers(1, 30), min_size=1, unique=True), st.integers(1, 30))
def test_a_content_is_named_by_its_last_change(changes: list[int], revision: int) -> None:
    changes = sorted(changes)
    at = content_at(changes, revision)
    assert at == max([number for number in changes if number <= revision], default=0)
    assert content_at(changes, at) == at


@given(
    st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=5),
    st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True),
    st.integers(1, 9),
)
def test_nothing_is_known_without_a_look_and_nothing_is_wrong_without_a_rejection(
    looks: list[tuple[int, bool]], changes: list[int], revision: int
) -> None:
    words = [said(i, seen, wrong=wrong) for i, (seen, wrong) in enumerate(sorted(looks))]
    known = known_of(sorted(changes), words, revision)
    assert known.reviewed <= bool(words)
    assert (known.was_wrong or known.still_wrong) <= any(word.is_error for word in words)


def test_two_agree_only_about_what_both_saw() -> None:
    fine, wrong = said(1, 2), said(1, 2, wrong=True)
    fixed = said(1, 2, left=3, wrong=True)
    later_fine, later_wrong = said(2, 4), said(2, 4, wrong=True)
    pairs = {
        "both fine": ([1], fine, later_fine),
        "one wrong": ([1], fine, later_wrong),
        "the fix stands": ([1, 3], fixed, later_fine),
        "the fix is wrong": ([1, 3], fixed, later_wrong),
        "both wrong": ([1], wrong, later_wrong),
        "changed between": ([1, 3], fine, later_fine),
        "not judged": ([1], fine, None),
    }
    assert agreement(pairs.values()) == (5, 3)


def test_a_plan_asks_for_less_as_looks_come_in_and_never_for_less_than_the_base() -> None:
    ahead = Ahead(frame=500, to_come=1000, per_task=4.0)
    first = planned({}, ahead, done=0, base=0.02, target=0.02, confidence=0.95)
    assert 0.02 < first.probability < 0.5
    done = planned(
        {"cat": Found(4 * first.wanted, 0)}, ahead, done=first.wanted, base=0.02, target=0.02, confidence=0.95
    )
    assert done.probability == 0.02
    assert done.wanted <= first.wanted


def test_rare_classes_and_models_labels_are_drawn_more_often() -> None:
    ahead = Ahead(frame=5000, to_come=5000, per_task=4.0, by_class={"common": 0.9, "rare": 0.02})
    plan = planned({"common": Found(900, 1)}, ahead, done=300, base=0.02, target=0.02, confidence=0.95)
    assert plan.by_class.keys() == {"rare"}
    usual, rare = plan.of(frozenset({"common"}), False), plan.of(frozenset({"common", "rare"}), False)
    assert rare > 10 * usual
    assert plan.of(frozenset({"common"}), True) == 2 * usual
    assert plan.of(frozenset({"rare"}), True) <= 0.5


def test_looks_that_were_asked_for_come_on_average() -> None:
    plan = asked_for(30, Ahead(frame=100, to_come=100, per_task=1.0, by_model=0.5))
    assert 50 * plan.of(frozenset(), False) + 50 * plan.of(frozenset(), True) == 30
    assert asked_for(1000, Ahead(frame=10, to_come=10, per_task=1.0)).probability < 1
