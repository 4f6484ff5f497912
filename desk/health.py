"""How the connections stand, from what the ledger knows: no call is made for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.office import Office
from ledger import budget, reviews
from ledger.desk_tables import Connected
from ledger.secrets import KeyProblem
from ledger.tables import Budget, ReviewItem
from stages.asking import OTHER
from stages.opening import Connect
from stages.settings import SettingsProblem

# A pair's schedule calls its systems several times an hour.
QUIET = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Side:
    """One connection: ``state`` is good, quiet, paused, ended or missing; ``words`` say what that means."""

    pair: str
    system: str
    name: str
    state: str
    words: str
    day_left: int | None
    heard_at: datetime | None
    made: Connected | None


def sides(office: Office, pair: str) -> tuple[Side, ...]:
    """Both connections of a pair; none while its mapping can't be used."""
    try:
        at = office.connect(pair)
    except SettingsProblem:
        return ()
    with office.ledger.read() as session:
        budgets = {row.system: row for row in budget.state(session, pair)}
        opened = reviews.opened(session, pair)
    found: list[Side] = []
    for system, credentials in (
        ("xero", at.rules.xero.credentials),
        (at.rules.crm.system, at.rules.crm.credentials),
    ):
        made = at.made(credentials)
        lacking = _lacking(at, system)
        state, words = _state(system, budgets.get(system), opened, lacking, made, office.now())
        row = budgets.get(system)
        name = (
            made.tenant_name if made and made.tenant_name else (at.rules.xero.organisation if system == "xero" else "")
        )
        found.append(
            Side(
                pair,
                system,
                name or at.rules.crm.account,
                state,
                words,
                row.day_left if row else None,
                row.window_at if row else None,
                made,
            )
        )
    return tuple(found)


def _lacking(at: Connect, system: str) -> str:
    """Which setting a connection lacks, in a sentence; nobody is asked."""
    try:
        if system == "xero":
            at.settings.credential(at.rules.xero.credentials, "client_id", "client_secret")
        else:
            at.crm("Etc/UTC")
    except (SettingsProblem, KeyProblem) as problem:
        return str(problem)
    return ""


def _state(
    system: str,
    row: Budget | None,
    opened: Sequence[ReviewItem],
    lacking: str,
    made: Connected | None,
    now: datetime,
) -> tuple[str, str]:
    if lacking:
        return "missing", lacking
    if made is not None and system == "xero" and not made.tenant_id:
        return "missing", "Signed in, but no organisation was picked yet."
    if any(i.kind == "not_connected" and reviews.question_of(i).facts.get("system") == system for i in opened):
        return "ended", "The authorisation has ended: connect again."
    if system == "xero" and any(i.kind == OTHER for i in opened):
        return "ended", "Connected to another organisation than the mapping names."
    if row is None:
        return "quiet", "Not asked yet."
    if row.paused_until is not None and row.paused_until > now:
        why = "Today's calls are used up; it goes on by itself." if row.daily else "Asked to slow down for a moment."
        return "paused", why
    if now - row.window_at > QUIET:
        return "quiet", "Not asked for more than an hour. Is the runner at work?"
    if row.day_left is not None and row.day_most and row.day_left * 5 <= row.day_most:
        return "good", "Connected. Today's calls run low, so changes are looked for less often."
    return "good", "Connected."
