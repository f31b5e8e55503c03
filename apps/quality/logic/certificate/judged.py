"""What is known of one label: from the looks at it and from how it changed between them.

A label's content is named by the revision in which it last changed. A look judges one content and may leave another
one, its fix. Looks hang together where one judged what the former left, or what came back after it had rejected.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """One visit's final word on a label that it saw as of revision ``seen``; ``left`` is that of its own last change.

    ``is_error``: rejected, or changed by the judge. ``stands``: rejected still, whatever the judge changed.
    """

    visit: int
    seen: int
    left: int
    is_error: bool
    stands: bool
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """``first`` is the look that the knowledge began with: None where nobody looked at what is there."""

    first: Said | None
    was_wrong: bool = False
    still_wrong: bool = False
    kind: str = ""

    @property
    def reviewed(self) -> bool:
        return self.first is not None


UNSEEN = Known(None)


def content_at(changes: Sequence[int], revision: int) -> int:
    """The name of the content at ``revision``: the last of the rising ``changes`` until then, 0 before the first."""
    at = bisect_right(changes, revision)
    return changes[at - 1] if at else 0


def known_of(changes: Sequence[int], looks: Sequence[Said], revision: int) -> Known:
    """``looks`` in the order of their visits; ``revision`` is that of the certified state.

    A rejection that was reworked and not looked at again counts as wrong still.
    """
    now = content_at(changes, revision)
    ends = [(content_at(changes, look.seen), content_at(changes, look.left)) for look in looks]
    last = max((i for i, pair in enumerate(ends) if now in pair), default=None)
    if last is None:
        before = [i for i, pair in enumerate(ends) if max(pair) < now]
        if not before or not looks[before[-1]].stands:
            return UNSEEN
        first = beginning(looks, ends, before[-1])
        return Known(first, True, True, first.kind or looks[before[-1]].kind)
    still = looks[last].stands if ends[last][1] == now else looks[last].is_error
    first = beginning(looks, ends, last)
    return Known(first, first.is_error, still, first.kind or (looks[last].kind if still else ""))


def beginning(looks: Sequence[Said], ends: Sequence[tuple[int, int]], last: int) -> Said:
    """The earliest look that ``last`` goes back to without a break."""
    for i in range(last - 1, -1, -1):
        same = ends[i][1] == ends[last][0]
        if not same and not looks[i].stands:
            break
        last = i
    return looks[last]
