"""The account that built-in agents work under: one of each organization, with no way to sign in."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import transaction

from apps.accounts.models import Membership, User
from apps.projects.models import Collaborator, Project, ProjectRole

NAME = "Built-in agent"


def address_of(project: Project) -> str:
    """An address that no mail can reach."""
    return f"agent.{project.organization_id}@lapidary.invalid"


def agent_of(project: Project) -> User:
    """The account, with the role in the project that it needs; made when it is first needed."""
    found = User.objects.filter(email=address_of(project), collaborations__project=project).first()
    return found or _made(project)


@transaction.atomic
def _made(project: Project) -> User:
    values = {"name": NAME, "password": make_password(None)}
    user, _ = User.objects.get_or_create(email=address_of(project), defaults=values)
    Membership.objects.get_or_create(organization_id=project.organization_id, user=user)
    roles = {"roles": [ProjectRole.AGENT.value]}
    Collaborator.objects.get_or_create(project=project, user=user, defaults=roles)
    return user
