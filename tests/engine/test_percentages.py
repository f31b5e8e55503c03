from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.kit import ENGINE, Task, router_json
from workflows.percentages import Sharing, counter_key, weights


@st.composite
def shares(draw: st.DrawFn) -> dict[str, float]:
    """2 to 12 branches that sum to 100, in whole or in hundredths."""
    count = draw(st.integers(2, 12))
    unit = draw(st.sampled_from([1, 100]))
    cuts = sorted(draw(st.lists(st.integers(0, 100 * unit), min_size=count - 1, max_size=count - 1)))
    values = [b - a for a, b in zip([0, *cuts], [*cuts, 100 * unit], strict=True)]
    return {f"b{index}": value / unit for index, value in enumerate(values)}


def drift(sharing: Sharing, counts: dict[str, int]) -> float:
    done = sum(counts.values())
    pairs = zip(sharing.names, sharing.values, strict=True)
    return max(abs(counts[name] * sharing.total - value * done) for name, value in pairs) / sharing.total


@given(shares(), st.lists(st.floats(0, 1, exclude_max=True), min_size=20, max_size=150), st.integers(0, 10**6))
@settings(ENGINE, max_examples=60)
def test_every_branch_stays_within_one_task_at_every_moment(
    percentages: dict[str, float], draws: list[float], periods: int
) -> None:
    sharing = Sharing(weights(percentages))
    counts = {name: value * periods for name, value in zip(sharing.names, sharing.values, strict=True)}
    for draw in draws:
        branch, probability = sharing.choose(counts, draw)
        assert 0 < probability <= 1
        counts[branch] += 1
        assert drift(sharing, counts) < 1


@pytest.mark.parametrize(
    "shares_", [{"a": 50, "b": 50}, {"a": 20, "b": 30, "c": 50}, {"a": 10, "b": 20, "c": 20, "d": 50}]
)
def test_admissible_are_exactly_the_branches_that_keep_the_bound_for_ever(shares_: dict[str, float]) -> None:
    """Against brute force: a branch is safe when some sequence within the bound reaches the end of a period twice."""
    sharing = Sharing(weights(shares_))
    total, values = sharing.total, sharing.values

    def bounded(counts: tuple[int, ...]) -> bool:
        done = sum(counts)
        return all(abs(n * total - w * done) < total for n, w in zip(counts, values, strict=True))

    def after(counts: tuple[int, ...], index: int) -> tuple[int, ...]:
        return tuple(n + (place == index) for place, n in enumerate(counts))

    @cache
    def safe(counts: tuple[int, ...]) -> bool:
        if not bounded(counts):
            return False
        return sum(counts) >= 2 * total or any(safe(after(counts, index)) for index in range(len(counts)))

    seen, todo = set(), [tuple(0 for _ in values)]
    while todo:
        counts = todo.pop()
        if counts in seen or sum(counts) >= total:
            continue
        seen.add(counts)
        found = sharing.admissible(dict(zip(sharing.names, counts, strict=True)))
        assert found == tuple(n for i, n in enumerate(sharing.names) if safe(after(counts, i)))
        todo += [after(counts, sharing.names.index(name)) for name in found]
    assert seen


def test_weights_have_no_common_divisor_and_keep_hundredths() -> None:
    assert weights({"a": 30, "b": 70}) == {"a": 3, "b": 7}
    assert weights({"a": 33.33, "b": 66.67}) == {"a": 3333, "b": 6667}
    assert weights({"a": 100, "b": 0}) == {"a": 1, "b": 0}


def test_counters_begin_anew_when_the_percentages_change() -> None:
    first, same, other = ({"a": 30, "b": 70}, {"b": 70.0, "a": 30.0}, {"a": 31, "b": 69})
    assert counter_key("gate", weights(first)) == counter_key("gate", weights(same))
    assert counter_key("gate", weights(first)) != counter_key("gate", weights(other))
    assert counter_key("gate", weights(first)) != counter_key("gate2", weights(first))


def test_impossible_counts_still_give_a_branch() -> None:
    sharing = Sharing({"a": 1, "b": 1})
    assert sharing.choose({"a": 50, "b": 0}, 0.99) == ("b", 1.0)
    assert sharing.choose({"a": -3}, 0.0)[0] in ("a", "b")


def test_draws_decide_among_the_admissible_only() -> None:
    data = router_json(percentages={"left": 50, "right": 50})
    counts = {"left": 0, "right": 0}
    for number in range(40):
        task = Task(data)
        events = task.submit("ann", draws={"gate": 0.0}, counters={"gate": counts})
        event = events[-1]
        assert event.counter == task.graph.stage("gate").counter_key  # type: ignore[union-attr]
        assert event.probability == (0.5 if number % 2 == 0 else 1.0)  # type: ignore[union-attr]
        counts[event.outcome] += 1  # type: ignore[union-attr]
        assert abs(counts["left"] - counts["right"]) <= 1


def test_a_task_that_comes_again_keeps_its_branch() -> None:
    task = Task(router_json(percentages={"left": 50, "right": 50}))
    task.submit("ann", draws={"gate": 0.99}, counters={"gate": {}})
    assert task.state.stage == "right"
    task.reject("rex")
    events = task.submit("ann", draws={"gate": 0.0}, counters={"gate": {}})
    assert task.state.stage == "right"
    assert (events[-1].counter, events[-1].kept) == ("", True)  # type: ignore[union-attr]
