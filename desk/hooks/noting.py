"""What was told is written into the inbox before anyone is thanked: many deliveries in one commit."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from desk.hooks.bells import Side
from ledger import endpoints, inbox, links
from ledger.database import Ledger
from ledger.session import Session, SQLAlchemyError
from tasks.wake import Stream

STREAMS: Mapping[Stream, str] = {"deals": inbox.DEALS, "invoices": inbox.INVOICES}

GATHER = 0.02
"""Seconds to wait for further deliveries before a commit."""

MOST = 50
"""Deliveries in one commit."""

LONGEST_PAUSE = 0.05
"""Seconds, at most, to leave the database to the flows between two commits."""

COUNT_EVERY = 2.0
"""Seconds after which mere counts are written, where nothing else is."""

Changes = Mapping[str, datetime | None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Note:
    """What one delivery comes to: records by pair and stream (an empty one for "look") with the moment of their last
    change, if that is told. ``first`` and ``last`` number its events where that is known; if some before them are
    missing, ``if_gap`` are looked at.
    """

    endpoint: str
    hints: Mapping[Side, Changes]
    first: int = 0
    last: int = 0
    if_gap: frozenset[Side] = frozenset()


@dataclass(slots=True)
class _Group:
    notes: list[Note] = field(default_factory=list[Note])
    waiting: list[Future[bool]] = field(default_factory=list[Future[bool]])


class Noting:
    """A thread that writes notes, a group at a time, and then says whom they wake, from ``start`` to ``stop``."""

    def __init__(self, ledger: Ledger, woken: Callable[[set[Side], set[Side]], None], gather: float = GATHER) -> None:
        """``woken`` is told of whom records changed, and who had better look."""
        self._ledger = ledger
        self._woken = woken
        self._gather = gather
        self._took = 0.0
        self._queue: queue.SimpleQueue[tuple[Note, Future[bool]] | None] = queue.SimpleQueue()
        self._counts: dict[str, Counter[str]] = {}
        self._counting = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="noting", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End when all notes so far are written."""
        self._queue.put(None)
        self._thread.join()

    def note(self, note: Note) -> Future[bool]:
        """Whether it was committed, once that is known."""
        future: Future[bool] = Future()
        self._queue.put((note, future))
        return future

    def count(self, endpoint: str, what: str, more: int = 1) -> None:
        """Add to one of an endpoint's counts."""
        with self._counting:
            self._counts.setdefault(endpoint, Counter())[what] += more

    def _work(self) -> None:
        going_on = True
        while going_on:
            group, going_on = self._gathered()
            counts = self._taken_counts(group.notes)
            if not counts and not group.notes:
                continue
            begun = time.monotonic()
            woken = self._written(group.notes, counts)
            self._took = time.monotonic() - begun
            for future in group.waiting:
                # Whoever no longer waits has cancelled it.
                with suppress(InvalidStateError):
                    future.set_result(woken is not None)
            if woken is not None:
                self._woken(*woken)

    def _gathered(self) -> tuple[_Group, bool]:
        """The next notes; False with them when they are the last.

        In a storm the database is left to the flows for about as long as the commit before had it.
        """
        group = _Group()
        wait, until = COUNT_EVERY, None
        while len(group.notes) < MOST:
            try:
                entry = self._queue.get(timeout=max(0.0, wait))
            except queue.Empty:
                break
            if entry is None:
                return group, False
            group.notes.append(entry[0])
            group.waiting.append(entry[1])
            until = until or time.monotonic() + max(self._gather, min(self._took, LONGEST_PAUSE))
            wait = until - time.monotonic()
        return group, True

    def _taken_counts(self, notes: Sequence[Note]) -> dict[str, Counter[str]]:
        with self._counting:
            counts, self._counts = self._counts, {}
        for note in notes:
            counts.setdefault(note.endpoint, Counter())["heard"] += 1
        return counts

    def _written(self, notes: Sequence[Note], counts: Mapping[str, Counter[str]]) -> tuple[set[Side], set[Side]] | None:
        """Whom the notes wake, and who had better look; ``None`` when they could not be committed."""
        try:
            with self._ledger.write() as session:
                woken = self._noted(session, notes)
                for endpoint, of_endpoint in sorted(counts.items()):
                    endpoints.count(session, endpoint, of_endpoint, self._ledger.now())
        except Exception as trouble:
            expected = isinstance(trouble, SQLAlchemyError)
            log.warning("notes could not be written (%s)", type(trouble).__name__, exc_info=not expected)
            for endpoint, of_endpoint in counts.items():
                for what, more in of_endpoint.items():
                    self.count(endpoint, "failed" if what == "heard" else what, more)
            return None
        return woken

    def _noted(self, session: Session, notes: Sequence[Note]) -> tuple[set[Side], set[Side]]:
        gathered: dict[Side, dict[str, datetime | None]] = {}
        changed: set[Side] = set()
        looks: set[Side] = set()
        for note in notes:
            for side, changes in note.hints.items():
                add(gathered.setdefault(side, {}), changes)
            if note.last and not endpoints.continues(session, note.endpoint, note.first, note.last):
                looks |= note.if_gap
        for (pair, stream), changes in gathered.items():
            real = sorted(_news(session, pair, changes) if stream == "invoices" else changes.keys() - {""})
            inbox.hint(session, pair, STREAMS[stream], real, self._ledger.now())
            if real:
                changed.add((pair, stream))
            if "" in changes:
                looks.add((pair, stream))
                if stream == "invoices":
                    inbox.hint(session, pair, inbox.CREDITS, [inbox.ALL], self._ledger.now())
        return changed, looks


def add(gathered: dict[str, datetime | None], changes: Changes) -> None:
    """Each record's last change; one of an unknown moment counts as the last."""
    for record, at in changes.items():
        before = gathered.get(record, at)
        gathered[record] = None if at is None or before is None else max(at, before)


def _news(session: Session, pair: str, changes: Changes) -> list[str]:
    """The invoices among these that are worth a call to Xero: those of deals, changed since we made them.

    Xero tells of our own writes too. Were its clock behind ours, a change of the first seconds would wait for the poll.
    """
    ours = links.ours(session, pair, sorted(changes.keys() - {""}))
    return [record for record, since in ours.items() if (at := changes[record]) is None or at > since]
