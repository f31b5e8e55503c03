"""``manage.py verify_history``: proves that every task's state is the fold of its events."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.tasks.models import Task
from apps.tasks.queries.integrity import first_difference


class Command(BaseCommand):
    help = "Proves state == fold(events) for every task; names the first that differs and exits with 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", type=UUID, help="only the tasks of this project")

    def handle(self, *args: Any, **options: Any) -> None:
        project_id = options["project"]
        found = first_difference(project_id=project_id)
        if found is not None:
            raise CommandError(f"task {found.task_id}: {found.reason}")
        rows = Task.objects.all() if project_id is None else Task.objects.filter(project_id=project_id)
        self.stdout.write(f"{rows.count():,} tasks: every state is the fold of its events.")
