"""Reads of workflows, and the cache of compiled graphs."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery

from apps.accounts.models import Membership
from apps.accounts.policies import MANAGERS
from apps.accounts.principal import Principal
from apps.accounts.visibility import visible_ids
from apps.common.errors import NotFound
from apps.flows.models import Workflow, WorkflowVersion
from workflows import codec
from workflows.graph import Graph

CACHED_GRAPHS = 512


def compiled_graph(version_id: UUID | str) -> Graph:
    """The graph of a workflow version; versions never change, so it is compiled once per process. Raises NotFound."""
    return _compiled(UUID(str(version_id)))


@lru_cache(maxsize=CACHED_GRAPHS)
def _compiled(version_id: UUID) -> Graph:
    graph = WorkflowVersion.objects.filter(id=version_id).values_list("graph", flat=True).first()
    if graph is None:
        raise NotFound
    return codec.compile_stored(graph)


def latest_version(workflow_id: UUID) -> WorkflowVersion:
    """The newest version of a workflow. Raises NotFound."""
    found = WorkflowVersion.objects.filter(workflow_id=workflow_id).order_by("-number").first()
    if found is None:
        raise NotFound
    return found


def with_latest(rows: QuerySet[Workflow]) -> QuerySet[Workflow]:
    """The rows with their newest version, without its graph, as ``latest[0]``: one statement for a whole page."""
    newest = WorkflowVersion.objects.filter(workflow=OuterRef("workflow")).order_by("-number").values("number")[:1]
    versions = WorkflowVersion.objects.filter(number=Subquery(newest)).defer("graph")
    return rows.prefetch_related(Prefetch("versions", queryset=versions, to_attr="latest"))


def workflows_of(principal: Principal) -> QuerySet[Workflow]:
    """Those the person manages as somebody of the organization, and those their projects use."""
    through_projects = Q(pk__in=visible_ids("workflow", principal.user.pk, principal.project_id))
    if principal.project_id is not None:
        return Workflow.objects.filter(through_projects)
    managed = Membership.objects.filter(user_id=principal.user.pk, role__in=MANAGERS).values("organization_id")
    return Workflow.objects.filter(Q(organization_id__in=managed) | through_projects)
