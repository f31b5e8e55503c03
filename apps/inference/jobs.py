"""Long work and chores: encoding all images of a project, and keeping the stored embeddings within their limit."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db import transaction

from apps.common.clock import database_now
from apps.common.errors import Conflict
from apps.datasets.models import DataUnit
from apps.inference import wire
from apps.inference.gateway import Busy, Done, Late, Refused, Reply, Superseded, Unavailable, gateway, unwrap
from apps.inference.models import ModelVersion
from apps.inference.operations import evict_embeddings, note_embedding, settle_embeddings
from apps.inference.operations.assistants import EMBED, enqueue_embedding
from apps.inference.queries import embeddings_stored, image_ref, units_of_project
from apps.jobs.registry import JobContext, job
from apps.projects.models import Project

LIMIT = 20 * 2**30
AT_ONCE = 8
"""Images that are asked for together, so that a GPU gets a batch; a cancelled job ends after these."""

DEADLINE_MS = 300_000
PATIENCE = 600.0
"""Seconds that the job waits for a process that is away or busy before it gives up."""

SHIFT = 90 * 60.0
"""Seconds after which a job leaves the rest to a next one: jobs are stopped after two hours."""

TRIES = 3
MAX_LISTED = 200


@shared_task(name="inference.evict", ignore_result=True)
def evict() -> int:
    """Every few minutes, from the beat: forgets embeddings beyond ``EMBEDDINGS_MAX_BYTES``."""
    limit = int(getattr(settings, "EMBEDDINGS_MAX_BYTES", LIMIT))
    return evict_embeddings(now=database_now(), limit_bytes=limit)


@shared_task(name="inference.settle", ignore_result=True)
def settle() -> int:
    """Once a day, from the beat: makes the account of embeddings agree with the storage."""
    return sum(settle_embeddings(now=database_now()))


@dataclass
class Progress:
    """How far the project is; kept with the job, so that another attempt, or a next job, goes on from there."""

    after: str = ""
    total: int = 0
    done: int = 0
    created: int = 0
    existing: int = 0
    failed: int = 0
    errors: list[dict[str, str]] = field(default_factory=list)
    NAMES: ClassVar = ("after", "total", "done", "created", "existing", "failed", "errors")

    @classmethod
    def read(cls, saved: Any) -> Progress:
        return cls(**{name: saved[name] for name in cls.NAMES if name in saved})

    @property
    def fraction(self) -> float:
        return self.done / max(self.total, 1)

    def refuse(self, unit: DataUnit, refused: Refused) -> None:
        self.failed += 1
        if len(self.errors) < MAX_LISTED:
            self.errors.append({"data_unit": str(unit.pk), "code": refused.code, "detail": refused.detail})


@job(EMBED)
def embed_project(ctx: JobContext) -> dict[str, Any]:
    """Encodes each image that has no embedding yet, behind everything that a person waits for. An image that cannot be
    read is named in ``errors`` and the next is tried."""
    project = Project.objects.filter(pk=UUID(ctx.params["project"])).first()
    model = ModelVersion.objects.filter(pk=UUID(ctx.params["model"]), archived_at=None).first()
    if project is None or model is None:
        raise Conflict("The project or the model is no longer there.", code="gone")
    far = Progress.read(ctx.saved or ctx.params.get("from") or {})
    units = units_of_project(project.pk).order_by("pk")
    far.total = units.count()
    began, next_job = time.monotonic(), None
    while batch := list((units.filter(pk__gt=UUID(far.after)) if far.after else units)[:AT_ONCE]):
        ctx.raise_if_cancelled()
        ctx.progress(far.fraction, f"{far.done} of {far.total}")
        if time.monotonic() - began > SHIFT:
            next_job = enqueue_embedding(project=project, model=model, actor=ctx.job.created_by, saved=asdict(far))
            break
        _encode(ctx, model, batch, far)
    return _result(far, str(next_job.pk) if next_job else None)


def _result(far: Progress, continued_by: str | None) -> dict[str, Any]:
    counts = {name: getattr(far, name) for name in ("total", "created", "existing", "failed", "errors")}
    return counts | {"continued_by": continued_by}


def _encode(ctx: JobContext, model: ModelVersion, batch: Sequence[DataUnit], far: Progress) -> None:
    """Asks for a batch's embeddings until each is there or refused, then notes all of it at once."""
    there = embeddings_stored(model.sha256, [unit.sha256 for unit in batch])
    # The same bytes in two datasets are asked for once.
    missing = {unit.sha256: unit for unit in batch if unit.sha256 not in there}
    answers: dict[str, wire.EncodeAnswer] = {}
    refused: dict[str, Refused] = {}
    tries: Counter[str] = Counter()
    last = time.monotonic()
    while waiting := [unit for digest, unit in missing.items() if digest not in answers and digest not in refused]:
        replies = _ask(model, waiting)
        for unit, reply in zip(waiting, replies, strict=True):
            if isinstance(reply, Done):
                answers[unit.sha256] = reply.value
                last = time.monotonic()
            elif (why := _given_up(reply, unit, tries)) is not None:
                refused[unit.sha256] = why
        troubles = [reply for reply in replies if not isinstance(reply, (Done, Refused))]
        if troubles:
            _rest(ctx, troubles[0], silent=time.monotonic() - last, fraction=far.fraction)
    _note(ctx, model, batch, far, answers, refused)


def _given_up(reply: Reply[wire.EncodeAnswer], unit: DataUnit, tries: Counter[str]) -> Refused | None:
    """Why the image is not tried again; None for one that is. What fails again and again has its reason in the image,
    or in what the process makes of it."""
    if isinstance(reply, Unavailable) and reply.code == "failed":
        tries[unit.sha256] += 1
        return Refused(reply.code, reply.detail) if tries[unit.sha256] >= TRIES else None
    return reply if isinstance(reply, Refused) else None


def _ask(model: ModelVersion, units: Sequence[DataUnit]) -> list[Reply[wire.EncodeAnswer]]:
    asks = [wire.EncodeAsk(model.spec(), image_ref(unit), "batch", DEADLINE_MS) for unit in units]
    # The threads only wait for the process; none of them touches the database.
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(gateway().encode, asks))


def _rest(ctx: JobContext, trouble: Busy | Unavailable | Late | Superseded, *, silent: float, fraction: float) -> None:
    """Waits a little for a process that is away or busy. Raises what it said when that will not change by itself."""
    passing = not isinstance(trouble, Unavailable) or trouble.code in ("unreachable", "starting", "failed")
    if not passing or silent > PATIENCE:
        unwrap(trouble)
    ctx.raise_if_cancelled()
    ctx.progress(fraction, "waiting for the inference process")
    pause(min(trouble.retry_after, 10) if isinstance(trouble, (Busy, Unavailable)) else 1)


def pause(seconds: float) -> None:
    time.sleep(seconds)


@transaction.atomic
def _note(
    ctx: JobContext,
    model: ModelVersion,
    batch: Sequence[DataUnit],
    far: Progress,
    answers: dict[str, wire.EncodeAnswer],
    refused: dict[str, Refused],
) -> None:
    """The checkpoint is written in the transaction of its effect."""
    now = database_now()
    for unit in batch:
        answer = answers.pop(unit.sha256, None)
        if unit.sha256 in refused:
            far.refuse(unit, refused[unit.sha256])
        elif answer is None:
            far.existing += 1
        else:
            note_embedding(model_sha256=model.sha256, image_sha256=unit.sha256, bytes=answer.bytes, now=now)
            far.created, far.existing = far.created + answer.created, far.existing + (not answer.created)
    far.done += len(batch)
    far.after = str(batch[-1].pk)
    ctx.checkpoint(asdict(far))
