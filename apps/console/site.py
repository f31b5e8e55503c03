"""How the console is called and grouped (django-unfold's settings)."""

from __future__ import annotations

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Lapidary",
    "SITE_HEADER": "Lapidary",
    "SITE_SUBHEADER": "Console of the instance's admin",
    "SITE_URL": "/",
    "SITE_SYMBOL": "diamond",
    "LOGIN": {"form": "apps.console.forms.SignIn"},
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "SIDEBAR": {"show_search": True, "show_all_applications": True},
}
