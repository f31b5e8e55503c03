"""The same bytes uploaded by several people at the same moment are one data unit, made once."""

from __future__ import annotations

import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.common.retries import retried
from apps.datasets import hooks
from apps.datasets.models import DataUnit
from apps.datasets.operations import Added, Incoming, add_data_units
from tests.factories.datasets import image_bytes, make_dataset
from tests.factories.people import make_organization

CLIENTS = 4


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_at_once_are_one_unit(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, shared = make_dataset(make_organization()), [image_bytes() for _ in range(3)]
    heard: list[Any] = []
    monkeypatch.setattr(hooks, "on_units_added", [lambda dataset_id, units, now: heard.extend(units)])
    barrier, answers, failures = threading.Barrier(CLIENTS), [], []

    def client(turn: int) -> None:
        try:
            barrier.wait()
            files = [*shared[turn % 3 :], *shared[: turn % 3], image_bytes()]
            incoming = [Incoming(f"{turn}-{i}.png", BytesIO(content)) for i, content in enumerate(files)]
            answers.append(retried(lambda: add_data_units(dataset=dataset, incoming=incoming, now=timezone.now())))
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=(turn,)) for turn in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    check(answers, heard, Path(settings.MEDIA_ROOT))


def check(answers: list[Added], heard: list[Any], media: Path) -> None:
    units = list(DataUnit.objects.all())
    assert len(units) == 3 + CLIENTS
    assert sorted(heard) == sorted(unit.pk for unit in units)
    made = [unit.pk for answer in answers for unit, existing in answer.units if not existing]
    assert sorted(made) == sorted(unit.pk for unit in units)
    files = {path.name.split(".")[0].split("-")[0] for path in media.rglob("*") if path.is_file()}
    assert files == {unit.pk.hex for unit in units}
