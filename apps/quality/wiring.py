"""Where quality meets the apps below it: chores, the facts that routers wait for, what tasks show."""

from __future__ import annotations


def connect() -> None:
    """Called once, when the app is ready. Each area registers what is its own."""
    from apps.quality.operations.auditing import audit
    from apps.quality.operations.chores import register_chore
    from apps.quality.operations.learning import learn_due
    from apps.quality.operations.observing import observe
    from apps.quality.operations.repeats import repeat

    register_chore("observe", 10, observe)
    register_chore("learn", 30, learn_due)
    register_chore("audit", 50, audit)
    register_chore("repeats", 50, repeat)
