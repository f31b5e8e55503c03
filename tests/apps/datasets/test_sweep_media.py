"""Media that nobody names is deleted, but not while it may belong to an upload."""

from __future__ import annotations

import os
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.common.ids import new_id
from apps.datasets import store
from tests.factories.datasets import make_dataset, make_units
from tests.factories.people import People

pytestmark = pytest.mark.django_db


def test_only_old_and_unnamed_media_goes(people: People, settings: Any) -> None:
    root, dataset = Path(settings.MEDIA_ROOT), make_dataset(people.organization)
    [unit] = make_units(dataset)
    old, young = (store.put(store.key_of(dataset.pk, new_id(), "-small.jpg"), b"x") for _ in range(2))
    foreign = store.put("units/notes.txt", b"x")
    before = (timezone.now() - timedelta(days=2)).timestamp()
    for key in (old, foreign, unit.media_key, unit.thumbnail_key):
        os.utime(root / key, (before, before))
    told = StringIO()
    call_command("sweep_media", dry_run=True, stdout=told)
    assert told.getvalue().split("\n")[:2] == [old, "1 found"]
    assert (root / old).exists()
    call_command("sweep_media", stdout=StringIO())
    assert not (root / old).exists()
    assert all((root / key).exists() for key in (young, foreign, unit.media_key, unit.thumbnail_key))
