"""A budget of seconds a day over tasks that come one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from apps.quality.logic.checks import Array
from apps.quality.logic.routing import best_first

RECENT, CARRIED_DAYS = 1_000, 3
DAY, LEAST_SPAN = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class Account:
    """A budget's day: ``left`` seconds to spend, of which ``carried`` came from before; what was ``spent``."""

    left: float
    spent: float = 0.0
    carried: float = 0.0

    def as_json(self) -> dict[str, float]:
        return {"left": self.left, "spent": self.spent, "carried": self.carried}

    @staticmethod
    def of(kept: Mapping[str, Any]) -> Account:
        return Account(float(kept["left"]), float(kept["spent"]), float(kept["carried"]))

    def pay(self, seconds: float) -> Account:
        return Account(self.left - seconds, self.spent + seconds, self.carried)


def opened(account: Account | None, daily: float, last: date | None, today: date) -> Account:
    """The account as of today: each new day adds its seconds to what was left, never to more than three days' worth."""
    if account is None or last is None:
        return Account(daily)
    if today <= last:
        return Account(min(account.left, CARRIED_DAYS * daily), account.spent, account.carried)
    left = min(account.left + (today - last).days * daily, CARRIED_DAYS * daily)
    return Account(left, 0.0, left - daily)


def arrivals(times: Array, now: datetime) -> float:
    """How many more tasks the rest of the day (UTC) will bring, at the pace of ``times`` (seconds since 1970) in the
    last 24 hours."""
    recent = times[times > (now - DAY).timestamp()]
    if not len(recent):
        return 0.0
    span = max(now.timestamp() - float(recent.min()), LEAST_SPAN.total_seconds())
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    return float(len(recent) / span * (midnight - now).total_seconds())


def spending_threshold(ratio: Array, seconds: Array, coming: float, left: float) -> float:
    """The benefit per second from which on looks are bought: the quantile of the recent ones above which ``coming``
    tasks like them cost what is ``left``. 0 where everything can be paid, infinity where nothing can."""
    if left <= 0 or not len(ratio):
        return float("inf")
    order = best_first(ratio)
    cost = np.cumsum(seconds[order]) * coming / len(ratio)
    whole = int(np.searchsorted(cost, left, side="right"))
    return 0.0 if whole == len(order) else float(ratio[order[max(whole - 1, 0)]])


def spending_thresholds(ratio: Array, seconds: Array, able: Array, coming: float, left: Array) -> Array:
    """(b,) a threshold for each of b budgets, in the order in which they are asked to pay.

    ``able`` (n, b) says which of the recent tasks each may pay, ``left`` (b,) what it has. To a budget comes what it
    may pay and what those before it leave over; where nothing does, everything is let in. Two budgets for the same
    tasks thus buy what one of their sum would, to within a task.
    """
    found = np.zeros(len(left))
    rest = np.ones(len(ratio), dtype=bool)
    for place, seconds_left in enumerate(left.tolist()):
        mine = rest & able[:, place]
        if mine.any() or seconds_left <= 0:
            share = float(mine.mean()) if len(mine) else 0.0
            found[place] = spending_threshold(ratio[mine], seconds[mine], coming * share, seconds_left)
        rest &= ~(mine & (ratio >= found[place]))
    return found


def place_among(ratio: float, recent: Array) -> int:
    """A priority from 1 to 100: the share of the recent ones that are no better."""
    return int(np.clip(np.ceil(100 * float((recent <= ratio).mean())), 1, 100)) if len(recent) else 100
