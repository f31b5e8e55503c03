"""Where quality meets the apps below it: chores, the facts that routers wait for, what tasks show."""

from __future__ import annotations


def connect() -> None:
    """Called once, when the app is ready. Each area registers what is its own."""
