from __future__ import annotations

import pytest

from tests.engine.kit import Task, make, review_json, stage
from workflows import commands as cmd
from workflows.machine import barred


def test_claim_gives_a_token_that_rises_with_every_claim() -> None:
    task = Task(review_json())
    first = task.claim("ann")
    assert task.place == ("annotate", "claimed")
    assert task.state.holder == "ann"
    task.do(cmd.Release("ann", first))
    assert task.claim("bob") > first


def test_a_held_task_is_not_claimed_again() -> None:
    task = Task(review_json())
    task.claim("ann")
    refused = task.refused(cmd.Claim("bob"))
    assert refused.code == "claimed"
    assert not refused.wrong_person
    assert task.refused(cmd.Claim("ann")).allowed == ("heartbeat", "release", "submit", "skip")


def test_release_keeps_the_visit_and_remembers_who_wrote() -> None:
    task = Task(review_json())
    task.claim("ann")
    task.do(cmd.Release("ann", wrote=True))
    assert task.place == ("annotate", "waiting")
    assert (task.state.visit, task.state.token, task.state.authors) == (1, 0, ("ann",))


def test_release_of_another_person_is_for_managers() -> None:
    task = Task(review_json())
    task.claim("ann")
    assert task.refused(cmd.Release("bob")).code == "not_holder"
    (event,) = task.do(cmd.Release("mia", by_manager=True, reason="ill"))
    assert (event.actor, event.person, event.reason) == ("mia", "ann", "ill")  # type: ignore[union-attr]


def test_expiry_names_the_claim_it_ends() -> None:
    task = Task(review_json())
    token = task.claim("ann")
    assert task.refused(cmd.Expire(token + 1)).code == "stale_token"
    task.do(cmd.Expire(token, wrote=True))
    assert task.place == ("annotate", "waiting")
    assert task.state.authors == ("ann",)
    assert task.refused(cmd.Expire(token)).code == "not_claimed"


@pytest.mark.parametrize("command", [cmd.Submit("ann", 2), cmd.Skip("ann", 2), cmd.Release("ann", 2)])
def test_an_expired_claim_closes_nothing(command: cmd.Command) -> None:
    task = Task(review_json())
    assert task.claim("ann") == 2
    task.do(cmd.Expire(2))
    assert task.refused(command).code == "stale_token"
    task.claim("ann")
    assert task.refused(command).code == "stale_token"


def test_nobody_acts_on_a_task_they_do_not_hold() -> None:
    task = Task(review_json())
    assert task.refused(cmd.Submit("ann")).code == "not_claimed"
    task.claim("ann")
    refused = task.refused(cmd.Submit("bob"))
    assert (refused.code, refused.wrong_person) == ("not_holder", True)


def test_collaborators_limit_a_stage_by_id_or_address() -> None:
    data = make(
        stage("annotate", "annotate", collaborators=["ann", "Bob@demo.test"]),
        stage("done", "complete"),
        "annotate submitted done",
    )
    task = Task(data)
    refused = task.refused(cmd.Claim("eve"), emails={"eve": "eve@demo.test"})
    assert (refused.code, refused.wrong_person) == ("not_collaborator", True)
    task.claim("id-of-bob", emails={"id-of-bob": "bob@demo.test"})
    task.do(cmd.Release("id-of-bob"))
    task.claim("ann")


def test_an_unwired_skip_returns_the_task_to_the_pool_without_that_person() -> None:
    task = Task(review_json())
    task.claim("ann")
    (event,) = task.do(cmd.Skip("ann", reason="too dark"))
    assert event.reason == "too dark"  # type: ignore[union-attr]
    assert task.place == ("annotate", "waiting")
    assert task.state.visit == 1
    assert barred(task.graph, task.state) == ("ann",)
    assert task.refused(cmd.Claim("ann")).code == "excluded"
    task.claim("bob")


def test_a_skipped_task_may_still_be_assigned_to_who_skipped_it() -> None:
    task = Task(review_json())
    task.claim("ann")
    task.do(cmd.Skip("ann"))
    task.do(cmd.Assign("mia", "ann"))
    assert task.refused(cmd.Claim("bob")).code == "assigned"
    task.claim("ann")


def test_a_wired_skip_travels() -> None:
    data = make(
        stage("annotate", "annotate"),
        stage("done", "complete"),
        stage("bin", "archive"),
        "annotate submitted done",
        "annotate skipped bin",
    )
    task = Task(data)
    task.claim("ann")
    task.do(cmd.Skip("ann", reason="no image"))
    assert task.place == ("bin", "archived")


def test_commands_before_the_beginning_and_twice() -> None:
    task = Task(review_json())
    assert task.refused(cmd.Create("mia", "v1")).code == "already_created"
    task.state, task.events = None, []  # type: ignore[assignment]
    from workflows.machine import decide

    result = decide(task.graph, None, cmd.Claim("ann"))
    assert result.code == "not_created"  # type: ignore[union-attr]
