"""Which jobs a person may see and stop."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import Membership
from apps.accounts.policies import ADMINS, MANAGERS
from apps.accounts.principal import Principal
from apps.accounts.visibility import visible_ids
from apps.common.errors import NotFound
from apps.jobs.models import Job


def jobs_for(principal: Principal) -> QuerySet[Job]:
    """One's own jobs; those of projects one manages; of organizations where one is admin; and what belongs to no
    project where one is manager.

    Own ones only while one is in the organization and sees the project; a key limited to a project sees only that
    project's. A manager who has no part in a project learns nothing of it here: results hold addresses of exports.
    """
    user_id = principal.user.pk
    memberships = Membership.objects.filter(user_id=user_id)
    seen = Q(project_id=None) | Q(project_id__in=visible_ids("project", user_id, principal.project_id))
    visible = (
        Q(seen, created_by_id=user_id, organization__in=memberships.values("organization"))
        | Q(organization__in=memberships.filter(role__in=ADMINS).values("organization"))
        | Q(organization__in=memberships.filter(role__in=MANAGERS).values("organization"), project_id=None)
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
