"""Loads the demo without starting the server; ``make run`` does it by itself."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.server.demo import settle


class Command(BaseCommand):
    help = "Load the demo: photographs, a project, and people with a known password. Only for a loopback host."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOOPBACK:
            raise CommandError("The demo is only for a server that listens on loopback (HOST=127.0.0.1).")
        if settle.is_settled():
            self.stdout.write("The demo is there already.")
            return
        settle.load(lambda: None)
        self.stdout.write("\n".join(["The demo is loaded.", *settle.introduction()]))
