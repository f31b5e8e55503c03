"""Labels follow a change of their ontology: other classes, other answers, the same geometry."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db import transaction

from apps.common.clock import database_now
from apps.jobs.registry import JobContext
from apps.labels.logic import Change
from apps.labels.models import Label, LabelSet, Revision
from apps.labels.operations.save import Circumstances, revision_values
from apps.labels.queries.rows import FIELDS, as_row, time_text
from apps.ontologies.logic.steps import Rewrite

BATCH = 200
"""Label sets of one transaction."""


def relabel(ctx: JobContext, *, ontology_id: UUID, class_ids: frozenset[str], rewrite: Rewrite) -> dict[str, int]:
    """Applies ``rewrite`` to the labels of ``class_ids`` in all projects of the ontology, as one revision of each label
    set that changes. Goes on where an earlier attempt stopped. Answers how many ``labels`` and ``label_sets`` changed.

    The sets' rows are locked, so somebody who saves at the same moment is told that their base is stale. Who made a
    label, and whether a person edited it, stays as it is.
    """
    saved = dict(ctx.saved.get("relabel", {}))
    after = UUID(saved["after"]) if saved else None
    counts = {"labels": int(saved.get("labels", 0)), "label_sets": int(saved.get("label_sets", 0))}
    for set_ids in _batches(ontology_id, class_ids, after):
        ctx.raise_if_cancelled()
        ctx.progress(0.0, f"{counts['labels']} labels changed")
        with transaction.atomic():
            for label_set in LabelSet.objects.select_for_update().filter(id__in=set_ids).order_by("id"):
                changed = _rewrite_set(ctx, label_set, class_ids, rewrite)
                counts["labels"] += changed
                counts["label_sets"] += bool(changed)
            ctx.checkpoint({**ctx.saved, "relabel": {"after": str(set_ids[-1]), **counts}})
    return counts


def _batches(ontology_id: UUID, class_ids: frozenset[str], after: UUID | None) -> Iterator[list[UUID]]:
    """Ids of the label sets with labels of the classes, in order, from after the given one."""
    while True:
        labels = Label.objects.filter(label_set__project__ontology_id=ontology_id, class_id__in=class_ids)
        if after is not None:
            labels = labels.filter(label_set_id__gt=after)
        found = list(labels.order_by("label_set_id").values_list("label_set_id", flat=True).distinct()[:BATCH])
        if not found:
            return
        yield found
        after = found[-1]


def _rewrite_set(ctx: JobContext, label_set: LabelSet, class_ids: frozenset[str], rewrite: Rewrite) -> int:
    """One revision of the label set, if anything in it changes. Answers how many labels did."""
    author, now = ctx.job.created_by, database_now()
    told = {"updated_by": str(author.pk) if author else None, "updated_at": time_text(now)}
    changes: list[Change] = []
    labels: list[Label] = []
    rows = Label.objects.filter(label_set=label_set, class_id__in=class_ids).order_by("id")
    for key, *values in rows.values_list("id", *FIELDS):
        label_id, before = as_row(values)
        new = rewrite(before["class"], before["attributes"])
        if new is not None:
            changes.append(Change(label_id, before, {**before, "class": new[0], "attributes": new[1], **told}))
            labels.append(Label(id=key, class_id=new[0], attributes=new[1], updated_by=author, updated_at=now))
    if not changes:
        return 0
    label_set.revision += 1
    label_set.ontology_version = int(ctx.params["version"])
    around = Circumstances(author, "", "", 1, label_set.ontology_version, False, "ontology", now)
    Revision.objects.bulk_create([Revision(**revision_values(label_set, changes, around))])
    for label in labels:
        label.changed_in = label_set.revision
    Label.objects.bulk_update(
        labels, ["class_id", "attributes", "updated_by", "updated_at", "changed_in"], batch_size=500
    )
    label_set.save(update_fields=["revision", "ontology_version"])
    return len(changes)
