"""How the console is called and grouped (django-unfold's settings)."""

from __future__ import annotations

from typing import Any

# The colour of the web app (frontend/src/app/theme.ts), in the console's steps.
LAPIS = {
    "50": "#e3fafc",
    "100": "#c5f6fa",
    "200": "#99e9f2",
    "300": "#66d9e8",
    "400": "#3bc9db",
    "500": "#15aabf",
    "600": "#0b7285",
    "700": "#095c6b",
    "800": "#084f5c",
    "900": "#063d47",
    "950": "#042a31",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Lapidary",
    "SITE_HEADER": "Lapidary",
    "SITE_SUBHEADER": "Console of the instance's admin",
    "SITE_URL": "/",
    "SITE_SYMBOL": "diamond",
    "LOGIN": {"form": "apps.console.forms.SignIn"},
    "COLORS": {"primary": LAPIS},
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "SIDEBAR": {"show_search": True, "show_all_applications": True},
}
