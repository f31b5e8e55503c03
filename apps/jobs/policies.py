"""Which jobs a person may see and stop."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import Membership
from apps.accounts.policies import MANAGERS
from apps.accounts.principal import Principal
from apps.accounts.visibility import visible_ids
from apps.common.errors import NotFound
from apps.jobs.models import Job


def jobs_for(principal: Principal) -> QuerySet[Job]:
    """One's own jobs; those of projects one manages; all of organizations where one is manager or more.

    Own ones only while one is in the organization; a key limited to a project sees only that project's.
    """
    user_id = principal.user.pk
    memberships = Membership.objects.filter(user_id=user_id)
    visible = (
        Q(created_by_id=user_id, organization__in=memberships.values("organization"))
        | Q(organization__in=memberships.filter(role__in=MANAGERS).values("organization"))
        | Q(project_id__in=visible_ids("managed_project", user_id, principal.project_id))
    )
    jobs = Job.objects.filter(visible)
    return jobs if principal.project_id is None else jobs.filter(project_id=principal.project_id)


def get_job_for(principal: Principal, job_id: UUID) -> Job:
    """Raises NotFound. Who sees a job may cancel it."""
    found = jobs_for(principal).filter(pk=job_id).first()
    if found is None:
        raise NotFound
    return found
