from __future__ import annotations

from typing import Any

import pytest

from tests.engine.kit import Task, make, review_json, stage
from workflows import commands as cmd
from workflows.events import Approved
from workflows.machine import barred


def fix_json(after_fix: str) -> dict[str, Any]:
    return make(
        stage("annotate", "annotate"),
        stage("expert", "expert_review", after_fix=after_fix),
        stage("done", "complete"),
        "annotate submitted expert",
        "expert approved done",
        "expert rejected annotate",
    )


def test_approval_completes() -> None:
    task = Task(review_json())
    task.submit("ann")
    task.approve("rex")
    assert task.place == ("done", "complete")
    assert task.may("rex") == set()
    assert task.may("mia", manager=True) == {"reopen"}


def test_rejected_work_is_reserved_for_its_annotator() -> None:
    task = Task(review_json())
    task.submit("ann")
    task.reject("rex")
    assert task.place == ("annotate", "waiting")
    assert (task.state.reserved_for, task.state.round, task.state.rework_count) == ("ann", 2, 1)
    assert task.refused(cmd.Claim("bob")).code == "reserved"
    assert task.claim("ann")


def test_rejected_work_goes_to_the_pool_where_the_stage_says_so() -> None:
    task = Task(review_json(return_to="pool"))
    task.submit("ann")
    task.reject("rex")
    assert task.state.reserved_for == ""
    task.claim("bob")


def test_nothing_is_reserved_for_somebody_who_has_gone() -> None:
    task = Task(review_json())
    task.submit("ann")
    task.claim("rex")
    task.do(cmd.Reject("rex"), absent=frozenset({"ann"}))
    assert task.state.reserved_for == ""


def test_a_rejection_may_lead_to_an_expert_without_reservation() -> None:
    data = review_json()
    data["pathways"] = [
        path if path["from"] != "review" or path["outcome"] != "rejected" else {**path, "to": "expert"}
        for path in data["pathways"]
    ]
    task = Task(data)
    task.submit("ann")
    task.reject("rex")
    assert task.place == ("expert", "waiting")
    assert (task.state.reserved_for, task.state.round) == ("", 1)


def test_reservation_ends_by_time_by_leaving_and_by_assignment() -> None:
    for command in (cmd.EndReservation(reason="24 h"), cmd.PersonLeft("ann"), cmd.Assign("mia", "bob")):
        task = Task(review_json())
        task.submit("ann")
        task.reject("rex")
        task.do(command)
        assert task.state.reserved_for == ""
        task.claim("bob")


def test_nobody_reviews_own_work_of_any_round() -> None:
    task = Task(review_json(return_to="pool"))
    task.submit("ann")
    task.reject("rex")
    task.submit("bob")
    for author in ("ann", "bob"):
        refused = task.refused(cmd.Claim(author))
        assert (refused.code, refused.wrong_person) == ("own_work", True)
        assert task.refused(cmd.Assign("mia", author)).code == "own_work"
    assert barred(task.graph, task.state) == ("ann", "bob")


def test_a_save_without_submit_makes_an_author_too() -> None:
    task = Task(review_json())
    task.claim("bob")
    task.do(cmd.Release("bob", wrote=True))
    task.submit("ann")
    assert task.refused(cmd.Claim("bob")).code == "own_work"


def test_a_stage_may_let_people_review_their_own_work() -> None:
    task = Task(review_json(four_eyes=False))
    task.submit("ann")
    task.approve("ann")
    assert task.place == ("done", "complete")


def test_who_escalated_may_not_take_the_expert_visit() -> None:
    task = Task(review_json())
    task.submit("ann")
    task.claim("rex")
    task.do(cmd.Escalate("rex", reason="unsure"))
    assert task.place == ("expert", "waiting")
    assert task.refused(cmd.Claim("rex")).code == "own_work"
    assert barred(task.graph, task.state) == ("ann", "rex")
    task.approve("eve", wrote=True)
    assert task.place == ("done", "complete")


def test_an_unwired_escalation_is_not_offered() -> None:
    data = review_json()
    data["stages"] = [item for item in data["stages"] if item["id"] != "expert"]
    data["pathways"] = [path for path in data["pathways"] if "expert" not in (path["from"], path["to"])]
    task = Task(data)
    task.submit("ann")
    task.claim("rex")
    assert "escalate" not in task.may("rex")
    refused = task.refused(cmd.Escalate("rex"))
    assert refused.code == "not_offered"
    assert refused.allowed == ("heartbeat", "release", "approve", "reject")


def test_an_edit_bars_from_later_reviews_but_not_from_its_own_visit() -> None:
    task = Task(review_json())
    task.submit("ann")
    task.claim("rex")
    task.do(cmd.Release("rex", wrote=True))
    task.claim("rex")
    task.do(cmd.Reject("rex"))
    task.submit("ann")
    assert task.refused(cmd.Claim("rex")).code == "own_work"


@pytest.mark.parametrize("command", [cmd.Approve("ann"), cmd.Reject("ann"), cmd.Escalate("ann"), cmd.Proceed("ann")])
def test_annotate_offers_no_judgement(command: cmd.Command) -> None:
    task = Task(review_json())
    task.claim("ann")
    assert task.refused(command).code == "not_offered"


@pytest.mark.parametrize("command", [cmd.Submit("rex"), cmd.Skip("rex"), cmd.Proceed("rex", outcome="approved")])
def test_review_offers_no_submission(command: cmd.Command) -> None:
    task = Task(review_json())
    task.submit("ann")
    task.claim("rex")
    assert task.refused(command).code == "not_offered"


def test_a_fix_is_accepted_by_default() -> None:
    task = Task(fix_json("accept"))
    task.submit("ann")
    task.approve("eve", wrote=True)
    assert task.place == ("done", "complete")


def test_a_fix_may_need_a_second_expert() -> None:
    task = Task(fix_json("second_expert"))
    task.submit("ann")
    (event,) = task.approve("eve", wrote=True)
    assert isinstance(event, Approved)
    assert event.outcome == "second_expert"
    assert task.place == ("expert", "waiting")
    assert task.refused(cmd.Claim("eve")).code == "own_work"
    task.approve("rex")
    assert task.place == ("done", "complete")


def test_a_fix_may_send_the_task_back() -> None:
    task = Task(fix_json("return"))
    task.submit("ann")
    task.approve("eve", wrote=True)
    assert task.place == ("annotate", "waiting")
    assert (task.state.reserved_for, task.state.rework_count) == ("ann", 1)
