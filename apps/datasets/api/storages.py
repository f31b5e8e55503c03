"""Storage roots over REST: registered by the instance's admin, named to those who may import from them."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import page_of
from apps.datasets.api import serializers
from apps.datasets.api.serializers import shown_storage
from apps.datasets.operations import register_storage
from apps.datasets.policies import require_instance_admin
from apps.datasets.queries import storages_of

ORDERINGS = {"id": Ordering(("id",)), "-id": Ordering(("-id",))}


class StoragesView(ApiView):
    """The storage roots that the caller may import from; a new one."""

    scopes = {"GET": "manage", "POST": "admin"}

    @extend_schema(operation_id="storages", responses=page_of(serializers.StorageAnswer))
    def get(self, request: Request) -> Response:
        check_query(request, ("ordering",))
        whole = request.auth.user.is_superuser
        return Response(
            page(
                request,
                storages_of(request.auth),
                render=lambda storage: shown_storage(storage, whole=whole),
                orderings=ORDERINGS,
                default="id",
            )
        )

    @extend_schema(
        operation_id="register_storage", request=serializers.StorageBody, responses={201: serializers.StorageAnswer}
    )
    def post(self, request: Request) -> Response:
        require_instance_admin(request.auth)
        body = read_body(request, serializers.StorageBody)
        storage = register_storage(
            name=body["name"],
            kind=body["kind"],
            root=body["root"],
            options=body["options"],
            organization_id=body.get("organization"),
        )
        return Response(shown_storage(storage, whole=True), status=201)
