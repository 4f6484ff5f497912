"""The way from our processes to the doubles, and to the database: a gate at every call and every commit."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any
from zlib import crc32

import httpx
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from sandbox.faults import Fault, Kind
from sandbox.wire import Request, Response
from sandbox.world import World
from tests.simulation.crms import Side
from tests.simulation.dice import Dice
from tests.simulation.trouble import Trouble, Troubles
from tests.simulation.turns import Turns
from tests.support.ledgers import Killed, StrictLedger
from tests.support.transport import asked as in_their_words

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_XERO = {"api.xero.com", "identity.xero.com"}
_FAULTS: dict[str, Kind] = {
    "refuse": "refuse connection",
    "lose": "lose answer",
    "late": "late",
    "500 before": "500 before",
    "500 after": "500 after",
    "429": "429",
    "garble": "garble",
    "expire": "expire token",
}


@dataclass
class Gates:
    """What calls and commits of all processes go through; ``note`` writes a line of the history's trace."""

    world: World
    side: Side
    turns: Turns
    troubles: Troubles
    dice: Dice
    note: Callable[[str], None]
    impatient: list[str] = field(default_factory=list[str])
    _told_to_wait: dict[tuple[str, str], datetime] = field(default_factory=dict[tuple[str, str], datetime])

    def patient(self, system: str, call: str, now: datetime) -> None:
        """Note a call of a process that was told to wait for longer, by its own clock: nobody has a better one."""
        until = self._told_to_wait.get((self._name, system))
        if until is not None and until - now > timedelta(seconds=1):
            self.impatient.append(f"{self._name}: {call} though told to wait until {until}")

    def told_to_wait(self, system: str, response: Response, now: datetime) -> None:
        """Remember what a 429 asks of the process that hears it."""
        xero = response.headers.get("Retry-After", "") if response.status == 429 else ""
        seconds = xero if system == "xero" else self.side.pause(response)
        if seconds.isdigit() and not response.lost:
            self._told_to_wait[self._name, system] = now + timedelta(seconds=int(seconds))

    def forgets(self) -> None:
        """The process did not get to remember what it was told."""
        for name, system in list(self._told_to_wait):
            if name == self._name:
                del self._told_to_wait[name, system]

    def all_forget(self) -> None:
        """A ledger put back knows only what was told before it was copied."""
        self._told_to_wait.clear()

    @property
    def _name(self) -> str:
        return self.turns.current.name if self.turns.current else ""

    def death(self, how: str) -> Killed:
        """The process at this gate is dead from now on, whatever its code does while it unwinds."""
        self.note(how)
        self.turns.doom_this()
        self.forgets()
        return Killed()


class Calls(httpx.BaseTransport):
    """The doubles as one process of ours reaches them; ``within`` tells whether it is inside a transaction, ``now`` is
    its own clock.
    """

    def __init__(
        self,
        gates: Gates,
        within: Callable[[], bool],
        poisoned: Callable[[Request], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._gates = gates
        self._within = within
        self._now = now
        self._poisoned = poisoned

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert not self._within(), "a call to the outside within a transaction"
        gates = self._gates
        gates.turns.gate()
        system = self._system(request.url.host)
        call = f"{system} {request.method} {_short(request.url.path)}"
        gate = gates.troubles.gate(call)
        trouble = gates.troubles.at_call(gate)
        kind = trouble.kind if trouble else ""
        asked = in_their_words(request)
        if trouble and kind == "freeze":
            gates.turns.sleep(trouble.seconds)
        if trouble and kind == "die unsent":
            self._arrives_later(request.url.host, asked, trouble.seconds)
            raise gates.death(f"{call}: dies before it is sent")
        if kind == "reset":
            gates.note(f"{call} reset")
            raise httpx.ReadError("connection reset", request=request)
        gates.patient(system, call, self._now())
        response = self._answer(request.url.host, asked, trouble)
        gates.note(f"{call} {_outcome(response)} {crc32(asked.body):x} {crc32(response.body):x} {kind}".rstrip())
        if kind == "die done":
            raise gates.death(f"{call}: dies when it is done")
        gates.turns.sleep(gates.dice.between(f"{gate} takes", 0.05, 0.6))
        if trouble and kind == "freeze done":
            gates.turns.sleep(trouble.seconds)
        if response.refused:
            raise httpx.ConnectError("connection refused", request=request)
        if response.lost:
            gates.turns.sleep(25)
            raise httpx.ReadTimeout("timed out", request=request)
        gates.told_to_wait(system, response, self._now())
        body = _CutOff(gates, call) if kind == "die heard" else httpx.ByteStream(response.body)
        return httpx.Response(response.status, headers=dict(response.headers), stream=body)

    def _answer(self, host: str, asked: Request, trouble: Trouble | None) -> Response:
        double = self._double(host)
        if self._poisoned(asked):
            double.faults.add(Fault(asked.method, asked.path, "500 before", status=500))
        elif trouble and trouble.kind in _FAULTS:
            double.faults.add(_fault(asked, trouble))
        return self._gates.world.handle(host, asked)

    def _system(self, host: str) -> str:
        return "xero" if host in _XERO else self._gates.side.system

    def _double(self, host: str) -> Any:
        return getattr(self._gates.world, self._system(host))

    def _arrives_later(self, host: str, asked: Request, later: float) -> None:
        if later >= 0:
            self._double(host).faults.hold(asked, self._gates.world.clock(), later)


@dataclass
class _CutOff(httpx.SyncByteStream):
    """An answer during which our process dies."""

    gates: Gates
    call: str

    def __iter__(self) -> Iterator[bytes]:
        raise self.gates.death(f"{self.call}: dies while it reads the answer")


class GatedLedger(StrictLedger):
    """The database as one process of ours sees it, by its own clock."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], gates: Gates) -> None:
        super().__init__(engine, now)
        self._gates = gates

    @contextmanager
    def write(self) -> Generator[Session]:
        gates, place = self._gates, _caller()
        gates.turns.gate()
        trouble = gates.troubles.at_commit(gates.troubles.gate(f"commit {place}"))
        kind = trouble.kind if trouble else ""
        if kind == "fail":
            gates.forgets()
        with super().write() as session:
            yield session
            if kind == "die before":
                raise gates.death(f"commit {place}: dies before")
            if kind == "fail":
                raise OperationalError("COMMIT", None, Exception("disk I/O error"))
        gates.note(f"commit {place} {kind}".rstrip())
        if kind == "die after":
            raise gates.death(f"commit {place}: dies after")
        if kind == "unsure":
            raise OperationalError("COMMIT", None, Exception("connection lost"))
        if trouble and kind == "freeze":
            gates.turns.sleep(trouble.seconds)


def _caller() -> str:
    """Whose transaction it is: ``create._begin``."""
    frame = sys._getframe(3)
    return f"{_stem(frame.f_code.co_filename)}.{frame.f_code.co_name}"


@functools.cache
def _stem(path: str) -> str:
    return PurePath(path).stem


def _short(path: str) -> str:
    return _ID.sub("{id}", path.removeprefix("/api.xro/2.0").removeprefix("/services/data"))


def _fault(asked: Request, trouble: Trouble) -> Fault:
    return Fault(
        asked.method,
        asked.path,
        _FAULTS[trouble.kind],
        delay=trouble.seconds,
        status=int(trouble.text) if trouble.kind.startswith("500") else 500,
        retry_after=int(trouble.seconds) if trouble.seconds >= 0 else None,
        daily=trouble.text == "day",
        text=trouble.text if trouble.kind == "garble" else "",
    )


def _outcome(response: Response) -> str:
    if response.refused:
        return "refused"
    return "lost" if response.lost else str(response.status)
