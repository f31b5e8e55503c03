"""An upload looks for the projects that use its dataset; a project that comes to use it looks for its units.

Whoever writes either takes the dataset's row first, and any project's after it: one of the two waits and then sees what
the other has written. The reference of a new unit alone holds nobody back, because it is checked at the commit only.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from apps.datasets.models import Dataset


def lock_datasets(dataset_ids: Iterable[UUID]) -> None:
    """Locks the datasets until the transaction ends, in one order for everybody."""
    rows = Dataset.objects.select_for_update(no_key=True).filter(pk__in=list(dataset_ids)).order_by("pk")
    list(rows.values_list("pk", flat=True))
