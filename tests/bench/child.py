"""Does one job in a process of its own, as a worker would; prints its CPU seconds and peak memory in MB as JSON."""

from __future__ import annotations

import json
import resource
import sys
from uuid import UUID


def main(job_id: UUID) -> None:
    import django

    django.setup()
    from apps.jobs.models import Job
    from apps.jobs.operations import run
    from tests.bench.meters import Meter

    with Meter(ours=True) as meter:
        run(job_id=job_id, surprise=True)
    job = Job.objects.get(pk=job_id)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall = (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else 0
    found = {"cpu": meter.total, "peak": peak, "wall": wall, "state": job.state, "error": job.error}
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(UUID(sys.argv[1]))
