"""Adding a model: trusted first, then looked into by the inference process, and nothing left behind when refused."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.common.errors import Conflict, DomainError, Invalid, Unavailable
from apps.inference.models import AllowedFile, FinetuneRun, ModelKind, ModelVersion
from apps.inference.operations import (
    add_http_predictor,
    add_model,
    add_tuned_decoder,
    archive_model,
    make_default,
    restore_model,
)
from apps.jobs.models import Job
from tests.factories.inference import allow, digest, make_model, model_file
from tests.factories.people import People
from tests.factories.projects import make_lab
from tests.fakes.inference_process import Process, serving

pytestmark = pytest.mark.django_db
FOUND = {"family": "vit_b", "facts": {"image_size": 1024, "parameters": 5}}


@pytest.fixture
def process(settings: Any) -> Iterator[Process]:
    with serving() as found:
        settings.INFERENCE_URL = found.url
        found.answers["POST /inspect"] = (200, FOUND)
        yield found


def add(file: BytesIO, name: str = "sam.pth", **more: Any) -> ModelVersion:
    values = {"kind": ModelKind.SEGMENTER, "name": "SAM", "actor": None, **more}
    return add_model(file=file, file_name=name, **values)


def sha(file: BytesIO) -> str:
    return hashlib.sha256(file.getvalue()).hexdigest()


def kept_files() -> list[str]:
    try:
        return sorted(default_storage.listdir("models")[1])
    except FileNotFoundError:
        return []


def test_an_allowed_file_becomes_a_model(process: Process) -> None:
    file = model_file()
    allow(sha(file))
    made = add(file)
    key = f"models/{sha(file)}.pth"
    assert (made.family, made.facts["image_size"], made.key, made.spec_id) == ("vit_b", 1024, key, sha(file))
    with default_storage.open(key, "rb") as kept:
        assert kept.read() == file.getvalue()
    asked = process.asked_for("POST /inspect")[0]
    assert (asked["key"], asked["sha256"], asked["kind"]) == (key, sha(file), "segmenter")
    assert made.spec().family == "vit_b"


def nothing_happened(process: Process | None = None) -> None:
    assert (kept_files(), ModelVersion.objects.count()) == ([], 0)
    if process is not None:
        assert process.asked_for("POST /inspect") == []


def refused(file: BytesIO, name: str = "sam.pth", **more: Any) -> str:
    with pytest.raises(DomainError) as caught:
        add(file, name, **more)
    return caught.value.errors[0].code if caught.value.errors else caught.value.code


def test_a_file_that_is_not_allowed_is_not_looked_into(process: Process) -> None:
    assert refused(model_file()) == "not_allowed"
    nothing_happened(process)


@pytest.mark.parametrize(
    ("name", "kind"), [("sam.exe", "segmenter"), ("sam.onnx", "segmenter"), ("x.pth", "predictor")]
)
def test_an_ending_that_no_such_model_has(process: Process, name: str, kind: str) -> None:
    assert refused(model_file(), name, kind=ModelKind(kind), allowed_only=False) == "unknown_suffix"
    nothing_happened(process)


def test_an_embedder_is_its_file_and_its_contract(process: Process) -> None:
    file, config = model_file(), {"kind": "embedding", "input": {"size": [64, 64]}}
    process.answers["POST /inspect"] = (200, {"family": "onnx", "facts": {"kind": "embedding", "width": 384}})
    made = add(file, "look.onnx", kind=ModelKind.EMBEDDER, config=config, allowed_only=False)
    assert (made.family, made.facts["width"], made.key) == ("onnx", 384, f"models/{sha(file)}.onnx")
    assert made.spec_id == f"{sha(file)}:{made.contract_sha256[:16]}"
    (asked,) = process.asked_for("POST /inspect")
    assert (asked["kind"], asked["config"]) == ("embedder", config)
    for name, more in (("look.pth", {}), ("look.onnx", {"as_default": True})):
        with pytest.raises(Invalid):
            add(model_file(), name, kind=ModelKind.EMBEDDER, config=config, allowed_only=False, **more)
    assert ModelVersion.objects.get() == made


def test_a_predictor_is_nobodys_default(process: Process) -> None:
    more = {"kind": ModelKind.PREDICTOR, "allowed_only": False, "as_default": True}
    assert refused(model_file(), "cells.onnx", **more) == "not_for_all"
    nothing_happened(process)


def test_an_empty_file(process: Process) -> None:
    assert refused(BytesIO(), allowed_only=False) == "empty"
    nothing_happened(process)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((400, {"code": "unsafe_file", "detail": "It holds more than tensors."}), "unsafe_file"),
        ((400, {"code": "damaged_file", "detail": "It is cut short."}), "damaged_file"),
        ((503, {"code": "no_torch", "detail": "No torch."}), "no_torch"),
        ((429, {"code": "busy", "detail": ""}), "busy"),
        ((200, {"family": "unheard of"}), "bad_answer"),
    ],
)
def test_what_the_process_refuses_leaves_nothing(process: Process, answer: Any, code: str) -> None:
    process.answers["POST /inspect"] = answer
    assert refused(model_file(), allowed_only=False) == code
    nothing_happened()


def test_the_same_file_twice_is_refused_and_the_first_stays(process: Process) -> None:
    file = model_file()
    made = add(file, allowed_only=False)
    assert refused(file, allowed_only=False) == "model_exists"
    assert kept_files() == [f"{made.sha256}.pth"]
    archive_model(model=made, now=timezone.now())
    assert refused(file, allowed_only=False) == "model_exists"


def test_what_a_crash_left_is_replaced(process: Process) -> None:
    file = model_file()
    default_storage.save(f"models/{sha(file)}.pth", BytesIO(b"half of it"))
    made = add(file, allowed_only=False)
    with default_storage.open(made.key, "rb") as kept:
        assert kept.read() == file.getvalue()


def test_without_a_process_a_program_looks(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.INFERENCE_URL = ""
    seen: list[Any] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        seen.append((command, options))
        return subprocess.CompletedProcess(command, 0, b"loading\n" + json.dumps(FOUND).encode() + b"\n", b"")

    monkeypatch.setenv("LAPIDARY_SECRET_KEY", "never to be told")
    monkeypatch.setattr(subprocess, "run", run)
    made = add(model_file(), allowed_only=False)
    assert made.family == "vit_b"
    command, options = seen[0]
    assert command[:4] == [sys.executable, "-m", "apps.inference.service", "inspect"]
    assert command[4] == default_storage.path(made.key)
    assert "LAPIDARY_SECRET_KEY" not in options["env"]


@pytest.mark.parametrize(
    ("code", "out", "kind"),
    [
        (1, b'{"code": "unsafe_file", "detail": "no"}', Invalid),
        (1, b'{"code": "no_torch", "detail": "no"}', Unavailable),
        (1, b"", Unavailable),
        (0, b"Traceback", Unavailable),
        (-9, b"", Unavailable),
    ],
)
def test_a_program_that_refuses_or_dies(
    settings: Any, monkeypatch: pytest.MonkeyPatch, code: int, out: bytes, kind: type[DomainError]
) -> None:
    settings.INFERENCE_URL = ""
    done = subprocess.CompletedProcess([], code, out, b"words")
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: done)
    with pytest.raises(kind):
        add(model_file(), allowed_only=False)
    nothing_happened()


def test_an_external_predictor_is_its_contract(process: Process) -> None:
    process.answers["POST /inspect"] = (200, {"family": "http"})
    config = {"output": "detection", "classes": ["RBC"]}
    made = add_http_predictor(url="http://models:9000/p", name="Ours", config=config, project=None, actor=None)
    assert (made.family, made.key, made.config["url"]) == ("http", "", "http://models:9000/p")
    with pytest.raises(Conflict):
        add_http_predictor(url="http://models:9000/p", name="Again", config=config, project=None, actor=None)
    other = add_http_predictor(url="http://models:9001/p", name="Other", config=config, project=None, actor=None)
    assert other.sha256 != made.sha256


def test_the_same_file_with_another_contract_is_another_version(process: Process) -> None:
    process.answers["POST /inspect"] = (200, {"family": "onnx"})
    file, kind = model_file(), ModelKind.PREDICTOR
    first = add(file, "cells.onnx", kind=kind, config={"classes": ["RBC"]}, allowed_only=False)
    second = add(file, "cells.onnx", kind=kind, config={"classes": ["WBC"]}, allowed_only=False)
    assert (first.sha256, first.key) == (second.sha256, second.key)
    assert first.spec_id != second.spec_id
    assert refused(file, "cells.onnx", kind=kind, config={"classes": ["RBC"]}, allowed_only=False) == "model_exists"
    process.answers["POST /inspect"] = (400, {"code": "bad_config", "detail": "No."})
    assert refused(file, "cells.onnx", kind=kind, config={"classes": []}, allowed_only=False) == "bad_config"
    assert kept_files() == [f"{first.sha256}.onnx"]


def test_one_default_at_a_time_and_only_for_all(people: People) -> None:
    first, second = make_model("first"), make_model("second")
    make_default(model=first)
    make_default(model=second)
    assert [model.name for model in ModelVersion.objects.filter(is_default=True)] == ["second"]
    own = make_model(project=make_lab(people).project)
    for wrong in (own, make_model(kind="predictor"), make_model(archived_at=timezone.now())):
        with pytest.raises(Conflict):
            make_default(model=wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(pk=own.pk).update(is_default=True)
    archive_model(model=second, now=timezone.now())
    assert not ModelVersion.objects.filter(is_default=True).exists()
    second.refresh_from_db()
    assert restore_model(model=second).archived_at is None


def test_the_same_version_is_there_once_for_all_and_once_a_project(people: People) -> None:
    lab = make_lab(people)
    made = make_model()
    make_model(sha256=made.sha256, project=lab.project)
    for project in (None, lab.project):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_model(sha256=made.sha256, project=project)


def test_a_tuned_decoder_is_a_version_of_its_project(people: People) -> None:
    lab = make_lab(people)
    base = make_model("SAM ViT-B")
    job = Job.objects.create(kind="inference.finetune", organization=people.organization)
    run = FinetuneRun.objects.create(id=job.pk, project=lab.project, base=base, created_by=people.mia)
    now, tuned = timezone.now(), digest()
    made = add_tuned_decoder(run=run, decoder_key="finetune/d.pt", decoder_sha256=tuned, now=now)
    assert add_tuned_decoder(run=run, decoder_key="finetune/d.pt", decoder_sha256=tuned, now=now) == made
    assert (made.project, made.base, made.sha256, made.name) == (lab.project, base, base.sha256, "SAM ViT-B, tuned 1")
    assert made.spec_id == f"{base.sha256}.{tuned}"
    run.refresh_from_db()
    assert (run.accepted, run.finished_at) == (made, now)
    base.refresh_from_db()
    assert base.archived_at is None


def test_a_decoder_file_is_added_over_its_base(process: Process, people: People) -> None:
    base, file = make_model(), model_file()
    made = add(file, "decoder.pt", base=base, project=make_lab(people).project, allowed_only=False)
    assert (made.sha256, made.decoder_sha256, made.key) == (base.sha256, sha(file), base.key)
    asked = process.asked_for("POST /inspect")[0]
    assert (asked["kind"], asked["base"]["id"]) == ("decoder", base.sha256)


def manage(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    call_command("models", *words)
    return capsys.readouterr().out


def test_the_command_adds_lists_and_archives(process: Process, tmp_path: Any, capsys: Any) -> None:
    path = tmp_path / "sam_vit_b.pth"
    path.write_bytes(model_file().getvalue())
    assert "sam_vit_b" in manage("add", str(path), "--default", capsys=capsys)
    made = ModelVersion.objects.get()
    assert (made.is_default, made.kind, made.name) == (True, "segmenter", "sam_vit_b")
    assert f"{made.pk}  segmenter  vit_b" in manage("list", capsys=capsys)
    manage("archive", made.sha256[:10], capsys=capsys)
    made.refresh_from_db()
    assert (made.is_default, made.archived_at is not None) == (False, True)
    manage("restore", str(made.pk), capsys=capsys)
    manage("default", str(made.pk), capsys=capsys)
    made.refresh_from_db()
    assert made.is_default


def test_the_command_adds_predictors(process: Process, tmp_path: Any, capsys: Any) -> None:
    process.answers["POST /inspect"] = (200, {"family": "onnx"})
    path, contract = tmp_path / "cells.onnx", tmp_path / "cells.json"
    path.write_bytes(model_file().getvalue())
    contract.write_text('{"classes": ["RBC"]}')
    manage("add", str(path), "--name", "Cells", "--config", str(contract), capsys=capsys)
    manage("add", "http://models:9000/p", "--config", '{"classes": []}', capsys=capsys)
    kinds = list(ModelVersion.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["predictor", "predictor"]
    assert process.asked_for("POST /inspect")[0]["config"] == {"classes": ["RBC"]}


@pytest.mark.parametrize(
    "words", [("add", "/nowhere.pth"), ("archive", "abc"), ("allow", "abc"), ("default", "x" * 36)]
)
def test_the_command_says_what_is_wrong(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command("models", *words)
    assert not AllowedFile.objects.exists()


def test_the_command_allows_a_file_once(capsys: Any) -> None:
    for _ in range(2):
        manage("allow", "A" * 64, "--note", "from the lab", capsys=capsys)
    allowed = AllowedFile.objects.get()
    assert (allowed.sha256, allowed.note) == ("a" * 64, "from the lab")
    assert "from the lab" in manage("list", capsys=capsys)
