"""The only way to a workflow for a person."""

from __future__ import annotations

from uuid import UUID

from apps.accounts.policies import MANAGERS, organization_role
from apps.accounts.principal import Principal
from apps.common.errors import Forbidden, NotFound
from apps.flows.models import Workflow
from apps.flows.queries import workflows_of


def get_workflow_for(principal: Principal, workflow_id: UUID, *, manage: bool = False) -> Workflow:
    """The workflow, if the caller may read it (``manage``: change it). Raises NotFound, Forbidden."""
    found = workflows_of(principal).select_related("organization").filter(pk=workflow_id).first()
    if found is None:
        raise NotFound
    if manage and organization_role(principal, found.organization_id) not in MANAGERS:
        raise Forbidden("Workflows are changed by the organization's managers.")
    return found
