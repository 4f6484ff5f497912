"""What the reports keep: what was read for one while it is being made, and which were made.

Personal data: ``Gathered.data``, emptied when its report is done or after a few hours.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from domain.records import Day
from ledger.columns import instant, long_text


class Gathering(SQLModel, table=True):
    """A report that is being made: since when, by whom, when they last gave a sign, which lists are read whole."""

    pair: str = Field(primary_key=True)
    work: str = Field(primary_key=True)
    begun_at: datetime = instant()
    worker: str = ""
    touched_at: datetime = instant()
    done: str = long_text(default="")


class Gathered(SQLModel, table=True):
    """A record read for a report that is being made; without ``data`` only its id is known yet."""

    pair: str = Field(primary_key=True)
    work: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    data: str = long_text(default="")


class ReportKept(SQLModel, table=True):
    """One version of a report: what it came to, and the hashes of its content and of its files."""

    pair: str = Field(primary_key=True)
    first: Day = Field(primary_key=True)
    last: Day = Field(primary_key=True)
    version: int = Field(primary_key=True)
    at: datetime = instant()
    folder: str = long_text(default="")
    content: str = ""
    files: str = long_text(default="{}")
    deals: int = 0
    unexplained: int = 0
    counts: str = long_text(default="{}")
    changed: int = 0
