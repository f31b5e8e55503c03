"""The standing order: tasks that were scored and have come to rest are sent while the day's budget lasts.

It is for workflows without a router that waits for a score; where there is one, the router's own rule decides before
the task rests, and the order finds the task at the expert's already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Max, Q

from apps.accounts.models import User
from apps.projects.models import Project
from apps.quality.logic.checks import Array
from apps.quality.logic.routing_online import RECENT, Account, arrivals, opened, place_among, spending_thresholds
from apps.quality.logic.routing_rules import Plan, Rule
from apps.quality.models import AuditDraw, RoutePolicy, RouteRun, Score, SubjectType, SweepMark
from apps.quality.operations.routing import Done, begin_run, lock_routing, send_part
from apps.quality.operations.routing_plan import Order
from apps.quality.queries.routing import Candidate, Frame, candidates
from apps.quality.queries.routing_work import prices_of, seconds_of_audits, weighed
from apps.tasks.models import Participation, Selection, Task
from apps.tasks.queries.skills import skills_of_tasks
from workflows.graph import REVIEW
from workflows.state import COMPLETE, WAITING

POLICY, DESIGN = "policy", "route:policy"
AT_ONCE, POLICIES = 300, 20
SETTLED = timedelta(seconds=30)  # transactions that began before are committed by then
NOWHERE = UUID(int=0)


@transaction.atomic
def set_policy(*, project: Project, actor: User, values: Mapping[str, Any], now: datetime) -> RoutePolicy:
    """``values``: enabled, metric, to_stage and budgets, checked. What a budget had left it keeps; tasks from before
    the order was switched on (or got another metric) are left to ``quality/route``."""
    RoutePolicy.objects.bulk_create(
        [RoutePolicy(project=project, to_stage=values["to_stage"], updated_at=now)], ignore_conflicts=True
    )
    policy = RoutePolicy.objects.select_for_update().get(project=project)
    begins = values["enabled"] and (not policy.enabled or policy.metric != values["metric"])
    for name, value in values.items():
        setattr(policy, name, value)
    if begins:
        start = {"scores": [now.isoformat(), 0], "rest": [now.isoformat(), str(NOWHERE)], "recent": []}
        policy.ledger = {**policy.ledger, **start}
    policy.ledger = ledger_of(policy, now)
    policy.updated_by, policy.updated_at = actor, now
    policy.save()
    return policy


def key_of(budget: Mapping[str, Any]) -> str:
    if budget.get("person"):
        return f"person:{budget['person']}"
    return f"skill:{budget['skill']}" if budget.get("skill") else "all"


def ledger_of(policy: RoutePolicy, now: datetime) -> dict[str, Any]:
    """The ledger as of today; it is not saved."""
    kept, today = policy.ledger, now.date()
    last = datetime.fromisoformat(kept["day"]).date() if kept.get("day") else None
    accounts = {}
    for budget in policy.budgets:
        key = key_of(budget)
        old = Account.of(kept["accounts"][key]) if key in kept.get("accounts", {}) else None
        accounts[key] = opened(old, float(budget["seconds_per_day"]), last, today).as_json()
    run = kept.get("run") if last == today else None
    return {**kept, "day": today.isoformat(), "accounts": accounts, "run": run}


def follow_policies(now: datetime) -> int:
    """The chore. Answers how many tasks were sent."""
    return sum(follow(policy_id=policy, now=now) for policy in turn_of_policies())


@transaction.atomic
def turn_of_policies() -> list[int]:
    """The next few, round and round."""
    SweepMark.objects.get_or_create(name="route policies")
    mark = SweepMark.objects.select_for_update().get(name="route policies")
    rows = RoutePolicy.objects.filter(enabled=True, project__archived_at=None, id__gt=mark.position.get("id", 0))
    found = list(rows.order_by("id").values_list("id", flat=True)[:POLICIES])
    mark.position = {"id": found[-1]} if len(found) == POLICIES else {}
    mark.save(update_fields=["position"])
    return found


@transaction.atomic
def follow(*, policy_id: int, now: datetime) -> int:
    """Decides on the next tasks of one project. Safe to repeat: a task is decided on once for its labels."""
    policy = RoutePolicy.objects.select_for_update(of=("self",)).select_related("project").get(id=policy_id)
    if not policy.enabled:
        return 0
    ledger = ledger_of(policy, now)
    found = fresh(policy, ledger, now - SETTLED)
    sent = Deciding(policy, ledger, found, now).decide() if found else 0
    if ledger != policy.ledger:
        policy.ledger = ledger
        policy.save(update_fields=["ledger"])
    return sent


def frame_of(policy: RoutePolicy) -> Frame:
    return Frame(metric=policy.metric, to_stage=policy.to_stage)


def fresh(policy: RoutePolicy, ledger: dict[str, Any], until: datetime) -> list[Candidate]:
    """What was scored or came to rest since the last call, rests now, and was not decided on with these labels."""
    frame, (at, number), (moved, task) = frame_of(policy), ledger["scores"], ledger["rest"]
    scored = Score.objects.filter(
        project=policy.project_id, metric=frame.stored, subject_type=SubjectType.TASK, scored_at__lte=until
    ).filter(scored_at__gte=datetime.fromisoformat(at))
    scored = scored.filter(Q(scored_at__gt=datetime.fromisoformat(at)) | Q(id__gt=number))
    scores = list(scored.order_by("scored_at", "id").values_list("scored_at", "id", "task_id")[:AT_ONCE])
    rest = Task.objects.filter(project=policy.project_id, updated_at__lte=until)
    rest = rest.filter(updated_at__gte=datetime.fromisoformat(moved))
    rest = rest.filter(Q(updated_at__gt=datetime.fromisoformat(moved)) | Q(id__gt=UUID(task)))
    rested = list(rest.order_by("updated_at", "id").values_list("updated_at", "id")[:AT_ONCE])
    if scores:
        ledger["scores"] = [scores[-1][0].isoformat(), scores[-1][1]]
    if rested:
        ledger["rest"] = [rested[-1][0].isoformat(), str(rested[-1][1])]
    return undecided(policy, {*(row[2] for row in scores), *(row[1] for row in rested)})


def undecided(policy: RoutePolicy, tasks: set[UUID]) -> list[Candidate]:
    at_rest = Q(status=COMPLETE) | Q(status=WAITING, stage_type=REVIEW)
    ids = list(Task.objects.filter(at_rest, id__in=tasks).values_list("id", flat=True))
    found = candidates(policy.project_id, frame_of(policy), ids)
    before = Selection.objects.filter(task_id__in=[one.task for one in found], design=DESIGN)
    decided = set(before.values_list("task_id", "label_revision"))
    return [one for one in found if (one.task, one.revision) not in decided]


@dataclass
class Deciding:
    """One call's decisions, under the policy's lock. ``ledger`` is brought up to date."""

    policy: RoutePolicy
    ledger: dict[str, Any]
    found: Sequence[Candidate]
    now: datetime

    def decide(self) -> int:
        policy, ledger = self.policy, self.ledger
        lock_routing(policy.project_id)
        prices = prices_of(policy.project, policy.to_stage)
        benefit, seconds = weighed(policy.metric, self.found, prices)
        ratio = benefit / np.maximum(seconds, 1e-9)
        self.pay_for_audits(seconds_of_audits(policy.project, prices, int(ledger.get("audits", 0))))
        skills = self.skills()
        recent = self.remember(ratio, seconds, skills)
        coming = arrivals(np.array([row[2] for row in recent], dtype=np.float64), self.now) + len(self.found)
        paid = self.buy(benefit, ratio, seconds, skills, self.thresholds(recent, coming))
        chosen = np.array([place in paid for place in range(len(self.found))], dtype=bool)
        latest = np.array([row[0] for row in recent], dtype=np.float64)
        ranks = np.array([place_among(float(one), latest) for one in ratio], dtype=np.int64)
        return self.send(plan_of(self.found, seconds, chosen, ranks), paid)

    def pay_for_audits(self, cost: float) -> None:
        """Audits come first: what waves have drawn since is taken from the budgets, each by its share."""
        daily = {key_of(one): float(one["seconds_per_day"]) for one in self.policy.budgets}
        total = sum(daily.values())
        if cost > 0 and total > 0:
            for key, account in self.ledger["accounts"].items():
                self.ledger["accounts"][key] = Account.of(account).pay(cost * daily[key] / total).as_json()
        last = AuditDraw.objects.filter(project=self.policy.project_id).aggregate(last=Max("id"))["last"]
        self.ledger["audits"] = last or self.ledger.get("audits", 0)

    def skills(self) -> list[list[str]]:
        """By place the skills that the task asks for, of those that have a budget."""
        asked = {one["skill"] for one in self.policy.budgets if one.get("skill")}
        found = skills_of_tasks([one.task for one in self.found]) if asked else {}
        return [[skill for skill in found.get(one.task, ()) if skill in asked] for one in self.found]

    def remember(self, ratio: Array, seconds: Array, skills: Sequence[Sequence[str]]) -> list[list[Any]]:
        """Of the latest tasks: benefit per second, seconds, when, and what skills they ask for."""
        at = round(self.now.timestamp())
        new = [[float(r), round(float(s), 2), at, list(of)] for r, s, of in zip(ratio, seconds, skills, strict=True)]
        self.ledger["recent"] = [*self.ledger.get("recent", []), *new][-RECENT:]
        return [row if len(row) > 3 else [*row, []] for row in self.ledger["recent"]]

    def thresholds(self, recent: Sequence[Sequence[Any]], coming: float) -> dict[str, float]:
        """By account. A person is taken to be able to judge every recent task: few are their own."""
        keys = [key_of(one) for one in self.budgets]
        asked = [one.get("skill") for one in self.budgets]
        able = np.array([[skill is None or skill in row[3] for skill in asked] for row in recent], dtype=bool)
        left = np.array([max(self.ledger["accounts"][key]["left"], 0.0) for key in keys])
        ratio, seconds = (np.array([row[column] for row in recent], dtype=np.float64) for column in (0, 1))
        found = spending_thresholds(ratio, seconds, able.reshape(-1, len(keys)), coming, left)
        return dict(zip(keys, found.tolist(), strict=True))

    @property
    def budgets(self) -> list[Mapping[str, Any]]:
        """In the order in which they are asked to pay: people's, skills', and the common one last."""
        return sorted(self.policy.budgets, key=lambda one: ("person", "skill", "all").index(kind_of(one)))

    def buy(
        self,
        benefit: Array,
        ratio: Array,
        seconds: Array,
        skills: Sequence[Sequence[str]],
        thresholds: Mapping[str, float],
    ) -> dict[int, str]:
        """By place which account pays, the best first; nothing is spent that is not there."""
        left = {key: account["left"] for key, account in self.ledger["accounts"].items()}
        able = self.able(skills)
        paid: dict[int, str] = {}
        for place in np.argsort(-ratio, kind="stable").tolist():
            if benefit[place] <= 0:
                continue
            cost = float(seconds[place])
            willing = (one for one in able[place] if left[one] >= cost and ratio[place] >= thresholds[one])
            key = next(willing, None)
            if key is not None:
                paid[place], left[key] = key, left[key] - cost
        return paid

    def able(self, skills: Sequence[Sequence[str]]) -> list[list[str]]:
        """By place the accounts that may pay: of people who took no part in it, of skills that it asks for, and the
        common one last."""
        tasks = [one.task for one in self.found]
        people = {UUID(one["person"]) for one in self.policy.budgets if one.get("person")}
        took_part = Participation.objects.filter(task_id__in=tasks, user_id__in=people)
        own = {(task, str(person)) for task, person in took_part.values_list("task_id", "user_id")}
        return [
            [
                key_of(one)
                for one in self.budgets
                if (task, one.get("person")) not in own and (not one.get("skill") or one["skill"] in asked)
            ]
            for task, asked in zip(tasks, skills, strict=True)
        ]

    def send(self, plan: Plan, paid: Mapping[int, str]) -> int:
        run, order = self.run_of_today()
        done = Done()
        people = {
            self.found[place].task: UUID(key.removeprefix("person:"))
            for place, key in paid.items()
            if key.startswith("person:")
        }
        sent = send_part(run, order, plan, 0, len(plan), done, people)
        for place in sent.values():
            account = Account.of(self.ledger["accounts"][paid[place]])
            self.ledger["accounts"][paid[place]] = account.pay(float(plan.seconds[place])).as_json()
        before = run.result
        run.result = {
            "selected": run.sent,
            "of": before.get("of", 0) + len(plan),
            "threshold": None,
            "expected_errors": before.get("expected_errors", 0.0) + done.p,
            "seconds": before.get("seconds", 0.0) + done.seconds,
            "refused_count": before.get("refused_count", 0) + done.refused_count,
        }
        run.save(update_fields=["result"])
        return done.sent

    def run_of_today(self) -> tuple[RouteRun, Order]:
        daily = sum(float(one["seconds_per_day"]) for one in self.policy.budgets)
        order = Order(frame_of(self.policy), Rule(POLICY, daily, per_day=True), dry_run=False)
        kept = self.ledger.get("run")
        run = RouteRun.objects.filter(id=kept, to_stage=self.policy.to_stage).first() if kept else None
        if run is None:
            run = begin_run(project=self.policy.project, order=order, actor=self.policy.updated_by, now=self.now)
            self.ledger["run"] = str(run.id)
        return run, order


def kind_of(budget: Mapping[str, Any]) -> str:
    return key_of(budget).partition(":")[0]


def plan_of(found: Sequence[Candidate], seconds: Array, chosen: Array, ranks: Array) -> Plan:
    return Plan(
        task=np.frombuffer(b"".join(one.task.bytes for one in found), dtype=np.uint8).reshape(-1, 16),
        revision=np.array([one.revision for one in found], dtype=np.int64),
        value=np.array([one.value for one in found], dtype=np.float64),
        p=np.array([one.p for one in found], dtype=np.float64),
        seconds=seconds,
        chosen=chosen,
        priority=ranks,
        cut=None,
        bound=None,
    )
