"""Certificates over the API: random waves, the experts' looks, and what may be said of the rest."""

from __future__ import annotations

import pytest

from apps.quality.models import AuditDraw, AuditWave
from apps.tasks.models import Selection, Task, Visit
from tests.factories.quality_audit import audited_world, caller, judge, path

pytestmark = pytest.mark.django_db


def test_a_wave_and_the_experts_looks_make_a_certificate_that_holds_the_truth() -> None:
    world = audited_world(tasks=40, wrong={5, 40, 77, 100})
    mia = caller(world, "mia")
    refused = mia.get(path(world, "quality/certificate/")).json()
    assert not refused["certified"]
    assert "120 of 120 labels had no chance" in refused["rests_on"]
    assert refused["n_needed"] >= 2

    drawn = mia.post(path(world, "quality/audit/"), {"looks": 20})
    assert drawn.status_code == 201, drawn.content
    wave = AuditWave.objects.get(project=world.project)
    assert wave.frame == 40
    assert 8 <= wave.drawn <= 32
    assert Selection.objects.filter(project=world.project, design="audit").count() == 40
    assert Visit.objects.filter(project=world.project, stage="expert", status=0, blind=True).count() == wave.drawn

    while judge(world, "eve"):
        pass
    said = mia.get(path(world, "quality/certificate/")).json()
    assert said["certified"], said
    left = 4 - sum(line["was_wrong"] for line in said["strata"])
    assert said["low"] <= left / 120 <= said["high"]
    assert said["n_reviewed"] == said["n_audited"] == 3 * wave.drawn
    assert Task.objects.filter(project=world.project, status="complete").count() == 40
    assert AuditDraw.objects.filter(project=world.project).count() == wave.drawn
