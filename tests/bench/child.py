"""Does one job in a process of its own, as a worker would; prints its CPU seconds and peak memory in MB as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from uuid import UUID


def main(job_id: UUID) -> None:
    import django

    django.setup()
    from apps.jobs.models import Job
    from apps.jobs.operations import run
    from apps.server.memory import settle
    from tests.bench.meters import Meter

    settle()
    with Meter(ours=True) as meter:
        run(job_id=job_id, surprise=True)
    job = Job.objects.get(pk=job_id)
    wall = (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else 0
    found = {"cpu": meter.total, "peak": peak(), "wall": wall, "state": job.state, "error": job.error}
    print(json.dumps(found), flush=True)


def peak() -> float:
    """Peak memory of this program in MB. (ru_maxrss would count that of the process that started it.)"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(UUID(sys.argv[1]))
