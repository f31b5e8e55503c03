"""Reads of datasets and data units."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from apps.accounts.models import Membership
from apps.accounts.policies import MANAGERS
from apps.accounts.principal import Principal
from apps.accounts.visibility import visible_ids
from apps.datasets.models import Dataset


def datasets_of(principal: Principal) -> QuerySet[Dataset]:
    """Those the person manages as somebody of the organization, and those their projects use."""
    through_projects = Q(pk__in=visible_ids("dataset", principal.user.pk, principal.project_id))
    if principal.project_id is not None:
        return Dataset.objects.filter(through_projects)
    managed = Membership.objects.filter(user_id=principal.user.pk, role__in=MANAGERS).values("organization_id")
    return Dataset.objects.filter(Q(organization_id__in=managed) | through_projects)
