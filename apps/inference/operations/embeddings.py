"""The account of stored embeddings: who has been used when, and forgetting those that nobody used for the longest."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db.models import Sum

from apps.inference.logic.versions import embedding_key, is_digest
from apps.inference.models import StoredEmbedding

log = logging.getLogger(__name__)

ROOT = "embeddings"
SUFFIX = ".i8"
TOUCH = timedelta(hours=1)
"""A use is noted at most this often."""

SETTLED = timedelta(hours=1)
CHUNK = 200


def note_embedding(*, model_sha256: str, image_sha256: str, bytes: int, now: datetime) -> None:  # noqa: A002
    """It is stored, and somebody has just used it. Costs one read unless there is something to write."""
    mine = StoredEmbedding.objects.filter(model_sha256=model_sha256, image_sha256=image_sha256)
    found = mine.only("last_used_at").first()
    if found is None:
        row = StoredEmbedding(
            model_sha256=model_sha256, image_sha256=image_sha256, bytes=bytes, created_at=now, last_used_at=now
        )
        StoredEmbedding.objects.bulk_create([row], ignore_conflicts=True)
    elif found.last_used_at < now - TOUCH:
        mine.update(last_used_at=now)


def evict_embeddings(*, now: datetime, limit_bytes: int) -> int:
    """Deletes files, then their rows, the longest unused first, until all together are within the limit. Answers how
    many. A file that cannot be deleted ends it for this time."""
    total = StoredEmbedding.objects.aggregate(sum=Sum("bytes"))["sum"] or 0
    gone = 0
    while total > limit_bytes:
        oldest = list(StoredEmbedding.objects.order_by("last_used_at", "pk")[:CHUNK])
        for row in oldest:
            if total <= limit_bytes:
                break
            if not _delete_file(row):
                return gone
            row.delete()
            total -= row.bytes
            gone += 1
        if not oldest:
            break
    return gone


def _delete_file(row: StoredEmbedding) -> bool:
    key = embedding_key(row.model_sha256, row.image_sha256)
    try:
        default_storage.delete(key)
    except Exception as error:  # noqa: BLE001  any storage's own exception types
        log.warning("an embedding stays", extra={"key": key, "error": repr(error)})
        return False
    return True


def settle_embeddings(*, now: datetime) -> tuple[int, int]:
    """Makes the account agree with the storage: files that were made without anybody using them yet get a row, rows
    whose file is gone go. Answers how many of each."""
    try:
        models, _ = default_storage.listdir(ROOT)
    except FileNotFoundError:
        models = []
    added = sum(_adopt(model, now) for model in models if is_digest(model))
    old = StoredEmbedding.objects.filter(created_at__lt=now - SETTLED)
    orphans = old.exclude(model_sha256__in=[model for model in models if is_digest(model)])
    gone = orphans.delete()[0] + sum(_forget(model, now) for model in models if is_digest(model))
    return added, gone


def _images(model: str) -> set[str]:
    _, names = default_storage.listdir(f"{ROOT}/{model}")
    return {name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX) and is_digest(name[: -len(SUFFIX)])}


def _adopt(model: str, now: datetime) -> int:
    known = set(StoredEmbedding.objects.filter(model_sha256=model).values_list("image_sha256", flat=True))
    rows = []
    for image in sorted(_images(model) - known):
        try:
            size = default_storage.size(embedding_key(model, image))
        except OSError:
            continue
        rows.append(
            StoredEmbedding(model_sha256=model, image_sha256=image, bytes=size, created_at=now, last_used_at=now)
        )
    StoredEmbedding.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(rows)


def _forget(model: str, now: datetime) -> int:
    """Rows younger than the listing may be are left alone."""
    there = _images(model)
    old = StoredEmbedding.objects.filter(model_sha256=model, created_at__lt=now - SETTLED)
    gone = [key for key, image in old.values_list("pk", "image_sha256") if image not in there]
    for start in range(0, len(gone), CHUNK):
        StoredEmbedding.objects.filter(pk__in=gone[start : start + CHUNK]).delete()
    return len(gone)
