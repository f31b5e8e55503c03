"""From an order to a plan: the whole frame is read, weighed and chosen from, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from apps.common.errors import Conflict
from apps.projects.models import Project
from apps.quality.logic.checks import Array
from apps.quality.logic.routing import priorities
from apps.quality.logic.routing_recall import NEEDED, Found, curve, recall_at, threshold_for
from apps.quality.logic.routing_rules import BUDGET, TARGET_RECALL, Plan, Rule, choose
from apps.quality.logic.routing_work import Prices
from apps.quality.models import RouteRun
from apps.quality.queries.routing import MISTAKENNESS, Candidate, Frame, page_of
from apps.quality.queries.routing_recall import errors_by_chance
from apps.quality.queries.routing_work import prices_of, seconds_of_audits, weighed

LOOKED_BACK = 1_000


@dataclass(frozen=True)
class Order:
    """What a manager asked for."""

    frame: Frame
    rule: Rule
    dry_run: bool

    def as_json(self) -> dict[str, Any]:
        frame = {name: str(value) if isinstance(value, UUID) else value for name, value in asdict(self.frame).items()}
        return {"frame": frame, "rule": self.rule.as_json(), "dry_run": self.dry_run}

    @staticmethod
    def of(kept: Mapping[str, Any]) -> Order:
        """From ``as_json()``."""
        frame = dict(kept["frame"])
        frame["person"] = UUID(frame["person"]) if frame["person"] else None
        return Order(Frame(**frame), Rule.of(kept["rule"]), kept["dry_run"])


@dataclass(frozen=True)
class Terms:
    """What holds for the whole plan: prices, what is left to spend, and what is known of recall."""

    prices: Prices
    threshold: float | None
    left: float
    recall: dict[str, Any]
    budget: dict[str, Any] | None
    found: Found


def terms_of(project: Project, order: Order, now: datetime) -> Terms:
    """Raises Conflict for a target recall that nothing is known of, except in a dry run."""
    rule = order.rule
    found = errors_by_chance(project.id)
    threshold = None
    if rule.name == TARGET_RECALL:
        if not found.is_known and not order.dry_run:
            message = "Random reviews have not found enough errors to say which threshold finds such a share of them."
            raise Conflict(message, code="recall_unknown", allowed=[], recall=unknown(found))
        threshold = threshold_for(found, rule.value) if found.is_known else np.inf
    prices = prices_of(project, order.frame.to_stage, person=order.frame.person, skill=order.frame.skill)
    budget = budget_left(project, order, prices, now) if rule.name == BUDGET else None
    recall = known(found, order.frame.metric)
    return Terms(prices, threshold, budget["left"] if budget else 0.0, recall, budget, found)


def unknown(found: Found) -> dict[str, Any]:
    return {"known": False, "audit_errors": found.errors, "needed": NEEDED}


def known(found: Found, metric: str) -> dict[str, Any]:
    """Random looks keep the task's mistakenness alone, so nothing is known of other metrics' recall."""
    if metric != MISTAKENNESS or not found.is_known:
        return unknown(found)
    points = [asdict(point) for point in curve(found)]
    return {"known": True, "audit_errors": found.errors, "needed": NEEDED, "curve": points}


def budget_left(project: Project, order: Order, prices: Prices, now: datetime) -> dict[str, Any]:
    """Audits come first; what is asked for by the day is less what the day's earlier routings took."""
    rule = order.rule
    audits = seconds_of_audits(project, prices)
    spent = spent_today(project, rule, now) if rule.per_day else 0.0
    left = max(0.0, rule.value - audits - spent)
    return {"seconds": rule.value, "audits": audits, "spent_today": spent, "left": left}


def spent_today(project: Project, rule: Rule, now: datetime) -> float:
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    runs = RouteRun.objects.filter(project=project, created_at__gte=start).order_by("-id")[:LOOKED_BACK]
    same = [run for run in runs if whose(Rule.of(run.rule["rule"])) == whose(rule)]
    return sum(float(run.result.get("seconds") or 0.0) for run in same)


def whose(rule: Rule) -> tuple[str, str | None, str, bool]:
    return rule.name, rule.person, rule.skill, rule.per_day


def pages(project: Project, frame: Frame) -> Iterator[list[Candidate]]:
    """The whole frame by task id; pages may be empty."""
    after: UUID | None = None
    while True:
        found, last = page_of(project, frame, after)
        if last is None:
            return
        after = last
        yield found


class Gathering:
    """The frame's arrays as they grow: a few dozen bytes a task."""

    def __init__(self, terms: Terms, order: Order) -> None:
        self.terms, self.order = terms, order
        self.parts: list[tuple[Array, ...]] = []
        self.tasks = 0

    def add(self, found: Sequence[Candidate]) -> None:
        if not found:
            return
        benefit, seconds = weighed(self.order.frame.metric, found, self.terms.prices)
        self.parts.append(
            (
                np.frombuffer(b"".join(one.task.bytes for one in found), dtype=np.uint8).reshape(-1, 16),
                np.array([one.revision for one in found], dtype=np.int64),
                np.array([one.value for one in found], dtype=np.float64),
                np.array([one.p for one in found], dtype=np.float64),
                benefit,
                seconds,
            )
        )
        self.tasks += len(found)

    def plan(self) -> Plan:
        empty: tuple[Array, ...] = (
            np.zeros((0, 16), np.uint8),
            np.zeros(0, np.int64),
            *(np.zeros(0) for _ in range(4)),
        )
        columns = [np.concatenate(column) for column in zip(empty, *self.parts, strict=True)]
        task, revision, value, p, benefit, seconds = columns
        terms = self.terms
        choice = choose(self.order.rule, terms.threshold, terms.left, value, benefit, seconds)
        # Whatever the rule chose by, the queue is worked through by what a second of looking is expected to find.
        worth = benefit / np.maximum(seconds, 1e-9)
        ranks = priorities(worth, choice.chosen)
        return Plan(task, revision, value, p, seconds, choice.chosen, ranks, choice.cut, choice.bound)


def planned(
    found: Iterable[Sequence[Candidate]], terms: Terms, order: Order, seen: Callable[[int], None] = lambda _: None
) -> Plan:
    gathering = Gathering(terms, order)
    for part in found:
        gathering.add(part)
        seen(gathering.tasks)
    return gathering.plan()


def promise(plan: Plan, terms: Terms, order: Order) -> dict[str, Any]:
    """The plan's figures as the API answers them."""
    recall = dict(terms.recall)
    if recall["known"] and plan.threshold is not None:
        cut = plan.threshold if terms.threshold is None else terms.threshold
        recall |= asdict(recall_at(terms.found, cut))
    if order.rule.name == TARGET_RECALL:
        recall["target"] = order.rule.value
    said: dict[str, Any] = {
        "selected": int(plan.chosen.sum()),
        "of": len(plan),
        "threshold": plan.threshold,
        "expected_errors": plan.expected_errors,
        "seconds": plan.expected_seconds,
        "recall": recall,
    }
    return said if terms.budget is None else said | {"budget": terms.budget}


def uuid_at(plan: Plan, place: int) -> UUID:
    return UUID(bytes=plan.task[place].tobytes())
