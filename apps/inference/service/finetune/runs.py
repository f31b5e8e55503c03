"""Training runs as the service sees them: one at a time, each in a process of its own, and what they came to is kept.

This module needs no torch. A run that dies with the process is ``unknown`` afterwards; whoever asked for it asks again
and it goes on after its last checkpoint.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from apps.inference.service.refusals import Refusal
from apps.inference.service.sam.children import Child, ChildDied, Trouble, cores, settle
from apps.inference.service.sam.trouble import DamagedFile, ModelMissing, ModelTrouble, need_torch
from apps.inference.service.store import MissingFile, Store, WrongDigest
from apps.inference.wire import FinetuneAsk, FinetuneState

log = logging.getLogger(__name__)

ENDED = ("done", "failed", "cancelled")
TRIES = 3
HUNG = 3_600
"""Seconds without a word after which a run is taken for hung; one image of the largest model takes a minute."""


CANCEL = "cancel"


class Kept:
    """One run here: what it last said, and how to end it."""

    def __init__(self, ask: FinetuneAsk) -> None:
        self.ask = ask
        self.state = FinetuneState(state="preparing", detail="waiting for its turn")
        self.cancelled = threading.Event()
        self.child: Child | None = None

    @property
    def goes_on(self) -> bool:
        return self.state.state not in ("failed", "cancelled") and not self.cancelled.is_set()

    def cancel(self) -> None:
        """The child hears of it at its next step. From any thread: nobody else sends to it."""
        self.cancelled.set()
        child = self.child
        if child is not None:
            with suppress(OSError, ValueError):  # it has ended meanwhile
                child.connection.send(CANCEL)


class Runs:
    def __init__(self, store: Store, cache: Path) -> None:
        self._store, self._cache = store, cache
        self._kept: dict[str, Kept] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(1, "finetune")

    def start(self, ask: FinetuneAsk) -> FinetuneState:
        """Begins the run, goes on with it, or says how it ended. Raises Refusal, NoTorch."""
        need_torch()
        if not ask.folder or ask.steps < 1 or ask.batch < 2 or not 0 <= ask.replay < 1:
            raise Refusal("bad_body", "A run needs a folder, steps, a batch of 2 or more and a replay below 1.")
        with self._lock:
            kept = self._kept.get(ask.run)
            if kept is not None and kept.goes_on:
                return kept.state
            ended = self._written(ask)
            if ended is not None:
                return ended
            kept = self._kept[ask.run] = Kept(ask)
            self._threads.submit(self._run, kept)
            return kept.state

    def state(self, run: str) -> FinetuneState:
        kept = self._kept.get(run)
        return kept.state if kept is not None else FinetuneState(state="unknown")

    def cancel(self, run: str) -> FinetuneState:
        """Ends it at its next step; one that waits never begins."""
        kept = self._kept.get(run)
        if kept is None:
            return FinetuneState(state="unknown")
        kept.cancel()
        return kept.state

    def close(self) -> None:
        """Ends what runs; its checkpoint stays."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for kept in list(self._kept.values()):
            kept.cancelled.set()
            child = kept.child
            if child is not None:
                child.interrupt()

    def _run(self, kept: Kept) -> None:
        try:
            end = self._to_the_end(kept)
            # Before anybody hears of it: who does may ask another process next.
            if end.state == "done":  # what ended in another way is begun again when it is asked for again
                self._store.write(self._key(kept.ask), msgspec.json.encode(end))
        except ModelTrouble as error:
            end = msgspec.structs.replace(kept.state, state="failed", reason=error.detail)
        except Exception as error:
            log.exception("a training failed")
            end = msgspec.structs.replace(kept.state, state="failed", reason=f"It failed: {error!r}"[:500])
        kept.state = end

    def _to_the_end(self, kept: Kept) -> FinetuneState:
        """Over as many processes as it takes, within reason."""
        for _ in range(TRIES):
            if kept.cancelled.is_set():
                break
            end = self._try(kept)
            if end is not None:
                return end
        if kept.cancelled.is_set():
            return msgspec.structs.replace(kept.state, state="cancelled", detail="")
        reason = "Its process ended several times over (memory, most likely)."
        return msgspec.structs.replace(kept.state, state="failed", reason=reason)

    def _try(self, kept: Kept) -> FinetuneState | None:
        """One process, and how the run ended in it. None when it died; another goes on after its checkpoint. Raises
        ModelTrouble."""
        kept.child = child = Child(serve, msgspec.json.encode(kept.ask), self._store)
        try:
            if kept.cancelled.is_set():  # while the child was being started
                kept.cancel()
            while True:
                said = msgspec.json.decode(child.answer(HUNG), type=FinetuneState)
                if said.state in ENDED:
                    return said
                kept.state = said
        except ChildDied:
            return None
        finally:
            kept.child = None
            child.stop()

    def _written(self, ask: FinetuneAsk) -> FinetuneState | None:
        try:
            return msgspec.json.decode(self._store.read(self._key(ask)), type=FinetuneState)
        except (MissingFile, msgspec.MsgspecError):
            return None

    def _key(self, ask: FinetuneAsk) -> str:
        return f"{ask.folder}/state.json"


def serve(connection: Connection, ask: bytes, store: Store) -> None:
    """The run's process."""
    settle(max(1, cores() - 1))
    # Only here: the parent needs no torch.
    from apps.inference.service.finetune.run import Cancelled, Run

    def tell(state: FinetuneState) -> None:
        connection.send(msgspec.json.encode(state))
        if connection.poll():
            connection.recv()
            raise Cancelled

    try:
        last = Run(msgspec.json.decode(ask, type=FinetuneAsk), store, tell).to_the_end()
        connection.send(msgspec.json.encode(last))
    except BrokenPipeError:
        return  # nobody listens any more; the checkpoint stays
    except ModelTrouble as error:
        connection.send(Trouble(error))
    except MissingFile:
        connection.send(Trouble(ModelMissing("The model's file is not in the media storage.")))
    except WrongDigest:
        connection.send(Trouble(DamagedFile("The model's file is not the one that was added; it was not opened.")))
    except Exception as error:
        # Said by the parent as it is: another process would fail in the same way.
        log.exception("a training failed")
        connection.send(Trouble(ModelTrouble(f"It failed: {error!r}"[:500])))
