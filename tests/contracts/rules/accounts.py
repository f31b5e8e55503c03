"""Who may call the accounts routes."""

from __future__ import annotations

from apps.accounts.models import ApiKey, Invitation
from apps.common.ids import new_id
from tests.contracts.matrix import ADMINS, MANAGERS, Rule, World
from tests.factories.people import PASSWORD, make_key

ORGANIZATION = "organizations/<uuid:organization_id>/"


def prepare(world: World) -> None:
    people = world.people
    make_key(people.oskar, name="of oskar")
    world.ids |= {
        "organization_id": people.organization.pk,
        "person_id": people.bob.pk,
        "key_id": ApiKey.objects.get(name="of oskar").pk,
        "invitation_id": Invitation.objects.create(
            organization=people.organization,
            email="new@people.test",
            token_digest="0" * 64,
            expires_at="2099-01-01T00:00:00Z",
        ).pk,
    }


RULES = [
    Rule("GET auth/api-keys/", open_to_all=True),
    Rule(
        "POST auth/api-keys/",
        public=True,
        body=lambda world: {"email": world.people.ann.email, "password": PASSWORD, "name": "k"},
    ),
    Rule("DELETE auth/api-keys/<uuid:key_id>/", allow=frozenset({"oskar"})),
    Rule(
        "POST auth/session/",
        public=True,
        body=lambda world: {"email": world.people.ann.email, "password": PASSWORD},
    ),
    Rule("DELETE auth/session/", session=True, open_to_all=True),
    Rule(
        "POST auth/password/",
        session=True,
        open_to_all=True,
        body=lambda _: {"current": PASSWORD, "new": "tr0ub4dor&3"},
    ),
    Rule("GET me/", open_to_all=True),
    Rule("PATCH me/", open_to_all=True, body=lambda _: {"name": "New"}),
    Rule("GET organizations/", open_to_all=True),
    Rule("POST organizations/", allow=frozenset(), body=lambda _: {"name": "Third"}),
    Rule("GET " + ORGANIZATION),
    Rule("PATCH " + ORGANIZATION, allow=ADMINS, body=lambda _: {"name": "Renamed"}),
    Rule("GET " + ORGANIZATION + "members/"),
    Rule("PATCH " + ORGANIZATION + "members/<uuid:person_id>/", allow=ADMINS, body=lambda _: {"role": "manager"}),
    Rule("DELETE " + ORGANIZATION + "members/<uuid:person_id>/", allow=ADMINS),
    Rule("GET " + ORGANIZATION + "invitations/", allow=MANAGERS),
    Rule(
        "POST " + ORGANIZATION + "invitations/",
        allow=MANAGERS,
        body=lambda _: {"email": "x@people.test", "role": "member"},
        foreign=lambda _: [
            ({"email": "x@people.test", "project": str(new_id())}, {"email": "x@people.test", "project": str(new_id())})
        ],
    ),
    Rule("DELETE " + ORGANIZATION + "invitations/<uuid:invitation_id>/", allow=MANAGERS),
    Rule(
        "POST invitations/accept/", public=True, allow=frozenset(), body=lambda _: {"token": "unknown", "password": "x"}
    ),
]
