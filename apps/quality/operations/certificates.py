"""Issuing certificates: a planned look, whose document never changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.labels.models import Snapshot
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.quality.logic.digests import digest_of
from apps.quality.models import Certificate
from apps.quality.queries.certificates import about, certified, named

ISSUE = "quality.certificate"


def issue(
    *,
    project: Project,
    snapshot: Snapshot | None,
    actor: User | None,
    now: datetime,
    certificate_id: UUID | None = None,
    seen: Callable[[int], None] = lambda _: None,
) -> Certificate:
    """Computes the document and keeps it. With ``certificate_id`` a second call answers the first one's."""
    wanted = certificate_id or new_id()
    kept = Certificate.objects.filter(id=wanted).first()
    if kept is not None:
        return kept
    said = named(certified(project, snapshot, seen), index_for(project.ontology_id).class_names)
    said = {**about(project, snapshot, now), **said, "look": "planned"}
    said["digest"] = digest_of(said)
    with transaction.atomic():
        made, _ = Certificate.objects.get_or_create(
            id=wanted,
            defaults={
                "project": project,
                "snapshot": snapshot.id if snapshot else None,
                "document": said,
                "issued_by": actor,
                "issued_at": now,
            },
        )
    return made


def ask(*, project: Project, snapshot: Snapshot | None, actor: User) -> Job:
    """The same as a job, for large projects; its result names the certificate."""
    return enqueue(
        kind=ISSUE,
        organization_id=project.organization_id,
        project_id=project.id,
        created_by=actor,
        params={"project": str(project.id), "snapshot": str(snapshot.id) if snapshot else None, "actor": str(actor.id)},
    )
