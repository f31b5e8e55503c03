"""Old files of transfers go, young ones stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.common.clock import database_now
from apps.jobs.models import Job
from apps.tasks.transfer.forgetting import forget_transfers
from apps.tasks.transfer.links import report_key, result_key
from tests.factories.people import make_organization

pytestmark = pytest.mark.django_db


def test_files_go_after_a_week() -> None:
    now, organization = database_now(), make_organization()
    params = {"format": "coco", "include_media": False}
    ended = {"organization": organization, "kind": "labels.export", "params": params, "state": "succeeded"}
    old = Job.objects.create(**ended, finished_at=now - timedelta(days=8))
    young = Job.objects.create(**ended, finished_at=now - timedelta(days=6))
    for job in (old, young):
        default_storage.save(result_key(job), ContentFile(b"{}"))
        default_storage.save(report_key(job.id), ContentFile(b"[]"))
    assert forget_transfers(now=now) == 1
    assert forget_transfers(now=now) == 1
    there = [default_storage.exists(key) for job in (old, young) for key in (result_key(job), report_key(job.id))]
    assert there == [False, False, True, True]
