"""Pre-labels: a predictor labels what waits for annotators, so that they correct instead of drawing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.common.errors import Conflict, Invalid, StaleVersion
from apps.flows.queries import compiled_graph
from apps.inference import gateway as inference
from apps.inference import wire
from apps.inference.gateway import Done, Refused, Reply
from apps.inference.models import ModelVersion, PredictedUnit, PredictionModel
from apps.inference.operations import prediction_model, save_predictions
from apps.inference.queries import image_ref
from apps.jobs.models import Job, JobState
from apps.jobs.operations import enqueue
from apps.jobs.registry import JobContext, job
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.tasks.assist.account import agent_of
from apps.tasks.assist.choosing import predictor_named
from apps.tasks.assist.patience import settle
from apps.tasks.assist.translating import Language, Translated
from apps.tasks.models import Task
from apps.tasks.operations.corrections import correct_labels
from apps.tasks.operations.engine import lock_task
from workflows.graph import ANNOTATE, Stage
from workflows.state import WAITING

PRELABEL = "inference.prelabel"
AT_ONCE = 4
"""Images that are asked for together, so that a GPU is never idle; a cancelled job ends after these."""

SHIFT = 90 * 60.0
"""Seconds after which a job leaves the rest to a next one: jobs are stopped after two hours."""

MAX_LISTED = 200
OPERATION = "prelabel"


def prelabel_stages(project: Project) -> list[Stage]:
    """The stages of the project whose tasks are labeled before people come."""
    stages = compiled_graph(project.workflow_version_id).stages.values()
    return [stage for stage in stages if stage.type == ANNOTATE and stage.config.get("prelabel")]


def prelabel_soon(project: Project) -> Job | None:
    """Tasks have come: asks for their pre-labels, unless a job that is yet to begin will see them too. Nothing without
    an inference process, or while no predictor of that name is there."""
    if not getattr(settings, "INFERENCE_URL", "") or not (stages := prelabel_stages(project)):
        return None
    known = [stage.id for stage in stages if _is_known(project, stage)]
    queued = Job.objects.filter(project_id=project.pk, kind=PRELABEL, state=JobState.QUEUED, cancel_requested=False)
    if not known or queued.exists():
        return None
    return _enqueue(project, known, None, again=False)


def _is_known(project: Project, stage: Stage) -> bool:
    try:
        predictor_named(project.pk, stage.config["prelabel"])
    except Invalid:
        return False
    return True


def start_prelabel(*, project: Project, actor: User, stage: str | None) -> Job:
    """Asks for pre-labels now, of images that the predictor has seen before too. Raises Invalid, Conflict."""
    if project.archived_at is not None:
        raise Conflict("The project is archived.", code="project_archived")
    stages = [one for one in prelabel_stages(project) if stage in (None, one.id)]
    if not stages and stage is not None:
        raise Invalid.at("/stage", "This stage names no predictor for pre-labels.", code="no_prelabel")
    if not stages:
        raise Conflict("No stage of the workflow names a predictor for pre-labels.", code="no_prelabel")
    for one in stages:
        predictor_named(project.pk, one.config["prelabel"])
    return _enqueue(project, [one.id for one in stages], actor, again=True)


def _enqueue(
    project: Project, stages: Sequence[str], actor: User | None, *, again: bool, saved: dict[str, Any] | None = None
) -> Job:
    params = {"project": str(project.pk), "stages": list(stages), "again": again, "from": saved or {}}
    return enqueue(
        kind=PRELABEL,
        organization_id=project.organization_id,
        project_id=project.pk,
        params=params,
        created_by=actor,
    )


@dataclass(slots=True)
class Tally:
    """How far a job is, and what became of the tasks; kept with the job."""

    stage: int = 0
    after: str = ""
    seen: int = 0
    tasks: int = 0
    labels: int = 0
    skipped: int = 0
    not_carried: list[dict[str, Any]] = field(default_factory=list)
    not_carried_count: int = 0

    def refuse(self, task: Task, code: str, detail: str) -> None:
        self.not_carried_count += 1
        if len(self.not_carried) < MAX_LISTED:
            named = {"task": str(task.pk), "data_unit": str(task.data_unit_id)}
            self.not_carried.append(named | {"code": code, "detail": detail})

    def lose(self, task: Task, found: Translated) -> None:
        if found.lost:
            reasons = ", ".join(f"{reason}: {n}" for reason, n in sorted(found.lost.items()))
            self.refuse(task, "labels_lost", reasons[:500])


@job(PRELABEL)
def prelabel_tasks(ctx: JobContext) -> dict[str, Any]:
    """Labels the tasks that wait unclaimed and unlabeled; goes on after the last one of an earlier attempt."""
    project = Project.objects.get(pk=ctx.params["project"])
    graph, stages = compiled_graph(project.workflow_version_id), ctx.params["stages"]
    tally = Tally(**(ctx.saved or ctx.params.get("from") or {}))
    began, next_job = time.monotonic(), None
    while tally.stage < len(stages) and project.archived_at is None:
        stage = graph.stages.get(stages[tally.stage])
        if stage is not None and stage.config.get("prelabel"):
            work = Prelabeler(ctx, project, stage, tally)
            if not work.until(began + SHIFT):
                next_job = _enqueue(
                    project, stages, ctx.job.created_by, again=bool(ctx.params["again"]), saved=asdict(tally)
                )
                break
        tally.stage, tally.after = tally.stage + 1, ""
        ctx.checkpoint(asdict(tally))
    figures = {name: value for name, value in asdict(tally).items() if name not in ("stage", "after", "seen")}
    return figures | {"continued_by": str(next_job.pk) if next_job else None}


class Prelabeler:
    """The work of one job at one stage."""

    def __init__(self, ctx: JobContext, project: Project, stage: Stage, tally: Tally) -> None:
        self._ctx, self._project, self._stage, self._tally = ctx, project, stage, tally
        self._model = predictor_named(project.pk, stage.config["prelabel"])
        self._agent = agent_of(project)
        self._kept = kept_as(project, self._model)
        self._index = index_for(project.ontology_id)

    def until(self, end: float) -> bool:
        """Works through what waits; False when the time was over first."""
        for chunk in self._chunks():
            if time.monotonic() > end:
                return False
            self._ctx.raise_if_cancelled()
            self._say()
            for task, reply in zip(chunk, self._ask(chunk), strict=True):
                self._take(task, reply)
            self._tally.after = str(chunk[-1].pk)
            self._ctx.checkpoint(asdict(self._tally))
        return True

    def _chunks(self) -> Iterator[list[Task]]:
        """Waiting tasks whose labels nobody has ever written, in the order of their ids."""
        rows = Task.objects.filter(project=self._project, stage=self._stage.id, status=WAITING)
        rows = rows.filter(Q(label_set=None) | Q(label_set__revision=0)).select_related("data_unit").order_by("id")
        if not self._ctx.params["again"]:
            seen = PredictedUnit.objects.filter(model=self._kept, data_unit=OuterRef("data_unit"))
            rows = rows.filter(~Exists(seen))
        after = self._tally.after
        while chunk := list((rows.filter(id__gt=UUID(after)) if after else rows)[:AT_ONCE]):
            yield chunk
            after = str(chunk[-1].pk)

    def _say(self) -> None:
        """The share of what was seen: what is still to come is not counted, for it may be a million."""
        tally = self._tally
        self._ctx.progress(tally.seen / (tally.seen + 100), f"{tally.tasks:,} tasks labeled, {tally.labels:,} labels")

    def _ask(self, chunk: Sequence[Task]) -> list[Reply[wire.PredictAnswer]]:
        asks = [wire.PredictAsk(self._model.spec(), image_ref(task.data_unit)) for task in chunk]
        # The threads only wait for the process; none of them touches the database.
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            replies = list(pool.map(inference.gateway().predict, asks))
        return [self._settled(ask, reply) for ask, reply in zip(asks, replies, strict=True)]

    def _settled(self, ask: wire.PredictAsk, reply: Reply[wire.PredictAnswer]) -> Done[wire.PredictAnswer] | Refused:
        if isinstance(reply, (Done, Refused)):
            return reply
        return settle(self._ctx, partial(inference.gateway().predict, ask), late=False)

    def _take(self, task: Task, reply: Reply[wire.PredictAnswer]) -> None:
        self._tally.seen += 1
        if isinstance(reply, Refused):
            self._tally.refuse(task, reply.code, reply.detail)
        elif isinstance(reply, Done):
            found = language(self._model, self._stage, task, self._index).predicted(reply.value.labels)
            if self._save(task, found):
                self._tally.lose(task, found)
            else:
                self._tally.skipped += 1

    def _save(self, task: Task, found: Translated) -> bool:
        """Labels and predictions in one transaction. False, with nothing written, for a task that was taken or labeled
        meanwhile: what people do comes first."""
        try:
            with transaction.atomic():
                self._write(task, found)
        except (Conflict, StaleVersion):
            return False
        self._tally.tasks += bool(found.labels)
        self._tally.labels += len(found.labels)
        return True

    def _write(self, task: Task, found: Translated) -> None:
        locked = lock_task(task.pk)
        if locked.state.stage != self._stage.id or locked.state.status != WAITING:
            raise Conflict("The task has gone on.", code="not_waiting")
        if found.labels:
            correct_labels(
                task_id=task.pk,
                actor=self._agent,
                upsert=found.shuffled,
                delete=[],
                base_revision=0,
                operation=OPERATION,
                origin_kind="model",
                reason=f"Pre-labels by {self._model.name}"[:200],
            )
        keep_predictions(self._kept, self._project, task, found)


def language(model: ModelVersion, stage: Stage, task: Task, index: Any) -> Language:
    """How the model's words are read at the stage: its own map of classes, then the stage's."""
    classes = {**(model.config.get("class_map") or {}), **(stage.config.get("class_map") or {})}
    size = (task.data_unit.width, task.data_unit.height)
    return Language(index, model.name, size, uuid5(task.pk, model.spec_id), classes)


def kept_as(project: Project, model: ModelVersion) -> PredictionModel:
    """Under which name what the model says is kept for quality."""
    return prediction_model(project=project, name=model.name, version=model.spec_id, model_version=model)


def keep_predictions(kept: PredictionModel, project: Project, task: Task, found: Translated) -> None:
    item = {"data_unit": str(task.data_unit_id), "labels": found.predictions}
    save_predictions(model=kept, project=project, items=[item], now=database_now())
