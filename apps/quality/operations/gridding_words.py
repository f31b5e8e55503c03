"""A person's word about one item of a batch: what was known before the look is what was frozen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from apps.quality.models import GridBatch, Observation
from apps.quality.operations.gridding_draws import GRID


def word_of(
    batch: GridBatch, item: Mapping[str, Any], elapsed: int | None, now: datetime, *, kind: str, **own: Any
) -> Observation:
    """``own``: the subject's type, whether it ``is_error``, and what only labels or only missing objects have."""
    return Observation(
        project_id=batch.project_id,
        task_id=UUID(item["task"]),
        source=uuid5(batch.id, item["id"]),
        subject=UUID(item["label"]),
        class_id=item["class"],
        kind=kind,
        instrument=GRID,
        reviewer_id=batch.reviewer_id,
        annotator_id=UUID(item["annotator"]) if item["annotator"] else None,
        p_error=item["value"] if item["p"] is None else item["p"],
        odds=item["odds"],
        vector=item["vector"],
        scorer_version=item["scorer_version"],
        label_revision=item["revision"],
        elapsed_ms=elapsed,
        at=now,
        **own,
    )
