"""Writes of workflows: create, rename, publish a version, archive."""

from __future__ import annotations

from collections.abc import Callable
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
        errors = [FieldError(pointer_of(body, problem["stage"]), problem["code"], problem["detail"]) for problem in problems]
        raise Invalid("The graph cannot be published.", code="bad_graph", errors=errors[:100]) from None


def pointer_of(body: Any, stage: str) -> str:
    """Where in the request the stage stands."""
    stages = body.get("stages") if isinstance(body, dict) else None
    for index, item in enumerate(stages if isinstance(stages, list) else []):
        if isinstance(item, dict) and item.get("id") == stage:
            return f"/graph/stages/{index}"
    return "/graph"


@transaction.atomic
def create_workflow(
    *, organization: Organization, name: str, graph: Any, created_by: User | None
) -> WorkflowVersion:
    """A new workflow with its first version. Raises Invalid."""
    checked = checked_graph(graph)
    workflow = Workflow.objects.create(organization=organization, name=name, created_by=created_by)
    return _freeze(workflow, graph, checked, 1, created_by)


@transaction.atomic
def publish_version(
    *,
    workflow_id: UUID,
    graph: Any,
    published_by: User | None,
    check: Callable[[WorkflowVersion], None] | None = None,
) -> WorkflowVersion:
    """The graph as the next version; the present one again when it says the same.

    ``check`` is asked about the present version under the workflow's lock, and may refuse (If-Match). Raises Invalid.
    """
    checked = checked_graph(graph)
    workflow = Workflow.objects.select_for_update(no_key=True).get(pk=workflow_id)
    present = latest_version(workflow_id)
    if check is not None:
        check(present)
    if present.digest == checked.digest:
        return present
    return _freeze(workflow, graph, checked, present.number + 1, published_by)


def _freeze(workflow: Workflow, graph: Any, checked: Graph, number: int, by: User | None) -> WorkflowVersion:
    return WorkflowVersion.objects.create(
        workflow=workflow, number=number, graph=graph, digest=checked.digest, published_by=by
    )


@transaction.atomic
def rename_workflow(*, workflow: Workflow, name: str) -> Workflow:
    """A new name. Safe to repeat."""
    workflow.name = name
    workflow.save(update_fields=["name"])
    return workflow


@transaction.atomic
def archive_workflow(*, workflow: Workflow, now: datetime) -> Workflow:
    """Hides it from lists; projects that use it go on. Safe to repeat."""
    if workflow.archived_at is None:
        workflow.archived_at = now
        workflow.save(update_fields=["archived_at"])
    return workflow
