"""What the apps above do when data comes. Filled from ``AppConfig.ready``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID


class UnitsAdded(Protocol):
    """New data units of a dataset, inside the transaction that adds them: what it raises undoes them. Few at a time
    (one upload, or one batch of an import job)."""

    def __call__(self, dataset_id: UUID, unit_ids: Sequence[UUID], now: datetime) -> object: ...


on_units_added: list[UnitsAdded] = []


def tell_units_added(dataset_id: UUID, unit_ids: Sequence[UUID], now: datetime) -> None:
    """Tells everybody who listens; says nothing of nothing."""
    if unit_ids:
        for listener in on_units_added:
            listener(dataset_id, unit_ids, now)
