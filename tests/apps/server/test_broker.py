"""The folder as a broker: a letter is whole, or it is not there."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from apps.server import broker


@pytest.fixture
def letters(tmp_path: Path) -> Any:
    broker.install()
    folder = str(tmp_path)
    options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": str(tmp_path / "control")}
    with Connection("filesystem://", transport_options=options) as connection:
        yield connection.default_channel


def test_nobody_takes_half_a_letter(letters: Any) -> None:
    """A reader that never rests finds every letter whole."""
    count = 300
    sender = threading.Thread(target=lambda: [letters._put("work", {"number": number}) for number in range(count)])
    sender.start()
    found: list[int] = []
    while len(found) < count:
        try:
            found.append(letters._get("work")["number"])
        except Empty:
            continue
    sender.join()
    assert sorted(found) == list(range(count))


def test_a_torn_letter_is_put_away(letters: Any, tmp_path: Path) -> None:
    (tmp_path / "0_torn.work.msg").write_bytes(b"")
    letters._put("work", {"number": 1})
    assert letters._get("work") == {"number": 1}
    with pytest.raises(Empty):
        letters._get("work")
    assert list(tmp_path.glob("*.msg")) == []


def test_queues_are_bound_once(letters: Any) -> None:
    for _ in range(2):
        letters._queue_bind("calls", "", "", "work")
    assert [entry.queue for entry in letters.get_table("calls")] == ["work"]
