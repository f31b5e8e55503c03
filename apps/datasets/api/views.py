"""Datasets and data units over REST."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request as AnyRequest
from rest_framework.response import Response

from apps.accounts.policies import MANAGERS, default_organization_for, get_organization_for, require_organization_role
from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import FieldError, Invalid
from apps.common.http import MIB, ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.parsers import StrictJSONParser
from apps.common.serializers import page_of
from apps.datasets.api import serializers
from apps.datasets.api.imports import start_import
from apps.datasets.api.serializers import shown_dataset, shown_unit
from apps.datasets.api.uploads import SizeLimit, UploadParser, read_upload
from apps.datasets.logic.metadata import MAX_KEY, check_metadata
from apps.datasets.models import Dataset
from apps.datasets.operations import Added, FileError, add_data_units, change_metadata, create_dataset, rename_dataset
from apps.datasets.operations.adding import max_bytes
from apps.datasets.policies import get_data_unit_for, get_dataset_for
from apps.datasets.queries import data_units_of, datasets_of, with_metadata
from apps.jobs.api.answers import JobAnswer

ORDERINGS = {"id": Ordering(("id",)), "-id": Ordering(("-id",))}
UNIT_ORDERINGS = {**ORDERINGS, "name": Ordering(("name", "id")), "-name": Ordering(("-name", "-id"))}
METADATA = "metadata."


class DatasetsView(ApiView):
    """The datasets that the caller may see; a new one."""

    scopes = {"GET": "read", "POST": "manage"}
    problems = {"POST": (404,)}

    @extend_schema(operation_id="datasets", responses=page_of(serializers.DatasetAnswer))
    def get(self, request: Request) -> Response:
        check_query(request, ("ordering",))
        rows = datasets_of(request.auth)
        return Response(page(request, rows, render=shown_dataset, orderings=ORDERINGS, default="-id"))

    @extend_schema(
        operation_id="create_dataset", request=serializers.DatasetBody, responses={201: serializers.DatasetAnswer}
    )
    def post(self, request: Request) -> Response:
        body = read_body(request, serializers.DatasetBody)
        named = body.get("organization")
        organization = get_organization_for(request.auth, named) if named else default_organization_for(request.auth)
        require_organization_role(request.auth, organization.pk, *MANAGERS)
        made = create_dataset(organization=organization, name=body["name"], created_by=request.auth.user)
        return Response(shown_dataset(made), status=201)


class DatasetView(ApiView):
    """One dataset; another name for it."""

    scopes = {"GET": "read", "PATCH": "manage"}

    @extend_schema(operation_id="dataset", responses=serializers.DatasetAnswer)
    def get(self, request: Request, dataset_id: UUID) -> Response:
        return Response(shown_dataset(get_dataset_for(request.auth, dataset_id)))

    @extend_schema(
        operation_id="rename_dataset", request=serializers.RenameBody, responses={200: serializers.DatasetAnswer}
    )
    def patch(self, request: Request, dataset_id: UUID) -> Response:
        dataset = get_dataset_for(request.auth, dataset_id, manage=True)
        body = read_body(request, serializers.RenameBody)
        return Response(shown_dataset(rename_dataset(dataset=dataset, name=body["name"])))


class DataUnitsView(ApiView):
    """The data units of a dataset; new ones by upload, by URLs or from a folder."""

    scopes = {"GET": "read", "POST": "manage"}
    parser_classes = [UploadParser, StrictJSONParser]
    max_body: ClassVar[int] = 1024 * MIB

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> AnyRequest:
        self.size_limit = SizeLimit(request, max_bytes())
        request.upload_handlers.insert(0, self.size_limit)
        return super().initialize_request(request, *args, **kwargs)

    @extend_schema(
        operation_id="data_units",
        responses=page_of(serializers.UnitAnswer),
        parameters=[OpenApiParameter("name", str), OpenApiParameter("ordering", str, enum=list(UNIT_ORDERINGS))],
    )
    def get(self, request: Request, dataset_id: UUID) -> Response:
        dataset = get_dataset_for(request.auth, dataset_id)
        wanted = _metadata_filters(request)
        rows = data_units_of(dataset.pk)
        for key, value in wanted.items():
            rows = with_metadata(rows, key, value)
        if (name := request.query_params.get("name")) is not None:
            rows = rows.filter(name=name)
        return Response(page(request, rows, render=shown_unit, orderings=UNIT_ORDERINGS, default="id"))

    @extend_schema(
        operation_id="add_data_units",
        request={"multipart/form-data": serializers.UploadBody, "application/json": serializers.ImportBody},
        responses={201: serializers.AddedAnswer, 202: JobAnswer},
    )
    def post(self, request: Request, dataset_id: UUID) -> Response:
        dataset = get_dataset_for(request.auth, dataset_id, manage=True)
        if not str(request.content_type).startswith("multipart/"):
            return start_import(request, dataset)
        dropped = self.size_limit.dropped
        return _added_answer(_upload(request, dataset, dropped), dropped)


def _upload(request: Request, dataset: Dataset, dropped: list[FileError]) -> Added:
    incoming = read_upload(request.data, dropped)
    return add_data_units(dataset=dataset, incoming=incoming, now=database_now())


def _added_answer(added: Added, dropped: list[FileError]) -> Response:
    """201 with the good and the bad. Raises Invalid when none is good."""
    bad = [*dropped, *added.errors]
    if not added.units:
        errors = [FieldError(f"/files/{i}", error.code, error.detail) for i, error in enumerate(bad)]
        files = [error.as_json() for error in bad]
        raise Invalid("None of the files can be taken.", code="no_good_file", errors=errors, files=files)
    created = [{**shown_unit(unit), "existing": existing} for unit, existing in added.units]
    return Response({"created": created, "errors": [error.as_json() for error in bad]}, status=201)


def _metadata_filters(request: Request) -> dict[str, str]:
    """``metadata.KEY=value`` of the query; everything else must be known. Raises Invalid."""
    named = [name for name in request.query_params if name.startswith(METADATA)]
    check_query(request, ("ordering", "name", *named))
    for name in named:
        key = name.removeprefix(METADATA)
        if not 1 <= len(key) <= MAX_KEY or "__" in key or not key.isprintable() or len(named) > 5:
            raise Invalid.at(f"/{name}", "This is no metadata filter.", code="unknown_filter")
    return {name.removeprefix(METADATA): request.query_params[name] for name in named}


class DataUnitView(ApiView):
    """One data unit; other metadata for it."""

    scopes = {"GET": "read", "PATCH": "manage"}

    @extend_schema(operation_id="data_unit", responses=serializers.UnitAnswer)
    def get(self, request: Request, data_unit_id: UUID) -> Response:
        return Response(shown_unit(get_data_unit_for(request.auth, data_unit_id)))

    @extend_schema(
        operation_id="change_data_unit", request=serializers.UnitBody, responses={200: serializers.UnitAnswer}
    )
    def patch(self, request: Request, data_unit_id: UUID) -> Response:
        unit = get_data_unit_for(request.auth, data_unit_id, manage=True)
        body = read_body(request, serializers.UnitBody)
        metadata = check_metadata(body["metadata"], "/metadata")
        return Response(shown_unit(change_metadata(data_unit=unit, metadata=metadata)))
