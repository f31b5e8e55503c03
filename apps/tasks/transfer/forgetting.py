"""Files of exports and imports do not stay for ever: after a week they are deleted, and their addresses say so."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import default_storage

from apps.jobs.models import Job
from apps.tasks.transfer.links import report_key, result_key

KEPT = timedelta(days=7)
LOOKED_BACK = timedelta(days=14)
EXPORT = "labels.export"


def forget_transfers(*, now: datetime) -> int:
    """Deletes the files of transfers that ended between one and two weeks ago; how many jobs were looked at.

    Safe to repeat: a file that is gone is gone. Jobs of before were forgotten on earlier days.
    """
    ended = Job.objects.filter(kind__in=("labels.import", "predictions.import", EXPORT))
    ended = ended.filter(finished_at__lt=now - KEPT, finished_at__gte=now - LOOKED_BACK)
    looked = 0
    for job in ended.order_by("id").iterator(chunk_size=500):
        default_storage.delete(report_key(job.id))
        if job.kind == EXPORT:
            default_storage.delete(result_key(job))
        looked += 1
    return looked
