"""Who goes first on a device: priorities, batches without a window, one flight per key, the newest of each session.

A lane belongs to one event loop. Whatever waits when the device becomes free forms the next batch; nobody waits for a
batch to fill. ``work`` runs in a thread of ``executor`` and answers per ask a result or an exception.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

from apps.inference.wire import Priority

Ask = TypeVar("Ask")
Result = TypeVar("Result")

RANKS: Mapping[Priority, int] = {"interactive": 0, "claim": 1, "prefetch": 2, "batch": 3}
LIMITS: Mapping[Priority, int] = {"interactive": 64, "claim": 256, "prefetch": 1_024, "batch": 256}
"""How many may wait of each priority; one more is told to come again."""

FIRST_GUESS = 1.0
"""Seconds that a batch takes, before the first one has."""


class Busy(Exception):
    """The queue is full. ``retry_after`` in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"busy, come again in {retry_after} s")
        self.retry_after = retry_after


class Superseded(Exception):
    """A newer ask of the same session took the place of this one."""


class Late(Exception):
    """The deadline passed before there was an answer."""


@dataclass(eq=False)
class Item(Generic[Ask, Result]):
    """One ask in the lane and those who wait for it."""

    ask: Ask
    priority: Priority
    key: Hashable
    session: str
    future: asyncio.Future[Result]
    since: float
    waiters: int = 0
    running: bool = False


@dataclass
class Figures:
    """What the metrics show of a lane."""

    done: int = 0
    waits: deque[float] = field(default_factory=lambda: deque(maxlen=512))
    works: deque[float] = field(default_factory=lambda: deque(maxlen=64))

    @property
    def seconds(self) -> float:
        return sum(self.works) / len(self.works) if self.works else FIRST_GUESS


class Lane(Generic[Ask, Result]):
    """``workers`` batches of up to ``most`` asks at a time; of those, ``background`` may be prefetch or batch work."""

    def __init__(
        self,
        name: str,
        work: Callable[[Sequence[Ask]], Sequence[Result | Exception]],
        *,
        executor: Executor,
        workers: int = 1,
        most: int = 1,
        background: int | None = None,
        limits: Mapping[Priority, int] = LIMITS,
    ) -> None:
        self.name, self.figures = name, Figures()
        self._work, self._executor, self._limits = work, executor, limits
        self._workers, self._most = workers, most
        self._background = workers if background is None else background
        self._queues: dict[Priority, deque[Item[Ask, Result]]] = {priority: deque() for priority in RANKS}
        self._flights: dict[Hashable, Item[Ask, Result]] = {}
        self._running: list[int] = []  # the lowest rank of each batch under way

    def depth(self, priority: Priority) -> int:
        return len(self._queues[priority])

    def stands(self, key: Hashable) -> str:
        """queued, running, or "" for a key that nobody asked for."""
        item = self._flights.get(key)
        return "" if item is None else "running" if item.running else "queued"

    async def do(
        self, ask: Ask, *, priority: Priority, key: Hashable = None, session: str = "", seconds: float | None = None
    ) -> Result:
        """The result; joins the flight of ``key`` if there is one. Raises Busy, Superseded, Late, what the work raises.

        Whoever stops waiting, by deadline or by cancellation, takes the ask along unless others wait for it too.
        """
        item = self._flights.get(key) if key is not None else None
        if item is None:
            item = self._enter(ask, priority, key, session)
        elif RANKS[priority] < RANKS[item.priority] and not item.running:
            self._queues[item.priority].remove(item)
            item.priority = priority
            self._queues[priority].append(item)
        item.waiters += 1
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(item.future)
        except TimeoutError:
            if item.future.done():
                raise
            raise Late from None
        finally:
            item.waiters -= 1
            if not item.waiters and not item.running:
                self._drop(item)

    def _enter(self, ask: Ask, priority: Priority, key: Hashable, session: str) -> Item[Ask, Result]:
        if session:
            self.supersede(session)
        if self.depth(priority) >= self._limits[priority]:
            raise Busy(self.retry_after(priority))
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_hear)
        item = Item(ask, priority, key, session, future, monotonic())
        self._queues[priority].append(item)
        if key is not None:
            self._flights[key] = item
        self._pump()
        return item

    def supersede(self, session: str) -> None:
        """What that session, and nobody else, still waits for is answered with Superseded."""
        for queue in self._queues.values():
            for item in [waiting for waiting in queue if waiting.session == session and waiting.waiters <= 1]:
                self._drop(item)
                if not item.future.done():
                    item.future.set_exception(Superseded())

    def retry_after(self, priority: Priority) -> int:
        """Whole seconds until the queue up to this priority may have gone down, by what the last batches took."""
        ahead = sum(len(queue) for name, queue in self._queues.items() if RANKS[name] <= RANKS[priority])
        return max(1, min(60, math.ceil(ahead * self.figures.seconds / (self._workers * self._most))))

    def _drop(self, item: Item[Ask, Result]) -> None:
        if item in self._queues[item.priority]:
            self._queues[item.priority].remove(item)
        if self._flights.get(item.key) is item:
            del self._flights[item.key]

    def _take(self) -> list[Item[Ask, Result]]:
        """The next batch: the most urgent first; background work only into the slots that it may have."""
        busy = sum(1 for rank in self._running if rank >= RANKS["prefetch"])
        batch: list[Item[Ask, Result]] = []
        for name, queue in self._queues.items():
            if RANKS[name] >= RANKS["prefetch"] and busy >= self._background:
                break
            while queue and len(batch) < self._most:
                item = queue.popleft()
                item.running = True
                batch.append(item)
        return batch

    def _pump(self) -> None:
        while len(self._running) < self._workers and (batch := self._take()):
            rank = min(RANKS[item.priority] for item in batch)
            self._running.append(rank)
            asyncio.get_running_loop().create_task(self._run(batch, rank))

    async def _run(self, batch: list[Item[Ask, Result]], rank: int) -> None:
        began = monotonic()
        try:
            work = asyncio.get_running_loop().run_in_executor(self._executor, self._work, [item.ask for item in batch])
            results: Sequence[Result | Exception] = await work
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear it
            results = [error] * len(batch)
        finally:
            self._running.remove(rank)
        self.figures.works.append(monotonic() - began)
        for item, result in zip(batch, results, strict=True):
            self._settle(item, result)
        self._pump()

    def _settle(self, item: Item[Ask, Result], result: Result | Exception) -> None:
        self.figures.done += 1
        self.figures.waits.append(monotonic() - item.since)
        self._drop(item)
        if item.future.done():
            return
        if isinstance(result, Exception):
            item.future.set_exception(result)
        else:
            item.future.set_result(result)


def _hear(future: asyncio.Future[Result]) -> None:
    """An error that nobody waits for any more is no error of the loop."""
    if not future.cancelled():
        future.exception()
