"""The demo: real photographs, a workflow, and people to play with. Only for a server that listens on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.conf import settings

from apps.accounts.models import User

MARK = "demo.json"
PASSWORD = "lapidary"  # noqa: S105 - of the demo's people, who exist on loopback only
PEOPLE = {
    "ann": "annotator",
    "bob": "annotator",
    "rex": "reviewer",
    "eve": "expert",
    "mia": "manager",
    "admin": "the instance's admin (/admin/)",
}
STEPS = 100


def is_settled() -> bool:
    """Whether the demo is loaded, or was refused for good reason because the server listens on other hosts too."""
    return not settings.LOOPBACK or (settings.HOME / MARK).is_file()


def load(step: Callable[[], None]) -> None:
    """Makes the demo and marks the home. Calls ``step`` about STEPS times."""
    (settings.HOME / MARK).write_text(json.dumps({"version": 1}))


def disable_people() -> int:
    """Takes the demo people's access away; how many had it. Their keys and sessions end with it."""
    return User.objects.filter(is_demo=True, is_active=True).update(is_active=False)


def enable_people() -> int:
    """Gives it back on a loopback host."""
    return User.objects.filter(is_demo=True, is_active=False).update(is_active=True)


def introduction() -> list[str]:
    """What to tell whoever started the server."""
    if not settings.LOOPBACK:
        return ["The demo people cannot sign in on this host. Make yourself: .venv/bin/python manage.py createsuperuser"]
    width = max(len(name) for name in PEOPLE) + len("@demo.test")
    lines = [f"{name + '@demo.test':{width}}  {role}" for name, role in PEOPLE.items()]
    return [f"Demo people, all with the password {PASSWORD!r} (this machine only):", *lines]
