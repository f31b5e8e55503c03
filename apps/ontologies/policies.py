"""The only way to an ontology for a person."""

from __future__ import annotations

from uuid import UUID

from apps.accounts.policies import MANAGERS, organization_role
from apps.accounts.principal import Principal
from apps.common.errors import Forbidden, NotFound
from apps.ontologies.models import Ontology
from apps.ontologies.queries import ontologies_of


def get_ontology_for(principal: Principal, ontology_id: UUID, *, manage: bool = False) -> Ontology:
    """The ontology, if the caller may read it (``manage``: change it). Raises NotFound, Forbidden."""
    found = ontologies_of(principal).select_related("organization").filter(pk=ontology_id).first()
    if found is None:
        raise NotFound
    if manage and organization_role(principal, found.organization_id) not in MANAGERS:
        raise Forbidden("Ontologies are changed by the organization's managers.")
    return found
