"""Two experts' words on the same labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apps.quality.logic.certificate.judged import Said, content_at


def compared(changes: Sequence[int], first: Said | None, second: Said | None) -> bool | None:
    """Whether the two agree on the label as the first left it; None where they did not judge the same content."""
    if first is None or second is None or content_at(changes, first.left) != content_at(changes, second.seen):
        return None
    return first.stands == second.is_error


def agreement(pairs: Iterable[tuple[Sequence[int], Said | None, Said | None]]) -> tuple[int, int]:
    """Labels judged by both, and those judged alike."""
    found = [same for pair in pairs if (same := compared(*pair)) is not None]
    return len(found), sum(found)
