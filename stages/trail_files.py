"""The trail as files, for a deal, a customer or a period: each entry with its seal and the seal before it, so that
anybody can verify it without us.

An entry's seal is the SHA-256 of the JSON list of the seal before, pair, number, time, actor, subject, event and
details; the details are JSON with sorted keys. So a single entry can be verified, and a row of them, without the rest.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal, TextIO
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from domain.period import Period
from ledger import audit, memory, stories
from ledger.database import Ledger
from ledger.desk_tables import Seen
from ledger.tables import AuditEntry
from stages import frozen
from stages.capture import FOR_EVER
from stages.pair import BOOKS

Form = Literal["jsonl", "csv"]
COLUMNS = ("pair", "seq", "at", "actor", "subject", "event", "details", "before", "seal")
# What a spreadsheet takes for a formula gets an apostrophe, as does what begins with one: it can be taken off again.
_GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


class Unverifiable(Exception):
    """The file is no export of a trail, or was changed; the message says where."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose entries: one deal's, one customer's ("company:5"), a period's, or all of them."""

    deal: str = ""
    customer: str = ""
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What a file or the ledger holds: how many entries, how many runs of consecutive ones, the last seal."""

    entries: int
    runs: int
    last_seq: int
    last_seal: str


def export(ledger: Ledger, pair: str, wanted: Wanted, form: Form, out: TextIO) -> int:
    """Write the entries, oldest first; how many there are."""
    count = 0
    with ledger.read() as session:
        write = _jsonl(out) if form == "jsonl" else _csv(out)
        for entry in _entries(session, ledger, pair, wanted):
            write(_told(session, entry))
            count += 1
    return count


def verify(ledger: Ledger, pair: str) -> int | Verified:
    """The number of the first entry of the trail that was changed, or what the whole of it comes to."""
    with ledger.read() as session:
        broken = audit.broken_at(session, pair)
        newest = audit.last(session, pair)
    if broken is not None:
        return broken
    seq, seal = (newest.seq, newest.seal) if newest else (0, "")
    return Verified(seq, 1 if newest else 0, seq, seal)


def verify_file(source: TextIO) -> Verified:
    """Verify an export, of either form, by itself. Raises ``Unverifiable``."""
    before: dict[str, Any] | None = None
    count = runs = 0
    for number, told in enumerate(_read(source), start=1):
        _check(told, before, number)
        follows = before is not None and told["seq"] == before["seq"] + 1
        runs += not follows
        count, before = number, told
    return Verified(count, runs, before["seq"] if before else 0, before["seal"] if before else "")


def _check(told: dict[str, Any], before: dict[str, Any] | None, number: int) -> None:
    where = f"Entry {told['seq']}, the {number}. of the file,"
    details = json.dumps(told["details"], sort_keys=True, ensure_ascii=False)
    parts = (told["before"], told["pair"], told["seq"], told["at"], told["actor"], told["subject"], told["event"])
    if audit.sealed(*parts, details) != told["seal"]:
        raise Unverifiable(f"{where} was changed: its seal does not fit.")
    if before is None:
        return
    if told["pair"] != before["pair"] or told["seq"] <= before["seq"]:
        raise Unverifiable(f"{where} does not come after the one before it.")
    if told["seq"] == before["seq"] + 1 and told["before"] != before["seal"]:
        raise Unverifiable(f"{where} was not sealed after the one before it.")


def in_ledger(ledger: Ledger, source: TextIO) -> int:
    """How many entries of an export the trail has just so. Raises ``Unverifiable`` at the first that it has not."""
    count = 0
    for told in _read(source):
        with ledger.read() as session:
            query = select(AuditEntry.seal).where(AuditEntry.pair == told["pair"], AuditEntry.seq == told["seq"])
            seal = session.exec(query).first()
        if seal != told["seal"]:
            raise Unverifiable(f"Entry {told['seq']} is not in the trail of {told['pair']} as the file has it.")
        count += 1
    return count


# ── which entries ──


def _entries(session: Session, ledger: Ledger, pair: str, wanted: Wanted) -> Iterator[AuditEntry]:
    if wanted.deal:
        yield from stories.of_deal(session, pair, wanted.deal).entries
    elif wanted.customer:
        yield from _of_customer(session, pair, wanted.customer)
    else:
        zone = zone_of(session, ledger, pair)
        for entry in audit.told(session, pair):
            if wanted.period is None or entry.at.astimezone(zone).date() in wanted.period:
                yield entry


def _of_customer(session: Session, pair: str, ref: str) -> list[AuditEntry]:
    """The customer's own entries and those of all its deals, each once."""
    found = {entry.seq: entry for entry in audit.story(session, pair, f"customer:{ref}")}
    deals = session.exec(select(Seen.id).where(Seen.pair == pair, Seen.kind == "deal", col(Seen.customer) == ref)).all()
    for deal in deals:
        found |= {entry.seq: entry for entry in stories.of_deal(session, pair, deal).entries}
    return [found[seq] for seq in sorted(found)]


def zone_of(session: Session, ledger: Ledger, pair: str) -> tzinfo:
    """The organisation's time zone as remembered; UTC while it was never asked."""
    text = memory.recall(session, pair, BOOKS, now=ledger.now(), for_=FOR_EVER)
    return ZoneInfo(frozen.BOOKS.validate_json(text).organisation.timezone if text else "Etc/UTC")


# ── how they are written and read ──


def _told(session: Session, entry: AuditEntry) -> dict[str, Any]:
    return {
        "pair": entry.pair,
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "subject": entry.subject,
        "event": entry.event,
        "details": json.loads(entry.details),
        "before": audit.seal_before(session, entry.pair, entry.seq),
        "seal": entry.seal,
    }


def _jsonl(out: TextIO) -> Callable[[dict[str, Any]], object]:
    return lambda told: out.write(json.dumps(told, ensure_ascii=False) + "\n")


def _csv(out: TextIO) -> Callable[[dict[str, Any]], object]:
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)

    def write(told: dict[str, Any]) -> None:
        details = json.dumps(told["details"], sort_keys=True, ensure_ascii=False)
        writer.writerow([_guard(str(details if name == "details" else told[name])) for name in COLUMNS])

    return write


def _guard(text: str) -> str:
    return f"'{text}" if text.startswith(_GUARDED) else text


def _read(source: TextIO) -> Iterator[dict[str, Any]]:
    first = source.readline()
    rest = _chained(first, source)
    try:
        if first.lstrip("\ufeff").startswith("pair,seq,"):
            for row in csv.DictReader(rest):
                texts = {name: row[name].removeprefix("'") for name in COLUMNS}
                yield {**texts, "seq": int(texts["seq"]), "details": json.loads(texts["details"])}
        else:
            for line in rest:
                told = json.loads(line)
                yield {name: told[name] for name in COLUMNS}
    except (ValueError, KeyError, TypeError, AttributeError) as trouble:
        raise Unverifiable(f"The file is no export of a trail ({type(trouble).__name__}).") from None


def _chained(first: str, source: Iterable[str]) -> Iterator[str]:
    if first:
        yield first.lstrip("\ufeff")
    yield from source
