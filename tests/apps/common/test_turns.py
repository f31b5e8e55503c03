from __future__ import annotations

import threading

from apps.common.sqlite.turns import Turns, turns_of


def wait_for_waiters(turns: Turns, count: int) -> None:
    while len(turns._waiting) < count:
        threading.Event().wait(0.001)


def test_turns_are_handed_over_in_the_order_of_asking() -> None:
    turns, order = Turns(), []
    assert turns.take(0)

    def work(name: int) -> None:
        assert turns.take(10)
        order.append(name)
        turns.give()

    threads = []
    for name in range(5):
        threads.append(threading.Thread(target=work, args=[name]))
        threads[-1].start()
        wait_for_waiters(turns, name + 1)
    turns.give()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_who_gives_up_waiting_is_forgotten() -> None:
    turns = Turns()
    assert turns.take(0)
    assert not turns.take(0.001)
    turns.give()
    assert turns.take(0)


def test_each_database_has_its_own_queue() -> None:
    assert turns_of("a") is turns_of("a")
    assert turns_of("a") is not turns_of("b")
