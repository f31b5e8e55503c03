"""``manage.py quality_certificate``: what share of labels is still wrong, provably. Needs no database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.quality.logic.certificate import frame
from apps.quality.logic.certificate.issue import certificate
from apps.quality.logic.checks import BadInput
from apps.quality.management import files


class Command(BaseCommand):
    help = (
        "Certifies the share of labels still wrong, or says how many looks are missing. Arrays: apps/quality/README.md."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("input", type=Path, metavar="IN.npz")
        parser.add_argument("output", type=Path, metavar="OUT.json")
        parser.add_argument("--target", type=float, default=0.01, help="the share wanted at most (0.01)")
        parser.add_argument("--confidence", type=float, default=0.95, help="of the interval (0.95)")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("target", "confidence"):
            if not 0 < options[name] < 1:
                raise CommandError(f"--{name}: a number between 0 and 1 is needed.")
        try:
            found = certificate(
                frame.read(files.read(options["input"])), confidence=options["confidence"], target=options["target"]
            )
        except BadInput as error:
            raise CommandError(str(error)) from error
        files.write_text(options["output"], json.dumps(found, indent=1, allow_nan=False) + "\n")
        self.stdout.write(sentence(found))


def sentence(found: dict[str, Any]) -> str:
    if not found["certified"]:
        return f"Not certified: {found['reason']} {found['looks_needed']} tasks looked at by chance would do."
    share = f"{found['estimate']:.2%} still wrong, {found['lower']:.2%} to {found['upper']:.2%}"
    if found["meets_target"]:
        return f"Certified: {share}."
    return f"Certified: {share}; {found['looks_needed']} more tasks to show at most {found['target']:.2%}."
