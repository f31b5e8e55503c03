"""Who goes first: urgency, batches, one flight per key, the newest of a session, full queues, deadlines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from apps.inference.service.scheduler import AT_ONCE, LIMITS, Busy, Closed, Lane, Late, Superseded, few_at_once
from apps.inference.wire import Priority
from tests.inference.stand_ins import Gate


class Work:
    """Answers each ask by itself, unless it is told to fail."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.batches: list[list[str]] = []

    def __call__(self, asks: Sequence[str]) -> list[str | Exception]:
        self.batches.append(list(asks))
        self.gate.pass_through()
        if "explode" in asks:
            raise RuntimeError("the device is gone")
        return [ValueError(ask) if ask.startswith("bad") else ask.upper() for ask in asks]

    @property
    def order(self) -> list[str]:
        return [ask for batch in self.batches for ask in batch]


@asynccontextmanager
async def lane(work: Work, workers: int = 1, **options: Any) -> AsyncIterator[Lane[str, str]]:
    threads = ThreadPoolExecutor(workers)
    try:
        yield Lane("test", work, executor=threads, workers=workers, **options)
    finally:
        work.gate.open()
        threads.shutdown()


async def occupy(made: Lane[str, str], work: Work, priority: Priority = "interactive") -> asyncio.Task[str]:
    """The device is busy with "first" until the gate opens."""
    work.gate.shut()
    task = asyncio.create_task(made.do("first", priority=priority))
    await asyncio.to_thread(work.gate.wait_for_somebody)
    return task


async def begin(made: Lane[str, str], *asks: tuple[str, Priority], **options: Any) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(made.do(ask, priority=priority, **options)) for ask, priority in asks]
    await asyncio.sleep(0)
    return tasks


def test_a_free_lane_works_at_once_and_answers_each_by_itself() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work, most=4) as made:
            results = await asyncio.gather(
                made.do("a", priority="batch"), made.do("bad", priority="batch"), return_exceptions=True
            )
            assert results[0] == "A"
            assert isinstance(results[1], ValueError)
            assert made.figures.done == 2

    asyncio.run(scene())


def test_the_more_urgent_goes_first_and_equals_in_order() -> None:
    async def scene() -> list[str]:
        work = Work()
        async with lane(work) as made:
            first = await occupy(made, work)
            tasks = await begin(
                made, ("b1", "batch"), ("p1", "prefetch"), ("c1", "claim"), ("i1", "interactive"), ("i2", "interactive")
            )
            work.gate.open()
            await asyncio.gather(first, *tasks)
        return work.order

    assert asyncio.run(scene()) == ["first", "i1", "i2", "c1", "p1", "b1"]


def test_what_came_while_the_device_was_busy_forms_the_next_batch() -> None:
    async def scene() -> list[list[str]]:
        work = Work()
        async with lane(work, most=3) as made:
            first = await occupy(made, work)
            tasks = await begin(made, *[(f"i{n}", "interactive") for n in range(4)])
            work.gate.open()
            await asyncio.gather(first, *tasks)
        return work.batches

    assert asyncio.run(scene()) == [["first"], ["i0", "i1", "i2"], ["i3"]]


def test_bulk_work_leaves_a_slot_to_people() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work, workers=2, background=1) as made:
            first = await occupy(made, work, "batch")
            (second,) = await begin(made, ("second", "batch"))
            (urgent,) = await begin(made, ("urgent", "interactive"))
            await asyncio.to_thread(work.gate.wait_for_somebody)
            assert work.order == ["first", "urgent"]
            assert made.depth("batch") == 1
            work.gate.open()
            await asyncio.gather(first, second, urgent)

    asyncio.run(scene())


def test_twenty_who_ask_for_the_same_are_one_flight_and_hasten_it() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work) as made:
            first = await occupy(made, work)
            slow = await begin(made, ("same", "batch"), key="k")
            other = await begin(made, ("other", "prefetch"))
            assert made.stands("k") == "queued"
            urgent: tuple[str, Priority] = ("same", "interactive")
            many = await begin(made, *[urgent] * 19, key="k")
            assert made.depth("batch") == 0
            assert made.depth("interactive") == 1
            work.gate.open()
            assert await asyncio.gather(*slow, *many) == ["SAME"] * 20
            await asyncio.gather(first, *other)
            assert work.order == ["first", "same", "other"]
            assert made.stands("k") == ""

    asyncio.run(scene())


def test_a_result_is_kept_before_its_key_is_free_again() -> None:
    stood: list[str] = []

    async def scene() -> None:
        work = Work()

        def landed(ask: str, result: str) -> None:
            stood.append(f"{ask} {result} {made.stands('k')}")

        async with lane(work, landed=landed) as made:
            await made.do("a", priority="claim", key="k")

    asyncio.run(scene())
    assert stood == ["a A running"]


def test_a_newer_ask_of_the_session_takes_the_place_of_the_one_that_waits() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work) as made:
            first = await occupy(made, work)
            old = await begin(made, ("old", "interactive"), session="s")
            others = await begin(made, ("others", "interactive"), session="t")
            new = await begin(made, ("new", "interactive"), session="s")
            with pytest.raises(Superseded):
                await old[0]
            work.gate.open()
            assert await asyncio.gather(first, *others, *new) == ["FIRST", "OTHERS", "NEW"]
            assert work.order == ["first", "others", "new"]

    asyncio.run(scene())


def test_superseding_leaves_alone_those_who_wait_for_the_same() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work) as made:
            first = await occupy(made, work)
            mine = await begin(made, ("image", "claim"), key="k", session="mine")
            yours = await begin(made, ("image", "claim"), key="k", session="yours")
            turned = await begin(made, ("next", "claim"), session="mine")
            with pytest.raises(Superseded):
                await mine[0]
            assert made.stands("k") == "queued"
            work.gate.open()
            assert await asyncio.gather(first, *yours, *turned) == ["FIRST", "IMAGE", "NEXT"]

    asyncio.run(scene())


def test_asking_again_for_what_one_waits_for_keeps_its_place() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work) as made:
            first = await occupy(made, work)
            old = await begin(made, ("image", "claim"), key="k", session="s")
            between = await begin(made, ("between", "claim"))
            new = await begin(made, ("image", "claim"), key="k", session="s")
            with pytest.raises(Superseded):
                await old[0]
            work.gate.open()
            await asyncio.gather(first, *between, *new)
            assert work.order == ["first", "image", "between"]

    asyncio.run(scene())


def test_a_full_queue_says_when_to_come_again() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work, limits={**LIMITS, "batch": 1}) as made:
            first = await occupy(made, work)
            waiting = await begin(made, ("waits", "batch"))
            with pytest.raises(Busy) as refused:
                await made.do("too many", priority="batch")
            assert refused.value.retry_after >= 1
            assert made.depth("batch") == 1
            work.gate.open()
            await asyncio.gather(first, *waiting)
            assert work.order == ["first", "waits"]

    asyncio.run(scene())


def test_retry_after_grows_with_the_queue_and_stays_within_a_minute() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work) as made:
            made.figures.works.extend([4.0])
            first = await occupy(made, work)
            waiting = await begin(made, ("a", "batch"), ("b", "batch"))
            assert made.retry_after("batch") == 8
            assert made.retry_after("interactive") == 1
            waiting += await begin(made, *[(f"c{n}", "batch") for n in range(30)])
            assert made.retry_after("batch") == 60
            work.gate.open()
            await asyncio.gather(first, *waiting)

    asyncio.run(scene())


def test_a_deadline_takes_the_ask_out_of_the_queue() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work) as made:
            first = await occupy(made, work)
            with pytest.raises(Late):
                await made.do("late", priority="interactive", seconds=0.001)
            assert made.depth("interactive") == 0
            work.gate.open()
            await first
            assert work.order == ["first"]

    asyncio.run(scene())


def test_who_hangs_up_takes_the_ask_along_unless_another_waits_for_it() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work) as made:
            first = await occupy(made, work)
            alone, mine = await begin(made, ("alone", "batch"), ("shared", "batch"), key=None)
            yours = await begin(made, ("kept", "batch"), ("kept", "batch"), key="k")
            for task in (alone, yours[0]):
                task.cancel()
            await asyncio.gather(alone, yours[0], return_exceptions=True)
            work.gate.open()
            assert list(await asyncio.gather(first, mine, yours[1])) == ["FIRST", "SHARED", "KEPT"]
            assert work.order == ["first", "shared", "kept"]

    asyncio.run(scene())


def test_work_that_breaks_as_a_whole_is_heard_by_all_of_its_batch_and_ends_nothing_else() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work, most=2) as made:
            first = await occupy(made, work)
            both = await begin(made, ("explode", "batch"), ("a", "batch"))
            work.gate.open()
            heard = await asyncio.gather(*both, return_exceptions=True)
            assert [type(error) for error in heard] == [RuntimeError, RuntimeError]
            assert await first == "FIRST"
            assert await made.do("b", priority="batch") == "B"

    asyncio.run(scene())


def test_closing_tells_those_who_wait_and_those_under_way() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work) as made:
            tasks = [await occupy(made, work), *await begin(made, ("waits", "batch"), key="k")]
            made.close()
            heard = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(error) for error in heard] == [Closed, Closed]
            with pytest.raises(Closed):
                await made.do("after", priority="interactive")
            assert work.order == ["first"]

    asyncio.run(scene())


def test_an_executor_that_was_shut_down_leaves_nobody_waiting() -> None:
    async def scene() -> None:
        work = Work()
        threads = ThreadPoolExecutor(1)
        made: Lane[str, str] = Lane("test", work, executor=threads, workers=2)
        first = await occupy(made, work)
        (second,) = await begin(made, ("second", "interactive"))
        await asyncio.sleep(0)
        threads.shutdown(wait=False, cancel_futures=True)
        with pytest.raises(Closed):
            await second
        work.gate.open()
        assert await first == "FIRST"

    asyncio.run(scene())


def test_parts_of_one_ask_come_a_few_at_a_time_and_in_order() -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work) as made:
            first = await occupy(made, work)
            names = [f"part {n}" for n in range(3 * AT_ONCE)]
            parts = [partial(made.do, name, priority="interactive") for name in names]
            asked = asyncio.create_task(few_at_once(parts))
            while made.depth("interactive") < AT_ONCE:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0)
            (other,) = await begin(made, ("other", "interactive"))
            work.gate.open()
            assert await asked == [name.upper() for name in names]
            await asyncio.gather(first, other)
            assert work.order.index("other") == 1 + AT_ONCE

    asyncio.run(scene())


@pytest.mark.parametrize("end", ["failure", "hanging up"])
def test_with_one_part_or_with_its_asker_the_others_end(end: str) -> None:
    async def scene() -> None:
        work = Work()
        async with lane(work) as made:
            first = await occupy(made, work)
            names = ["bad" if end == "failure" else "good", *[f"part {n}" for n in range(2 * AT_ONCE)]]
            parts = [partial(made.do, name, priority="interactive") for name in names]
            asked = asyncio.create_task(few_at_once(parts))
            while made.depth("interactive") < AT_ONCE:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0)
            if end == "hanging up":
                asked.cancel()
                await asyncio.gather(asked, return_exceptions=True)
                work.gate.open()
            else:
                work.gate.open()
                with pytest.raises(ValueError, match="bad"):
                    await asked
            await first
            assert await made.do("next", priority="batch") == "NEXT"
            assert names[-1] not in work.order

    asyncio.run(scene())
