"""``manage.py quality_score``: how likely each label is wrong. Needs no database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.quality.logic import tables
from apps.quality.management import files

SCORERS = {"classification": tables.score_classification, "detection": tables.score_detection}


class Command(BaseCommand):
    help = "Scores labels by how likely they are wrong, from a model's predictions. Arrays: apps/quality/README.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", choices=sorted(SCORERS), required=True)
        parser.add_argument("--verdicts", type=Path, help="verdicts that calibrate: index, is_error, optional kind")
        parser.add_argument("input", type=Path, metavar="IN.npz")
        parser.add_argument("output", type=Path, metavar="OUT.npz")

    def handle(self, *args: Any, **options: Any) -> None:
        given = files.read(options["input"])
        verdicts = files.read(options["verdicts"]) if options["verdicts"] else None
        try:
            result = SCORERS[options["kind"]](given, verdicts)
        except tables.BadInput as error:
            raise CommandError(str(error)) from error
        for sentence in result.warnings:
            self.stderr.write(self.style.WARNING(f"warning: {sentence}"))
        files.write(options["output"], result.arrays)
        p_error = result.arrays["p_error"]
        self.stdout.write(f"{len(p_error)} labels, {p_error.sum():.1f} expected errors ({result.arrays['model']}).")
