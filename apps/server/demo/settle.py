"""Whether the demo belongs here: loaded on a loopback host, and its people's access taken away elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.server.demo.people import PASSWORD, PEOPLE
from apps.server.demo.story import tell

MARK = "demo.json"


def is_settled() -> bool:
    """Whether the demo is loaded, or has no place here because the server listens on other hosts too."""
    return not settings.LOOPBACK or (settings.HOME / MARK).is_file()


def load(step: Callable[[], None]) -> None:
    """Makes the demo, all or nothing, and marks the home. Calls ``step`` after every task. Safe to repeat."""
    with transaction.atomic():
        if not User.objects.filter(is_demo=True).exists():
            tell(step)
    mark({"disabled": []})


def disable_people() -> int:
    """Takes the demo people's access away; how many had it. Keys and sessions of inactive people are refused."""
    people = User.objects.filter(is_demo=True, is_active=True)
    ids = [str(pk) for pk in people.values_list("pk", flat=True)]
    if ids:
        # Remembered first: what we took away we can give back on loopback, and nothing else.
        mark({"disabled": sorted({*ids, *marked().get("disabled", [])})})
        people.update(is_active=False)
    return len(ids)


def enable_people() -> int:
    """Gives it back on a loopback host, to those from whom ``disable_people`` took it."""
    ids = marked().get("disabled", [])
    if not ids:
        return 0
    found = User.objects.filter(pk__in=ids, is_demo=True).update(is_active=True)
    mark({"disabled": []})
    return found


def introduction() -> list[str]:
    """What to tell whoever started the server."""
    if not settings.LOOPBACK:
        return [
            "The demo people cannot sign in here. Make your own account: .venv/bin/python manage.py createsuperuser"
        ]
    width = max(len(person.email) for person in PEOPLE)
    lines = [f"{person.email:{width}}  {person.does}" for person in PEOPLE]
    return [
        f"Demo people, all with the password {PASSWORD!r} (because only this machine can reach the server):",
        *lines,
    ]


def marked() -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((settings.HOME / MARK).read_text())
    except FileNotFoundError:
        return {}
    return found


def mark(state: dict[str, Any]) -> None:
    path = settings.HOME / MARK
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(state))
    fresh.replace(path)
