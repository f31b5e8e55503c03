"""A routing as asked for: at once over a small frame, else as a job that plans once and then sends part by part."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.jobs.operations.running import JobCancelled
from apps.jobs.registry import JobContext
from apps.projects.models import Project
from apps.quality.logic.routing_rules import Plan
from apps.quality.models import RouteRun
from apps.quality.operations.routing import Done, begin_run, finish, lock_routing, route_now, send_part, shown
from apps.quality.operations.routing_plan import Order, pages, planned, promise, terms_of
from apps.quality.queries.routing import Candidate, Frame, at_most

ROUTE = "quality.route"
AT_ONCE, READ_AT_ONCE, PART = 500, 2_000, 100


@transaction.atomic
def route(*, project: Project, order: Order, actor: User, now: datetime) -> dict[str, Any] | Job:
    """The result over a frame of up to 500 tasks, else the job. Raises Conflict where the recall is not known."""
    terms = terms_of(project, order, now)
    if at_most(project, order.frame) <= READ_AT_ONCE:
        if not order.dry_run:
            lock_routing(project.id)
        found = small_frame(project, order.frame)
        if found is not None:
            return route_now(project=project, found=found, terms=terms, order=order, actor=actor, now=now)
    job = enqueue(
        kind=ROUTE,
        organization_id=project.organization_id,
        project_id=project.id,
        created_by=actor,
        params={"project": str(project.id), "order": order.as_json(), "actor": str(actor.id)},
    )
    if not order.dry_run:
        begin_run(project=project, order=order, actor=actor, now=now, run_id=job.id, job=job.id)
    return job


def small_frame(project: Project, frame: Frame) -> list[Candidate] | None:
    """None where it has more than 500 tasks."""
    found: list[Candidate] = []
    for part in pages(project, frame):
        found += part
        if len(found) > AT_ONCE:
            return None
    return found


def route_in_parts(ctx: JobContext) -> dict[str, Any]:
    """Goes on after the last part of an earlier attempt: the plan is in a file and never changes."""
    order = Order.of(ctx.params["order"])
    project = Project.objects.get(id=ctx.params["project"])
    saved = dict(ctx.saved) or plan_it(ctx, project, order)
    plan, said, tasks = fetch(saved["plan"]), saved["said"], saved["tasks"]
    if order.dry_run:
        forget(saved["plan"])
        return {"id": None, **said, "tasks": tasks, "refused": [], "refused_count": 0, "dry_run": True}
    run = RouteRun.objects.get(id=ctx.job.id)
    done = Done(**saved["done"])
    while saved["at"] < len(plan):
        raise_if_cancelled(ctx, saved["plan"])
        end = min(saved["at"] + PART, len(plan))
        with transaction.atomic():
            run.refresh_from_db()
            send_part(run, order, plan, saved["at"], end, done)
            saved = {**saved, "at": end, "done": vars(done)}
            ctx.checkpoint(saved)
        ctx.progress(0.3 + 0.7 * end / len(plan), f"{done.sent:,} of {said['selected']:,} tasks sent")
    result = finish(run, said, tasks, done, database_now())
    forget(saved["plan"])
    return result


def raise_if_cancelled(ctx: JobContext, key: str) -> None:
    try:
        ctx.raise_if_cancelled()
    except JobCancelled:
        forget(key)
        raise


def plan_it(ctx: JobContext, project: Project, order: Order) -> dict[str, Any]:
    """Reads the whole frame; what is planned is kept before anything is sent."""
    total = max(1, at_most(project, order.frame))

    def seen(tasks: int) -> None:
        ctx.raise_if_cancelled()
        ctx.progress(0.3 * min(1.0, tasks / total), f"{tasks:,} tasks weighed")

    terms = terms_of(project, order, ctx.job.created_at)
    plan = planned(pages(project, order.frame), terms, order, seen)
    buffer = io.BytesIO()
    arrays: dict[str, Any] = dict(plan.arrays())
    np.savez_compressed(buffer, **arrays)
    key = default_storage.save(f"quality/{project.id}/route-{ctx.job.id}.npz", ContentFile(buffer.getvalue()))
    said = promise(plan, terms, order)
    saved = {"plan": key, "said": said, "tasks": shown(project.id, plan, order), "at": 0, "done": vars(Done())}
    ctx.checkpoint(saved)
    return saved


def fetch(key: str) -> Plan:
    with default_storage.open(key, "rb") as file:
        content = io.BytesIO(file.read())
    with np.load(content, allow_pickle=False) as arrays:
        return Plan.of({name: arrays[name] for name in arrays.files})


def forget(key: str) -> None:
    """The plan is needed no more; what was done is in the run, the selections and the moves."""
    default_storage.delete(key)
