"""Named people in two organizations, and clients that speak as them.

ann and bob annotate, rex reviews, eve is the expert, mia manages, val views, oskar owns, adele administers: all of
"Blood lab". olga manages another organization, "Elsewhere". Roles in a project are given by the tests of projects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from django.test import Client

from apps.accounts.models import ApiKey, Membership, Organization, User
from apps.accounts.principal import SCOPES, Principal
from apps.accounts.secrets import digest_of, new_key

PASSWORD = "a long enough secret"
MEMBERS = {
    "ann": "member",
    "bob": "member",
    "rex": "member",
    "eve": "member",
    "val": "member",
    "mia": "manager",
    "adele": "admin",
    "oskar": "owner",
}
_numbers = count(1)


def make_person(name: str, **fields: Any) -> User:
    """A person NAME@…, with PASSWORD."""
    email = fields.pop("email", f"{name}{next(_numbers)}@people.test")
    return User.objects.create_user(email, PASSWORD, name=name.capitalize(), **fields)


def make_organization(name: str = "Blood lab") -> Organization:
    return Organization.objects.create(name=name)


def join(organization: Organization, user: User, role: str = "member") -> Membership:
    return Membership.objects.create(organization=organization, user=user, role=role)


def make_key(user: User, **fields: Any) -> str:
    """The secret of a new key of the person, with every scope unless told."""
    secret = new_key()
    values = {"scopes": list(SCOPES), "name": "test", **fields}
    ApiKey.objects.create(user=user, prefix=secret[:12], digest=digest_of(secret), **values)
    return secret


class Caller:
    """A JSON client of the API: ``caller.post("/me/", {...})`` answers Django's response."""

    def __init__(self, key: str | None = None, **headers: str) -> None:
        self.client = Client(raise_request_exception=True, headers={"Authorization": f"Bearer {key}"} if key else None)
        self.headers = headers

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {} if method == "GET" else {"data": "" if body is None else body, "content_type": "application/json"}
        call: Any = getattr(self.client, method.lower())
        named = {name.replace("_", "-"): value for name, value in {**self.headers, **headers}.items()}
        return call("/api/v1" + path, headers=named, **sent)

    def get(self, path: str, **headers: str) -> Any:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("PATCH", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("DELETE", path, body, **headers)


@dataclass
class People:
    """Everybody by name, their organization, and the other one."""

    organization: Organization
    elsewhere: Organization
    users: dict[str, User]
    _callers: dict[str, Caller] = field(default_factory=dict)

    def __getattr__(self, name: str) -> User:
        try:
            return self.__dict__["users"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None

    def principal(self, name: str, **narrowed: Any) -> Principal:
        return Principal(self.users[name], **narrowed)

    def caller(self, name: str) -> Caller:
        """Speaks with a key of the person that has every scope."""
        if name not in self._callers:
            self._callers[name] = Caller(make_key(self.users[name]))
        return self._callers[name]

    def id_of(self, name: str) -> UUID:
        return self.users[name].pk


def make_people() -> People:
    """Blood lab with everybody in MEMBERS, Elsewhere with olga (manager) and otto (owner), and the instance's admin."""
    home, elsewhere = make_organization(), make_organization("Elsewhere")
    users = {name: make_person(name) for name in (*MEMBERS, "olga", "otto")}
    users["admin"] = make_person("admin", is_superuser=True, is_staff=True)
    for name, role in MEMBERS.items():
        join(home, users[name], role)
    join(elsewhere, users["olga"], "manager")
    join(elsewhere, users["otto"], "owner")
    return People(home, elsewhere, users)
