from __future__ import annotations

from tests.engine.kit import Task, make, review_json, router_json, stage
from workflows import commands as cmd
from workflows.machine import draw_entry


def test_recall_returns_ones_own_step_while_the_next_visit_is_unclaimed() -> None:
    task = Task(review_json())
    task.submit("ann")
    assert "recall" in task.may("ann")
    task.do(cmd.Recall("ann"))
    assert task.place == ("annotate", "waiting")
    assert (task.state.reserved_for, task.state.round, task.state.visit) == ("ann", 1, 3)
    task.submit("ann")
    assert task.state.round == 1


def test_recall_of_anothers_step_is_the_wrong_person() -> None:
    task = Task(review_json())
    task.submit("ann")
    refused = task.refused(cmd.Recall("bob"))
    assert (refused.code, refused.wrong_person) == ("not_yours", True)


def test_nothing_is_recalled_once_claimed_or_complete() -> None:
    task = Task(review_json())
    assert task.refused(cmd.Recall("ann")).code == "no_step"
    task.submit("ann")
    task.claim("rex")
    assert task.refused(cmd.Recall("ann")).code == "no_step"
    task.do(cmd.Approve("rex"))
    assert task.refused(cmd.Recall("rex")).code == "no_step"


def test_a_recalled_rejection_is_no_rework() -> None:
    task = Task(review_json())
    task.submit("ann")
    task.reject("rex")
    task.do(cmd.Recall("rex"))
    assert task.place == ("review", "waiting")
    assert (task.state.rework_count, task.state.round, task.state.reserved_for) == (0, 1, "rex")
    task.approve("rex")


def test_a_reviewer_who_edited_may_take_a_recalled_visit_again() -> None:
    task = Task(review_json())
    task.submit("ann")
    task.claim("rex")
    task.do(cmd.Reject("rex", wrote=True))
    task.do(cmd.Recall("rex"))
    task.claim("rex")
    task.do(cmd.Reject("rex"))
    task.submit("ann")
    assert task.refused(cmd.Claim("rex")).code == "own_work"


def test_recalling_and_submitting_again_meets_the_same_draw() -> None:
    """Else one could recall until the draw passes the task by."""
    task = Task(review_json(sample=0.5))
    assert draw_entry(task.state, "review") == 1
    task.submit("ann", draws={"review": 0.1})
    task.do(cmd.Recall("ann"))
    assert draw_entry(task.state, "review") == 1
    task.submit("ann", draws={"review": 0.1})
    assert task.state.entered("review") == 1


def test_a_task_that_waits_for_a_fact_can_be_recalled() -> None:
    branches = [{"outcome": "left", "when": {"fact": "hardness", "op": ">", "value": 1}}]
    task = Task(router_json(branches=branches, otherwise="right", timeout_minutes=5))
    task.submit("ann")
    assert task.place == ("gate", "routing")
    task.do(cmd.Recall("ann"))
    assert task.place == ("annotate", "waiting")
    assert task.state.waiting_fact == ""


def test_a_kept_branch_survives_a_recall_and_is_not_counted_twice() -> None:
    task = Task(router_json(percentages={"left": 50, "right": 50}))
    first = task.submit("ann", draws={"gate": 0.9}, counters={"gate": {}})
    task.do(cmd.Recall("ann"))
    second = task.submit("ann")
    assert [event.outcome for event in first] == [event.outcome for event in second]  # type: ignore[union-attr]
    assert second[1].counter == ""  # type: ignore[union-attr]
    assert second[1].kept  # type: ignore[union-attr]


def test_recall_takes_back_what_was_passed_by() -> None:
    data = make(
        stage("annotate", "annotate"),
        stage("first", "review", sample=0.5),
        stage("second", "review"),
        stage("done", "complete"),
        "annotate submitted first",
        "first approved second",
        "first rejected annotate",
        "second approved done",
        "second rejected annotate",
    )
    task = Task(data)
    task.submit("ann", draws={"first": 0.9})
    assert task.place == ("second", "waiting")
    task.do(cmd.Recall("ann"))
    assert (task.state.entered("first"), task.state.entered("second")) == (0, 0)
