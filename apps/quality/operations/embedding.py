"""Going over to another method of comparing images: its vectors are made first, then all change at once."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from apps.common.errors import Conflict
from apps.quality.descriptors.layout import METHOD
from apps.quality.models import CropVector, SweepMark
from apps.quality.operations.indexing import drop_index
from apps.quality.queries.embedding import Embedding, in_use, use_mark, wanted_embedding

AT_ONCE = 2_000
ANY_MODELS = ""
"""All models' methods share a mark for their index, one after the other."""


def embedding_of(project_id: UUID) -> Embedding:
    """What the settings ask for. Raises Conflict where their model may not be used any more."""
    found = wanted_embedding(project_id)
    if found is None:
        raise Conflict("The model that the settings name for comparing images is no longer there.", code="gone")
    return found


def use_embedding(project_id: UUID, embedding: Embedding) -> bool:
    """Its indices are there: from now on everything is compared by them. Crops and indices of other methods go; images'
    vectors stay, since other projects may use them. Answers whether the method is another one than before."""
    before = in_use(project_id)["method"]
    position = {"method": embedding.method, "name": embedding.name, "trouble": ""}
    SweepMark.objects.update_or_create(name=use_mark(project_id), defaults={"position": position})
    if embedding.method != METHOD:
        drop_index(project_id, "crop", METHOD)
    else:
        for what in ("crop", "unit"):
            drop_index(project_id, what, ANY_MODELS)
    forget_crops(project_id, embedding.method)
    return bool(before != embedding.method)


def forget_crops(project_id: UUID, kept: str) -> None:
    rows = CropVector.objects.filter(project_id=project_id).exclude(method=kept).order_by("id")
    while ids := list(rows.values_list("id", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            CropVector.objects.filter(id__in=ids).delete()


def note_trouble(project_id: UUID, why: str) -> None:
    """What is compared by stays as it is, and the project's curation says why."""
    position = in_use(project_id) | {"trouble": why[:1000]}
    SweepMark.objects.update_or_create(name=use_mark(project_id), defaults={"position": position})
