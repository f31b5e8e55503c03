"""The demo's people and what they may do."""

from __future__ import annotations

from dataclasses import dataclass

from apps.accounts.models import Membership, Organization, OrganizationRole, User
from apps.accounts.operations import create_organization

PASSWORD = "lapidary"  # noqa: S105 - of people who can sign in on this machine only


@dataclass(frozen=True, slots=True)
class Person:
    """``roles`` in the demo project; ``does`` is for whoever starts the server."""

    key: str
    name: str
    does: str
    roles: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    organization_role: str = OrganizationRole.MEMBER.value

    @property
    def email(self) -> str:
        return f"{self.key}@demo.test"


PEOPLE = (
    Person("ann", "Ann", "annotator", ("annotator",)),
    Person("bob", "Bob", "annotator", ("annotator",)),
    Person("rex", "Rex", "reviewer", ("reviewer",)),
    Person("eve", "Eve", "expert", ("expert",), ("astronomy", "histology")),
    Person("mia", "Mia", "manager", organization_role=OrganizationRole.MANAGER.value),
    Person("admin", "Admin", "the instance's admin, who also has the console at /admin/"),
)


def make_people() -> tuple[Organization, dict[str, User]]:
    """The demo's organization and its people by key. Their password is too short for anybody else."""
    users = {}
    for person in PEOPLE:
        make = User.objects.create_superuser if person.key == "admin" else User.objects.create_user
        users[person.key] = make(person.email, PASSWORD, name=person.name, is_demo=True)
    organization = create_organization(name="Demo", owner=users["admin"])
    Membership.objects.bulk_create(
        Membership(organization=organization, user=users[person.key], role=person.organization_role)
        for person in PEOPLE
        if person.key != "admin"
    )
    return organization, users
