from __future__ import annotations

import pytest

from tests.engine.kit import Task, make, review_json, router_json, stage
from workflows import commands as cmd


def test_assignment_is_exclusive_and_ends_with_the_visit() -> None:
    task = Task(review_json())
    task.do(cmd.Assign("mia", "bob"))
    refused = task.refused(cmd.Claim("ann"))
    assert (refused.code, refused.wrong_person) == ("assigned", True)
    task.submit("bob")
    assert task.state.assigned_to == ""


def test_assignment_is_taken_back() -> None:
    task = Task(review_json())
    assert task.refused(cmd.Unassign("mia")).code == "not_assigned"
    task.do(cmd.Assign("mia", "bob"))
    task.do(cmd.Unassign("mia"))
    task.claim("ann")
    for command in (cmd.Assign("mia", "bob"), cmd.Unassign("mia"), cmd.Move("mia", "review"), cmd.Archive("mia")):
        assert task.refused(command).code == "claimed"
    assert task.refused(cmd.Correct("mia", 2)).code == "claimed"
    assert task.refused(cmd.Migrate("mia", "v2")).code == "claimed"


@pytest.mark.parametrize("priority", [-1, 101, True, 1.5])
def test_a_priority_is_a_whole_number_to_100(priority: int) -> None:
    task = Task(review_json())
    assert task.refused(cmd.SetPriority("mia", priority)).code == "bad_priority"


def test_priority_is_an_event() -> None:
    task = Task(review_json())
    (event,) = task.do(cmd.SetPriority("mia", 70))
    assert event.action == "priority"
    task.do(cmd.Archive("mia"))
    assert task.refused(cmd.SetPriority("mia", 70)).code == "ended"


def test_moves_and_their_refusals() -> None:
    task = Task(review_json())
    assert task.refused(cmd.Move("mia", "nowhere")).code == "unknown_stage"
    assert task.refused(cmd.Move("mia", "annotate")).code == "bad_target"
    task.do(cmd.Move("mia", "done", reason="known good"))
    assert task.place == ("done", "complete")
    assert task.refused(cmd.Move("mia", "review")).code == "ended"


def test_a_move_into_a_router_is_routed() -> None:
    data = router_json(branches=[{"outcome": "left", "when": {"fact": "label_count", "op": ">", "value": 1}}],
                       otherwise="right")  # fmt: skip
    task = Task(data)
    task.do(cmd.Move("mia", "gate"), label_count=2)
    assert task.place == ("left", "waiting")


def test_reopening_begins_a_new_round_where_labels_are_made() -> None:
    task = Task(review_json())
    assert task.refused(cmd.Reopen("mia", "annotate")).code == "not_ended"
    task.submit("ann")
    task.approve("rex")
    assert task.refused(cmd.Reopen("mia", "done")).code == "bad_target"
    assert task.refused(cmd.Reopen("mia", "nowhere")).code == "unknown_stage"
    task.do(cmd.Reopen("mia", "annotate"))
    assert task.place == ("annotate", "waiting")
    assert (task.state.round, task.state.rework_count) == (2, 0)


def test_archive_and_back() -> None:
    task = Task(review_json())
    task.do(cmd.Archive("mia", "project ended"))
    assert task.place == ("annotate", "archived")
    assert task.refused(cmd.Archive("mia")).code == "ended"
    assert task.refused(cmd.Claim("ann")).code == "not_waiting"
    task.do(cmd.Reopen("mia", "review"))
    assert task.place == ("review", "waiting")


def test_who_leaves_lets_go_of_everything() -> None:
    task = Task(review_json())
    assert task.refused(cmd.PersonLeft("ann")).code == "nothing_to_do"
    task.claim("ann")
    task.do(cmd.PersonLeft("ann", wrote=True))
    assert task.place == ("annotate", "waiting")
    assert task.state.authors == ("ann",)
    task.do(cmd.Assign("mia", "bob"))
    task.do(cmd.PersonLeft("bob"))
    assert task.state.assigned_to == ""
    assert task.refused(cmd.EndReservation()).code == "not_reserved"


def test_a_correction_makes_an_author_or_bars_a_reviewer() -> None:
    task = Task(review_json())
    task.do(cmd.Correct("rex", 3))
    assert (task.state.authors, task.state.label_revision) == (("rex",), 3)
    task.submit("ann")
    task.do(cmd.Correct("eve", 5))
    assert task.refused(cmd.Claim("eve")).code == "own_work"


def agent_json(**config: object) -> dict[str, object]:
    return make(
        stage("agent", "agent", outcomes=["good", "bad"], **config),
        stage("annotate", "annotate"),
        stage("done", "complete"),
        "agent good done",
        "agent bad annotate",
        "annotate submitted done",
        start="agent",
    )


def test_an_agent_claims_and_proceeds() -> None:
    task = Task(agent_json())
    task.claim("bot")
    assert "proceed" in task.may("bot")
    assert task.refused(cmd.Proceed("bot", outcome="made up")).code == "unknown_outcome"
    task.do(cmd.Proceed("bot", outcome="bad"))
    assert task.place == ("annotate", "waiting")
    assert task.state.round == 1


def test_an_agent_that_times_out_is_retried_then_given_up() -> None:
    task = Task(agent_json(timeout_minutes=5, on_timeout="bad", retries=1))
    task.claim("bot")
    stay = task.state.since
    task.do(cmd.AgentTimeout("agent", since=stay))
    assert task.place == ("agent", "waiting")
    assert task.refused(cmd.AgentTimeout("agent", since=stay)).code == "stale_timer"
    task.claim("bot")
    (event,) = task.do(cmd.AgentTimeout("agent", since=task.state.since))
    assert event.action == "timed_out"
    assert task.place == ("annotate", "waiting")
    assert task.refused(cmd.AgentTimeout("agent")).code == "not_offered"


def test_an_agent_without_timeout_never_times_out() -> None:
    task = Task(agent_json())
    assert task.refused(cmd.AgentTimeout("agent")).code == "not_offered"


def test_what_managers_may_do_where() -> None:
    task = Task(review_json())
    assert task.may("mia", manager=True) == {"claim", "assign", "priority", "move"}
    task.claim("ann")
    assert task.may("mia", manager=True) == {"release", "priority"}
    assert task.may("bob") == set()
