"""A process of ours and the gates at which it might die: every call and every commit has some.

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
from tests.support.house import House, Left
from tests.support.ledgers import StrictLedger, copy_of


@dataclass(frozen=True, slots=True)
class Gate:
    """Where a process may die, and what is left of it all if it does.

    ``sends`` is the call that is about to leave, if it writes. Not ``fresh``: the gate before it leaves the same.
    """

    name: str
    left: Left
    sends: httpx.Request | None = None
    fresh: bool = True


class Life:
    """Runs a job as one process, to its end.

    ``gates`` are those at which dying differs: between two others nothing was written down for good anywhere.
    """

    def __init__(self, house: House) -> None:
        self.gates: list[Gate] = []
        self.passed = 0
        self.kept = 0
        self.house = house
        self._known: set[int] = set()

    def run(self, job: Callable[[Pair], object]) -> None:
        ledger = _Commits(self.house.ledger, self)
        job(self.house.open(ledger=ledger, transport=_Calls(self), mark=_Marked(self)))

    def gate(self, name: str, request: httpx.Request | None = None, committed: bytes = b"") -> None:
        """``committed``: the ledger's rows while there are others that may never be."""
        self.passed += 1
        sends = request if request is not None and self.writes(request) else None
        if sends is not None or self.kept not in self._known:
            left = self.house.left(committed)
            # Some commits write nothing.
            fresh = self.kept not in self._known and not (self.gates and self.gates[-1].left == left)
            if sends is not None or fresh:
                self.gates.append(Gate(name, left, sends, fresh))
        self._known.add(self.kept)

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
        place = _caller()
        before = copy_of(self)
        with super().write() as session:
            yield session
            self._life.gate(f"before the commit of {place}", committed=before)
        # That a call was counted decides nothing.
        self._life.kept += not place.startswith("budget.")
        self._life.gate(f"after the commit of {place}")


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
