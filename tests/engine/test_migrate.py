from __future__ import annotations

from tests.engine.kit import Task, compiled, make, review_json, router_json, stage
from workflows import commands as cmd
from workflows.migrate import fate, plan, plan_counts

OLD = review_json()
WITHOUT_REVIEW = make(
    stage("annotate", "annotate"),
    stage("expert", "expert_review"),
    stage("done", "complete"),
    "annotate submitted expert",
    "expert approved done",
    "expert rejected annotate",
)


def tasks() -> list[Task]:
    waiting, held, reviewed, done = (Task(OLD) for _ in range(4))
    held.claim("ann")
    reviewed.submit("ann")
    done.submit("ann")
    done.approve("rex")
    return [waiting, held, reviewed, done]


def test_plan_counts_keep_move_and_blocked_per_stage() -> None:
    old, new = compiled(OLD), compiled(WITHOUT_REVIEW)
    states = [task.state for task in tasks()]
    made = plan(old, new, states)
    assert not made.ok
    assert (made.stages["annotate"].keep, made.stages["annotate"].later) == (2, 1)
    assert made.stages["review"].blocked == 1
    mapped = plan(old, new, states, {"review": "expert"})
    assert mapped.ok
    assert mapped.stages["review"].move == 1
    assert mapped.stages["done"].keep == 1
    counted = plan_counts(old, new, [("annotate", 1, 1), ("review", 1, 0), ("done", 1, 0)], {"review": "expert"})
    assert counted == mapped


def test_a_removed_stage_without_tasks_needs_no_mapping() -> None:
    assert plan(compiled(OLD), compiled(WITHOUT_REVIEW), [Task(OLD).state]).ok


def test_a_stage_that_changes_type_is_blocked_even_when_mapped() -> None:
    changed = make(
        stage("annotate", "annotate"),
        stage("review", "agent", outcomes=["ok"]),
        stage("done", "complete"),
        "annotate submitted review",
        "review ok done",
    )
    task = Task(OLD)
    task.submit("ann")
    decided = fate(compiled(OLD), compiled(changed), task.state, {"review": "annotate"})
    assert decided.action == "blocked"
    assert "expert_review" not in decided.reason


def test_a_mapping_to_nowhere_is_a_problem() -> None:
    made = plan(compiled(OLD), compiled(WITHOUT_REVIEW), [], {"review": "gone", "other": "expert"})
    assert [problem.stage for problem in made.problems] == ["other", "review"]
    assert not made.ok


def test_a_kept_task_goes_on_under_the_new_version() -> None:
    task = Task(OLD)
    task.do(cmd.Assign("mia", "ann"))
    task.graph = compiled(WITHOUT_REVIEW)
    (event,) = task.do(cmd.Migrate("mia", "v2"))
    assert event.kept  # type: ignore[union-attr]
    assert (task.state.version, task.state.visit, task.state.assigned_to) == ("v2", 1, "ann")
    task.submit("ann")
    assert task.place == ("expert", "waiting")


def test_a_moved_task_has_a_new_visit() -> None:
    task = Task(OLD)
    task.submit("ann")
    task.graph = compiled(WITHOUT_REVIEW)
    assert task.refused(cmd.Migrate("mia", "v2")).code == "unknown_stage"
    assert task.refused(cmd.Claim("rex")).code == "wrong_graph"
    task.do(cmd.Migrate("mia", "v2", "expert"))
    assert task.place == ("expert", "waiting")
    assert (task.state.version, task.state.visit) == ("v2", 3)
    assert task.refused(cmd.Claim("ann")).code == "own_work"


def test_a_task_in_a_router_is_routed_by_the_new_version() -> None:
    def gate(op: str, **more: object) -> dict[str, object]:
        when = {"fact": "hardness" if op == ">" else "label_count", "op": op, "value": 1}
        return router_json(branches=[{"outcome": "left", "when": when}], otherwise="right", **more)

    task = Task(gate(">", timeout_minutes=5))
    task.submit("ann")
    assert task.place == ("gate", "routing")
    task.graph = compiled(gate("<="))
    task.do(cmd.Migrate("mia", "v2"), label_count=1)
    assert task.place == ("left", "waiting")
