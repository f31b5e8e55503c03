"""Saving many label sets at once, for imports: one revision each, the rows copied in together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.bulk import insert_many
from apps.common.sql import Writes
from apps.labels.logic import Edits, Row, plan
from apps.labels.models import Label, LabelSet, Revision
from apps.labels.operations.rows import update_many
from apps.labels.operations.save import (
    CHUNK,
    UPSERT,
    Circumstances,
    LabelSetKey,
    SavedLabels,
    fresh_label_set,
    growth,
    label_values,
    revision_values,
)
from apps.labels.queries.rows import FIELDS, as_row, time_text
from apps.ontologies.logic import OntologyIndex

DELETED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class LabelSave:
    """What one label set is to become. ``label_set`` as read under the caller's lock, None before its first save."""

    key: LabelSetKey
    label_set: LabelSet | None
    edits: Edits
    stage: str
    stage_type: str
    round: int


@transaction.atomic(savepoint=False)
def save_label_sets(
    *,
    saves: Sequence[LabelSave],
    replace: bool,
    author: User | None,
    ontology_index: OntologyIndex,
    operation: str,
    origin_kind: str,
    now: datetime,
) -> list[SavedLabels]:
    """Saves each of ``saves`` as one revision, in their order; ``replace`` first takes away what a save does not name.

    The caller holds the lock of every set's task. Raises Invalid when a deletion names no label.
    """
    rows, keys = _rows([save for save in saves if save.label_set and save.label_set.label_count], replace)
    done: list[SavedLabels] = []
    changed: list[tuple[LabelSave, SavedLabels]] = []
    for save in saves:
        label_set = save.label_set or fresh_label_set(save.key)
        had = rows.get(label_set.id, {})
        edits = save.edits if not replace else _replacing(save.edits, had)
        changes = plan(
            edits, had, author=str(author.id) if author else None, now=time_text(now), origin_kind=origin_kind
        )
        saved = SavedLabels(label_set, label_set.revision + bool(changes), tuple(changes))
        done.append(saved)
        if changes:
            changed.append((save, saved))
    gone = [
        keys[saved.label_set.id, change.id] for _, saved in changed for change in saved.changed if change.after is None
    ]
    for start in range(0, len(gone), DELETED_AT_ONCE):
        Label.objects.filter(id__in=gone[start : start + DELETED_AT_ONCE]).delete()
    version = ontology_index.version
    _write(
        changed,
        lambda save: Circumstances(
            author, save.stage, save.stage_type, save.round, version, save.edits.outdated, operation, now
        ),
    )
    return done


def _rows(saves: Sequence[LabelSave], replace: bool) -> tuple[dict[UUID, dict[str, Row]], dict[tuple[UUID, str], int]]:
    """The present rows that the saves touch (all of their sets', or only those they name), and their primary keys."""
    found: dict[UUID, dict[str, Row]] = {}
    keys: dict[tuple[UUID, str], int] = {}
    if not saves:
        return found, keys
    labels = Label.objects.filter(label_set_id__in=[save.label_set.id for save in saves if save.label_set])
    if not replace:
        labels = labels.filter(label_id__in=[UUID(label_id) for save in saves for label_id in save.edits.ids])
    for key, set_id, *values in labels.order_by("id").values_list("id", "label_set_id", *FIELDS):
        label_id, row = as_row(values)
        found.setdefault(set_id, {})[label_id] = row
        keys[set_id, label_id] = key
    return found, keys


def _replacing(edits: Edits, rows: dict[str, Row]) -> Edits:
    named = {edit.id for edit in edits.upsert}
    return Edits(edits.upsert, [label_id for label_id in rows if label_id not in named], edits.pointer, edits.outdated)


def _write(changed: Sequence[tuple[LabelSave, SavedLabels]], around: Callable[[LabelSave], Circumstances]) -> None:
    fresh: list[LabelSet] = []
    moved: list[LabelSet] = []
    for save, saved in changed:
        label_set = saved.label_set
        (fresh if label_set._state.adding else moved).append(label_set)
        label_set.revision += 1
        label_set.label_count += growth(saved.changed)
        label_set.ontology_version = around(save).ontology_version
    names = ("revision", "label_count", "ontology_version")
    key_names = ("id", "project_id", "data_unit_id", "branch")
    _insert(LabelSet, (*key_names, *names), [{n: getattr(item, n) for n in (*key_names, *names)} for item in fresh])
    update_many(LabelSet, "id", names, [(item.id, *(getattr(item, name) for name in names)) for item in moved])
    for label_set in fresh:
        label_set._state.adding = False
    _write_labels([saved for _, saved in changed])
    revisions = [revision_values(saved.label_set, saved.changed, around(save)) for save, saved in changed]
    if revisions:
        _insert(Revision, tuple(revisions[0]), revisions)


def _write_labels(saved: Sequence[SavedLabels]) -> None:
    new: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    for item in saved:
        for change in item.changed:
            if change.after is not None:
                (new if change.before is None else old).append(label_values(item.label_set, change))
    if new:
        _insert(Label, tuple(new[0]), new)
    batch = Writes()
    for start in range(0, len(old), CHUNK):
        batch.insert(Label, old[start : start + CHUNK], conflict=UPSERT)
        batch.send()


def _insert(model: Any, names: tuple[str, ...], rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        insert_many(model, names, (tuple(row.values()) for row in rows))
