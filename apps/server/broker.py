"""The broker that is a folder: kombu's, with letters that are whole from the moment they can be seen.

Kombu opens a letter in place and then writes it. A worker that looks in between takes an empty letter, cannot read
it, and ends; with it ends the server. Here a letter is written aside and renamed, and one that is torn all the same
(a power cut) is put away: what it announced stands in the database, and the beat finds it there.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

logger = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    def _put(self, queue: Any, payload: Any, **_: Any) -> None:  # type: ignore[override]
        folder, name = Path(self.data_folder_out), f"{round(monotonic() * 1000)}_{uuid4()}"
        draft = folder / f"{name}.new"
        draft.write_text(dumps(payload))
        draft.replace(folder / f"{name}.{queue}.msg")

    def _get(self, queue: Any, *_: Any, **__: Any) -> Any:
        """The oldest letter that can be read. Raises queue.Empty."""
        while True:
            try:
                return super()._get(queue)
            except ValueError:
                logger.warning("A torn letter in the broker's folder was put away.")

    def _queue_bind(self, exchange: Any, routing_key: Any, pattern: Any, queue: Any) -> None:
        """Begins the table of an exchange whole; kombu's own writing into it is under a lock."""
        table: Path = self.control_folder / f"{exchange}.exchange"
        if not table.exists():
            table.parent.mkdir(exist_ok=True)
            draft = table.with_suffix(f".{uuid4()}")
            draft.write_text("[]")
            try:
                os.link(draft, table)
            except FileExistsError:
                pass  # another process was first
            finally:
                draft.unlink()
        super()._queue_bind(exchange, routing_key, pattern, queue)


class Transport(filesystem.Transport):
    Channel = Channel


def install() -> None:
    """From here on, ``filesystem://`` means this one."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
