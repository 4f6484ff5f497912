"""Wonbooks at work on a day: the flows without Prefect, as ``wonbooks run`` has them, with a ledger on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr
from sqlmodel import col, select

from benchmarks.town import Hints
from connectors.errors import ConnectorError
from domain.rules import Rules
from ledger import inbox, links, reviews
from ledger.database import Ledger, open_ledger
from ledger.secrets import Seal
from ledger.tables import Effect
from mappings.loader import read_mapping
from sandbox.clock import HandClock
from stages import rounds
from stages.opening import Surroundings, pair_of
from stages.pair import Pair
from stages.settings import Settings

DEMO = Path(__file__).parents[1] / "mappings" / "demo.yaml"
KEYS = {
    "demo-xero": {"client_id": SecretStr("wonbooks-sandbox"), "client_secret": SecretStr("open-sesame")},
    "demo-hubspot": {"token": SecretStr("sandbox-hubspot-token")},
}
# As the tasks have it: a stage that was stopped, or is in doubt, is tried again so many seconds later.
RETRIES = (20.0, 90.0, 300.0)
_OPEN = select(Effect.id).where(col(Effect.state).in_(("planned", "sending", "unknown", "chosen"))).limit(1)


class Wonbooks:
    """The pair of the day. Each job opens it anew, as each run of a flow does.

    ``again`` is in how many seconds the last job wants to be repeated, ``None`` for not before there is news.
    """

    name = "Wonbooks"

    def __init__(self, url: str, clock: HandClock, sleep: Callable[[float], None], folder: Path) -> None:
        self.again: float | None = None
        self._tries = 0
        self._clock, self._sleep = clock, sleep
        self._rules, self._version = rules(folder)
        self.ledger: Ledger = open_ledger(f"sqlite:///{folder / 'ledger.db'}", clock)
        self._settings = Settings(
            home=folder,
            connections=KEYS,
            xero_url=f"{url}/xero",
            xero_identity_url=f"{url}/xero",
            hubspot_url=f"{url}/hubspot",
            allow_plain_http_on_loopback=True,
        )

    def heed(self, hints: Hints) -> None:
        """Webhooks came: their ids into the inbox, and a run of each flow they concern."""
        with self.ledger.write() as session:
            pair, now = self._rules.pair, self._clock()
            made = links.ours(session, pair, list(hints.invoices))
            # As the receiver has it: our own making of an invoice is no news.
            ours = [record for record, since in made.items() if hints.invoices[record] > since]
            inbox.hint(session, pair, inbox.DEALS, hints.deals, now)
            inbox.hint(session, pair, inbox.INVOICES, ours, now)
        if hints.deals:
            self._run(rounds.deals_to_invoices)
        if ours:
            self._run(rounds.invoices_to_deals)

    def look(self) -> None:
        """The quarter of an hour is over, or the last job wanted to be repeated: a run of both flows."""
        self._run(rounds.deals_to_invoices)
        self._run(rounds.invoices_to_deals)

    def _run(self, flow: Callable[[Pair], object]) -> None:
        stopped = False
        try:
            flow(self._opened())
        except ConnectorError:
            stopped = True
        with self.ledger.read() as session:
            unfinished = stopped or session.exec(_OPEN).first() is not None
        self._tries = self._tries + 1 if unfinished else 0
        self.again = RETRIES[self._tries - 1] if 0 < self._tries <= len(RETRIES) else None

    def _opened(self) -> Pair:
        around = Surroundings(now=self._clock, sleep=self._sleep, new_id=lambda: "abc123", worker="bench")
        return pair_of(self._rules, self._settings, self.ledger, Seal(b"k" * 32), around, self._version)

    def asked(self) -> set[str]:
        """The deals that wait for a person."""
        with self.ledger.read() as session:
            items = reviews.opened(session, self._rules.pair)
            return {deal for item in items for deal in reviews.waiting_for(session, item, inbox.DEALS)}

    def close(self) -> None:
        self.ledger.close()


def rules(folder: Path) -> tuple[Rules, str]:
    """The demo's mapping without notes in Xero's history, which cost a call each."""
    path = folder / DEMO.name
    path.write_text(DEMO.read_text().replace("history note: every invoice", "history note: when asked"))
    reading = read_mapping(path)
    if reading.rules is None:
        raise ValueError(reading.problems)
    return reading.rules, reading.version
