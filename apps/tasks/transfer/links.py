"""Where the files of imports and exports lie, and the signed addresses they are fetched from."""

from __future__ import annotations

import re
import time
from uuid import UUID

from apps.datasets.logic.links import is_signed, link
from apps.datasets.queries import media_secret
from apps.jobs.models import Job
from apps.labels.formats import FORMATS

PREFIX = "/api/v1/transfers/"


def upload_key(upload_id: UUID) -> str:
    """The key of an uploaded file; nothing in it comes from outside."""
    return f"transfer/uploads/{upload_id}"


def report_key(job_id: UUID) -> str:
    return f"transfer/{job_id}/report.jsonl"


def result_key(job: Job) -> str:
    return f"transfer/{job.id}/export{suffix(job)}"


def suffix(job: Job) -> str:
    form = FORMATS[job.params["format"]]
    return form.suffix_with_media if job.params["include_media"] else form.suffix


def result_url(job: Job, *, report: bool = False) -> str:
    """A signed address of the result (or of the report beside it): for ten minutes anybody's who has it, later only
    for those who may export, signed in."""
    return link(PREFIX, f"{job.id}/{'report' if report else 'file'}/", secret=media_secret(), now=time.time())


def is_fresh(job_id: UUID, part: str, expires: str, signature: str) -> bool:
    """Whether the address was signed by us and is still good."""
    if not is_signed(f"{job_id}/{part}/", expires, signature, secret=media_secret()):
        return False
    return int(expires) > time.time()


def download_name(project_name: str, job: Job) -> str:
    """What the browser calls the file."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", project_name).strip("-.")[:60] or "project"
    return f"{plain}-{job.params['format']}{suffix(job)}"
