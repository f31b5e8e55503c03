"""Writes of workflows: create, change, publish a version, archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Organization, User
from apps.common.errors import FieldError, Invalid
from apps.flows.models import Workflow, WorkflowVersion
from apps.flows.providers import fact_providers
from apps.flows.queries import latest_version
from workflows import codec
from workflows.graph import Graph


def checked_graph(body: Any) -> Graph:
    """The graph as a value, if it may be published here. Raises Invalid, an error for each problem."""
    try:
        return codec.graph_from_json(body, providers=fact_providers())
    except codec.BadGraphError as refused:
        problems = refused.report.to_json()["errors"]
        errors = [
            FieldError(pointer_of(body, problem["stage"]), problem["code"], problem["detail"]) for problem in problems
        ]
        raise Invalid("The graph cannot be published.", code="bad_graph", errors=errors[:100]) from None


def pointer_of(body: Any, stage: str) -> str:
    """Where in the request the stage stands."""
    stages = body.get("stages") if isinstance(body, dict) else None
    for index, item in enumerate(stages if isinstance(stages, list) else []):
        if isinstance(item, dict) and item.get("id") == stage:
            return f"/graph/stages/{index}"
    return "/graph"


@transaction.atomic
def create_workflow(*, organization: Organization, name: str, graph: Any, created_by: User | None) -> WorkflowVersion:
    """A new workflow with its first version. Raises Invalid."""
    checked = checked_graph(graph)
    workflow = Workflow.objects.create(organization=organization, name=name, created_by=created_by)
    return _freeze(workflow, graph, checked, 1, created_by)


@transaction.atomic
def publish_version(*, workflow_id: UUID, graph: Any, published_by: User | None) -> WorkflowVersion:
    """The graph as the next version; the present one again when it says the same. Raises Invalid."""
    checked = checked_graph(graph)
    workflow = lock_workflow(workflow_id)
    return _publish(workflow, latest_version(workflow_id), graph, checked, published_by)


@transaction.atomic
def change_workflow(
    *,
    workflow_id: UUID,
    changes: Mapping[str, Any],
    changed_by: User | None,
    check: Callable[[Workflow, WorkflowVersion], None],
) -> tuple[Workflow, WorkflowVersion]:
    """Writes ``name`` and publishes ``graph``, both or none.

    ``check`` is asked about the workflow and its present version under the lock, and may refuse (If-Match). Raises
    Invalid.
    """
    checked = checked_graph(changes["graph"]) if "graph" in changes else None
    workflow = lock_workflow(workflow_id)
    version = latest_version(workflow_id)
    check(workflow, version)
    if "name" in changes:
        workflow.name = changes["name"]
        workflow.save(update_fields=["name"])
    if checked is not None:
        version = _publish(workflow, version, changes["graph"], checked, changed_by)
    return workflow, version


@transaction.atomic
def archive_workflow(*, workflow_id: UUID, archived: bool, now: datetime) -> Workflow:
    """Takes it out of the lists, or brings it back; projects that use it go on. Safe to repeat."""
    workflow = lock_workflow(workflow_id)
    if (workflow.archived_at is not None) != archived:
        workflow.archived_at = now if archived else None
        workflow.save(update_fields=["archived_at"])
    return workflow


def lock_workflow(workflow_id: UUID) -> Workflow:
    """The workflow as it is now; who publishes next waits, who only refers to it does not."""
    return Workflow.objects.select_for_update(no_key=True).get(pk=workflow_id)


def _publish(
    workflow: Workflow, present: WorkflowVersion, graph: Any, checked: Graph, by: User | None
) -> WorkflowVersion:
    if present.digest == checked.digest:
        return present
    return _freeze(workflow, graph, checked, present.number + 1, by)


def _freeze(workflow: Workflow, graph: Any, checked: Graph, number: int, by: User | None) -> WorkflowVersion:
    return WorkflowVersion.objects.create(
        workflow=workflow, number=number, graph=graph, digest=checked.digest, published_by=by
    )
