"""The console shows every table to the instance's admin, and to nobody else; it changes none past an operation."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from apps.accounts.models import FailedLogin, User

pytestmark = pytest.mark.django_db
OURS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root@example.org", "a long password")


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_table_can_be_looked_at_and_not_written(model: type[Model], root: User, client: Client) -> None:
    client.force_login(root)
    base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert client.get(reverse(f"{base}_changelist")).status_code == 200
    assert client.get(reverse(f"{base}_add")).status_code == 403


def test_a_row_is_shown_without_its_secrets(root: User, client: Client) -> None:
    client.force_login(root)
    response = client.get(reverse("admin:accounts_user_change", args=[root.pk]))
    assert response.status_code == 200
    assert root.password.encode() not in response.content
    assert client.post(reverse("admin:accounts_user_change", args=[root.pk]), {"name": "x"}).status_code == 403
    root.refresh_from_db()
    assert root.name == ""


def test_nobody_else_gets_in(client: Client) -> None:
    client.force_login(User.objects.create_user("mia@example.org", "a long password"))
    assert client.get("/admin/").status_code == 302
    client.force_login(User.objects.create_user("staff@example.org", "a long password", is_staff=True))
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 403


def test_an_action_calls_the_operation(root: User, client: Client) -> None:
    client.force_login(root)
    ann = User.objects.create_user("ann@example.org", "a long password")
    data: dict[str, Any] = {"action": "deactivate", "_selected_action": [str(ann.pk), str(root.pk)]}
    assert client.post(reverse("admin:accounts_user_changelist"), data).status_code == 302
    ann.refresh_from_db()
    root.refresh_from_db()
    assert (ann.is_active, root.is_active) == (False, True)


def test_no_page_offers_to_delete(root: User) -> None:
    assert "delete_selected" not in [name for name, _ in admin.site.actions]


def test_signing_in_counts_failures_and_slows_guessing(root: User, client: Client) -> None:
    data = {"username": root.email, "password": "a long password", "next": "/admin/"}
    for _ in range(30):
        assert client.post("/admin/login/", data | {"password": "wrong"}).status_code == 200
    assert FailedLogin.objects.exists()
    assert b"wait a while" in client.post("/admin/login/", data).content
    FailedLogin.objects.all().delete()
    assert client.post("/admin/login/", data)["Location"] == "/admin/"


def test_a_right_password_without_the_right_is_refused(client: Client) -> None:
    ann = User.objects.create_user("ann@example.org", "a long password")
    response = client.post("/admin/login/", {"username": ann.email, "password": "a long password"})
    assert response.status_code == 200
    assert "_auth_user_id" not in client.session
