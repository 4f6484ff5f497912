"""A process of ours from its start to the gate at which it dies: every call and every commit has gates.

A call has three: before its first byte leaves, after the vendor has done it, after its answer was heard. A commit has
two: before and after.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath

import httpx
from sqlmodel import Session

from ledger.database import Ledger
from ledger.restores import Mark
from stages.pair import Pair
from tests.support.house import House
from tests.support.ledgers import Killed, StrictLedger
from tests.support.transport import asked


@dataclass(frozen=True, slots=True)
class Gate:
    """Where a process may die.

    ``kept`` counts what had been written down for good anywhere when it came here; ``sends`` whether a call that writes
    is about to leave.
    """

    name: str
    kept: int
    sends: bool = False


class Life:
    """Runs a job as one process; ``dies_at`` is the number of the gate at which it dies, from 1.

    With ``arrives`` it dies with its call under way, which comes to the vendor so many seconds later.
    """

    def __init__(self, house: House, dies_at: int = 0, arrives: float | None = None) -> None:
        self.gates: list[Gate] = []
        self.kept = 0
        self.dead = False
        self.house = house
        self._dies_at = dies_at
        self._arrives = arrives

    def run(self, job: Callable[[Pair], object]) -> None:
        """Raises ``Killed`` if it dies."""
        ledger = _Commits(self.house.ledger, self)
        job(self.house.open(ledger=ledger, transport=_Calls(self), mark=_Marked(self)))

    def gate(self, name: str, request: httpx.Request | None = None) -> None:
        self.alive()
        self.gates.append(Gate(name, self.kept, request is not None and self.writes(request)))
        if len(self.gates) == self._dies_at:
            if self._arrives is not None and request is not None:
                double = self.house.xero if "xero" in request.url.host else self.house.sales.double
                double.faults.hold(asked(request), self.house.clock(), self._arrives)
            self.dead = True
            raise Killed

    def alive(self) -> None:
        if self.dead:
            raise Killed

    def writes(self, request: httpx.Request) -> bool:
        call = f"{request.method} {request.url.path}"
        if "xero" in request.url.host:
            return request.method != "GET"
        return self.house.sales.writes(call)


class _Calls(httpx.BaseTransport):
    def __init__(self, life: Life) -> None:
        self._life = life

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        life, call = self._life, f"{request.method} {request.url.path}"
        life.gate(f"before {call}", request)
        response = life.house.transport.handle_request(request)
        life.kept += life.writes(request)
        life.gate(f"done: {call}")
        body = _Heard(response.read(), lambda: life.gate(f"heard: {call}"))
        return httpx.Response(response.status_code, headers=response.headers, stream=body)


@dataclass
class _Heard(httpx.SyncByteStream):
    """An answer after which something happens."""

    body: bytes
    then: Callable[[], None]

    def __iter__(self) -> Iterator[bytes]:
        yield self.body
        self.then()


class _Commits(StrictLedger):
    def __init__(self, ledger: Ledger, life: Life) -> None:
        super().__init__(ledger.engine, ledger.now)
        self._life = life

    @contextmanager
    def write(self) -> Generator[Session]:
        self._life.alive()
        place = _caller()
        with super().write() as session:
            yield session
            self._life.gate(f"before the commit of {place}")
        # That a call was counted decides nothing.
        self._life.kept += not place.startswith("budget.")
        self._life.gate(f"after the commit of {place}")

    @contextmanager
    def read(self) -> Generator[Session]:
        self._life.alive()
        with super().read() as session:
            yield session


def _caller() -> str:
    """Whose transaction it is: ``create._begin``."""
    frame = sys._getframe(3)
    return f"{PurePath(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"


class _Marked(Mark):
    """The installation's mark, which outlives the process."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life

    def reached(self) -> int:
        return self._life.house.mark.reached()

    def reach(self, count: int) -> None:
        self._life.house.mark.reach(count)
        self._life.kept += 1


def moments(gates: list[Gate]) -> list[int]:
    """The numbers of the gates that differ: dying is the same at two between which nothing was written down."""
    first = {gate.kept: number for number, gate in reversed(list(enumerate(gates, 1)))}
    return sorted({*first.values(), *(number for number, gate in enumerate(gates, 1) if gate.sends)})
