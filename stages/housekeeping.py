"""Housekeeping: what has served its time is forgotten, and the ledger is copied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ledger import backups, gathered, people, retention
from ledger.database import Ledger
from stages import crm_index
from stages.settings import Settings

# Several pairs have one ledger: whichever comes first copies it.
ONCE_IN = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many of each were forgotten."""

    bodies: int
    tellings: int
    names: int
    reports: int


def forget(ledger: Ledger, pair: str, settings: Settings) -> Forgotten:
    """Forget what is older than the settings say; nothing unfinished, and nothing of the trail."""
    now = ledger.now()
    sent_before = now - timedelta(days=settings.keep_sent_days)
    read_before = now - timedelta(days=settings.keep_names_days)
    with ledger.write() as session:
        people.sweep(session, now)
        return Forgotten(
            bodies=retention.forget_bodies(session, pair, sent_before),
            tellings=retention.forget_tellings(session, pair, sent_before),
            names=retention.forget_names(session, pair, read_before)
            + crm_index.forget(session, pair, now, timedelta(days=settings.keep_sent_days)),
            reports=gathered.drop_old(session, now),
        )


def copy_now(ledger: Ledger, settings: Settings) -> Path | None:
    """Copy the ledger to ``backups`` in the home; None where it is a PostgreSQL database."""
    return backups.back_up(ledger, settings.home / "backups", settings.keep_backups)


def copy_tonight(ledger: Ledger, settings: Settings) -> Path | None:
    """The same, or the copy that was made in the last hours."""
    newest = next(iter(backups.copies(settings.home / "backups")), None)
    if newest is not None and ledger.now() - backups.made_at(newest) < ONCE_IN:
        return newest
    return copy_now(ledger, settings)


def copied(path: Path | None) -> str:
    """What became of the copy, in a sentence."""
    if path is not None:
        return f"The ledger was copied to {path}."
    return (
        "The ledger is a PostgreSQL database and is not copied from here: let your server run pg_dump every night "
        "(docs/operating.md)."
    )
