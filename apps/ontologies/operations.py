"""Writes to ontologies: create, change, archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import Organization, User
from apps.common.errors import Conflict
from apps.common.ids import new_id
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.ontologies.hooks import count_uses
from apps.ontologies.logic import compile_index, read_definition
from apps.ontologies.logic.changes import CARELESS, Change, differences
from apps.ontologies.logic.reader import Json
from apps.ontologies.logic.steps import classes_left, classes_touched, read_steps, sent_steps
from apps.ontologies.models import Ontology, OntologyVersion

CHANGE_LABELS = "change_labels"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would do. ``uses`` counts the labels that use each item it names; ``blocked`` are the changes that
    items in use forbid; ``steps`` rewrite labels; ``needs_job`` says whether labels in use are touched at all."""

    definition: Json
    changes: list[Change]
    steps: list[Json]
    uses: Mapping[str, int]

    @property
    def blocked(self) -> list[Change]:
        return [change for change in self.changes if change.action in CARELESS and self.uses.get(change.item.id)]

    @property
    def needs_job(self) -> bool:
        asked = any(change.action == "required" and self.uses.get(change.item.class_id) for change in self.changes)
        return asked or any(self.uses.get(class_id) for class_id in classes_touched(self.steps))


def _make_id() -> str:
    return str(new_id())


@transaction.atomic
def create_ontology(
    *, organization: Organization, name: str, body: Mapping[str, Any], created_by: User | None
) -> Ontology:
    """A new ontology at version 1; ``body`` has ``objects`` and ``classifications``. Raises Invalid with pointers."""
    definition = read_definition(body, make_id=_make_id)
    ontology = Ontology.objects.create(
        organization=organization, name=name, definition=definition, created_by=created_by
    )
    _keep_version(ontology, created_by)
    return ontology


def plan_change(*, ontology: Ontology, body: Mapping[str, Any]) -> Plan:
    """What ``body`` would change, with counts. Reads only. Raises Invalid with pointers."""
    current = ontology.definition
    definition = read_definition(body, make_id=_make_id, current=current)
    _keep_merged(definition, current, body)
    steps = read_steps(body, compile_index(ontology.pk, ontology.version, definition))
    left = classes_left(steps)
    for item in definition["objects"]:
        item["archived"] = item["archived"] or item["id"] in left
    changes = differences(current, definition)
    wanted = {change.item.id: change.item.class_id for change in changes if change.action != "added"}
    wanted |= {change.item.class_id: change.item.class_id for change in changes if change.action == "required"}
    wanted |= {class_id: class_id for class_id in classes_touched(steps)}
    return Plan(definition, changes, steps, count_uses(ontology.pk, wanted))


def _keep_merged(definition: Json, current: Json, body: Mapping[str, Any]) -> None:
    """A class that is merged away may be left out of the new list: it stays, archived."""
    refs = {step["from"] for _, step in sent_steps(body, "merge") if isinstance(step.get("from"), str)}
    there = {item["id"] for item in definition["objects"]} | {item["name"] for item in definition["objects"]}
    for item in current["objects"]:
        if refs & {item["id"], item["name"]} and not there & {item["id"], item["name"]}:
            definition["objects"].append({**item, "archived": True})


@transaction.atomic
def change_ontology(
    *,
    ontology: Ontology,
    body: Mapping[str, Any],
    name: str | None,
    changed_by: User | None,
    check: Callable[[Ontology], None],
) -> tuple[Ontology, Job | None]:
    """Applies a change to the ontology as it is under its lock, which ``check`` judges first (If-Match).

    The new version holds at once; labels are rewritten by the job, if there is one. Raises Invalid with pointers, and
    Conflict (``in_use``) when something in use would be dropped or become something else.
    """
    locked = Ontology.objects.select_for_update().get(pk=ontology.pk)
    check(locked)
    plan = plan_change(ontology=locked, body=body)
    if plan.blocked:
        raise _in_use(plan)
    if name is not None:
        locked.name = name
    changed = plan.definition != locked.definition
    if changed:
        locked.definition = plan.definition
        locked.version += 1
    locked.save(update_fields=["name", "definition", "version", "updated_at"])
    if changed:
        _keep_version(locked, changed_by)
    if not plan.needs_job:
        return locked, None
    params = {"ontology": str(locked.pk), "version": locked.version, "steps": plan.steps, "asked": _asked(plan)}
    job = enqueue(kind=CHANGE_LABELS, organization_id=locked.organization_id, params=params, created_by=changed_by)
    return locked, job


def _asked(plan: Plan) -> dict[str, int]:
    """Labels in use that a new required attribute asks something of, by the attribute's id."""
    return {
        change.item.id: plan.uses.get(change.item.class_id, 0) for change in plan.changes if change.action == "required"
    }


def _in_use(plan: Plan) -> Conflict:
    used = [
        {
            "id": change.item.id,
            "kind": change.item.kind,
            "name": change.item.name,
            "action": change.action,
            "labels": plan.uses[change.item.id],
        }
        for change in plan.blocked
    ]
    names = ", ".join(str(item["name"]) for item in used[:5])
    return Conflict(
        f"Labels use {names}. Archive what is used; it cannot be dropped or remade.", code="in_use", in_use=used
    )


@transaction.atomic
def archive_ontology(*, ontology: Ontology, archived: bool, now: datetime) -> Ontology:
    """Takes the ontology out of the lists, or brings it back. What uses it goes on; doing it again is harmless."""
    locked = Ontology.objects.select_for_update().get(pk=ontology.pk)
    if (locked.archived_at is not None) != archived:
        locked.archived_at = now if archived else None
        locked.save(update_fields=["archived_at", "updated_at"])
    return locked


def _keep_version(ontology: Ontology, author: User | None) -> None:
    OntologyVersion.objects.create(
        ontology=ontology, number=ontology.version, definition=ontology.definition, created_by=author
    )
