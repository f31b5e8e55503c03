"""``manage.py check_integrity``: looks for broken invariants (places, leases, counters)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.tasks.queries.integrity import broken_invariants


class Command(BaseCommand):
    help = "Looks for tasks in two places or none, claims without a lease, and counters that differ from a count."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", type=UUID, help="only this project")

    def handle(self, *args: Any, **options: Any) -> None:
        found = broken_invariants(project_id=options["project"])
        for sentence in found:
            self.stderr.write(sentence)
        if found:
            raise CommandError(f"{len(found)} invariants are broken.")
        self.stdout.write("Every invariant holds.")
