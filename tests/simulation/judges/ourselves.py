"""Our own house: logs, questions, leases, the trail, and that all comes to rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import select

from ledger import audit, restores
from ledger.tables import Cursor, Lease
from ledger.tokens import REFRESH_TAKES
from stages.create import LEASE
from tests.simulation import unrest
from tests.simulation.company import CANARIES
from tests.simulation.judges.evidence import items
from tests.simulation.result import Result

# What a run may end with beside the connectors' errors: a database that fails, and only where it was made to; and an
# answer to what somebody else has answered in the same moment.
EXPECTED = {"OperationalError", "Settled"}
SOON = timedelta(minutes=31)
PAGES = Path(__file__).parents[3] / "templates" / "review"


def no_program_failed(result: Result) -> Iterator[str]:
    """Trouble outside is no reason for a program to fail in a way that nobody foresaw."""
    for name, times in Counter(result.mishaps).items():
        if name not in EXPECTED:
            yield f"{times} runs ended with {name}"


def no_canary(result: Result) -> Iterator[str]:
    """I15: no name, address, number or secret in a log, an exception or a traceback."""
    said = "\n".join(result.told).lower()
    logs = (*result.world.xero.log, *result.side.double.log)
    secrets = [call.headers.get("authorization", "").removeprefix("Bearer ") for call in logs]
    for canary in (*CANARIES, *set(filter(None, secrets))):
        if canary in said:
            at = said.index(canary)
            yield f"a log says {canary!r}: {said[max(0, at - 60) : at + 30]!r}"


def came_to_rest(result: Result) -> Iterator[str]:
    """I19: half an hour after the last trouble nothing is left to do."""
    if result.tape.setting.poisoned:
        return
    if result.quiet_at is None:
        yield f"no rest within {result.watched}; {result.left}"
    elif result.quiet_at - _could_begin_at(result) > SOON:
        yield f"at rest only {result.quiet_at - result.calm_at} after the last trouble"


def the_healthy_are_not_delayed(result: Result) -> Iterator[str]:
    """I16: what one poisoned deal or customer can't do keeps no other waiting."""
    if not result.tape.setting.poisoned:
        return
    if result.healthy_at is None:
        yield f"healthy deals are never done with: {unrest.unfinished_of_the_healthy(result)}"
    elif result.healthy_at - _could_begin_at(result) > SOON:
        yield f"healthy deals are done with only {result.healthy_at - result.calm_at} after the last trouble"


def _could_begin_at(result: Result) -> datetime:
    """The last trouble's end; what a process put off by a clock that was fast waits for as much longer."""
    fast = timedelta(seconds=max(0.0, *result.tape.setting.skews))
    return max(result.calm_at + fast, result.paused_until, _restored_until(result), _connected_at(result))


def _restored_until(result: Result) -> datetime:
    """Until when nothing new was made after a restore."""
    with result.ledger.read() as session:
        return restores.quiet_until(session) or result.began


def _connected_at(result: Result) -> datetime:
    """When a person had last connected again; without that no work can be done."""
    notes = (line.partition(" ") for line in result.trace if line.endswith(" connects again"))
    return max((result.began + timedelta(seconds=float(at)) for at, _, _ in notes), default=result.began)


def nothing_left_over(result: Result) -> Iterator[str]:
    """I17: every lease is free, but for those of processes that came to grief just before all was calm."""
    since = _could_begin_at(result)
    with result.ledger.read() as session:
        for lease in session.exec(select(Lease)).all():
            term = REFRESH_TAKES if lease.name.startswith("tokens:") else LEASE
            if lease.owner and lease.until > max(result.world.clock(), since + term):
                yield f"{lease.name} is still held"


def the_trail_holds(result: Result) -> Iterator[str]:
    """I14: the trail's seals fit."""
    with result.ledger.read() as session:
        broken = audit.broken_at(session, result.pair)
    if broken is not None:
        yield f"the trail is broken at {broken}"


def questions_have_pages(result: Result) -> Iterator[str]:
    """I18: each question has a page that explains it, and none is open twice."""
    for kind in {item.kind for item in items(result)}:
        if not list(PAGES.glob(f"{kind}.*")):
            yield f"no page explains {kind}"
    times = Counter((i.subject, i.question) for i in items(result) if i.state == "open")
    yield from (f"{question} is open {n} times" for (_, question), n in times.items() if n > 1)


def cursors_by_their_clocks(result: Result) -> Iterator[str]:
    """I20: how far a stream was read is told by the vendors' clocks, never ahead of the true time."""
    now = result.world.clock()
    with result.ledger.read() as session:
        for cursor in session.exec(select(Cursor)).all():
            if any(_moment(each) > now for each in result.side.read_to(cursor.value)):
                yield f"{cursor.stream} is read up to {cursor.value}"


def _moment(text: str) -> datetime:
    """As Xero and most CRMs write it, or in milliseconds."""
    return datetime.fromtimestamp(int(text) / 1000, UTC) if text.isdigit() else datetime.fromisoformat(text)
