from __future__ import annotations

from django.apps import AppConfig


class ServerConfig(AppConfig):
    """The composition root: nothing imports it, it imports everything."""

    name = "apps.server"
    label = "server"
