"""Starting an import job from a JSON body: a list of URLs, or a folder of a registered storage root."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.errors import FieldError, Invalid, TooLarge
from apps.common.http import as_uuid
from apps.datasets.folders import check_prefix
from apps.datasets.logic.addresses import RefusedError, read_url
from apps.datasets.logic.metadata import check_metadata
from apps.datasets.models import Dataset
from apps.datasets.operations import start_folder_import, start_url_import
from apps.datasets.policies import get_storage_for
from apps.datasets.safe_http import limits_from_settings
from apps.jobs.api.answers import accepted

MAX_ITEMS = 10_000


def start_import(request: Request, dataset: Dataset) -> Response:
    """202 with the job. Raises Invalid with pointers; a URL that no rule allows is refused here, before any job."""
    body = request.data
    if not isinstance(body, Mapping) or set(body) not in ({"items"}, {"storage"}, {"storage", "prefix"}):
        raise Invalid(
            "The body has items, or storage and prefix.", errors=[FieldError("/", "bad_body", "Unknown body.")]
        )
    if "items" in body:
        job = start_url_import(dataset=dataset, items=_read_items(body["items"]), created_by=request.auth.user)
    else:
        storage = get_storage_for(
            request.auth, as_uuid(body["storage"], "/storage"), organization_id=dataset.organization_id
        )
        prefix = check_prefix(body.get("prefix", ""))
        job = start_folder_import(dataset=dataset, storage=storage, prefix=prefix, created_by=request.auth.user)
    return accepted(job)


def _read_items(raw: Any) -> list[dict[str, Any]]:
    """The URLs with their metadata. Raises Invalid, TooLarge."""
    if not isinstance(raw, list) or not raw:
        raise Invalid.at("/items", "items is a list of at least one URL.", code="not_a_list")
    if len(raw) > MAX_ITEMS:
        raise TooLarge(f"One request takes up to {MAX_ITEMS} URLs.", code="too_many_items")
    ports = limits_from_settings(0).ports
    items: list[dict[str, Any]] = []
    errors: list[FieldError] = []
    for i, item in enumerate(raw):
        try:
            items.append(_read_item(item, f"/items/{i}", ports))
        except Invalid as error:
            errors += error.errors
    if errors:
        raise Invalid("Some items cannot be fetched.", errors=errors[:100])
    return items


def _read_item(item: Any, pointer: str, ports: tuple[int, ...]) -> dict[str, Any]:
    if not isinstance(item, dict) or not {"url"} <= set(item) <= {"url", "metadata"}:
        raise Invalid.at(pointer, "An item has a url, and metadata.", code="bad_item")
    try:
        read_url(item["url"], ports=ports)
    except RefusedError as refused:
        raise Invalid.at(f"{pointer}/url", refused.detail, code=refused.code) from None
    return {"url": item["url"], "metadata": check_metadata(item.get("metadata", {}), f"{pointer}/metadata")}
