"""What a router would have done with the tasks that were scored last: its conditions, tried on facts that are known.

The engine's own language and its own reader of facts decide, so a preview cannot mean another thing than the router.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count

from apps.accounts.models import User
from apps.labels.models import Label
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.quality.models import Score, SubjectType
from apps.quality.queries.people import error_rates
from apps.quality.queries.score_runs import FACT_DIGITS, latest_run, rank_of
from apps.tasks.models import Task
from workflows import codec
from workflows.conditions import Compare, Condition, Not
from workflows.facts import Facts
from workflows.state import ARCHIVED
from workflows.walk import FactReader

MOST = 1_000
WORK = 2_000_000
"""Comparisons of one preview, at most: the longer a router, the fewer tasks it is tried on."""
MISTAKENNESS, RANK, ERROR_RATE = "mistakenness", "mistakenness_rank", "annotator_error_rate"
STORED = (MISTAKENNESS, "expected_errors", "hardness", "uniqueness", "confidence")
OF_TASKS = (SubjectType.TASK, SubjectType.DATA_UNIT)


@dataclass(frozen=True)
class Asked:
    """A router's branches in their order, (outcome, condition), and where everything else goes ("" where unsaid)."""

    branches: Sequence[tuple[str, Condition]]
    otherwise: str = ""

    @property
    def facts(self) -> set[str]:
        return {fact for _, when in self.branches for fact in when.facts()}

    @property
    def tasks(self) -> int:
        """How many tasks at most it is tried on."""
        return max(1, min(MOST, WORK // max(1, sum(weight(when) for _, when in self.branches))))

    def outcome(self, reader: FactReader) -> tuple[str, str]:
        """(outcome, "") or ("", the computed fact that the router would wait for)."""
        for outcome, when in self.branches:
            answer = when.test(reader)
            if isinstance(answer, str):
                return "", answer
            if answer:
                return outcome, ""
        return self.otherwise, ""


@dataclass
class Preview:
    """Of the last ``of`` scored tasks, how many take each outcome; ``unknown``: by the fact that is not known."""

    of: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)


def weight(when: Condition) -> int:
    """How many comparisons it can take."""
    if isinstance(when, Compare):
        return len(when.value) if isinstance(when.value, tuple) else 1
    return weight(when.part) if isinstance(when, Not) else sum(weight(part) for part in when.parts)


def preview(project: Project, asked: Asked) -> Preview:
    """Reads at most 1,000 tasks, each as its labels are now; nothing is written and nothing is computed."""
    facts = asked.facts
    tasks = last_scored(project, facts, asked.tasks)
    known = Known(project, facts, tasks)
    found = Preview(len(tasks), dict.fromkeys([*(outcome for outcome, _ in asked.branches), asked.otherwise], 0))
    for task in tasks:
        outcome, lacking = asked.outcome(known.reader(task))
        where = found.unknown if lacking else found.outcomes
        where[lacking or outcome] = where.get(lacking or outcome, 0) + 1
    return found


def last_scored(project: Project, facts: Iterable[str], most: int) -> list[Task]:
    """The tasks whose present labels were scored last. Where none ever was, but images were, the newest such tasks."""
    scored = Score.objects.filter(project=project, metric=MISTAKENNESS, subject_type=SubjectType.TASK)
    latest = dict(scored.order_by("-scored_at", "-id").values_list("task_id", "label_revision")[:most])
    tasks = Task.objects.filter(project=project).exclude(status=ARCHIVED).select_related("label_set", "data_unit")
    if latest:
        return [task for task in tasks.filter(id__in=latest) if revision_of(task) == latest[task.id]]
    ids = list(Task.objects.filter(project=project).order_by("-id").values_list("id", flat=True)[:most])
    of_images = Score.objects.filter(task_id__in=ids, metric__in=stored(facts), subject_type=SubjectType.DATA_UNIT)
    return list(tasks.filter(id__in=of_images.values("task_id")))


def stored(facts: Iterable[str]) -> set[str]:
    """The metrics whose scores these facts are read from."""
    return {MISTAKENNESS if fact == RANK else fact for fact in facts if fact == RANK or fact in STORED}


def revision_of(task: Task) -> int:
    return task.label_set.revision if task.label_set else 0


class Known:
    """The facts of some tasks, as routers get them: a handful of statements, and only what the conditions read."""

    def __init__(self, project: Project, facts: set[str], tasks: Sequence[Task]) -> None:
        self.states = {task.id: codec.state_from_json(task.state)._replace(known=()) for task in tasks}
        self.computed = computed_facts(project, facts, tasks)
        people = {state.annotator for state in self.states.values() if state.annotator}
        if ERROR_RATE in facts:
            rates = error_rates(project.id, [UUID(person) for person in people])
            for task, state in self.states.items():
                rate = rates[UUID(state.annotator)] if state.annotator else 0.0
                self.computed[task][ERROR_RATE] = round(rate, FACT_DIGITS)
        named = any(fact.startswith("has_class") for fact in facts)
        self.names = index_for(project.ontology_id).class_names if named else {}
        self.classes = classes_of(tasks) if named else {}
        self.emails = emails_of(people) if "annotator" in facts else {}

    def reader(self, task: Task) -> FactReader:
        own = self.classes.get(task.label_set_id, {}) if task.label_set_id else {}
        facts = Facts(
            label_count=task.label_set.label_count if task.label_set else 0,
            classes=own,
            class_names=self.names,
            metadata=task.data_unit.metadata,
            computed=self.computed[task.id],
            emails=self.emails,
        )
        return FactReader(self.states[task.id], facts)


def computed_facts(project: Project, facts: set[str], tasks: Sequence[Task]) -> dict[UUID, dict[str, float]]:
    """By task; a score of labels that have changed since is no fact."""
    found: dict[UUID, dict[str, float]] = {task.id: {} for task in tasks}
    revisions = {task.id: revision_of(task) for task in tasks}
    rows = Score.objects.filter(task_id__in=revisions, metric__in=stored(facts), subject_type__in=OF_TASKS)
    run = latest_run(project.id) if RANK in facts else None
    for task, metric, of, value, revision in rows.values_list(
        "task_id", "metric", "subject_type", "value", "label_revision"
    ):
        if of == SubjectType.TASK and revision != revisions[task]:
            continue
        found[task][metric] = round(value, FACT_DIGITS)
        rank = rank_of(run, value) if metric == MISTAKENNESS else None
        if rank is not None:
            found[task][RANK] = round(rank, FACT_DIGITS)
    return found


def classes_of(tasks: Sequence[Task]) -> Mapping[UUID, Mapping[str, int]]:
    """By label set how many labels of each class."""
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    sets = [task.label_set_id for task in tasks if task.label_set_id]
    rows = Label.objects.filter(label_set_id__in=sets).values_list("label_set_id", "class_id").order_by()
    for label_set, class_id, n in rows.annotate(n=Count("id")):
        found[label_set][class_id] = n
    return found


def emails_of(people: Iterable[str]) -> dict[str, str]:
    rows = User.objects.filter(id__in=[UUID(person) for person in people]).values_list("id", "email")
    return {str(person): email for person, email in rows}
