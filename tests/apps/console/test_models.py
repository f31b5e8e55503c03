"""The console's pages about models: a file is allowed first, then uploaded, then chosen or archived."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.inference.models import AllowedFile, ModelVersion
from tests.factories.inference import allow, digest, make_model
from tests.fakes.inference_process import Process, serving

pytestmark = pytest.mark.django_db
WEIGHTS = b"weights"
UPLOAD = "admin:inference_modelversion_upload"
ALLOW = "admin:inference_allowedfile_allow"
LIST = "admin:inference_modelversion_changelist"


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root@example.org", "a long password"))
    return client


@pytest.fixture
def process(settings: Any) -> Iterator[Process]:
    with serving() as found:
        settings.INFERENCE_URL = found.url
        found.answers["POST /inspect"] = (200, {"family": "vit_b", "facts": {}})
        yield found


def upload(client: Client, **more: Any) -> Any:
    sent = {"name": "SAM", "kind": "segmenter", "file": SimpleUploadedFile("sam.pth", WEIGHTS), "config": "{}", **more}
    return client.post(reverse(UPLOAD), sent)


def test_a_file_is_allowed_and_then_uploaded(root: Client, process: Process) -> None:
    sha256 = hashlib.sha256(WEIGHTS).hexdigest()
    refused = upload(root)
    assert refused.status_code == 200
    assert sha256.encode() in refused.content
    assert (process.asked, ModelVersion.objects.count()) == ([], 0)
    assert root.get(reverse(ALLOW)).status_code == 200
    assert root.post(reverse(ALLOW), {"sha256": sha256.upper(), "note": "ours"}).status_code == 302
    assert AllowedFile.objects.get().added_by is not None
    assert root.get(reverse(UPLOAD)).status_code == 200
    assert upload(root, default="on").status_code == 302
    made = ModelVersion.objects.get()
    assert (made.sha256, made.is_default, made.created_by is not None) == (sha256, True, True)


def test_wrong_words_in_the_forms(root: Client, process: Process) -> None:
    assert root.post(reverse(ALLOW), {"sha256": "abc"}).status_code == 200
    allow(hashlib.sha256(WEIGHTS).hexdigest())
    for wrong in ({"config": "[1]"}, {"config": "{"}, {"kind": "tree"}, {"name": ""}):
        assert upload(root, **wrong).status_code == 200
    process.answers["POST /inspect"] = (400, {"code": "unsafe_file", "detail": "It holds more than tensors."})
    assert b"more than tensors" in upload(root).content
    assert (AllowedFile.objects.count(), ModelVersion.objects.count()) == (1, 0)


def test_models_are_chosen_archived_and_restored(root: Client) -> None:
    model = make_model()

    def act(name: str) -> ModelVersion:
        root.post(reverse(LIST), {"action": name, "_selected_action": [str(model.pk)]})
        return ModelVersion.objects.get(pk=model.pk)

    assert act("make_default").is_default
    gone = act("archive")
    assert (gone.is_default, gone.archived_at is not None) == (False, True)
    assert not act("make_default").is_default
    assert act("restore").archived_at is None


def test_an_allowed_file_is_taken_from_the_list(root: Client) -> None:
    allowed = allow(digest())
    address = reverse("admin:inference_allowedfile_changelist")
    assert b"Allow a file" in root.get(address).content
    root.post(address, {"action": "forget", "_selected_action": [str(allowed.pk)]})
    assert not AllowedFile.objects.exists()


def test_nobody_else_reaches_the_forms(client: Client, process: Process) -> None:
    client.force_login(User.objects.create_user("staff@example.org", "a long password", is_staff=True))
    assert client.get(reverse(UPLOAD)).status_code == 403
    assert upload(client).status_code == 403
    assert client.post(reverse(ALLOW), {"sha256": "a" * 64}).status_code == 403
    assert (AllowedFile.objects.count(), ModelVersion.objects.count()) == (0, 0)
