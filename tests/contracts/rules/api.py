"""The routes that stand apart from the apps: public, and not views of the API's own kind."""

from __future__ import annotations

OPEN = {"schema/", "docs/", "^(?P<rest>.*)$"}
