"""Curation over REST: near-duplicates with what their labels contradict, and what looks alike. For managers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.errors import Conflict, Invalid, NotFound
from apps.common.http import ApiView, as_uuid
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import page_of
from apps.datasets.queries import media_urls
from apps.jobs.api.answers import JobAnswer, accepted
from apps.labels.models import Label
from apps.ontologies.logic import OntologyIndex
from apps.ontologies.queries import index_for
from apps.quality.models import DuplicateMember
from apps.quality.operations.curating import start_curating
from apps.quality.policies import get_quality_for
from apps.quality.queries.curation import curation_of
from apps.quality.queries.duplicates import group_rows, kept_copies
from apps.quality.queries.similar import Alike, AllAlike, alike_crops, alike_units
from apps.tasks.models import Task

MOST = 50
MANY = 200
"""Members of a group that are answered; its ``size`` is exact."""


def named_fields() -> dict[str, Any]:
    """``class`` is a word of the language and ``label`` one of the serializer's, so they are added by name."""
    return {"label": serializers.UUIDField(allow_null=True), "class": serializers.CharField(allow_null=True)}


class ConflictAnswer(serializers.Serializer[Any]):
    """``kind`` ``class``: the same thing carries two classes; ``missing``: it is labelled on one copy only. ``task`` is
    the other copy; ``label`` and ``other_label`` are null where there is none."""

    kind = serializers.CharField()
    task = serializers.UUIDField()
    other_label = serializers.UUIDField(allow_null=True)
    other_class = serializers.CharField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | named_fields()


class MemberAnswer(serializers.Serializer[Any]):
    """``relation`` is ``identical re-encoded resized cropped flipped``, or empty for the copy to ``keep``."""

    task = serializers.UUIDField()
    data_unit = serializers.UUIDField()
    name = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    label_count = serializers.IntegerField()
    keep = serializers.BooleanField()
    relation = serializers.CharField()
    distance = serializers.FloatField()
    thumbnail_url = serializers.CharField()
    conflicts = ConflictAnswer(many=True)


class GroupAnswer(serializers.Serializer[Any]):
    group = serializers.IntegerField()
    size = serializers.IntegerField()
    conflicts = serializers.IntegerField()
    members = MemberAnswer(many=True)


class AlikeAnswer(serializers.Serializer[Any]):
    """``label`` and ``class`` where crops were compared. ``distance`` is 1 - cosine."""

    task = serializers.UUIDField()
    data_unit = serializers.UUIDField()
    name = serializers.CharField()
    distance = serializers.FloatField()
    thumbnail_url = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | named_fields()


class SimilarAnswer(serializers.Serializer[Any]):
    """``method`` is by which vectors they were compared."""

    method = serializers.CharField()
    results = AlikeAnswer(many=True)


class CurationAnswer(serializers.Serializer[Any]):
    """How images and crops are compared. ``embedding`` is what the settings ask for, ``method`` what is in use and
    ``name`` that for people; ``current`` says whether they are the same, ``trouble`` why the last attempt to go over to
    the other failed. ``images`` and ``crops`` are how many the indices hold, ``under_way`` a job that is at work."""

    embedding = serializers.CharField()
    method = serializers.CharField()
    name = serializers.CharField()
    current = serializers.BooleanField()
    trouble = serializers.CharField()
    images = serializers.IntegerField()
    crops = serializers.IntegerField()
    under_way = serializers.UUIDField(allow_null=True)


class CurateView(ApiView):
    """How the project's images are compared; describing what is new, checking images and grouping near-duplicates."""

    scopes = {"GET": "read", "POST": "manage"}

    @extend_schema(operation_id="quality_curation", responses=CurationAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ())
        get_quality_for(request.auth, project_id)
        return Response(curation_of(project_id))

    @extend_schema(operation_id="quality_curate", request=None, responses={202: JobAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_quality_for(request.auth, project_id)
        return accepted(start_curating(project=access.project, actor=request.user))


class DuplicatesView(ApiView):
    """Groups of images that show the same picture, as the last curation found them."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="quality_duplicates", responses=page_of(GroupAnswer))
    def get(self, request: Request, project_id: UUID) -> Response:
        access = get_quality_for(request.auth, project_id)
        check_query(request, ["ordering"])
        orderings = {"group": Ordering(("group", "id"))}
        answer = page(
            request,
            kept_copies(project_id),
            render=lambda row: {"group": row.group},
            orderings=orderings,
            default="group",
        )
        index = index_for(access.project.ontology_id)
        answer["results"] = groups_of(project_id, [row["group"] for row in answer["results"]], index)
        return Response(answer)


def groups_of(project_id: UUID, numbers: list[int], index: OntologyIndex) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {
        number: {"group": number, "size": 0, "conflicts": 0, "members": []} for number in numbers
    }
    for row in group_rows(project_id, numbers):
        group = found[row.group]
        group["size"] += 1
        group["conflicts"] += len(row.conflicts)
        if len(group["members"]) < MANY:
            group["members"].append(member(row, index))
    for group in found.values():
        group["conflicts"] = (group["conflicts"] + 1) // 2  # each is told by both of its sides
    return list(found.values())


def member(row: DuplicateMember, index: OntologyIndex) -> dict[str, Any]:
    unit, labels = row.task.data_unit, row.task.label_set
    return {
        "task": str(row.task_id),
        "data_unit": str(unit.id),
        "name": unit.name,
        "width": unit.width,
        "height": unit.height,
        "label_count": labels.label_count if labels else 0,
        "keep": row.keep,
        "relation": row.relation,
        "distance": row.distance,
        "thumbnail_url": media_urls(unit)[1],
        "conflicts": [
            said | {name: index.class_name(said[name]) for name in ("class", "other_class") if said[name]}
            for said in row.conflicts
        ],
    }


class SimilarView(ApiView):
    """The images most like one image, or the labels whose crops are most like one label's."""

    scopes = {"GET": "read"}

    @extend_schema(
        operation_id="quality_similar",
        responses=SimilarAnswer,
        parameters=[
            OpenApiParameter("data_unit", str),
            OpenApiParameter("task", str),
            OpenApiParameter("label", str),
            OpenApiParameter("k", int),
        ],
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        access = get_quality_for(request.auth, project_id)
        check_query(request, ["data_unit", "task", "label", "k"])
        asked, count = request.query_params, wanted(request)
        if "data_unit" in asked and not {"task", "label"} & set(asked):
            unit = as_uuid(asked["data_unit"], "/data_unit")
            if not Task.objects.filter(project_id=project_id, data_unit_id=unit).exists():
                raise NotFound
            return Response(answered(described(alike_units(project_id, unit, count)), None))
        if {"task", "label"} <= set(asked) and "data_unit" not in asked:
            task, label = as_uuid(asked["task"], "/task"), as_uuid(asked["label"], "/label")
            if not label_of(project_id, task, label):
                raise NotFound
            found = described(alike_crops(project_id, task, label, count))
            return Response(answered(found, index_for(access.project.ontology_id)))
        raise Invalid.at("/data_unit", "Ask either by data_unit, or by task and label.", code="one_of")


def wanted(request: Request) -> int:
    raw = request.query_params.get("k", "20")
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:9]) <= MOST:
        raise Invalid.at("/k", f"k is a whole number from 1 to {MOST}.", code="bad_k")
    return int(raw)


def label_of(project_id: UUID, task: UUID, label: UUID) -> bool:
    return Label.objects.filter(
        label_set__tasks__id=task, label_set__tasks__project_id=project_id, label_id=label
    ).exists()


def described(found: AllAlike | None) -> AllAlike:
    if found is None:
        message = "It has not been described yet: curate the project first."
        raise Conflict(message, code="not_described", allowed=["quality/curate"])
    return found


def answered(found: AllAlike, index: OntologyIndex | None) -> dict[str, Any]:
    return {"method": found.method, "results": shown(found.rows, index)}


def shown(found: list[Alike], index: OntologyIndex | None) -> list[dict[str, Any]]:
    return [
        {
            "task": str(one.task),
            "data_unit": str(one.unit.id),
            "name": one.unit.name,
            "label": str(one.label) if one.label else None,
            "class": index.class_name(one.class_id) if index and one.class_id else None,
            "distance": round(one.distance, 5),
            "thumbnail_url": media_urls(one.unit)[1],
        }
        for one in found
    ]
