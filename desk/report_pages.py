"""Reports: every version of every period's, what changed from one to the next, and their files to take away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import FileResponse, Response

from desk.door import Refusal, Viewer
from desk.office import Office, office_of
from desk.paper import page
from domain.period import Period
from ledger import reports
from ledger.report_tables import ReportKept
from stages import freezing

router = APIRouter()
REPORTS = "/reports"
VERSION = f"{REPORTS}/{{pair}}/{{period}}/{{version}}"
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
# So many changes are listed; the files have them all.
LISTED = 200
# What most people take away, and what the files beside it hold.
MAIN = {freezing.PAGE: "Page", freezing.WORKBOOK: "Workbook", freezing.FACTS: "JSON"}


@dataclass(frozen=True, slots=True)
class Kept:
    """One version: its files by name with their SHA-256, deals by class."""

    row: ReportKept
    files: Mapping[str, str]
    counts: Mapping[str, int]

    @property
    def main(self) -> list[tuple[str, str]]:
        """The files that hold everything, each with what it is called."""
        return [(name, MAIN[name]) for name in MAIN if name in self.files]

    @property
    def tables(self) -> list[str]:
        """The CSV files, a table each."""
        return sorted(name for name in self.files if name.endswith(".csv"))


@dataclass(frozen=True, slots=True)
class Story:
    """The versions of one period's report, the latest first."""

    pair: str
    period: Period
    versions: Sequence[Kept]


@router.get(REPORTS)
def report_list(request: Request, visitor: Viewer) -> Response:
    """Every report there is."""
    office = office_of(request)
    found: list[Story] = []
    for pair in office.pairs():
        with office.ledger.read() as session:
            rows = reports.listed(session, pair)
        for period, versions in groupby(rows, reports.period_of):
            found.append(Story(pair, period, [_kept(row) for row in versions]))
    return page(request, "reports", visitor, found=found)


@router.get(VERSION)
def report_page(request: Request, visitor: Viewer, pair: str, period: str, version: Version) -> Response:
    """One version: what it comes to, what changed since the one before, its files."""
    office = office_of(request)
    row, others = _version(office, pair, period, version)
    return page(
        request,
        "report",
        visitor,
        kept=_kept(row),
        period=reports.period_of(row),
        others=others,
        changed=freezing.changed(row, office.settings.home)[:LISTED],
        touched=freezing.differing(row, office.settings.home),
        zone=office.zone(pair),
    )


@router.get(f"{VERSION}/{{name}}")
def report_file(
    request: Request,
    visitor: Viewer,  # noqa: ARG001 - who asks must be let in
    pair: str,
    period: str,
    version: Version,
    name: str,
) -> Response:
    """One of its files, always as a download."""
    office = office_of(request)
    row, _ = _version(office, pair, period, version)
    path = office.settings.home / row.folder / name
    if name not in {*reports.files(row), freezing.SUMS} or not path.is_file() or path.is_symlink():
        raise _missing("It has no such file, or the file was moved away.")
    called = f"{pair}-{period}-v{version}-{name}"
    return FileResponse(path, media_type="application/octet-stream", filename=called)


def _version(office: Office, pair: str, period: str, version: int) -> tuple[ReportKept, list[int]]:
    """The version asked for, and the numbers of all of them."""
    if pair in office.pairs():
        with office.ledger.read() as session:
            rows = [row for row in reports.listed(session, pair) if reports.period_of(row).name == period]
        for row in rows:
            if row.version == version:
                return row, [each.version for each in rows]
    raise _missing("It was not made here, or the address was cut short.")


def _kept(row: ReportKept) -> Kept:
    return Kept(row, reports.files(row), reports.counts(row))


def _missing(words: str) -> Refusal:
    return Refusal(404, "There is no such report", words, onward=REPORTS, onward_words="All reports")
