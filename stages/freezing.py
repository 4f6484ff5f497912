"""Freezing a report: its files under ``reports/``, each version once, with hashes in the ledger and in the trail."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from domain.month import Changed, Month, changes
from ledger import audit, reports
from ledger.report_tables import ReportKept
from stages.pair import Pair
from templates.month_page import Edition, headline, month_html
from templates.sheets import Sheet, csv_text, sheets
from templates.workbook import write_workbook

MONTH: TypeAdapter[Month] = TypeAdapter(Month)
FACTS, PAGE, WORKBOOK, SUMS, CHANGES = "report.json", "report.html", "report.xlsx", "SHA256SUMS", "changes.csv"


@dataclass(frozen=True, slots=True)
class Frozen:
    """A version of a report; ``fresh`` unless it says just what the one before said, and then it is that one."""

    folder: Path
    version: int
    content: str
    headline: str
    edition: Edition
    fresh: bool

    @property
    def page(self) -> Path:
        return self.folder / PAGE


def freeze(pair: Pair, month: Month, home: Path) -> Frozen:
    """Write a version of the report, unless the latest says the same. What is frozen is never written again."""
    content = content_of(month)
    with pair.ledger.read() as session:
        last = reports.latest(session, pair.name, month.period)
    before = _read(last, home) if last is not None else None
    if last is not None and last.content == content and before is not None:
        edition = Edition(last.version, _local(pair, last), content)
        return Frozen(home / last.folder, last.version, content, headline(month), edition, fresh=False)
    version = last.version + 1 if last else 1
    changed = changes(before, month) if before is not None else ()
    edition = Edition(
        version,
        pair.now().astimezone(_zone(pair)),
        content,
        last.version if last and before is not None else 0,
        _local(pair, last) if last else None,
        changed,
    )
    folder = Path("reports") / pair.name / month.period.name / f"v{version}"
    hashes = _write(home / folder, month, edition)
    _keep(pair, month, edition, folder, hashes)
    return Frozen(home / folder, version, content, headline(month), edition, fresh=True)


def content_of(month: Month) -> str:
    """The SHA-256 of everything the report says, the same however often it is made of the same."""
    return hashlib.sha256(_facts(month)).hexdigest()


def differing(row: ReportKept, home: Path) -> list[str]:
    """The files of a frozen report that are no longer what they were, or are gone."""
    folder = home / row.folder
    return [name for name, digest in reports.files(row).items() if _digest(folder / name) != digest]


def changed(row: ReportKept, home: Path) -> list[Changed]:
    """What this version says otherwise of each deal than the one before, as its files have it."""
    path = home / row.folder / CHANGES
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8-sig") as source:
        rows = list(csv.reader(source))[1:]
    return [Changed(deal, name, tuple(what.split("; "))) for deal, name, what in rows]


def _facts(month: Month) -> bytes:
    told = MONTH.dump_python(month, mode="json")
    return json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _read(row: ReportKept, home: Path) -> Month | None:
    """What a version says, None if its file is gone or was changed."""
    path = home / row.folder / FACTS
    if _digest(path) != reports.files(row).get(FACTS):
        return None
    try:
        return MONTH.validate_json(path.read_bytes())
    except ValidationError:  # made by an earlier Wonbooks
        return None


def _write(folder: Path, month: Month, edition: Edition) -> dict[str, str]:
    """All files beside the place first, then moved there at once; theirs alone to read whose files these are."""
    beside = folder.with_name(f"{folder.name}.part")
    for stale in (beside, folder):  # left by a run that was cut short: nothing in the ledger names it
        shutil.rmtree(stale, ignore_errors=True)
    beside.mkdir(mode=0o700, parents=True)
    tables = sheets(month, edition.changed)
    (beside / FACTS).write_bytes(_facts(month))
    (beside / PAGE).write_text(month_html(month, edition))
    write_workbook(beside / WORKBOOK, tables, f"{month.period.title}, {month.organisation}")
    for table in tables:
        (beside / _csv_name(table)).write_text(csv_text(table), newline="")
    hashes = {path.name: _digest(path) for path in sorted(beside.iterdir())}
    listed = "".join(f"{digest}  {name}\n" for name, digest in hashes.items())
    (beside / SUMS).write_text(listed)
    for path in beside.iterdir():
        path.chmod(0o400)
    beside.rename(folder)
    return hashes


def _keep(pair: Pair, month: Month, edition: Edition, folder: Path, hashes: dict[str, str]) -> None:
    counts = {name: sum(states.values()) for name, states in month.counts().items()}
    unexplained = len(month.unexplained)
    with pair.ledger.write() as session:
        reports.keep(
            session,
            ReportKept(
                pair=pair.name,
                first=month.period.first,
                last=month.period.last,
                version=edition.version,
                at=pair.now(),
                folder=folder.as_posix(),
                content=edition.content,
                files=json.dumps(hashes),
                deals=len(month.won),
                unexplained=unexplained,
                counts=json.dumps(counts),
                changed=len(edition.changed),
            ),
        )
        details = {"version": edition.version, "sha256": edition.content, "deals": len(month.won), "open": unexplained}
        audit.record(session, pair.name, pair.now(), f"report:{month.period.name}", "report frozen", details)


def _csv_name(table: Sheet) -> str:
    return f"{table.name.lower().replace(' ', '-')}.csv"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _zone(pair: Pair) -> ZoneInfo:
    return ZoneInfo(pair.books().organisation.timezone)


def _local(pair: Pair, row: ReportKept) -> datetime:
    return row.at.astimezone(_zone(pair))
