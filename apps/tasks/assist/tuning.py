"""Asking for a tuning, and the job that sees it through: the process trains, the job's row tells how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.storage import default_storage
from django.db import transaction

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.common.errors import Conflict, DomainError, Invalid
from apps.datasets import store
from apps.inference import gateway as inference
from apps.inference import wire
from apps.inference.gateway import Reply, unwrap
from apps.inference.models import FinetuneRun, ModelKind, ModelVersion
from apps.inference.operations import add_tuned_decoder
from apps.inference.queries import models_for_project
from apps.jobs.models import Job, JobState
from apps.jobs.operations import enqueue
from apps.jobs.operations.running import JobCancelled, JobFailed, TimeLimit
from apps.jobs.registry import JobContext, job
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.projects.operations.locking import lock_project
from apps.tasks.assist.choosing import chosen_for
from apps.tasks.assist.collecting import Wanted, collect, require_enough
from apps.tasks.assist.patience import pause, settle
from apps.tasks.models import Task

FINETUNE = "inference.finetune"
LOOK_EVERY = 2.0
ENDED = ("done", "failed", "cancelled")
FIGURES = ("reason", "held_out", "trained_on", "click_gain", "box_gain", "classes")

T = TypeVar("T")


@transaction.atomic
def start_finetune(
    *, project: Project, actor: User, base: str | None, classes: Sequence[str], group: str, seed: int
) -> Job:
    """Asks for a decoder tuned on the project's approved labels. Raises Invalid, Conflict (no model to begin with, or
    another tuning under way)."""
    lock_project(project.pk, running=True)
    model = _base_for(project.pk, base)
    open_states = (JobState.QUEUED, JobState.RUNNING)
    there = Job.objects.filter(project_id=project.pk, kind=FINETUNE, state__in=open_states).first()
    if there is not None:
        raise Conflict("A tuning of this project is under way.", code="finetuning", job=str(there.pk))
    made = enqueue(
        kind=FINETUNE,
        organization_id=project.organization_id,
        project_id=project.pk,
        params={"project": str(project.pk), "classes": _class_ids(project, classes), "group": group, "seed": seed},
        created_by=actor,
    )
    FinetuneRun.objects.create(id=made.pk, project=project, base=model, created_by=actor)
    return made


def _base_for(project_id: UUID, asked: str | None) -> ModelVersion:
    if asked is None:
        chosen = chosen_for(project_id).model
        if chosen is None:
            raise Conflict("There is no model to tune: the project's assistant is classical.", code="no_model")
        return chosen
    try:
        found = models_for_project(project_id, ModelKind.SEGMENTER).filter(pk=UUID(asked)).first()
    except ValueError:
        found = None
    if found is None:
        raise Invalid.at("/base", "There is no such model that this project may use.", code="unknown_model")
    return found


def _class_ids(project: Project, classes: Sequence[str]) -> list[str]:
    index, ids = index_for(project.ontology_id), []
    for i, name in enumerate(classes):
        entry = index.find(name)
        if entry is None or entry.is_classification:
            raise Invalid.at(f"/classes/{i}", "The ontology has no such object class.", code="unknown_class")
        ids.append(entry.id)
    return ids


@job(FINETUNE)
def finetune_project(ctx: JobContext) -> dict[str, Any]:
    """Collects, has the process train, and keeps what it accepted. Another attempt finds the training where it is."""
    run = FinetuneRun.objects.select_related("base", "project").get(pk=ctx.job.pk)
    try:
        state = Watch(ctx, run, prepared(ctx, run)).to_the_end()
        return settled(run, state, database_now())
    except (JobCancelled, TimeLimit, SoftTimeLimitExceeded):
        inference.gateway().finetune_cancel(str(run.pk))
        _end(run, {**run.state, "state": "cancelled"}, database_now())
        raise
    except DomainError as error:
        _end(run, {**run.state, "state": "failed", "reason": error.detail}, database_now())
        raise


def folder_of(run: FinetuneRun) -> str:
    return f"finetune/{run.pk}"


def prepared(ctx: JobContext, run: FinetuneRun) -> wire.FinetuneAsk:
    """What the process is asked for, collected once: every attempt asks for the same. Raises Conflict."""
    key = f"{folder_of(run)}/ask.json"
    kept = _kept(key)
    if kept is not None:
        return kept
    tasks = max(1, Task.objects.filter(project_id=run.project_id, status="complete").count())
    so_far = 0

    def seen(number: int) -> None:
        nonlocal so_far
        so_far += number
        ctx.raise_if_cancelled()
        ctx.progress(0.0, f"{min(so_far, tasks):,} of {tasks:,} complete tasks read")

    params = ctx.params
    wanted = Wanted(run.project_id, frozenset(params["classes"]), params["group"], int(params["seed"]))
    found = collect(wanted, run.base, index_for(run.project.ontology_id), seen=seen)
    require_enough(found)
    ask = wire.FinetuneAsk(str(run.pk), run.base.spec(), found.objects, folder_of(run), seed=wanted.seed)
    default_storage.delete(key)
    store.put(key, msgspec.json.encode(ask))
    return ask


def _kept(key: str) -> wire.FinetuneAsk | None:
    """What an earlier attempt collected; None where there is nothing, or only a part."""
    try:
        with store.open_key(key) as file:
            return msgspec.json.decode(file.read(), type=wire.FinetuneAsk)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


class Watch:
    """One attempt's look at one training."""

    def __init__(self, ctx: JobContext, run: FinetuneRun, ask: wire.FinetuneAsk) -> None:
        self._ctx, self._run, self._ask = ctx, run, ask

    def to_the_end(self) -> wire.FinetuneState:
        """Begins the training, or finds it, and follows it. A process that was started anew goes on from its last
        checkpoint. Raises JobCancelled, and what the process refuses."""
        state = self._start()
        while state.state not in ENDED:
            self._tell(state)
            pause(LOOK_EVERY)
            state = self._patiently(lambda: inference.gateway().finetune_state(self._ask.run))
            if state.state == "unknown":
                state = self._start()
        return state

    def _start(self) -> wire.FinetuneState:
        return self._patiently(lambda: inference.gateway().finetune_start(self._ask))

    def _tell(self, state: wire.FinetuneState) -> None:
        shown = msgspec.to_builtins(state)
        if shown != self._run.state:
            self._run.state = shown
            self._run.save(update_fields=["state"])
        self._ctx.raise_if_cancelled()
        self._ctx.progress(state.fraction, state.detail or state.state)

    def _patiently(self, ask: Callable[[], Reply[T]]) -> T:
        return unwrap(settle(self._ctx, ask, fraction=self._run.state.get("fraction", 0.0)))


def settled(run: FinetuneRun, state: wire.FinetuneState, now: datetime) -> dict[str, Any]:
    """The job's result. Raises JobFailed when the training failed: it learned nothing, or could not be done."""
    shown = msgspec.to_builtins(state)
    if state.state == "cancelled":
        raise JobFailed("The training was stopped in the inference process.", code="training_stopped")
    if state.state == "failed":
        run.state = shown
        raise JobFailed(state.reason or state.detail or "The training failed.", code="training_failed")
    model = None
    if state.accepted:
        model = add_tuned_decoder(run=run, decoder_key=state.decoder_key, decoder_sha256=state.decoder_sha256, now=now)
    _end(run, shown, now)
    named = {"model": str(model.pk) if model else None, "model_name": model.name if model else None}
    return {"accepted": state.accepted} | named | {name: shown[name] for name in FIGURES}


def _end(run: FinetuneRun, state: dict[str, Any], now: datetime) -> None:
    """Writes the last state, and forgets what was collected."""
    FinetuneRun.objects.filter(pk=run.pk).update(state=state, finished_at=now)
    store.remove([f"{folder_of(run)}/ask.json"])
