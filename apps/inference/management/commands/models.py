"""The instance's models, from the shell of whoever runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.common.clock import database_now
from apps.common.errors import DomainError
from apps.inference.models import AllowedFile, ModelKind, ModelVersion
from apps.inference.operations import (
    add_http_predictor,
    add_model,
    allow_file,
    archive_model,
    make_default,
    restore_model,
)


class Command(BaseCommand):
    """``manage.py models add PATH | list | default MODEL | archive MODEL | restore MODEL | allow SHA256``."""

    help = "Adds, lists and archives models. A MODEL is an id, or the first digits of its file's digest."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="a checkpoint, an ONNX file, or the address of a predictor (http://…)")
        add.add_argument("path")
        add.add_argument("--name", default="", help="how people see it; the file's name without one")
        add.add_argument("--kind", choices=ModelKind.values, help="predictor for .onnx and addresses, else segmenter")
        add.add_argument(
            "--config", default="{}", help="a predictor's or embedder's contract: JSON, or its file's path"
        )
        add.add_argument("--default", action="store_true", help="the segmenter of projects that choose none")
        verbs.add_parser("list", help="all of them, archived ones too")
        for verb, what in (
            ("default", "the segmenter of projects that choose none"),
            ("archive", "nobody may use it any more"),
            ("restore", "it may be used again"),
        ):
            verbs.add_parser(verb, help=what).add_argument("model")
        allow = verbs.add_parser("allow", help="a file that may be uploaded, by its digest")
        allow.add_argument("sha256")
        allow.add_argument("--note", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"do_{options['verb']}")(options)
        except DomainError as error:
            said = "; ".join(item.detail for item in error.errors) or error.detail
            raise CommandError(f"{said} [{error.errors[0].code if error.errors else error.code}]") from None

    def do_add(self, options: dict[str, Any]) -> None:
        path, config = str(options["path"]), read_config(options["config"])
        remote = path.startswith(("http://", "https://"))
        kind = ModelKind(options["kind"] or ("predictor" if remote or path.endswith(".onnx") else "segmenter"))
        if remote and options["default"]:
            raise CommandError("The default is a segmenter.")
        if remote:
            name = options["name"] or path
            made = add_http_predictor(url=path, name=name, config=config, project=None, actor=None)
        else:
            name = options["name"] or Path(path).stem
            made = self._add_file(Path(path), name[:200], kind, config, options["default"])
        self.stdout.write(f"added {line_of(made)}")

    def _add_file(
        self, path: Path, name: str, kind: ModelKind, config: dict[str, Any], as_default: bool
    ) -> ModelVersion:
        """Whoever has this shell is trusted, and so is the file that they name."""
        try:
            file = path.open("rb")
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        with file:
            return add_model(
                file=file,
                file_name=path.name,
                name=name,
                kind=kind,
                config=config,
                actor=None,
                allowed_only=False,
                as_default=as_default,
            )

    def do_list(self, options: dict[str, Any]) -> None:
        for model in ModelVersion.objects.select_related("project").order_by("pk").iterator():
            self.stdout.write(line_of(model))
        for allowed in AllowedFile.objects.order_by("at").iterator():
            self.stdout.write(f"allowed {allowed.sha256}  {allowed.note}".rstrip())

    def do_default(self, options: dict[str, Any]) -> None:
        self.stdout.write(line_of(make_default(model=find(options["model"]))))

    def do_archive(self, options: dict[str, Any]) -> None:
        self.stdout.write(line_of(archive_model(model=find(options["model"]), now=database_now())))

    def do_restore(self, options: dict[str, Any]) -> None:
        self.stdout.write(line_of(restore_model(model=find(options["model"]))))

    def do_allow(self, options: dict[str, Any]) -> None:
        allowed = allow_file(sha256=options["sha256"], note=options["note"], actor=None)
        self.stdout.write(f"allowed {allowed.sha256}")


def read_config(text: str) -> dict[str, Any]:
    """A JSON object, given as such or in a file."""
    try:
        found = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"--config: {error}") from None
    if not isinstance(found, dict):
        raise CommandError("--config is a JSON object.")
    return found


def find(word: str) -> ModelVersion:
    """The model with this id, or the only one whose file's digest begins like this."""
    try:
        rows = ModelVersion.objects.filter(pk=UUID(word))
    except ValueError:
        rows = ModelVersion.objects.filter(sha256__startswith=word.lower(), decoder_sha256="")
    found = list(rows[:2])
    if len(found) != 1:
        raise CommandError(f"{word} names {'no' if not found else 'more than one'} model.")
    return found[0]


def line_of(model: ModelVersion) -> str:
    """One line of the list."""
    marks = [mark for mark, is_so in (("default", model.is_default), ("archived", model.archived_at)) if is_so]
    scope = f"project {model.project_id}" if model.project_id else "all"
    words = [str(model.pk), model.kind, model.family, model.spec_id[:12], scope, *marks, model.name]
    return "  ".join(words)
