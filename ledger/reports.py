"""Which reports were made, version by version."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from domain.period import Period
from ledger.report_tables import ReportKept


def versions(session: Session, pair: str, period: Period) -> Sequence[ReportKept]:
    """The versions of one period's report, oldest first."""
    return session.exec(
        select(ReportKept)
        .where(ReportKept.pair == pair, ReportKept.first == period.first, ReportKept.last == period.last)
        .order_by(col(ReportKept.version))
    ).all()


def latest(session: Session, pair: str, period: Period) -> ReportKept | None:
    return next(reversed(versions(session, pair, period)), None)


def listed(session: Session, pair: str) -> Sequence[ReportKept]:
    """Every report of a pair, the latest period and version first."""
    return session.exec(
        select(ReportKept)
        .where(ReportKept.pair == pair)
        .order_by(col(ReportKept.last).desc(), col(ReportKept.first).desc(), col(ReportKept.version).desc())
    ).all()


def find(session: Session, pair: str, period: Period, version: int) -> ReportKept | None:
    return session.get(ReportKept, (pair, period.first, period.last, version))


def keep(session: Session, row: ReportKept) -> None:
    """Once: a version that is there is never written again."""
    session.add(row)
    session.flush()


def period_of(row: ReportKept) -> Period:
    return Period(row.first, row.last)


def files(row: ReportKept) -> Mapping[str, str]:
    """The report's files by name, each with its SHA-256."""
    return json.loads(row.files)


def counts(row: ReportKept) -> Mapping[str, int]:
    """Deals by class."""
    return json.loads(row.counts)
