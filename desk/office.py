"""What every page works with: the ledger, the pairs, the clock, the way to Prefect."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from fastapi import Request

from desk.prefect_side import PrefectSide
from desk.settings import DeskSettings
from domain.records import Books
from ledger import memory
from ledger.database import Ledger
from ledger.secrets import Seal
from mappings.loader import ENDINGS, Reading, find_mapping, read_mapping
from mappings.problems import MappingError
from stages import frozen
from stages.answering import Unopened
from stages.opening import Connect, Surroundings
from stages.pair import BOOKS, PIPELINES, Pair
from stages.settings import Settings, SettingsProblem

T = TypeVar("T")
Wake = Callable[[str], object]
Open = Callable[[str], AbstractContextManager[Pair]]

# A person waits no longer for the outside than this; the page says so and shows what is known.
PATIENCE = 8.0

log = logging.getLogger("wonbooks.desk")


class TakesTooLong(Exception):
    """A system has not answered within the time a person waits."""


@dataclass(slots=True)
class Office:
    """One installation's desk. ``names`` are its pairs; none for every mapping there is.

    ``open`` connects a pair; ``wake`` asks for a run of a pair soon, and never fails.
    """

    settings: Settings
    own: DeskSettings
    ledger: Ledger
    seal: Seal
    open: Open
    wake: Wake
    address: str
    prefect: PrefectSide
    around: Surroundings = field(default_factory=Surroundings)
    names: Sequence[str] = ()
    patience: float = PATIENCE
    opened_at: datetime = field(init=False)
    _outside: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8, thread_name_prefix="outside"))
    _bell: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="bell"))

    def __post_init__(self) -> None:
        self.opened_at = self.now()

    @property
    def secure(self) -> bool:
        """Whether people reach the desk by https."""
        return self.address.startswith("https://")

    @property
    def open_to_all(self) -> bool:
        """Whether nobody has to sign in."""
        return self.own.logins == "none"

    def now(self) -> datetime:
        return self.ledger.now()

    def pairs(self) -> list[str]:
        """The pairs by name."""
        if self.names:
            return list(self.names)
        folder = self.settings.mappings
        return sorted(path.stem for path in folder.glob("*") if path.suffix in ENDINGS and path.is_file())

    def unopened(self, pair: str) -> Unopened:
        return Unopened(pair, self.ledger)

    def mapping_file(self, pair: str) -> Path:
        """Raises ``MappingError``."""
        return find_mapping(pair, self.settings.mappings)

    def mapping(self, pair: str) -> Reading | None:
        """What a pair's file says, None where it is gone."""
        with suppress(MappingError):
            return read_mapping(self.mapping_file(pair))
        return None

    def zone(self, pair: str) -> tzinfo | None:
        """Where the pair's organisation is, None for this machine's own zone while that is not known."""
        books = self.books(pair)
        return ZoneInfo(books.organisation.timezone) if books else None

    def books(self, pair: str) -> Books | None:
        """The organisation's books as remembered, however old; nobody is asked."""
        with self.ledger.read() as session:
            text = memory.recall(session, pair, BOOKS, now=self.now(), for_=timedelta(days=3650))
        return frozen.BOOKS.validate_json(text) if text else None

    def stages(self, pair: str) -> dict[str, str]:
        """The CRM's stages as remembered, id → label."""
        with self.ledger.read() as session:
            text = memory.recall(session, pair, PIPELINES, now=self.now(), for_=timedelta(days=3650))
        found: dict[str, str] = {}
        for pipeline in json.loads(text or "[]"):
            found |= pipeline["stages"]
        return found

    def connect(self, pair: str) -> Connect:
        """The connections of a pair, not asked yet. Raises ``SettingsProblem`` while its mapping can't be used."""
        reading = self.mapping(pair)
        if reading is None or reading.rules is None:
            raise SettingsProblem(f"The mapping of {pair} can't be used. What is wrong with it: wonbooks check {pair}")
        return Connect(reading.rules, self.settings, self.ledger, self.seal, self.around)

    def within_patience(self, work: Callable[[], T]) -> T:
        """What work outside comes to, if it does within the time a person waits. Raises ``TakesTooLong``."""
        waiting: Future[T] = self._outside.submit(work)
        try:
            return waiting.result(self.patience)
        except TooLong:
            waiting.cancel()
            raise TakesTooLong from None

    def ring(self, pair: str) -> None:
        """Let the pair's flows look soon; nobody waits for it."""

        def rung() -> None:
            try:
                self.wake(pair)
            except Exception as trouble:  # noqa: BLE001 - the schedule will do it
                log.warning("%s could not be woken (%s)", pair, type(trouble).__name__)

        self._bell.submit(rung)

    def close(self) -> None:
        """Let go of threads and the ledger."""
        self._bell.shutdown(wait=False, cancel_futures=True)
        self._outside.shutdown(wait=False, cancel_futures=True)
        self.ledger.close()


def office_of(request: Request) -> Office:
    """The office that an app was made for."""
    return cast("Office", request.app.state.office)
