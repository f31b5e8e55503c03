"""Reads of datasets and data units."""

from __future__ import annotations

import time
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.lookups import Exact

from apps.accounts.models import Membership
from apps.accounts.policies import MANAGERS
from apps.accounts.principal import Principal
from apps.accounts.visibility import visible_ids
from apps.datasets.logic.links import link
from apps.datasets.models import Dataset, DataUnit, Storage


def datasets_of(principal: Principal) -> QuerySet[Dataset]:
    """Those the person manages as somebody of the organization, and those their projects use."""
    through_projects = Q(pk__in=visible_ids("dataset", principal.user.pk, principal.project_id))
    if principal.project_id is not None:
        return Dataset.objects.filter(through_projects)
    managed = Membership.objects.filter(user_id=principal.user.pk, role__in=MANAGERS).values("organization_id")
    return Dataset.objects.filter(Q(organization_id__in=managed) | through_projects)


def data_units_of(dataset_id: UUID) -> QuerySet[DataUnit]:
    """The units of a dataset that the caller may see."""
    return DataUnit.objects.filter(dataset_id=dataset_id)


def with_metadata(rows: QuerySet[DataUnit], key: str, value: str) -> QuerySet[DataUnit]:
    """Those whose metadata member ``key`` reads ``value`` as text (numbers, true and false included)."""
    return rows.filter(Exact(MetadataText(F("metadata"), key), value))


class MetadataText(Func):
    """One member of a JSON object as text; the key is a parameter, never part of the statement."""

    output_field = TextField()
    arity = 2

    def __init__(self, column: F, key: str) -> None:
        super().__init__(column, Value(key))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, template="jsonb_extract_path_text(%(expressions)s)", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # SQLite's JSON paths cannot name every key; its table of members can.
        text = "CASE type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(atom AS TEXT) END"
        template = "(SELECT %(text)s FROM json_each(%(expressions)s))"
        joiner = ") WHERE key = ("
        return super().as_sql(compiler, connection, template=template, arg_joiner=joiner, text=text, **context)


def media_urls(unit: DataUnit) -> tuple[str, str]:
    """Signed addresses of what a browser shows of the unit, and of its thumbnail. Stable for five minutes."""
    return media_url(unit.rendition_key or unit.media_key), media_url(unit.thumbnail_key)


def media_url(key: str) -> str:
    """The signed address of one key; "" for none. ``MEDIA_ORIGIN`` may move media to a host of their own."""
    if not key:
        return ""
    return link(media_prefix(), key, secret=media_secret(), now=time.time())


def media_prefix() -> str:
    return str(getattr(settings, "MEDIA_ORIGIN", "")) + "/media/"


def media_secret() -> bytes:
    return _derived(settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _derived(secret_key: str) -> bytes:
    return sha256(b"lapidary media links:" + secret_key.encode()).digest()


def storages_of(principal: Principal) -> QuerySet[Storage]:
    """The storage roots that the person may import from: open ones and their organizations', for managers."""
    if principal.project_id is not None:
        return Storage.objects.none()
    if principal.user.is_superuser:
        return Storage.objects.all()
    managed = Membership.objects.filter(user_id=principal.user.pk, role__in=MANAGERS)
    theirs = Q(organization_id__in=managed.values("organization_id")) | Q(organization_id__isnull=True)
    return Storage.objects.filter(theirs) if managed.exists() else Storage.objects.none()
