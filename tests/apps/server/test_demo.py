from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.server.demo import settle
from apps.server.demo.photographs import tiles
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    settings.HOME, settings.LOOPBACK = tmp_path, True
    return tmp_path


def test_the_demo_has_tasks_in_every_queue(home: Path) -> None:
    steps: list[None] = []
    settle.load(lambda: steps.append(None))
    places = Counter(Task.objects.values_list("stage", "status"))
    assert len(tiles()) == Task.objects.count() == 60
    for stage in ("annotate", "review", "expert"):
        assert places[stage, "waiting"] >= 3, places
    assert places["complete", "complete"] >= 5, places
    assert not any(status in ("claimed", "routing") for _, status in places)
    reserved = Task.objects.filter(stage="annotate", visits__reserved_for__isnull=False, visits__closed_at=None)
    assert reserved.exists()
    assert settle.is_settled()


def test_loading_twice_makes_one_demo(home: Path) -> None:
    settle.load(lambda: None)
    settle.load(lambda: None)
    assert Task.objects.count() == 60


def test_another_host_shuts_the_demo_people_out_and_loopback_lets_them_in_again(home: Path, settings: Any) -> None:
    settle.load(lambda: None)
    away = User.objects.get(email="bob@demo.test")
    User.objects.filter(pk=away.pk).update(is_active=False)
    settings.LOOPBACK = False
    assert settle.disable_people() == 5
    assert settle.disable_people() == 0
    assert not User.objects.filter(is_demo=True, is_active=True).exists()
    settings.LOOPBACK = True
    assert settle.enable_people() == 5
    away.refresh_from_db()
    assert not away.is_active


def test_the_demo_is_refused_where_others_can_reach_the_server(home: Path, settings: Any) -> None:
    settings.LOOPBACK = False
    with pytest.raises(CommandError):
        call_command("load_demo")
    assert not User.objects.exists()
