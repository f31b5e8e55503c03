"""What is done to one task: a view for the task, one for each verb."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.http import ApiView, read_body
from apps.common.problems import problem_response
from apps.common.serializers import StrictSerializer
from apps.flows.queries import compiled_graph
from apps.projects.policies import require_manager
from apps.tasks.api import bodies
from apps.tasks.api.answers import TaskAnswer
from apps.tasks.api.shown import shown_access, shown_task
from apps.tasks.operations.claims import heartbeat, release_task
from apps.tasks.operations.engine import Locked
from apps.tasks.operations.labeling import Fenced
from apps.tasks.operations.manage import archive_task, assign_task, move_task, reopen_task, set_priority
from apps.tasks.operations.steps import recall_task, take_step
from apps.tasks.policies import TaskAccess, get_person_for, get_task_for, require_role, require_writer

WORK = ("label", "review", "agent")
"""The scopes of whoever works at a stage; which stages, the person's roles say."""


class TaskView(ApiView):
    """One task."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="task", responses=TaskAnswer)
    def get(self, request: Request, task_id: UUID) -> Response:
        found = get_task_for(request.auth, task_id)
        return Response(shown_access(found, compiled_graph(found.task.workflow_version_id)))


class VerbView(ApiView):
    """One verb of a task. Subclasses say what the body is and which operation carries it out."""

    body: ClassVar[type[StrictSerializer]] = bodies.StepBody

    if TYPE_CHECKING:  # each verb's view says what it does

        def act(self, found: TaskAccess, sent: dict[str, Any]) -> Locked | Fenced: ...

    def post(self, request: Request, task_id: UUID) -> Response:
        found = get_task_for(request.auth, task_id)
        done = self.act(found, read_body(request, self.body))
        return answer(done, found)


def answer(done: Locked | Fenced, found: TaskAccess) -> Response:
    """The task after the verb; or the problem of a lost claim, whose draft has been committed."""
    if isinstance(done, Fenced):
        return problem_response(done.error)
    shown = shown_task(
        done.task,
        done.visit,
        graph=done.graph,
        access=found.access,
        user=found.user,
        sees_evidence=found.sees_all,
    )
    return Response(shown)


class StepView(VerbView):
    """A verb that closes a held visit."""

    scopes = {"POST": ("label", "agent")}
    verb: ClassVar[str] = ""

    def act(self, found: TaskAccess, sent: dict[str, Any]) -> Locked | Fenced:
        # Who shows a token held the task once: the fence tells them, and keeps the labels they send.
        if "claim_token" not in sent:
            require_role(found, self.verb)
        return take_step(task_id=found.task.id, user=found.user, step=bodies.step_from(self.verb, sent))


@extend_schema_view(post=extend_schema(operation_id="task_submit", request=bodies.SubmitBody, responses=TaskAnswer))
class SubmitView(StepView):
    verb, body = "submit", bodies.SubmitBody


@extend_schema_view(post=extend_schema(operation_id="task_skip", request=bodies.ReasonBody, responses=TaskAnswer))
class SkipView(StepView):
    verb, body = "skip", bodies.ReasonBody


@extend_schema_view(post=extend_schema(operation_id="task_approve", request=bodies.ApproveBody, responses=TaskAnswer))
class ApproveView(StepView):
    scopes = {"POST": "review"}
    verb, body = "approve", bodies.ApproveBody


@extend_schema_view(post=extend_schema(operation_id="task_reject", request=bodies.RejectBody, responses=TaskAnswer))
class RejectView(StepView):
    scopes = {"POST": "review"}
    verb, body = "reject", bodies.RejectBody


@extend_schema_view(post=extend_schema(operation_id="task_escalate", request=bodies.ReasonBody, responses=TaskAnswer))
class EscalateView(StepView):
    scopes = {"POST": "review"}
    verb, body = "escalate", bodies.ReasonBody


@extend_schema_view(post=extend_schema(operation_id="task_proceed", request=bodies.ProceedBody, responses=TaskAnswer))
class ProceedView(StepView):
    scopes = {"POST": "agent"}
    verb, body = "proceed", bodies.ProceedBody


@extend_schema_view(
    post=extend_schema(operation_id="task_heartbeat", request=bodies.HeartbeatBody, responses=TaskAnswer)
)
class HeartbeatView(VerbView):
    scopes = {"POST": WORK}
    body = bodies.HeartbeatBody

    def act(self, found: TaskAccess, sent: dict[str, Any]) -> Locked | Fenced:
        return heartbeat(
            task_id=found.task.id,
            user=found.user,
            claim_token=sent.get("claim_token"),
            active_ms=sent["active_ms"],
            idle_ms=sent["idle_ms"],
        )


@extend_schema_view(post=extend_schema(operation_id="task_release", request=bodies.ReasonBody, responses=TaskAnswer))
class ReleaseView(VerbView):
    scopes = {"POST": WORK}
    body = bodies.ReasonBody

    def act(self, found: TaskAccess, sent: dict[str, Any]) -> Locked | Fenced:
        require_writer(found)
        return release_task(
            task_id=found.task.id,
            user=found.user,
            is_manager=found.is_manager,
            claim_token=sent.get("claim_token"),
            reason=sent.get("reason", ""),
        )


@extend_schema_view(post=extend_schema(operation_id="task_recall", request=bodies.StepBody, responses=TaskAnswer))
class RecallView(VerbView):
    scopes = {"POST": WORK}

    def act(self, found: TaskAccess, sent: dict[str, Any]) -> Locked | Fenced:
        return recall_task(task_id=found.task.id, user=found.user, roles=found.access.roles)


class ManagerVerbView(VerbView):
    """A verb that only managers have."""

    scopes = {"POST": "manage"}

    def act(self, found: TaskAccess, sent: dict[str, Any]) -> Locked | Fenced:
        require_manager(found.access)
        return self.manage(found, sent)

    if TYPE_CHECKING:

        def manage(self, found: TaskAccess, sent: dict[str, Any]) -> Locked: ...


@extend_schema_view(post=extend_schema(operation_id="task_assign", request=bodies.AssignBody, responses=TaskAnswer))
class AssignView(ManagerVerbView):
    body = bodies.AssignBody

    def manage(self, found: TaskAccess, sent: dict[str, Any]) -> Locked:
        person = get_person_for(found.access, sent["user"]) if sent["user"] is not None else None
        return assign_task(task_id=found.task.id, actor=found.user, person=person)


@extend_schema_view(post=extend_schema(operation_id="task_priority", request=bodies.PriorityBody, responses=TaskAnswer))
class PriorityView(ManagerVerbView):
    body = bodies.PriorityBody

    def manage(self, found: TaskAccess, sent: dict[str, Any]) -> Locked:
        return set_priority(task_id=found.task.id, actor=found.user, priority=sent["priority"])


@extend_schema_view(post=extend_schema(operation_id="task_move", request=bodies.StageBody, responses=TaskAnswer))
class MoveView(ManagerVerbView):
    body = bodies.StageBody

    def manage(self, found: TaskAccess, sent: dict[str, Any]) -> Locked:
        return move_task(task_id=found.task.id, actor=found.user, stage=sent["stage"], reason=sent.get("reason", ""))


@extend_schema_view(post=extend_schema(operation_id="task_reopen", request=bodies.StageBody, responses=TaskAnswer))
class ReopenView(ManagerVerbView):
    body = bodies.StageBody

    def manage(self, found: TaskAccess, sent: dict[str, Any]) -> Locked:
        return reopen_task(task_id=found.task.id, actor=found.user, stage=sent["stage"], reason=sent.get("reason", ""))


@extend_schema_view(post=extend_schema(operation_id="task_archive", request=bodies.ReasonBody, responses=TaskAnswer))
class ArchiveView(ManagerVerbView):
    body = bodies.ReasonBody

    def manage(self, found: TaskAccess, sent: dict[str, Any]) -> Locked:
        return archive_task(task_id=found.task.id, actor=found.user, reason=sent.get("reason", ""))
