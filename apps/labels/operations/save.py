"""Saving labels: one revision per save, touching only the rows it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.common.errors import FieldError, Invalid, StaleVersion
from apps.common.ids import new_id
from apps.common.sql import LostUpdate, Writes
from apps.labels.logic import CLASSIFICATION, Change, Edits, plan
from apps.labels.logic.entries import read_edits
from apps.labels.models import Label, LabelSet, Revision
from apps.labels.queries.rows import rows_by_id, time_text
from apps.ontologies.logic import OntologyIndex

SNAPSHOT_EVERY = 64
"""Every so many revisions the whole state is kept too, so that a past state costs at most this many deltas."""

MAX_LABELS = 50_000
"""Labels of one label set."""

CHUNK = 200

LabelSetKey = tuple[UUID, UUID, str]

UPSERT = "ON CONFLICT (label_set_id, label_id) DO UPDATE SET " + ", ".join(
    f"{name} = EXCLUDED.{name}"
    for name in (
        "class_id", "shape", "geometry", "x", "y", "width", "height", "attributes", "origin", "changed_in",
        "updated_by_id", "updated_at",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SavedLabels:
    """A label set after a save, its revision, and what changed (nothing: the revision is the one before).

    ``outdated``: it was made under an older version of the ontology than the present one.
    """

    label_set: LabelSet
    revision: int
    changed: tuple[Change, ...]
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who saves, where and under which ontology: what a revision keeps beside its delta."""

    author: User | None
    stage: str
    stage_type: str
    round: int
    ontology_version: int
    outdated: bool
    operation: str
    now: datetime


@transaction.atomic(savepoint=False)
def save_labels(
    *,
    label_set_key: LabelSetKey,
    base_revision: int | None,
    upsert: Sequence[Any],
    delete: Sequence[Any],
    author: User | None,
    stage: str,
    stage_type: str,
    round: int,  # noqa: A002 - the contract's word
    ontology_index: OntologyIndex,
    size: tuple[int, int],
    operation: str = "save",
    origin_kind: str = "human",
    now: datetime,
    pointer: str = "",
    known: LabelSet | None = None,
    ontology_version: int | None = None,
    writes: Writes | None = None,
) -> SavedLabels:
    """Saves labels of one data unit (``label_set_key``: project, data unit, branch), all or nothing.

    ``upsert`` and ``delete`` are the body's own lists; ``size`` is the image's (width, height) in pixels; ``pointer``
    is where in the body they stand. ``base_revision`` is what the client had read (0 before the first save; None
    compares nothing). ``ontology_version`` is the version the client worked under, when it says so.

    ``known`` is the label set when the caller has read it under its lock, ``writes`` the caller's batch to ride in;
    both save round trips, and both want the caller to hold the lock that orders writers of this set (its task's row).

    Raises Invalid with pointers, StaleVersion (``current``: the present revision) when somebody saved in between.
    """
    edits = read_edits(
        {"upsert": list(upsert), "delete": list(delete)}, index=ontology_index, size=size, pointer=pointer
    )
    label_set = known if known and known.branch == label_set_key[2] else find_label_set(label_set_key)
    label_set = label_set or fresh_label_set(label_set_key)
    if base_revision is not None and base_revision != label_set.revision:
        raise _stale(label_set.revision)
    changes = _changes(label_set, edits, author, now, origin_kind)
    if not changes:
        return SavedLabels(label_set, label_set.revision, ())
    version = ontology_version or ontology_index.version
    outdated = edits.outdated or version < ontology_index.version
    around = Circumstances(author, stage, stage_type, round, version, outdated, operation, now)
    batch = writes or Writes()
    _write(batch, label_set, changes, around)
    if writes is None:
        send_save(batch, label_set)
    return SavedLabels(label_set, label_set.revision, tuple(changes), outdated)


def find_label_set(key: LabelSetKey) -> LabelSet | None:
    """The label set of a data unit in a project on a branch, if anything was ever saved there."""
    project_id, data_unit_id, branch = key
    return LabelSet.objects.filter(project_id=project_id, data_unit_id=data_unit_id, branch=branch).first()


def fresh_label_set(key: LabelSetKey) -> LabelSet:
    """A label set that is not in the database yet."""
    project_id, data_unit_id, branch = key
    return LabelSet(id=new_id(), project_id=project_id, data_unit_id=data_unit_id, branch=branch)


def _changes(label_set: LabelSet, edits: Edits, author: User | None, now: datetime, origin_kind: str) -> list[Change]:
    rows = {} if label_set._state.adding else rows_by_id(label_set.id, edits.ids)
    changes = plan(edits, rows, author=str(author.id) if author else None, now=time_text(now), origin_kind=origin_kind)
    _answered_once(label_set, edits)
    if label_set.label_count + growth(changes) > MAX_LABELS:
        raise Invalid.at(
            f"{edits.pointer}/upsert", f"One image has at most {MAX_LABELS} labels.", code="too_many_labels"
        )
    return changes


def _answered_once(label_set: LabelSet, edits: Edits) -> None:
    """A classification is answered once for an image. Raises Invalid at each label that answers it again."""
    asked = [edit for edit in edits.upsert if edit.content["shape"] == CLASSIFICATION]
    if not asked:
        return
    named = set(edits.ids)
    there = Label.objects.filter(label_set_id=label_set.id, class_id__in=[edit.content["class"] for edit in asked])
    taken = {class_id for label_id, class_id in there.values_list("label_id", "class_id") if str(label_id) not in named}
    errors = []
    for edit in asked:
        if edit.content["class"] in taken:
            detail = "This classification is answered by another label; change that one."
            errors.append(FieldError(f"{edit.pointer}/class", "answered_twice", detail))
        taken.add(edit.content["class"])
    if errors:
        raise Invalid("A classification is answered once for an image.", errors=errors)


def growth(changes: Sequence[Change]) -> int:
    """By how many labels the changes make a set larger."""
    return sum((change.after is not None) - (change.before is not None) for change in changes)


def _write(batch: Writes, label_set: LabelSet, changes: Sequence[Change], around: Circumstances) -> None:
    """Puts the whole save into ``batch`` and moves ``label_set`` to its new revision."""
    base = label_set.revision
    label_set.revision = base + 1
    label_set.label_count += growth(changes)
    label_set.ontology_version = around.ontology_version
    values = {name: getattr(label_set, name) for name in ("revision", "label_count", "ontology_version")}
    if label_set._state.adding:
        key = {name: getattr(label_set, name) for name in ("id", "project_id", "data_unit_id", "branch")}
        batch.insert(LabelSet, [{**key, **values}])
        label_set._state.adding = False
    else:
        batch.update(LabelSet, {"id": label_set.id, "revision": base}, values)
    gone = [change.id for change in changes if change.after is None]
    if gone:
        Label.objects.filter(label_set_id=label_set.id, label_id__in=gone).delete()
    kept = [label_values(label_set, change) for change in changes if change.after is not None]
    for start in range(0, len(kept), CHUNK):
        batch.insert(Label, kept[start : start + CHUNK], conflict=UPSERT)
    batch.insert(Revision, [revision_values(label_set, changes, around)])


def label_values(label_set: LabelSet, change: Change) -> dict[str, Any]:
    """The columns of a label's row; ids and times stay the texts that they are in it."""
    row, extent = change.after or {}, change.extent
    return {
        "label_set_id": label_set.id,
        "label_id": change.id,
        "class_id": row["class"],
        "shape": row["shape"],
        "geometry": row["geometry"],
        "x": extent.x if extent else None,
        "y": extent.y if extent else None,
        "width": extent.width if extent else None,
        "height": extent.height if extent else None,
        "attributes": row["attributes"],
        "origin": row["origin"],
        "changed_in": label_set.revision,
        "created_by_id": row["created_by"],
        "created_at": row["created_at"],
        "updated_by_id": row["updated_by"],
        "updated_at": row["updated_at"],
    }


def revision_values(label_set: LabelSet, changes: Sequence[Change], around: Circumstances) -> dict[str, Any]:
    """The columns of a revision's row; every k-th holds the whole state."""
    snapshot: list[Mapping[str, Any]] | None = None
    if label_set.revision % SNAPSHOT_EVERY == 0:
        snapshot = _whole_state(label_set, changes)
    return {
        "label_set_id": label_set.id,
        "number": label_set.revision,
        "delta": {"changes": [change.as_json() for change in changes]},
        "snapshot": snapshot,
        "operation": around.operation,
        "author_id": around.author.id if around.author else None,
        "stage": around.stage,
        "stage_type": around.stage_type,
        "round": around.round,
        "ontology_version": around.ontology_version,
        "outdated_ontology": around.outdated,
        "created_at": around.now,
    }


def _whole_state(label_set: LabelSet, changes: Sequence[Change]) -> list[Mapping[str, Any]]:
    rows = rows_by_id(label_set.id)
    for change in changes:
        rows.pop(change.id, None) if change.after is None else rows.update({change.id: change.after})
    return [{"id": label_id, **row} for label_id, row in rows.items()]


def send_save(batch: Writes, label_set: LabelSet) -> None:
    """Carries out a batch that holds a save. Raises StaleVersion when somebody saved in between."""
    try:
        batch.send()
    except (LostUpdate, IntegrityError):
        # Somebody who did not wait for our caller's lock took the number that we wanted (or made the label set). This
        # transaction is lost, so nothing is half done; what we wanted is the least that the revision is now.
        raise _stale(label_set.revision) from None


def _stale(current: int) -> StaleVersion:
    return StaleVersion("Somebody saved labels since you read them; read them again.", current=current)
