"""Deletes stored media that no data unit names."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.common.clock import database_now
from apps.datasets.operations.sweeping import sweep_media


class Command(BaseCommand):
    """``manage.py sweep_media [--dry-run]``."""

    help = "Deletes media older than a day that no data unit names, as a crash in mid-upload leaves behind."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only list the keys")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = sweep_media(now=database_now(), delete=not options["dry_run"])
        for key in keys:
            self.stdout.write(key)
        self.stdout.write(f"{len(keys)} {'found' if options['dry_run'] else 'deleted'}")
