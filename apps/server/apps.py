from __future__ import annotations

from django.apps import AppConfig


class ServerConfig(AppConfig):
    """The composition root: nothing imports it, it imports everything."""

    name = "apps.server"
    label = "server"

    def ready(self) -> None:
        """Lets apps that stand side by side use each other's rules."""
        from apps.inference import hooks
        from apps.labels.logic import check_geometry

        if check_geometry not in hooks.check_geometry:
            hooks.check_geometry.append(check_geometry)
