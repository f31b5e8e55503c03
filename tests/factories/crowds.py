"""Many people and many tasks at once, for races and measurements."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.accounts.models import ApiKey, Membership, User
from apps.accounts.principal import SCOPES
from apps.accounts.secrets import digest_of, new_key
from apps.common.bulk import insert_many
from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.datasets.models import DataUnit
from apps.projects.models import Collaborator
from apps.tasks.operations.creation import CHUNK, create_tasks
from tests.factories.tasks import World

NAMES = ("id", "name", "sha256", "media_key")


def add_units(world: World, number: int, *, first: int = 0, size: tuple[int, int] = (640, 480)) -> list[UUID]:
    """Data units without files behind them, named unit-N.png; answers their ids."""
    ids = [new_id() for _ in range(number)]
    rows = ((pk, f"unit-{n}.png", f"{pk.hex:0>64}", f"none/{n}.png") for n, pk in enumerate(ids, first))
    fixed = {
        "dataset_id": world.dataset.id,
        "width": size[0],
        "height": size[1],
        "size_bytes": 1,
        "content_type": "image/png",
        "rendition_key": "",
        "thumbnail_key": "",
        "metadata": {},
        "created_at": database_now(),
    }
    with transaction.atomic():
        insert_many(DataUnit, NAMES, rows, fixed=fixed)
    return ids


def add_many_tasks(world: World, number: int, *, first: int = 0) -> list[UUID]:
    """That many new data units, made into tasks; answers the units' ids."""
    made = []
    for start in range(0, number, CHUNK):
        ids = add_units(world, min(CHUNK, number - start), first=first + start)
        create_tasks(project_id=world.project.id, unit_ids=ids, actor_id=world.people["mia"].id)
        made += ids
    return made


def add_people(world: World, number: int, roles: Sequence[str] = ("annotator",)) -> list[User]:
    """Collaborators of the project (members of its organization only, without ``roles``) who sign in with keys."""
    tag, title = str(new_id())[-8:], roles[0] if roles else "person"
    people = User.objects.bulk_create(
        User(email=f"{title}-{n}.{tag}@crowd.test", name=f"{title.title()} {n}", password="!") for n in range(number)
    )
    Membership.objects.bulk_create(Membership(organization=world.organization, user=user) for user in people)
    if roles:
        Collaborator.objects.bulk_create(
            Collaborator(project=world.project, user=user, roles=list(roles)) for user in people
        )
    return people


def keys_of(people: Sequence[User]) -> list[str]:
    """A new key of each person, with every scope."""
    secrets = [new_key() for _ in people]
    ApiKey.objects.bulk_create(
        ApiKey(user=user, prefix=secret[:12], digest=digest_of(secret), scopes=list(SCOPES), name="crowd")
        for user, secret in zip(people, secrets, strict=True)
    )
    return secrets
