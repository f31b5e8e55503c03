"""Labels of a file into tasks: a chunk of images in one transaction, one revision and one event per task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid5

from apps.accounts.models import Membership, User
from apps.common.bulk import insert_many
from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.flows.queries import compiled_graph
from apps.labels.formats import ImportedImage, ImportedLabel, Problem
from apps.labels.logic.changes import ADDED, Edit, Edits
from apps.labels.logic.entries import read_edit
from apps.labels.operations import LabelSave, SavedLabels, save_label_sets, update_many
from apps.labels.queries.rows import time_text
from apps.ontologies.logic import OntologyIndex
from apps.projects.models import Project
from apps.tasks.logic import barred_text
from apps.tasks.models import Task, TaskEvent, Visit, VisitStatus
from apps.tasks.operations.engine import Locked
from apps.tasks.operations.persist import event_row, persist
from apps.tasks.transfer.matching import Unit, match
from workflows import codec, commands
from workflows.facts import NO_FACTS
from workflows.machine import barred, decide
from workflows.results import Accepted
from workflows.state import CLAIMED

REASON = "import"


@dataclass(frozen=True, slots=True)
class Carried:
    """What a chunk came to: tasks (or data units) changed, labels written, problems, the tasks that the file names."""

    tasks: int
    labels: int
    problems: list[Problem]
    named: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Importer:
    """Where an import goes and how. ``people`` maps e-mail addresses of the organization to ids."""

    project: Project
    actor: User
    index: OntologyIndex
    namespace: UUID
    mode: str
    by: str
    people: Mapping[str, str]
    counted: ClassVar[tuple[str, str]] = ("tasks", "labels")

    def carry(self, images: Sequence[ImportedImage], taken: AbstractSet[UUID], *, dry: bool = False) -> Carried:
        """Writes what is sound of a chunk; ``dry`` writes nothing. The caller has a transaction open.

        ``taken`` are the tasks that earlier chunks of the file have named: a second time they are refused.
        """
        problems = [problem for image in images for problem in image.problems]
        matched, unmatched = match(self.project.id, images, self.by, taken)
        wanted: dict[UUID, tuple[ImportedImage, Edits]] = {}
        for image, unit in matched:
            edits, broken = self._edits(image, unit)
            problems += broken
            if edits.upsert or self.mode == "replace":
                wanted[unit.task_id] = (image, edits)
        free, held = self._free(wanted)
        changed = [] if dry or not free else self._write(free, wanted)
        labels = sum(change.after is not None for saved in changed for change in saved.changed)
        named = frozenset(unit.task_id for _, unit in matched)
        return Carried(len(free) if dry else len(changed), labels, problems + unmatched + held, named)

    def _edits(self, image: ImportedImage, unit: Unit) -> tuple[Edits, list[Problem]]:
        upsert: dict[str, Edit] = {}
        problems: list[Problem] = []
        outdated = False
        for item in image.labels:
            try:
                edit, old = read_edit(
                    self._with_id(item), index=self.index, size=(unit.width, unit.height), pointer=item.place
                )
            except Invalid as error:
                problems += [Problem(item.place, bad.code, bad.detail) for bad in error.errors[:1]]
                continue
            if edit.id in upsert:
                problems.append(
                    Problem(item.place, "repeated_id", "The image has two labels with this id; the first counts.")
                )
                continue
            upsert[edit.id], outdated = edit, outdated or old
        return Edits(list(upsert.values()), [], image.key, outdated), problems

    def _with_id(self, item: ImportedLabel) -> dict[str, Any]:
        """Ids are the file's own, or made from the label's place: another attempt makes the same."""
        label = item.label
        if not label.keys().isdisjoint(ADDED):
            label = {name: value for name, value in label.items() if name not in ADDED}
            label |= provenance(item.label, self.people)
        return label if "id" in label else {**label, "id": uuid5(self.namespace, item.place)}

    def _free(self, wanted: Mapping[UUID, tuple[ImportedImage, Edits]]) -> tuple[list[Locked], list[Problem]]:
        """The tasks that nobody is working on, locked, and a problem for each of the others."""
        free, problems = [], []
        for item in lock_tasks(self.project, list(wanted)) if wanted else []:
            if item.state.status == CLAIMED:
                image = wanted[item.task.id][0]
                problems.append(Problem(image.key, "claimed", f"Somebody is working on {image.file_name}."))
            else:
                free.append(item)
        return free, problems

    def _write(self, free: Sequence[Locked], wanted: Mapping[UUID, tuple[ImportedImage, Edits]]) -> list[SavedLabels]:
        """One revision and one event for each task whose labels change."""
        done = save_label_sets(
            saves=[self._save(item, wanted[item.task.id][1]) for item in free],
            replace=self.mode == "replace",
            author=self.actor,
            ontology_index=self.index,
            operation="import",
            origin_kind="import",
            now=free[0].now,
        )
        changed = [(item, saved) for item, saved in zip(free, done, strict=True) if saved.changed]
        tell(changed, self.actor)
        return [saved for _, saved in changed]

    def _save(self, item: Locked, edits: Edits) -> LabelSave:
        task = item.task
        key = (task.project_id, task.data_unit_id, "main")
        return LabelSave(key, task.label_set, edits, task.stage, task.stage_type, task.round)


def importer(*, project: Project, actor: User, index: OntologyIndex, namespace: UUID, mode: str, by: str) -> Importer:
    """An importer that knows the organization's people, so that a file may say who made its labels."""
    members = Membership.objects.filter(organization=project.organization_id).select_related("user")
    people = {member.user.email: str(member.user.id) for member in members}
    return Importer(project, actor, index, namespace, mode, by, people)


def provenance(label: dict[str, Any], people: Mapping[str, str]) -> dict[str, Any]:
    """Who made and changed a label, and when, as far as the file says so of people whom the organization has."""
    kept = {}
    for name in ("created_by", "updated_by"):
        value = label.get(name)
        if isinstance(value, str) and value in people:
            kept[name] = people[value]
    for name in ("created_at", "updated_at"):
        value = label.get(name)
        try:
            when = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            when = None
        if when is not None and when.tzinfo is not None and when.year > 1:
            kept[name] = time_text(when)
    return kept


def lock_tasks(project: Project, task_ids: Sequence[UUID]) -> list[Locked]:
    """The tasks and their open visits, locked in the order of their ids."""
    # Locked first (visit, then task, as everywhere) and read afterwards: a statement that waits for a lock sees the
    # tables that it does not lock as they were before.
    open_visits = Visit.objects.filter(task_id__in=task_ids, status__lt=VisitStatus.DONE).order_by("task_id")
    list(open_visits.select_related("task").only("task__id").select_for_update(of=("self", "task")))
    list(Task.objects.filter(id__in=task_ids).order_by("id").select_for_update(of=("self",)).values_list("id"))
    now = database_now()
    visits = {visit.task_id: visit for visit in open_visits.select_related("task__label_set")}
    rest = Task.objects.filter(id__in=[task_id for task_id in task_ids if task_id not in visits])
    closed = rest.select_related("label_set").order_by("id")
    found = []
    for task, visit in [(visit.task, visit) for visit in visits.values()] + [(task, None) for task in closed]:
        task.project = project
        graph = compiled_graph(task.workflow_version_id)
        found.append(Locked(task, visit, graph, codec.state_from_json(task.state), now))
    return sorted(found, key=lambda locked: locked.task.id)


def tell(changed: Sequence[tuple[Locked, SavedLabels]], actor: User) -> None:
    """Each task's event, and its state after it. Most need one event and no more; the rest go the usual way."""
    tasks: list[tuple[Any, ...]] = []
    visits: list[tuple[Any, ...]] = []
    events: list[dict[str, Any]] = []
    for locked, saved in changed:
        task = locked.task
        command = commands.Correct(actor=str(actor.id), label_revision=saved.revision, reason=REASON)
        result = decide(locked.graph, locked.state, command, NO_FACTS)
        if not isinstance(result, Accepted):
            raise RuntimeError(f"the engine refuses an import into a free task: {result}")
        fresh, task.label_set = task.label_set_id is None, saved.label_set
        if len(result.events) > 1:
            if fresh:
                Task.objects.filter(id=task.id).update(label_set=saved.label_set)
            persist(locked, result, graph=locked.graph, visit_values={})
            continue
        state = codec.state_to_json(result.state)
        tasks.append((task.id, saved.label_set.id, state, result.state.sequence, locked.now))
        events.append(event_row(task, result.events[0], locked.now))
        bar = barred_text(barred(locked.graph, result.state))
        if locked.visit is not None and locked.visit.barred != bar:
            visits.append((locked.visit.id, bar))
    update_many(Task, "id", ("label_set_id", "state", "sequence", "updated_at"), tasks)
    update_many(Visit, "id", ("barred",), visits)
    if events:
        insert_many(TaskEvent, tuple(events[0]), (tuple(row.values()) for row in events))
