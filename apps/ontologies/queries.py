"""Reads of ontologies, and the cache of compiled versions."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import Membership
from apps.accounts.policies import MANAGERS
from apps.accounts.principal import Principal
from apps.accounts.visibility import visible_ids
from apps.common.errors import NotFound
from apps.ontologies.logic import OntologyIndex, compile_index
from apps.ontologies.models import Ontology, OntologyVersion

CACHED_INDEXES = 128


def index_for(ontology_id: UUID) -> OntologyIndex:
    """The index of the present version: one small query, then the cache. Raises NotFound."""
    version = Ontology.objects.filter(pk=ontology_id).values_list("version", flat=True).first()
    if version is None:
        raise NotFound
    return index_at(ontology_id, version)


def index_at(ontology_id: UUID, version: int) -> OntologyIndex:
    """The index of one version, from the cache where it is there. Raises NotFound."""
    return _index_at(UUID(str(ontology_id)), version)


# A version never changes once it is committed, and no operation reads its own uncommitted version through this cache.
@lru_cache(maxsize=CACHED_INDEXES)
def _index_at(ontology_id: UUID, version: int) -> OntologyIndex:
    definition = definition_at(ontology_id, version)
    return compile_index(ontology_id, version, definition)


def definition_at(ontology_id: UUID, version: int) -> dict[str, Any]:
    """The canonical definition of one version. Raises NotFound."""
    kept = OntologyVersion.objects.filter(ontology_id=ontology_id, number=version).values_list("definition", flat=True)
    present = Ontology.objects.filter(pk=ontology_id, version=version).values_list("definition", flat=True)
    found: dict[str, Any] | None = kept.first() or present.first()
    if found is None:
        raise NotFound
    return found


def ontologies_of(principal: Principal) -> QuerySet[Ontology]:
    """Those the person manages as somebody of the organization, and those their projects use."""
    through_projects = Q(pk__in=visible_ids("ontology", principal.user.pk, principal.project_id))
    if principal.project_id is not None:
        return Ontology.objects.filter(through_projects)
    managed = Membership.objects.filter(user_id=principal.user.pk, role__in=MANAGERS).values("organization_id")
    return Ontology.objects.filter(Q(organization_id__in=managed) | through_projects)
