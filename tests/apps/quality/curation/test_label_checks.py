"""Checks of labels over a project: what stands out in its class has a row that says why, and loses it when mended."""

from __future__ import annotations

import pytest

from apps.labels.models import Label
from apps.quality.models import Score
from apps.quality.operations.curating_labels import METRICS, check_labels
from apps.tasks.models import Task
from tests.factories.quality_curation import put_boxes
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)  # each check has a time of its own


def check(world: World) -> dict[str, int]:
    return check_labels(world.project.id, frozenset(METRICS), lambda share, detail: None)


def test_what_stands_out_has_a_row_until_it_is_mended() -> None:
    world = make_world(tasks=4)
    tasks = list(Task.objects.filter(project=world.project).order_by("id"))
    for number, task in enumerate(tasks):
        put_boxes(
            world, task, *(("RBC", 20 + 50 * i, 40 + 60 * number, 40 + (i + number) % 3, 41 + i % 2) for i in range(9))
        )
    assert check(world) == {"labels": 36, "findings": 0}
    tiny, border = put_boxes(world, tasks[0], ("RBC", 300, 300, 2, 2), ("RBC", 0, 300, 40, 40))
    first, second = put_boxes(world, tasks[1], ("RBC", 480, 300, 41, 41), ("RBC", 480, 300, 41, 41))
    assert check(world)["labels"] == 40
    found = {(row.metric, row.subject) for row in Score.objects.all()}
    assert found == {
        ("label.tiny", tiny),
        ("label.at_border", border),
        ("label.duplicates", first),
        ("label.duplicates", second),
    }
    row = Score.objects.get(metric="label.tiny")
    assert row.value > 0.9
    assert row.evidence.startswith("Its area is")
    Label.objects.filter(label_id__in=[tiny, border, second]).delete()
    check(world)
    assert not Score.objects.exists()
