"""Who goes first on a device: priorities, batches without a window, one flight per key, the newest of each session.

A lane belongs to one event loop. Whatever waits when the device becomes free forms the next batch; nobody waits for a
batch to fill. ``work`` runs in a thread of ``executor`` and answers per ask a result or an exception.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
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

AT_ONCE = 8
"""Parts of one ask that stand in a queue at the same time; others want to get in too."""

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


class Closed(Exception):
    """The lane was closed with the ask in it: the model had to make room, or the process ends."""


@dataclass(eq=False)
class Waiter(Generic[Result]):
    """Somebody who waits for an item."""

    session: str
    future: asyncio.Future[Result]


@dataclass(eq=False)
class Item(Generic[Ask, Result]):
    """One ask in the lane and those who wait for it."""

    ask: Ask
    priority: Priority
    key: Hashable
    since: float
    waiters: list[Waiter[Result]] = field(default_factory=list)
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
    """``workers`` batches of up to ``most`` asks at a time; of those, ``background`` may be prefetch or batch work.

    ``landed`` hears of each result before those who wait for it, while its key still stands for it: whoever comes for
    the same key afterwards finds what there is, and does not ask again.
    """

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
        landed: Callable[[Ask, Result], None] | None = None,
    ) -> None:
        self.name, self.figures = name, Figures()
        self._work, self._executor, self._limits, self._landed = work, executor, limits, landed
        self._workers, self._most = workers, most
        self._background = workers if background is None else background
        self._queues: dict[Priority, deque[Item[Ask, Result]]] = {priority: deque() for priority in RANKS}
        self._flights: dict[Hashable, Item[Ask, Result]] = {}
        self._running: list[list[Item[Ask, Result]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def depth(self, priority: Priority) -> int:
        return len(self._queues[priority])

    def stands(self, key: Hashable) -> str:
        """queued, running, or "" for a key that nobody asked for."""
        item = self._flights.get(key)
        return "" if item is None else "running" if item.running else "queued"

    async def do(
        self, ask: Ask, *, priority: Priority, key: Hashable = None, session: str = "", seconds: float | None = None
    ) -> Result:
        """The result; joins the flight of ``key`` if there is one. Raises Busy, Superseded, Late, Closed, what the work
        raises.

        Whoever stops waiting, by deadline or by cancellation, takes the ask along unless others wait for it too.
        """
        item = self._flights.get(key) if key is not None else None
        if session:
            self.supersede(session, sparing=item)
        if item is None:
            item = self._enter(ask, priority, key)
        waiter: Waiter[Result] = Waiter(session, asyncio.get_running_loop().create_future())
        waiter.future.add_done_callback(_hear)
        item.waiters.append(waiter)
        self._hasten(item, priority)
        try:
            async with asyncio.timeout(seconds):
                return await waiter.future
        except TimeoutError:
            if waiter.future.done() and not waiter.future.cancelled():
                raise
            raise Late from None
        finally:
            self._leave(item, waiter)

    def supersede(self, session: str, *, sparing: Item[Ask, Result] | None = None) -> None:
        """What that session has waiting is answered with Superseded; others who wait for the same go on waiting."""
        for queue in self._queues.values():
            for item in list(queue):
                for waiter in [one for one in item.waiters if one.session == session]:
                    item.waiters.remove(waiter)
                    _fail(waiter, Superseded())
                if not item.waiters and item is not sparing:
                    self._drop(item)

    def retry_after(self, priority: Priority) -> int:
        """Whole seconds until the queue up to this priority may have gone down, by what the last batches took."""
        ahead = sum(len(queue) for name, queue in self._queues.items() if RANKS[name] <= RANKS[priority])
        return max(1, min(60, math.ceil(ahead * self.figures.seconds / (self._workers * self._most))))

    def close(self) -> None:
        """Whoever waits hears Closed, also of what is under way."""
        self._closed = True
        for item in [item for items in (*self._queues.values(), *self._running) for item in items]:
            for waiter in item.waiters:
                _fail(waiter, Closed())
        for queue in self._queues.values():
            queue.clear()
        self._flights.clear()

    def _enter(self, ask: Ask, priority: Priority, key: Hashable) -> Item[Ask, Result]:
        if self._closed:
            raise Closed
        if self.depth(priority) >= self._limits[priority]:
            raise Busy(self.retry_after(priority))
        item: Item[Ask, Result] = Item(ask, priority, key, monotonic())
        self._queues[priority].append(item)
        if key is not None:
            self._flights[key] = item
        return item

    def _hasten(self, item: Item[Ask, Result], priority: Priority) -> None:
        """An ask is as urgent as the most urgent of those who wait for it."""
        if not item.running and RANKS[priority] < RANKS[item.priority]:
            self._queues[item.priority].remove(item)
            item.priority = priority
            self._queues[priority].append(item)
        self._pump()

    def _leave(self, item: Item[Ask, Result], waiter: Waiter[Result]) -> None:
        if waiter in item.waiters:
            item.waiters.remove(waiter)
            if not item.waiters and not item.running:
                self._drop(item)

    def _drop(self, item: Item[Ask, Result]) -> None:
        if item in self._queues[item.priority]:
            self._queues[item.priority].remove(item)
        if self._flights.get(item.key) is item:
            del self._flights[item.key]

    def _take(self) -> list[Item[Ask, Result]]:
        """The next batch: the most urgent first; background work only into the slots that it may have."""
        busy = sum(1 for items in self._running if min(RANKS[item.priority] for item in items) >= RANKS["prefetch"])
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
            self._running.append(batch)
            task = asyncio.get_running_loop().create_task(self._run(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, batch: list[Item[Ask, Result]]) -> None:
        began = monotonic()
        results: Sequence[Result | Exception] = [Closed()] * len(batch)
        try:
            work = asyncio.get_running_loop().run_in_executor(self._executor, self._work, [item.ask for item in batch])
            results = await work
        except asyncio.CancelledError:
            if not work.cancelled():
                raise
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear it
            results = [error] * len(batch)
        finally:
            self._running.remove(batch)
        self.figures.works.append(monotonic() - began)
        for item, result in zip(batch, results, strict=True):
            self._settle(item, result)
        self._pump()

    def _settle(self, item: Item[Ask, Result], result: Result | Exception) -> None:
        self.figures.done += 1
        self.figures.waits.append(monotonic() - item.since)
        if self._landed is not None and not isinstance(result, Exception):
            self._landed(item.ask, result)
        self._drop(item)
        for waiter in item.waiters:
            if isinstance(result, Exception):
                _fail(waiter, result)
            elif not waiter.future.done():
                waiter.future.set_result(result)


async def few_at_once(parts: Iterable[Callable[[], Awaitable[Result]]]) -> list[Result]:
    """The results of an ask's parts, in order. The first that fails ends the others."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(part: Callable[[], Awaitable[Result]]) -> Result:
        async with room:
            return await part()

    tasks = [asyncio.ensure_future(one(part)) for part in parts]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _fail(waiter: Waiter[Result], error: Exception) -> None:
    if not waiter.future.done():
        waiter.future.set_exception(error)


def _hear(future: asyncio.Future[Result]) -> None:
    """An error that nobody waits for any more is no error of the loop."""
    if not future.cancelled():
        future.exception()
