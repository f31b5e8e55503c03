"""Which data units have yet to become tasks."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef

from apps.datasets.models import DataUnit
from apps.tasks.models import Task

# The same question as below with one parameter instead of thousands.
BY_ARRAY = """
SELECT u.id FROM datasets_dataunit u WHERE u.id = ANY(%s::uuid[]) AND NOT EXISTS (
  SELECT 1 FROM tasks_task t WHERE t.project_id = %s AND t.data_unit_id = u.id
) ORDER BY u.id
"""


def units_without_task(project_id: UUID, unit_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the data units that exist and have no task in the project, in order."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(BY_ARRAY, [list(unit_ids), project_id])
            return [row[0] for row in cursor.fetchall()]
    has_task = Task.objects.filter(project_id=project_id, data_unit_id=OuterRef("pk"))
    rows = DataUnit.objects.filter(~Exists(has_task), id__in=unit_ids)
    return list(rows.order_by("id").values_list("id", flat=True))
