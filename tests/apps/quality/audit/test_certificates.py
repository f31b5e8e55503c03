"""Certificates over the API: random waves, the experts' looks, and what may be said of the rest."""

from __future__ import annotations

import pytest

from apps.quality.logic.digests import digest_of
from apps.quality.models import AuditDraw, AuditWave
from apps.quality.queries import certificates
from apps.tasks.models import Selection, Task, Visit
from apps.tasks.operations.manage import send_to_stage
from apps.tasks.operations.verdicts import Word, give_verdict
from tests.factories.jobs import run_all_jobs
from tests.factories.quality_audit import audited_world, caller, judge, judge_held, labels_of, path

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


def test_a_rejected_audit_stays_in_the_frame_until_its_rework_is_approved() -> None:
    world = audited_world(tasks=12, wrong={0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33})
    mia = caller(world, "mia")
    mia.post(path(world, "quality/audit/"), {"looks": 8})
    drawn = AuditDraw.objects.filter(project=world.project).count()
    while judge(world, "eve", fix=False):
        pass
    assert Task.objects.filter(project=world.project, status="complete").count() == 12 - drawn
    said = mia.get(path(world, "quality/certificate/")).json()
    assert said["n_labels"] == 36
    assert said["still_wrong_known"] == drawn
    assert said["estimate"] == pytest.approx(1 / 3)
    assert said["low"] <= 1 / 3 <= said["high"]


def test_plain_approvals_are_no_looks() -> None:
    world = audited_world(tasks=12, wrong=set())
    mia = caller(world, "mia")
    mia.post(path(world, "quality/audit/"), {"looks": 8})
    while judge(world, "eve", search=False):
        pass
    said = mia.get(path(world, "quality/certificate/")).json()
    assert not said["certified"]
    assert said["n_reviewed"] == 0
    assert said["n_needed"] >= 2


def test_audits_that_tell_only_of_errors_certify_nothing() -> None:
    world = audited_world(tasks=14, wrong=set(range(0, 42, 6)))
    mia = caller(world, "mia")
    mia.post(path(world, "quality/audit/"), {"looks": 12})
    while judge(world, "eve", search=False):
        pass
    said = mia.get(path(world, "quality/certificate/")).json()
    assert not said["certified"]
    assert "without a word on each of their labels" in said["rests_on"]


def test_a_snapshot_is_certified_at_its_revisions() -> None:
    world = audited_world(tasks=16, wrong={1, 20, 33})
    mia = caller(world, "mia")
    made = mia.post(path(world, "snapshots/"), {"name": "Before"}).json()
    mia.post(path(world, "quality/audit/"), {"looks": 15})
    while judge(world, "eve"):
        pass
    now = mia.get(path(world, "quality/certificate/")).json()
    then = mia.get(path(world, f"quality/certificate/?snapshot={made['id']}")).json()
    found = sum(line["was_wrong"] for line in now["strata"])
    assert found
    assert (now["still_wrong_known"], then["still_wrong_known"]) == (0, found)
    assert then["n_labels"] == now["n_labels"] == 48
    assert (then["snapshot"], then["snapshot_name"]) == (made["id"], "Before")
    assert then["low"] <= 3 / 48 <= then["high"]
    unknown = mia.get(path(world, "quality/certificate/?snapshot=0190f7c2-1111-7abc-8def-123456789abc"))
    assert unknown.status_code == 400


def test_every_kind_and_class_has_its_line_and_missing_its_own() -> None:
    world = audited_world(tasks=20, wrong={4, 9})
    mia = caller(world, "mia")
    mia.post(path(world, "quality/audit/"), {"looks": 15})
    while judge(world, "eve"):
        pass
    said = mia.get(path(world, "quality/certificate/")).json()
    kinds = {line["kind"]: line for line in said["kinds"]}
    assert kinds.keys() == {"wrong_class", "badly_located", "spurious", "duplicate", "wrong_attribute", "missing"}
    assert {line["class"] for line in said["classes"]} <= {"RBC", "WBC"}
    drawn = AuditDraw.objects.filter(project=world.project).count()
    assert kinds["missing"]["n_labels"] == 20
    assert kinds["missing"]["n_audited"] == drawn
    for line in (*said["kinds"], *said["classes"], *said["parts"]):
        assert {"n_reviewed", "n_audited", "n_needed", "rests_on"} <= line.keys()
        if line["certified"]:
            assert 0 <= line["low"] <= line["estimate"] <= line["high"] <= 1


def test_a_certificate_is_issued_once_and_printed() -> None:
    world = audited_world(tasks=10, wrong={3})
    mia = caller(world, "mia")
    mia.post(path(world, "quality/audit/"), {"looks": 9})
    while judge(world, "eve"):
        pass
    made = mia.post(path(world, "quality/certificate/"), {})
    assert made.status_code == 201, made.content
    said = made.json()
    assert said["document"]["look"] == "planned"
    judge(world, "eve")
    kept = mia.get(path(world, f"quality/certificates/{said['id']}/")).json()
    assert kept == said
    rest = {name: value for name, value in kept["document"].items() if name != "digest"}
    assert digest_of(rest) == kept["digest"]
    assert [one["id"] for one in mia.get(path(world, "quality/certificates/")).json()["results"]] == [said["id"]]
    pdf = mia.get(path(world, f"quality/certificates/{said['id']}/pdf/"))
    assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
    assert pdf.content.startswith(b"%PDF")
    assert caller(world, "val").get(path(world, f"quality/certificates/{said['id']}/pdf/")).status_code == 403


def test_a_large_project_is_certified_by_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    world = audited_world(tasks=6, wrong=set(), boxes=1)
    mia = caller(world, "mia")
    monkeypatch.setattr(certificates, "TASKS_AT_ONCE", 3)
    assert mia.get(path(world, "quality/certificate/")).json()["code"] == "large_project"
    asked = mia.post(path(world, "quality/certificate/"), {})
    assert asked.status_code == 202
    (job,) = run_all_jobs()
    assert job.result is not None
    made = mia.get(path(world, f"quality/certificates/{job.result['certificate']}/")).json()
    assert not made["certified"]
    assert mia.get(path(world, "quality/audit/")).status_code == 200


def test_a_strict_review_of_everything_needs_no_draw() -> None:
    world = audited_world(tasks=6, wrong={2}, strict=True)
    for task in Task.objects.filter(project=world.project):
        send_to_stage(task_id=task.id, actor=world.people["mia"], stage="expert")
    while (claimed := world.claim("eve", "expert")) is not None:
        task = claimed.locked.task
        for label in labels_of(task):
            give_verdict(task_id=task.id, user=world.people["eve"], word=Word(label.label_id, "approved"))
        judge_held(world, "eve", task, search=False)
    mia = caller(world, "mia")
    said = mia.get(path(world, "quality/certificate/")).json()
    assert said["certified"]
    assert (said["estimate"], said["low"], said["high"], said["n_audited"]) == (0, 0, 0, 0)
    missing = next(line for line in said["kinds"] if line["kind"] == "missing")
    assert not missing["certified"]
    refused = mia.post(path(world, "quality/audit/"), {})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_draw")
    assert not AuditWave.objects.filter(project=world.project).exists()
