"""Who may call the jobs routes."""

from __future__ import annotations

from apps.jobs.operations import enqueue
from tests.contracts.matrix import MANAGERS, Rule, World


def prepare(world: World) -> None:
    organization = world.people.organization
    job = enqueue(kind="nothing", organization_id=organization.pk, params={}, created_by=world.people.rex)
    world.ids["job_id"] = job.pk


OWN_OR_MANAGED = MANAGERS | {"rex"}

RULES = [
    Rule("GET jobs/", open_to_all=True),
    Rule("GET jobs/<uuid:job_id>/", allow=OWN_OR_MANAGED),
    Rule("POST jobs/<uuid:job_id>/cancel/", allow=OWN_OR_MANAGED),
]
