"""Built-in agents: a worker of ours claims, labels and proceeds at agent stages, as a program from outside would."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict, DomainError
from apps.flows.queries import compiled_graph
from apps.inference import gateway as inference
from apps.inference import wire
from apps.inference.gateway import Refused
from apps.inference.queries import image_ref
from apps.jobs.models import Job, JobState
from apps.jobs.operations import enqueue
from apps.jobs.operations.running import LeaseLost
from apps.jobs.registry import JobContext, job
from apps.ontologies.queries import index_for
from apps.projects.models import Collaborator, Project, ProjectRole
from apps.projects.policies import ProjectAccess
from apps.tasks.assist.account import agent_of
from apps.tasks.assist.choosing import chosen_for, predictor_named, segmenter_named
from apps.tasks.assist.patience import settle
from apps.tasks.assist.prelabel import keep_predictions, kept_as, language
from apps.tasks.assist.translating import Translated
from apps.tasks.models import Task, TaskEvent, Visit, VisitStatus
from apps.tasks.operations.claims import claim_next, release_task
from apps.tasks.operations.engine import Locked, carry_out, lock_task
from apps.tasks.operations.labeling import Fenced, LabelChanges
from apps.tasks.operations.steps import Step, take_step
from workflows import commands
from workflows.configs import EVERYTHING
from workflows.graph import AGENT, Stage

AGENT_JOB = "inference.agent"
SHIFT = 90 * 60.0
"""Seconds after which a job leaves the rest to the next one."""

REST = timedelta(minutes=10)
"""How long a stage is left alone after its job has failed."""

MAX_LISTED = 200


class CannotDo(Exception):
    """The agent has nothing to say of this task, and why."""


def wake_agents(*, now: datetime) -> int:
    """A job for every stage with a built-in agent at which tasks wait and nobody of ours is at work; how many."""
    if not getattr(settings, "INFERENCE_URL", ""):
        return 0
    woken = 0
    rows = Project.objects.filter(archived_at=None).order_by("pk")
    for project_id, version_id in rows.values_list("pk", "workflow_version_id").iterator(chunk_size=2_000):
        for stage in built_in_stages(version_id):
            woken += _wake(project_id, stage, now)
    return woken


@lru_cache(maxsize=100_000)
def built_in_stages(version_id: UUID) -> tuple[str, ...]:
    """The stages of a version that a built-in agent works at; versions never change."""
    stages = compiled_graph(version_id).stages.values()
    return tuple(stage.id for stage in stages if stage.type == AGENT and stage.config.get("agent"))


def _wake(project_id: UUID, stage: str, now: datetime) -> bool:
    waiting = Visit.objects.filter(
        project_id=project_id, stage=stage, status=VisitStatus.WAITING, reserved_for__isnull=True
    )
    jobs = Job.objects.filter(project_id=project_id, kind=AGENT_JOB, params__stage=stage)
    at_work = jobs.filter(state__in=(JobState.QUEUED, JobState.RUNNING))
    failed = jobs.filter(state=JobState.FAILED, finished_at__gt=now - REST)
    if not waiting.exists() or at_work.exists() or failed.exists() or not inference.gateway().ready():
        return False
    organization_id = Project.objects.values_list("organization_id", flat=True).get(pk=project_id)
    params = {"project": str(project_id), "stage": stage}
    enqueue(kind=AGENT_JOB, organization_id=organization_id, project_id=project_id, params=params, created_by=None)
    return True


@dataclass(slots=True)
class Done:
    """What a job has done so far."""

    tasks: int = 0
    labels: int = 0
    failed: int = 0
    not_carried: list[dict[str, Any]] = field(default_factory=list)


@job(AGENT_JOB)
def run_agent(ctx: JobContext) -> dict[str, Any]:
    """Works at one stage until nothing waits there. A worker that dies leaves a claim that its next attempt takes up
    again, or that runs out: labels and step are one transaction."""
    project = Project.objects.get(pk=ctx.params["project"])
    done = Done(**ctx.saved) if ctx.saved else Done()
    work = AgentWork(ctx, project, agent_of(project), ctx.params["stage"], done)
    end = time.monotonic() + SHIFT
    while time.monotonic() < end:
        ctx.raise_if_cancelled()
        if not work.next_task():
            break
        ctx.checkpoint(asdict(done))
        ctx.progress(done.tasks / (done.tasks + 100), f"{done.tasks:,} tasks, {done.labels:,} labels")
    return asdict(done)


class AgentWork:
    """One job at one stage."""

    def __init__(self, ctx: JobContext, project: Project, agent: User, stage: str, done: Done) -> None:
        self._ctx, self._project, self._agent, self._stage, self._done = ctx, project, agent, stage, done

    def next_task(self) -> bool:
        """Claims one task and brings it to its end; False when none waits."""
        self._project.refresh_from_db(fields=["archived_at", "workflow_version"])
        claimed = claim_next(
            access=self._access(), user=self._agent, stage_id=self._stage, worker=f"job {self._ctx.job.pk}"
        )
        if claimed is None:
            return False
        locked = claimed.locked
        stage = locked.graph.stage(locked.state.stage)
        try:
            self._work(locked, stage)
        except CannotDo as reason:
            self._give_up(locked, stage, str(reason))
        except LeaseLost:
            raise  # whoever has the job now has the claim too
        except BaseException as error:
            # A model that is not there, or a process that cannot run it, is the stage's trouble, not the task's.
            self._let_go(locked.task.pk, error.detail if isinstance(error, DomainError) else "The agent was stopped.")
            raise
        return True

    def _work(self, locked: Locked, stage: Stage) -> None:
        found, keep = self._say(locked, stage)
        try:
            self._proceed(locked, stage.config.get("outcome") or stage.outcomes[0], found, keep)
        except DomainError as error:
            raise CannotDo(error.detail) from error  # the claim was lost on the way, or the step is refused

    def _access(self) -> ProjectAccess:
        """What the agent may do: it has every skill that its stage asks for."""
        roles = Collaborator.objects.filter(project=self._project, user=self._agent).values_list("roles", flat=True)
        stage = compiled_graph(self._project.workflow_version_id).stages.get(self._stage)
        return ProjectAccess(self._project, frozenset(roles.first() or ()), frozenset(stage.skills if stage else ()))

    def _say(self, locked: Locked, stage: Stage) -> tuple[Translated, Callable[[], None] | None]:
        """The labels for the task, and what keeps them as predictions. Raises CannotDo.

        A task that comes again after people had it is only passed on: what they took away stays away.
        """
        kind, task = stage.config.get("agent"), locked.task
        if kind is None:
            raise CannotDo("The stage had no built-in agent when the task came.")
        if TaskEvent.objects.filter(task=task, actor=self._agent, action="proceeded", from_stage=stage.id).exists():
            return Translated(), None
        return self._everything(stage, task) if kind == EVERYTHING else self._predict(stage, task)

    def _predict(self, stage: Stage, task: Task) -> tuple[Translated, Callable[[], None] | None]:
        model = predictor_named(self._project.pk, stage.config["model"])
        ask = wire.PredictAsk(model.spec(), image_ref(task.data_unit))
        answer = self._tried(stage, partial(inference.gateway().predict, ask))
        found = language(model, stage, task, index_for(self._project.ontology_id)).predicted(answer.labels)
        kept = kept_as(self._project, model)
        return found, partial(keep_predictions, kept, self._project, task, found)

    def _everything(self, stage: Stage, task: Task) -> tuple[Translated, Callable[[], None] | None]:
        asked = stage.config.get("model")
        model = segmenter_named(self._project.pk, asked) if asked else chosen_for(self._project.pk).model
        if model is None:
            raise Conflict("There is no model: the project's assistant is classical.", code="no_model")
        ask = wire.EverythingAsk(model.spec(), image_ref(task.data_unit))
        answer = self._tried(stage, partial(inference.gateway().everything, ask))
        words = language(model, stage, task, index_for(self._project.ontology_id))
        return words.everything(answer.candidates, stage.config["class"]), None

    def _tried(self, stage: Stage, ask: Callable[[], Any]) -> Any:
        """What the process answers, at the last of the stage's ``retries``. Raises CannotDo."""
        reply: Any = None
        for _ in range(stage.retries + 1):
            reply = settle(self._ctx, ask, late=False)
            if not isinstance(reply, Refused):
                return reply.value
        raise CannotDo(reply.detail)

    @transaction.atomic
    def _proceed(
        self, locked: Locked, outcome: str, found: Translated, keep: Callable[[], None] | None, reason: str = ""
    ) -> None:
        changes = LabelChanges(upsert=found.shuffled) if found.labels else None
        step = Step(verb="proceed", outcome=outcome, changes=changes, reason=reason)
        done = take_step(task_id=locked.task.pk, user=self._agent, step=step)
        if isinstance(done, Fenced):
            raise done.error
        if keep is not None:
            keep()
        self._done.tasks += 1
        self._done.labels += len(found.labels)
        if found.lost:
            reasons = ", ".join(f"{why}: {n}" for why, n in sorted(found.lost.items()))
            self._list(locked.task, "labels_lost", reasons)

    def _give_up(self, locked: Locked, stage: Stage, reason: str) -> None:
        """The task takes the way of a time-out, or stays where it is for a manager."""
        self._done.failed += 1
        self._list(locked.task, "failed", reason)
        if stage.on_timeout:
            self._proceed(locked, stage.on_timeout, Translated(), None, reason=reason[:500])
            return
        self._let_go(locked.task.pk, reason)
        manager = manager_of(self._project)
        if manager is None:
            raise Conflict("A task cannot be labeled, and the project has no manager to look at it.", code="no_manager")
        keep_for(task_id=locked.task.pk, person=manager, agent=self._agent)

    def _let_go(self, task_id: UUID, reason: str) -> None:
        """The claim ends, whatever became of it meanwhile."""
        try:
            release_task(task_id=task_id, user=self._agent, is_manager=False, claim_token=None, reason=reason[:500])
        except DomainError:
            return

    def _list(self, task: Task, code: str, detail: str) -> None:
        if len(self._done.not_carried) < MAX_LISTED:
            row = {"task": str(task.pk), "data_unit": str(task.data_unit_id), "code": code, "detail": detail[:500]}
            self._done.not_carried.append(row)


@transaction.atomic
def keep_for(*, task_id: UUID, person: User, agent: User) -> bool:
    """Reserves a waiting task for a manager, who is told of it: they send it on, or take the reservation away so that
    the agent tries again. False when somebody was faster."""
    locked = lock_task(task_id)
    try:
        carry_out(locked, commands.Assign(actor=str(agent.pk), person=str(person.pk)))
    except DomainError:
        return False
    return True


def manager_of(project: Project) -> User | None:
    """Who looks after what agents could not do: the first of the project's managers."""
    rows = Collaborator.objects.filter(project=project, user__is_active=True).select_related("user").order_by("pk")
    managing = {ProjectRole.ADMIN.value, ProjectRole.MANAGER.value}
    return next((row.user for row in rows if managing & set(row.roles)), None)
