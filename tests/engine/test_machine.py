"""Random valid graphs, random people and commands: what must hold of every history the engine can make."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.engine.graphs import graphs
from tests.engine.kit import ENGINE, compiled
from workflows import codec, events, machine
from workflows import commands as cmd
from workflows.facts import Facts
from workflows.graph import REVIEW_TYPES, ROUTER, Graph
from workflows.results import Accepted, NeedsCounters, NeedsDraws, Refused
from workflows.state import CLAIMED, ROUTING, WAITING, State

PEOPLE = ["ann", "bob", "rex", "eve", "mia"]
CLOSING: dict[str, Any] = {
    "submit": cmd.Submit,
    "skip": cmd.Skip,
    "approve": cmd.Approve,
    "reject": cmd.Reject,
    "escalate": cmd.Escalate,
}
unit = st.floats(0, 1, exclude_max=True)
chances = st.randoms(use_true_random=True)
"""Whole seeds: long histories at once, where drawing each number by itself keeps them short."""


class Life:
    """One task's history and what an oracle that knows only the events thinks of it."""

    def __init__(self) -> None:
        self.events: list[events.AnyEvent] = []
        self.state: State | None = None
        self.authors: set[str] = set()
        self.tokens: list[int] = []


class Engine(RuleBasedStateMachine):
    graph: Graph

    def __init__(self) -> None:
        super().__init__()
        self.lives = [Life(), Life(), Life()]
        self.counters: dict[str, dict[str, int]] = defaultdict(dict)

    @initialize(data=graphs(), draws=st.lists(unit, min_size=3, max_size=3))
    def start(self, data: dict[str, Any], draws: list[float]) -> None:
        self.graph = compiled(data)
        for life, draw in zip(self.lives, draws, strict=True):
            self.ask(life, cmd.Create("mia", "v1"), self.facts(draw, 2, {}))
            assert life.state is not None

    def facts(self, draw: float, labels: int, computed: dict[str, float]) -> Facts:
        stages = self.graph.stages
        return Facts(
            label_count=labels,
            classes={"c1": labels},
            computed=computed,
            draws=dict.fromkeys(stages, draw),
            label_draws={name: {f"l{index}": ("c1", draw) for index in range(labels)} for name in stages},
            counters={name: self.counters[stage.counter_key] for name, stage in stages.items() if stage.sharing},
            emails={person: f"{person}@demo.test" for person in PEOPLE},
        )

    def ask(self, life: Life, command: cmd.Command, facts: Facts) -> None:
        before = life.state
        result = machine.decide(self.graph, before, command, facts)
        assert codec.command_from_json(codec.command_to_json(command)) == command
        if isinstance(result, Refused):
            assert result.detail
            return
        assert isinstance(result, Accepted), result
        assert 1 <= len(result.events) <= 2 * len(self.graph.stages) + 2
        for event in result.events:
            self.judge(life, before, event)
            self.count(event)
        life.events += result.events
        life.state = result.state

    def judge(self, life: Life, before: State | None, event: events.AnyEvent) -> None:
        """Own work and fences, from the events alone."""
        if isinstance(event, events.Claimed):
            assert event.sequence > max(life.tokens, default=0)
            life.tokens.append(event.sequence)
        if isinstance(event, events.Approved | events.Rejected | events.Escalated):
            stage = self.graph.stages[event.from_stage]
            assert stage.type in REVIEW_TYPES
            assert before is not None
            assert before.holder == event.actor
            if stage.four_eyes:
                assert event.actor not in life.authors
        stage_type = getattr(event, "from_type", getattr(event, "stage_type", ""))
        if stage_type == "annotate" and (getattr(event, "wrote", False) or event.action in ("submitted", "corrected")):
            life.authors.add(getattr(event, "person", "") or event.actor)

    def count(self, event: events.AnyEvent) -> None:
        if not isinstance(event, events.Routed) or not event.counter:
            return
        counts = self.counters[event.counter]
        counts[event.outcome] = counts.get(event.outcome, 0) + 1
        sharing = self.graph.stages[event.from_stage].sharing
        assert sharing is not None
        done = sum(counts.values())
        for name, weight in zip(sharing.names, sharing.values, strict=True):
            assert abs(counts.get(name, 0) * sharing.total - weight * done) < sharing.total

    @rule(which=st.integers(0, 2), chance=chances, steps=st.integers(10, 40))
    def go_on(self, which: int, chance: Random, steps: int) -> None:
        """The next sensible things: somebody who may claim does, and the holder closes the visit."""
        life = self.lives[which]
        for _ in range(steps):
            state = life.state
            assert state is not None
            facts = self.facts(chance.random(), chance.randrange(5), {})
            if state.status == WAITING:
                self.ask(life, cmd.Claim(chance.choice(PEOPLE)), facts)
            elif state.status == CLAIMED:
                allowed = machine.allowed_actions(self.graph, state, state.holder)
                actions = [name for name in allowed if name in (*CLOSING, "proceed")]
                self.close(life, state, chance.choice(actions), chance.random() < 0.7, facts)
                assert life.state is not state, "what is allowed is accepted"
            elif state.status == ROUTING:
                self.ask(life, cmd.ProvideFact(state.waiting_fact, chance.random(), state.label_revision), facts)
                assert life.state is not state, "an awaited fact is taken"
            else:
                self.ask(life, cmd.Reopen("mia", chance.choice(list(self.graph.stages))), facts)
            if chance.random() < 0.1 and life.state is not None and life.state.last is not None:
                self.ask(life, cmd.Recall(life.state.last.actor), facts)

    def close(self, life: Life, state: State, action: str, wrote: bool, facts: Facts) -> None:
        common: dict[str, Any] = {"token": state.token, "wrote": wrote, "label_revision": state.label_revision + wrote}
        if action == "proceed":
            outcome = "bad" if wrote else "good"
            self.ask(life, cmd.Proceed(state.holder, outcome=outcome, **common), facts)
        else:
            self.ask(life, CLOSING[action](state.holder, **common), facts)

    @rule(which=st.integers(0, 2), chance=chances, steps=st.integers(5, 25))
    def anything(self, which: int, chance: Random, steps: int) -> None:
        """Any commands at all, with fences and revisions right or wrong; many are refused, none may break anything."""
        life = self.lives[which]
        for _ in range(steps):
            state = life.state
            assert state is not None
            command = chance.choice(self.commands(state, chance))
            computed = {"mistakenness": chance.random()} if chance.random() < 0.3 else {}
            self.ask(life, command, self.facts(chance.random(), chance.randrange(5), computed))

    def commands(self, state: State, chance: Random) -> list[cmd.Command]:
        """One of each kind; an archive and a move now and then only, or little else would happen."""
        actor, other = chance.choice([*PEOPLE, state.holder or "ann"]), chance.choice(PEOPLE)
        stage = chance.choice([*self.graph.stages, "nowhere"])
        late, wrote = chance.random() < 0.3, chance.random() < 0.5
        token = state.token - late
        fact = state.waiting_fact or chance.choice(["mistakenness", "hardness", "label_count"])
        commands: list[cmd.Command] = [
            cmd.Claim(actor),
            cmd.Release(actor, token, by_manager=late, wrote=wrote),
            cmd.Expire(token, wrote),
            *(make(actor, token, wrote, state.label_revision + wrote) for make in CLOSING.values()),
            cmd.Proceed(actor, token, wrote, outcome=chance.choice(["good", "bad", "ugly"])),
            *[cmd.Recall(state.last.actor if state.last else actor)] * 2,
            cmd.Assign(actor, other),
            cmd.Unassign(actor),
            cmd.SetPriority(actor, chance.randrange(-1, 103)),
            *[cmd.ProvideFact(fact, chance.random(), state.label_revision - late)] * 3,
            cmd.FactTimeout(stage if late else state.stage, state.since),
            cmd.AgentTimeout(state.stage, state.since - late),
            cmd.Migrate(actor, "v2", stage if late else ""),
            cmd.EndReservation(),
            cmd.PersonLeft(other, wrote=wrote),
            cmd.Correct(actor, state.label_revision + 1),
            cmd.Reopen(actor, stage),
        ]
        return commands if late else [*commands, cmd.Move(actor, stage), cmd.Archive(actor)]

    @rule(which=st.integers(0, 2))
    def bare_facts(self, which: int) -> None:
        """Without draws and counters the engine asks for them and decides nothing."""
        state = self.lives[which].state
        assert state is not None
        stage = self.graph.stages[state.stage]
        if state.status != CLAIMED or stage.type != "annotate":
            return
        command = cmd.Submit(state.holder)
        wanted = machine.needs(self.graph, state, command)
        result = machine.decide(self.graph, state, command)
        if isinstance(result, NeedsCounters):
            assert result.routers == wanted.routers == tuple(sorted(wanted.routers))
        elif isinstance(result, NeedsDraws):
            for name, entry in result.stages:
                assert name in wanted.draws + wanted.label_draws
                assert entry == machine.draw_entry(state, name)

    @invariant()
    def every_state_is_the_fold_of_its_events(self) -> None:
        for life in self.lives:
            if life.state is None:
                continue
            assert machine.fold(life.events) == life.state
            assert life.state.sequence == len(life.events)
            assert codec.state_from_json(codec.state_to_json(life.state)) == life.state

    @invariant()
    def every_task_rests_in_one_place(self) -> None:
        for life in self.lives:
            state = life.state
            if state is None:
                continue
            stage = self.graph.stages[state.stage]
            assert (state.status in (WAITING, CLAIMED)) <= stage.works
            assert (state.status == ROUTING) <= (stage.type == ROUTER and state.waiting_fact != "")
            assert (state.status == CLAIMED) == bool(state.holder) == bool(state.token)
            assert state.round >= 1
            assert state.rework_count >= 0
            assert life.authors == set(state.authors)
            taken = machine.barred(self.graph, state)
            for person in PEOPLE:
                if "claim" in machine.allowed_actions(self.graph, state, person):
                    assert person not in taken

    def teardown(self) -> None:
        for life in self.lives:
            again = [codec.event_from_json(codec.event_to_json(event)) for event in life.events]
            assert again == life.events


TestEngine = Engine.TestCase
TestEngine.settings = settings(ENGINE, max_examples=80, stateful_step_count=20)


@given(graphs(), st.integers(0, 2**32))
@settings(ENGINE, max_examples=200)
def test_long_lives(data: dict[str, Any], seed: int) -> None:
    """The same rules over long histories; the state machine above finds and shrinks, this one wears in."""
    chance = Random(seed)
    engine = Engine()
    engine.start(data, [chance.random() for _ in range(3)])
    for _ in range(15):
        which = chance.randrange(3)
        engine.go_on(which, chance, 8)
        engine.anything(which, chance, 3)
        engine.bare_facts(which)
        engine.every_state_is_the_fold_of_its_events()
        engine.every_task_rests_in_one_place()
    engine.teardown()
