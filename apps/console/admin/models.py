"""Models, the files that may become one, and what they have made: embeddings, predictions, tunings."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.common.errors import DomainError
from apps.console.admin.base import Reading, each
from apps.console.model_forms import AllowForm, UploadForm
from apps.inference import operations
from apps.inference.models import (
    AllowedFile,
    Assistant,
    FinetuneRun,
    ModelKind,
    ModelVersion,
    PredictedUnit,
    Prediction,
    PredictionModel,
    StoredEmbedding,
)


@admin.register(ModelVersion)
class ModelVersionPage(Reading):
    list_display = ("name", "kind", "family", "version", "project", "is_default", "created_at", "archived_at")
    list_filter = ("kind", "family", "is_default")
    list_select_related = ("project",)
    search_fields = ("name", "=sha256")
    actions = ("make_default", "archive", "restore")
    actions_list = ("upload",)

    @admin.display(description="version")
    def version(self, model: ModelVersion) -> str:
        tuned = f".{model.decoder_sha256[:8]}" if model.decoder_sha256 else ""
        return model.sha256[:8] + tuned

    @admin.action(description="Make it the default segmenter")
    def make_default(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        each(request, queryset[:1], lambda model: operations.make_default(model=model), "is the default now")

    @admin.action(description="Archive: nobody may use it any more")
    def archive(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        now = database_now()
        each(request, queryset, lambda model: operations.archive_model(model=model, now=now), "archived")

    @admin.action(description="Restore: it may be used again")
    def restore(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        each(request, queryset, lambda model: operations.restore_model(model=model), "restored")

    @action(description="Upload a model", url_path="upload", permissions=["view"])  # type: ignore[untyped-decorator]
    def upload(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST or None, request.FILES or None)
        if form.is_valid() and (made := _uploaded(form, _person(request))) is not None:
            messages.success(request, f"{made.name} is there.")
            return _back(self)
        explanation = "Only a file that was allowed before, by its digest, is opened; nothing in it is ever executed."
        return _form_page(self, request, form, "Upload a model", explanation)


def _uploaded(form: UploadForm, actor: User) -> ModelVersion | None:
    """The new model; None when the form says why not."""
    given = form.cleaned_data
    try:
        return operations.add_model(
            file=given["file"],
            file_name=str(given["file"].name),
            name=given["name"],
            kind=ModelKind(given["kind"]),
            config=given["config"],
            actor=actor,
            as_default=given["default"],
        )
    except DomainError as refusal:
        form.add_error("file", refusal.detail)
        return None


@admin.register(AllowedFile)
class AllowedFilePage(Reading):
    list_display = ("sha256", "note", "added_by", "at")
    list_select_related = ("added_by",)
    search_fields = ("=sha256", "note")
    actions = ("forget",)
    actions_list = ("allow",)

    @admin.action(description="Take from the list; models that came of it stay")
    def forget(self, request: HttpRequest, queryset: QuerySet[AllowedFile]) -> None:
        each(request, queryset, lambda row: operations.forget_allowed(allowed=row), "taken from the list")

    @action(description="Allow a file", url_path="allow", permissions=["view"])  # type: ignore[untyped-decorator]
    def allow(self, request: HttpRequest) -> HttpResponse:
        form = AllowForm(request.POST or None)
        if form.is_valid():
            given = form.cleaned_data
            operations.allow_file(sha256=given["sha256"], note=given["note"], actor=_person(request))
            messages.success(request, "The file may be uploaded.")
            return _back(self)
        explanation = "Compare the digest with the one that the model's publisher names, not with a copy's own."
        return _form_page(self, request, form, "Allow a file", explanation)


def _form_page(page: Reading, request: HttpRequest, form: Form, title: str, explanation: str) -> TemplateResponse:
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        "opts": page.model._meta,
        "form": form,
        "title": title,
        "explanation": explanation,
    }
    return TemplateResponse(request, "console/form.html", context)


def _back(page: Reading) -> HttpResponseRedirect:
    names = page.model._meta
    return HttpResponseRedirect(reverse(f"admin:{names.app_label}_{names.model_name}_changelist"))


def _person(request: HttpRequest) -> User:
    person: Any = request.user
    assert isinstance(person, User)  # noqa: S101 - the console lets nobody else in
    return person


@admin.register(Assistant)
class AssistantPage(Reading):
    list_display = ("project", "model", "classical", "enabled", "updated_by", "updated_at")
    list_select_related = ("project", "model", "updated_by")


@admin.register(StoredEmbedding)
class StoredEmbeddingPage(Reading):
    list_display = ("model_sha256", "image_sha256", "bytes", "created_at", "last_used_at")
    search_fields = ("=model_sha256", "=image_sha256")


@admin.register(PredictionModel)
class PredictionModelPage(Reading):
    list_display = ("name", "version", "project", "out_of_sample", "model_version", "created_at")
    list_select_related = ("project", "model_version")
    search_fields = ("name",)


@admin.register(PredictedUnit)
class PredictedUnitPage(Reading):
    list_display = ("model", "data_unit", "labels", "predicted_at")
    list_select_related = ("model", "data_unit")


@admin.register(Prediction)
class PredictionPage(Reading):
    list_display = ("label_id", "model", "data_unit", "shape", "confidence", "created_at")
    list_select_related = ("model", "data_unit")
    search_fields = ("=data_unit__id",)


@admin.register(FinetuneRun)
class FinetuneRunPage(Reading):
    list_display = ("id", "project", "base", "accepted", "created_by", "created_at", "finished_at")
    list_select_related = ("project", "base", "accepted", "created_by")
