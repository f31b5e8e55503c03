from __future__ import annotations

import pytest

from tests.engine.kit import Task, review_json
from workflows import commands as cmd
from workflows.events import LabelDraw, Selection, describe
from workflows.machine import decide, needs
from workflows.results import NeedsDraws


def selection(task: Task) -> Selection:
    return next(event for event in reversed(task.events) if isinstance(event, Selection))


def test_a_drawn_task_rests_and_a_sampled_out_one_leaves_by_approved() -> None:
    for draw, chosen, place in ((0.24, True, ("review", "waiting")), (0.25, False, ("done", "complete"))):
        task = Task(review_json(sample=0.25))
        task.submit("ann", draws={"review": draw})
        event = selection(task)
        assert task.place == place
        assert (event.design, event.probability, event.chosen, event.draw) == ("sample", 0.25, chosen, draw)
        assert event.outcome == ("" if chosen else "approved")
        assert describe(event).action == "selection"


def test_a_draw_belongs_to_an_entry() -> None:
    task = Task(review_json(sample=0.5))
    task.claim("ann")
    assert decide(task.graph, task.state, cmd.Submit("ann")) == NeedsDraws((("review", 1),))
    task.do(cmd.Submit("ann"), draws={"review": 0.0})
    task.reject("rex")
    task.claim("ann")
    assert decide(task.graph, task.state, cmd.Submit("ann")) == NeedsDraws((("review", 2),))
    assert needs(task.graph, task.state, cmd.Submit("ann")).draws == ("review",)


@pytest.mark.parametrize(("draws", "chosen"), [({"l1": ("c1", 0.4)}, True), ({"l1": ("c1", 0.6)}, False)])
def test_a_task_comes_when_any_label_is_drawn(draws: dict[str, tuple[str, float]], chosen: bool) -> None:
    task = Task(review_json(sample=0, class_sample={"Platelets": 0.5}))
    draws = {**draws, "l2": ("c2", 0.0)}
    task.submit("ann", label_draws={"review": draws}, class_names={"c1": "Platelets", "c2": "RBC"})
    event = selection(task)
    assert event.chosen is chosen
    assert not event.drawn
    assert event.labels == (LabelDraw("l1", "c1", 0.5, chosen),)


def test_class_sample_knows_ids_and_adds_to_the_tasks_own_draw() -> None:
    task = Task(review_json(sample=0.5, class_sample={"c1": 0.0}))
    task.submit("ann", draws={"review": 0.1}, label_draws={"review": {"l1": ("c1", 0.5)}})
    assert (selection(task).design, selection(task).drawn, selection(task).labels[0].chosen) == (
        "class_sample",
        True,
        False,
    )


def test_label_draws_are_asked_for() -> None:
    task = Task(review_json(class_sample={"c1": 0.5}))
    task.claim("ann")
    assert isinstance(decide(task.graph, task.state, cmd.Submit("ann")), NeedsDraws)
    assert needs(task.graph, task.state, cmd.Submit("ann")).label_draws == ("review",)


def test_a_strict_review_of_every_task_is_a_certain_selection() -> None:
    task = Task(review_json(strict=True))
    task.submit("ann")
    assert (selection(task).design, selection(task).probability) == ("strict", 1.0)


def test_a_plain_review_of_every_task_is_no_choice() -> None:
    task = Task(review_json())
    task.submit("ann")
    assert not any(isinstance(event, Selection) for event in task.events)


def test_a_task_sent_by_a_manager_is_never_sampled_out() -> None:
    task = Task(review_json(sample=0))
    task.do(cmd.Move("mia", "review"))
    assert task.place == ("review", "waiting")
    task.approve("rex")
    task.do(cmd.Reopen("mia", "review"))
    assert task.place == ("review", "waiting")
