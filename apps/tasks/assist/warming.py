"""Making images ready before the hand asks: the one just claimed, and the next few of that person's queue.

A claim only leaves a note, once it is committed. A thread of the web process reads the queue and tells the inference
process; it keeps the newest note of each person, and what it cannot do is left undone: the first click is slower then.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from apps.accounts.models import User
from apps.inference import gateway as inference
from apps.inference import wire
from apps.inference.queries import image_ref
from apps.tasks.assist.choosing import chosen_for
from apps.tasks.models import Visit, VisitStatus
from apps.tasks.operations.engine import Locked
from workflows.graph import AGENT

log = logging.getLogger(__name__)

AHEAD = 3
MAX_WAITING = 256


@dataclass(frozen=True, slots=True)
class Note:
    """Who has just begun to work on what."""

    project_id: UUID
    stage: str
    person: UUID
    image: wire.ImageRef


def warm_claimed(locked: Locked, user: User) -> None:
    """Called by who hands out work; costs no statement. Nothing where no process or no person's hand is waiting."""
    if not getattr(settings, "INFERENCE_URL", "") or locked.task.stage_type == AGENT:
        return
    note = Note(locked.task.project_id, locked.task.stage, user.id, image_ref(locked.task.data_unit))
    transaction.on_commit(lambda: warmer.put(note), robust=True)


def warm(note: Note) -> None:
    """Tells the inference process which images will be wanted. A later one for the same person takes its place."""
    chosen = chosen_for(note.project_id)
    if chosen.model is None:
        return
    spec = chosen.model.spec()
    asks = [wire.EncodeAsk(spec, note.image, "claim")]
    asks += [wire.EncodeAsk(spec, image, "prefetch") for image in next_images(note)]
    inference.gateway().warm(wire.WarmAsk(asks, session=str(note.person)))


def next_images(note: Note) -> list[wire.ImageRef]:
    """The images that the person would get next at the stage, if nobody else came: their own first."""
    rows = Visit.objects.filter(project_id=note.project_id, stage=note.stage, status=VisitStatus.WAITING)
    rows = rows.exclude(barred__contains=f"|{note.person}|").order_by("-priority", "id")
    rows = rows.select_related("task__data_unit").only("task__data_unit")
    found = list(rows.filter(reserved_for_id=note.person)[:AHEAD])
    if len(found) < AHEAD:
        found += rows.filter(reserved_for=None)[: AHEAD - len(found)]
    return [image_ref(visit.task.data_unit) for visit in found]


class Warmer:
    """The thread and its notes: begun by the first note in a process, the newest of each person, few in all."""

    def __init__(self, work: Callable[[Note], None]) -> None:
        self._work = work
        self._process = 0
        self._begin()

    def _begin(self) -> None:
        self._notes: OrderedDict[UUID, Note] = OrderedDict()
        self._ready = threading.Condition()
        self._thread: threading.Thread | None = None

    def put(self, note: Note) -> None:
        if self._process != os.getpid():  # threads do not survive a fork
            self._process = os.getpid()
            self._begin()
        with self._ready:
            self._notes.pop(note.person, None)
            self._notes[note.person] = note
            if len(self._notes) > MAX_WAITING:
                self._notes.popitem(last=False)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="warmer", daemon=True)
                self._thread.start()
            self._ready.notify()

    def take(self) -> Note:
        """The oldest note; waits for one."""
        with self._ready:
            self._ready.wait_for(lambda: bool(self._notes))
            return self._notes.popitem(last=False)[1]

    def _run(self) -> None:
        while True:
            note = self.take()
            try:
                self._work(note)
            except Exception as error:  # noqa: BLE001 - a database that is away must not end the thread
                log.warning("images were not made ready", extra={"stage": note.stage, "error": repr(error)})
            finally:
                connection.close()


warmer = Warmer(warm)
