"""How often we look for changes unasked: ever more seldom as the day's calls run out. What is hinted always goes on."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from connectors.errors import NoRoom
from ledger import budget, inbox, memory
from ledger.session import Session
from stages.pair import Pair

# The schedule's quarter of an hour, less a run's own time.
QUARTER = timedelta(minutes=14)
# Where no webhook tells, looking is the only way to hear of a deal: it never ends altogether.
SCARCE = Fraction(1, 5)
SELDOM = ((Fraction(1, 20), timedelta(hours=6)), (SCARCE, timedelta(hours=1)))
AGAIN = 3600.0  # seconds


def time_to_look(pair: Pair, system: str, stream: str) -> bool:
    """Whether to ask a system which records changed. Webhooks come first: while their hints wait, once in a quarter of
    an hour is enough; with a fifth of the day's calls left once an hour, with a twentieth every six.
    """
    with pair.ledger.read() as session:
        left = budget.share_left(session, pair.name, system)
        hinted = inbox.is_due(session, pair.name, stream, pair.now())
        pause = next((pause for share, pause in SELDOM if left <= share), QUARTER if hinted else None)
        return pause is None or not has_looked(session, pair, stream, pause)


def has_looked(session: Session, pair: Pair, stream: str, within: timedelta) -> bool:
    """Whether we asked in so short a time."""
    return memory.recall(session, pair.name, name_of(stream), now=pair.now(), for_=within) is not None


def looked(session: Session, pair: Pair, stream: str) -> None:
    """We asked just now."""
    memory.remember(session, pair.name, name_of(stream), "", pair.now())


def leave_the_rest_to_money(pair: Pair) -> None:
    """Comparing can wait: raises ``NoRoom`` when a twentieth of a system's calls is left, for deals and payments."""
    with pair.ledger.read() as session:
        for system in ("xero", pair.crm.system):
            if budget.share_left(session, pair.name, system) <= SELDOM[0][0]:
                raise NoRoom(system, "the last of the day's calls are kept for invoices", pause=AGAIN, daily=True)


def name_of(stream: str) -> str:
    """Under which it is remembered when a stream was last looked at."""
    return f"looked at {stream}"
