"""Celery entry points of the tasks app: what the beat calls, and the long jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery import shared_task

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.datasets.models import DataUnit
from apps.datasets.operations.sweeping import sweep_media
from apps.jobs.registry import JobContext, job
from apps.projects.models import Collaborator, Project
from apps.tasks.assist.agents import run_agent, wake_agents
from apps.tasks.assist.prelabel import prelabel_soon, prelabel_tasks
from apps.tasks.assist.tuning import finetune_project
from apps.tasks.models import Task
from apps.tasks.operations.bulk import BulkOrder, bulk_act
from apps.tasks.operations.claims import expire_leases
from apps.tasks.operations.counting import roll_up_counts
from apps.tasks.operations.creation import chunks_of_units, create_tasks
from apps.tasks.operations.departure import RELEASE, free_work_of
from apps.tasks.operations.outbox import dispatch_outbox
from apps.tasks.operations.timers import end_reservations, strike_due
from apps.tasks.operations.versions import migrate_tasks
from apps.tasks.transfer.forgetting import forget_transfers
from apps.tasks.transfer.freezing import freeze_tasks
from apps.tasks.transfer.jobs import export_labels, import_labels, import_predictions

__all__ = [
    "export_labels",
    "finetune_project",
    "freeze_tasks",
    "import_labels",
    "import_predictions",
    "prelabel_tasks",
    "run_agent",
]

BULK_CHUNK = 100


@shared_task(name="tasks.sweep", ignore_result=True)
def sweep(**_: Any) -> None:
    """Every few seconds: lapsed leases, ended reservations, time-outs."""
    now = database_now()
    expire_leases(now=now)
    end_reservations(now=now)
    strike_due(now=now)


@shared_task(name="tasks.roll_up", ignore_result=True)
def roll_up(**_: Any) -> None:
    """Folds stage deltas until few are left."""
    while roll_up_counts() >= 10_000:
        pass


@shared_task(name="tasks.outbox", ignore_result=True)
def outbox(**_: Any) -> None:
    """Delivers what must leave the database."""
    dispatch_outbox(now=database_now())


@shared_task(name="tasks.agents", ignore_result=True)
def agents(**_: Any) -> None:
    """Every few seconds: built-in agents go to where tasks wait for them."""
    wake_agents(now=database_now())


@shared_task(name="tasks.sweep_files", ignore_result=True)
def sweep_files(**_: Any) -> None:
    """Once a day: media that no data unit names, and what exports and imports left more than a week ago."""
    now = database_now()
    sweep_media(now=now, delete=True)
    forget_transfers(now=now)


@job("tasks.create")
def create_project_tasks(ctx: JobContext) -> dict[str, Any]:
    """Makes tasks of the data units of ``datasets``; goes on after the last unit of an earlier attempt."""
    project_id = UUID(ctx.params["project"])
    datasets = [UUID(text) for text in ctx.params["datasets"]]
    after = UUID(ctx.saved["after"]) if ctx.saved.get("after") else None
    made, total = int(ctx.saved.get("made", 0)), max(1, DataUnit.objects.filter(dataset_id__in=datasets).count())
    for chunk in chunks_of_units(datasets, after):
        ctx.raise_if_cancelled()
        made += create_tasks(project_id=project_id, unit_ids=chunk, actor_id=ctx.job.created_by_id)
        ctx.checkpoint({"after": str(chunk[-1]), "made": made})
        ctx.progress(min(1.0, made / total), f"{made:,} tasks made")
    prelabel_soon(Project.objects.get(id=project_id))
    return {"id": str(project_id)}


@job("tasks.migrate")
def migrate_project_tasks(ctx: JobContext) -> dict[str, Any]:
    """Moves the project's tasks to its present workflow version."""
    project = Project.objects.get(id=ctx.params["project"])
    after = UUID(ctx.saved["after"]) if ctx.saved.get("after") else None
    total = max(1, int(ctx.params.get("tasks", 1)))

    def report(last: UUID, moved: int, left: int) -> None:
        ctx.raise_if_cancelled()
        ctx.checkpoint({"after": str(last)})
        ctx.progress(min(1.0, (moved + left) / total), f"{moved:,} moved, {left:,} held or blocked")

    result = migrate_tasks(project_id=project.id, version_id=project.workflow_version_id, after=after, report=report)
    prelabel_soon(project)
    return result


@job(RELEASE)
def release_work(ctx: JobContext) -> dict[str, Any]:
    """Frees what a person who left, or lost a role, still has reserved; by the roles that they have by now."""
    project_id, person = UUID(ctx.params["project"]), UUID(ctx.params["person"])
    held = Collaborator.objects.filter(project_id=project_id, user_id=person).values_list("roles", flat=True).first()
    return {
        "freed": free_work_of(project_id=project_id, user_id=person, roles_left=held or (), actor=ctx.job.created_by)
    }


@job("tasks.bulk")
def bulk_tasks(ctx: JobContext) -> dict[str, Any]:
    """A bulk action over a filter; counts everything, and keeps the first thousand refusals."""
    params, saved = ctx.params, ctx.saved
    actor = User.objects.get(id=params["actor"])
    order = BulkOrder(
        action=params["action"],
        person=User.objects.get(id=params["person"]) if params.get("person") else None,
        priority=params.get("priority", 0),
        stage=params.get("stage", ""),
        reason=params.get("reason", ""),
    )
    project_id = UUID(params["project"])
    done, refused = int(saved.get("done", 0)), list(saved.get("refused", []))
    rows = Task.objects.filter(project_id=project_id, **params["filter"])
    after, total = saved.get("after"), max(1, int(params.get("tasks", 1)))
    while chunk := list(
        (rows.filter(id__gt=after) if after else rows).order_by("id").values_list("id", flat=True)[:BULK_CHUNK]
    ):
        ctx.raise_if_cancelled()
        for item in bulk_act(
            project_id=project_id, actor=actor, task_ids=chunk, order=order, dry_run=bool(params.get("dry_run"))
        ):
            if "error" not in item:
                done += 1
            elif len(refused) < 1_000:
                refused.append(item)
        after = str(chunk[-1])
        ctx.checkpoint({"after": after, "done": done, "refused": refused})
        ctx.progress(min(1.0, (done + len(refused)) / total), f"{done:,} done, {len(refused):,} refused")
    return {"done": done, "refused": refused}
