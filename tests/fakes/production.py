"""Settings of a team's server as it ships, but with a broker that is a folder: real workers without Redis."""

from __future__ import annotations

from apps.server.settings.home import folder
from apps.server.settings.production import *  # noqa: F403 - settings are names in this module
from apps.server.settings.production import CELERY_BROKER_TRANSPORT_OPTIONS, HOME

_letters = str(folder(HOME, "broker"))
CELERY_BROKER_URL = "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = CELERY_BROKER_TRANSPORT_OPTIONS | {
    "data_folder_in": _letters,
    "data_folder_out": _letters,
    "control_folder": str(folder(HOME, "broker/control")),
    "polling_interval": 0.1,
}
