"""A task whose labels ask for several skills is looked at by an expert with each, one after the other."""

from __future__ import annotations

from typing import Any

from tests.engine.kit import Task, review_json
from workflows import codec
from workflows import commands as cmd
from workflows.events import Approved, SkillsNeeded
from workflows.evolve import fold

TWO = {"skills": {"expert": ("blood", "bone")}}


def escalated(**facts: Any) -> Task:
    task = Task(review_json())
    task.submit("ann")
    task.claim("rex")
    task.do(cmd.Escalate("rex"), **facts)
    return task


def test_nothing_is_asked_for_where_no_label_has_a_skill() -> None:
    task = escalated()
    assert task.place == ("expert", "waiting")
    assert not task.state.skills
    assert not any(isinstance(event, SkillsNeeded) for event in task.events)


def test_each_skill_looks_in_turn() -> None:
    task = escalated(**TWO)
    assert list(task.state.skills) == ["blood", "bone"]
    first = task.state.visit
    task.claim("eve")
    task.do(cmd.Approve("eve"), actor_skills=frozenset({"blood"}))
    assert task.place == ("expert", "waiting")
    assert list(task.state.skills) == ["bone"]
    assert task.state.visit == first + 1
    assert isinstance(task.events[-2], Approved)
    assert task.events[-2].outcome == "next_skill"
    task.claim("dan")
    task.do(cmd.Approve("dan"), actor_skills=frozenset({"bone"}))
    assert task.place == ("done", "complete")
    assert not task.state.skills
    assert fold(task.events) == task.state
    assert codec.state_from_json(codec.state_to_json(task.state)) == task.state


def test_an_expert_with_both_skills_looks_once() -> None:
    task = escalated(**TWO)
    task.claim("eve")
    task.do(cmd.Approve("eve"), actor_skills=frozenset({"blood", "bone"}))
    assert task.place == ("done", "complete")


def test_a_rejection_ends_it_at_once() -> None:
    task = escalated(**TWO)
    task.claim("eve")
    task.do(cmd.Reject("eve"), actor_skills=frozenset({"blood"}))
    assert task.place == ("annotate", "waiting")
    assert not task.state.skills


def test_a_recalled_step_asks_again() -> None:
    task = escalated(**TWO)
    task.claim("eve")
    task.do(cmd.Approve("eve"), actor_skills=frozenset({"blood"}))
    task.do(cmd.Recall("eve"), **TWO)
    assert list(task.state.skills) == ["blood", "bone"]
    assert task.state.reserved_for == "eve"


def test_a_release_keeps_what_is_asked_for() -> None:
    task = escalated(**TWO)
    task.claim("eve")
    task.do(cmd.Release("eve"))
    assert list(task.state.skills) == ["blood", "bone"]
