"""From the stage a task has just reached to the next one where it rests."""

from __future__ import annotations

from typing import Any

from workflows import events as ev
from workflows.evolve import evolve
from workflows.facts import COMPUTED_FACTS, Facts
from workflows.graph import ANNOTATE, EXPERT_REVIEW, ROUTER, Graph, Stage
from workflows.results import Accepted, NeedsCounters, NeedsDraws
from workflows.rules import is_collaborator
from workflows.state import State


class Walk:
    """Collects the events of one command. `state` is always the fold of what was there and `events`."""

    __slots__ = ("events", "facts", "graph", "state")

    def __init__(self, graph: Graph, state: State | None, facts: Facts) -> None:
        self.graph = graph
        self.state: Any = state
        self.facts = facts
        self.events: list[ev.AnyEvent] = []

    def add(self, event: ev.AnyEvent) -> None:
        self.events.append(event)
        self.state = evolve(self.state, event)

    def accepted(self) -> Accepted:
        return Accepted(tuple(self.events), self.state)

    def round_at(self, stage: Stage) -> int:
        """The round once the task has come to `stage`: coming to be annotated again begins a new one."""
        state: State = self.state
        if stage.type != ANNOTATE:
            return state.round
        stages = self.graph.stages
        before = state.annotator or any(name in stages and stages[name].type == ANNOTATE for name, _ in state.entries)
        return state.round + 1 if before else state.round

    def reservation(self, person: str, stage: Stage) -> str:
        """`person` if the task on its way back to them may be reserved at `stage` (or beyond a router), else ""."""
        if not person or person in self.facts.absent:
            return ""
        if stage.type == ROUTER:
            return person
        if stage.type != ANNOTATE or (stage.id, person) in self.state.excluded:
            return ""
        return person if is_collaborator(stage, person, self.facts) else ""

    def rest(self, *, forced: bool = False) -> Accepted | NeedsCounters | NeedsDraws:
        """Walk routers and draws until the task rests, and ask for the skills that its labels need there.

        `forced`: a review at the beginning takes it without a draw.
        """
        missing = self._go(forced)
        if missing is not None:
            return missing
        stage = self.graph.stages[self.state.stage]
        if stage.type == EXPERT_REVIEW and not self.state.skills:
            self.ask_skills(stage, self.facts.skills.get(stage.id, ()))
        return self.accepted()

    def ask_skills(self, stage: Stage, skills: tuple[str, ...]) -> None:
        """From now on the visit at `stage` is for people with the first of `skills`."""
        if skills:
            self.add(ev.SkillsNeeded(self.state.sequence + 1, "", stage.id, skills))

    def _go(self, forced: bool) -> NeedsCounters | NeedsDraws | None:
        """None once the task rests."""
        first = self.state.stage
        while True:
            stage = self.graph.stages[self.state.stage]
            if stage.type == ROUTER:
                missing = self._route(stage, first)
                if missing is not None:
                    return missing
                if self.state.stage == stage.id:
                    return None
            elif stage.draws and not forced:
                lacking = self._select(stage)
                if lacking is not None:
                    return lacking
                if self.state.stage == stage.id:
                    return None
            else:
                return None
            forced = False

    def _route(self, stage: Stage, first: str) -> NeedsCounters | None:
        if stage.sharing is not None:
            return self._share(stage, first)
        if stage.by_collaborator:
            outcome, person = self._by_collaborator(stage)
            self.leave(stage, outcome, design="collaborator", evidence=(("annotator", person),))
            return None
        reader = FactReader(self.state, self.facts)
        for branch in stage.branches:
            answer = branch.when.test(reader)
            if isinstance(answer, str):
                self._wait(stage, answer)
                return None
            if answer:
                self.leave(stage, branch.outcome, evidence=reader.evidence())
                return None
        self.leave(stage, stage.otherwise, evidence=reader.evidence())
        return None

    def _share(self, stage: Stage, first: str) -> NeedsCounters | None:
        state: State = self.state
        targets = self.graph.targets[stage.id]
        for router, outcome in state.branches:
            if router == stage.id and outcome in targets:
                self.leave(stage, outcome, design="percentage", kept=True)
                return None
        counts, draw = self.facts.counters.get(stage.id), self.facts.draws.get(stage.id)
        if counts is None or draw is None or stage.sharing is None:
            return NeedsCounters(self.graph.horizon[first].routers)
        outcome, probability = stage.sharing.choose(counts, draw)
        self.leave(stage, outcome, design="percentage", probability=probability, counter=stage.counter_key, draw=draw)
        return None

    def _by_collaborator(self, stage: Stage) -> tuple[str, str]:
        person = self.state.annotator
        names = (person.casefold(), self.facts.emails.get(person, "").casefold())
        for name in names:
            if name and name in stage.by_collaborator:
                return stage.by_collaborator[name], person
        return stage.otherwise, person

    def _wait(self, stage: Stage, fact: str) -> None:
        if self.state.waiting_fact == fact:
            return
        self.add(ev.Waited(self.state.sequence + 1, "", stage.id, fact, self.state.label_revision))

    def leave(self, stage: Stage, outcome: str, **said: Any) -> None:
        """The router `stage` sends the task on by `outcome`."""
        target = self.graph.stages[self.graph.targets[stage.id][outcome]]
        state: State = self.state
        self.add(
            ev.Routed(
                state.sequence + 1,
                "",
                stage.id,
                outcome,
                target.id,
                target.type,
                self.round_at(target),
                self.reservation(state.reserved_for, target) if state.reserved_for else "",
                label_revision=state.label_revision,
                **said,
            )
        )

    def _select(self, stage: Stage) -> NeedsDraws | None:
        entry = self.state.entered(stage.id)
        draw: float | None = None
        drawn = stage.sample >= 1.0
        if 0.0 < stage.sample < 1.0:
            draw = self.facts.draws.get(stage.id)
            if draw is None:
                return NeedsDraws(((stage.id, entry),))
            drawn = draw < stage.sample
        labels: tuple[ev.LabelDraw, ...] = ()
        if stage.class_sample:
            draws = self.facts.label_draws.get(stage.id)
            if draws is None:
                return NeedsDraws(((stage.id, entry),))
            labels = label_draws(stage, draws, self.facts)
        chosen = drawn or any(label.chosen for label in labels)
        design = "class_sample" if stage.class_sample else "sample" if stage.sample < 1.0 else "strict"
        target = stage if chosen else self.graph.stages[self.graph.targets[stage.id]["approved"]]
        self.add(
            ev.Selection(
                self.state.sequence + 1,
                "",
                stage.id,
                "" if chosen else "approved",
                target.id,
                target.type,
                self.state.round if chosen else self.round_at(target),
                design=design,
                entry=entry,
                probability=stage.sample,
                draw=draw,
                drawn=drawn,
                chosen=chosen,
                labels=labels,
                label_revision=self.state.label_revision,
            )
        )
        return None


def label_draws(stage: Stage, draws: Any, facts: Facts) -> tuple[ev.LabelDraw, ...]:
    """The draws of the labels whose class the stage's `class_sample` names, by id or name, in label-id order."""
    found: list[ev.LabelDraw] = []
    for label in sorted(draws):
        class_id, draw = draws[label]
        chance = stage.class_sample.get(class_id)
        if chance is None:
            chance = stage.class_sample.get(facts.class_names.get(class_id, ""))
        if chance is not None:
            found.append(ev.LabelDraw(label, class_id, chance, draw < chance))
    return tuple(found)


class FactReader:
    """Gives conditions their facts, and keeps what was read as evidence."""

    __slots__ = ("facts", "seen", "state")

    def __init__(self, state: State, facts: Facts) -> None:
        self.state = state
        self.facts = facts
        self.seen: dict[str, ev.Value] = {}

    def read(self, fact: str) -> tuple[bool, Any]:
        if fact in COMPUTED_FACTS:
            return self._computed(fact)
        if fact == "annotator":
            person = self.state.annotator
            self.seen[fact] = person
            return True, (person.casefold(), self.facts.emails.get(person, "").casefold())
        value = self._plain(fact)
        self.seen[fact] = value if isinstance(value, str | int | float | bool) else None
        return True, value

    def _computed(self, fact: str) -> tuple[bool, Any]:
        for name, value in self.state.known:
            if name == fact:
                self.seen[fact] = value
                return True, value
        value = self.facts.computed.get(fact)
        if value is None:
            return False, None
        self.seen[fact] = value
        return True, value

    def _plain(self, fact: str) -> Any:
        if fact == "label_count":
            return self.facts.label_count
        if fact == "rework_count":
            return self.state.rework_count
        kind, _, key = fact.partition(":") if fact.startswith("has_class:") else fact.partition(".")
        if kind == "metadata":
            return self.facts.metadata.get(key)
        classes, names = self.facts.classes, self.facts.class_names
        return any(count and key in (name, names.get(name)) for name, count in classes.items())

    def evidence(self) -> tuple[tuple[str, ev.Value], ...]:
        return tuple(self.seen.items())
