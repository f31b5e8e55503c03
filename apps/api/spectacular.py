"""drf-spectacular's settings, kept beside the schema they shape."""

from __future__ import annotations

from typing import Any

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Lapidary",
    "DESCRIPTION": "Raw images go in; reviewed, trusted labels come out.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "SORT_OPERATIONS": False,
    # Said in more than one component, beside other members of the same name.
    "ENUM_NAME_OVERRIDES": {
        "ModelKindEnum": "apps.inference.api.serializers.KINDS",
        "BatchStateEnum": "apps.quality.api.grid_bodies.BATCH_STATES",
        "ErrorKindEnum": "apps.tasks.api.bodies.VERDICT_KINDS",
        "TaskStatusEnum": "workflows.state.STATUSES",
        "FinetuneStateEnum": "apps.tasks.assist.answers.STATES",
    },
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": False, "tryItOutEnabled": True},
}
