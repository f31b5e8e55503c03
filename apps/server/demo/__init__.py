"""The demo: real photographs, a workflow, and people to play with. Only for a server that listens on loopback."""

from __future__ import annotations

from django.conf import settings

MARK = "demo.json"


def is_settled() -> bool:
    """Whether the demo is loaded, or was refused for good reason because the server listens on other hosts too."""
    return not settings.LOOPBACK or (settings.HOME / MARK).is_file()
