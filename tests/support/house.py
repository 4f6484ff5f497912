"""A whole Wonbooks with the outside world in memory: what the stories are told with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from domain.rules import Rules
from ledger import reviews
from ledger.database import Ledger, ledger_in_memory
from ledger.secrets import Seal
from ledger.tables import ReviewItem
from mappings.loader import load_rules
from sandbox.clock import HandClock
from sandbox.world import World
from stages import answering, rounds
from stages.opening import Surroundings, pair_of
from stages.pair import Pair
from stages.settings import Settings
from tests.support.specs import watched
from tests.support.transport import WorldTransport

NOON = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
DEMO = Path(__file__).parents[2] / "mappings" / "demo.yaml"
CONNECTIONS = {
    "demo-xero": {"client_id": SecretStr("wonbooks-sandbox"), "client_secret": SecretStr("open-sesame")},
    "demo-hubspot": {"token": SecretStr("sandbox-hubspot-token")},
}


class House:
    """One pair against the doubles; ``clock`` is moved by hand."""

    def __init__(self, rules: Rules | None = None, *, seed: int = 0, ledger: Ledger | None = None) -> None:
        self.clock = HandClock(NOON)
        self.world = World(self.clock, seed)
        self.xero = self.world.xero
        self.hubspot = self.world.hubspot
        self.rules = rules or load_rules(DEMO)
        self.ledger = ledger or ledger_in_memory(self.clock)
        self.transport = watched(WorldTransport(self.world))
        self.version = "1"
        self.pair = self.open()

    def open(self) -> Pair:
        """Open the pair anew, as the next run, or the next process after a crash, does."""
        settings = Settings(connections=CONNECTIONS)
        around = Surroundings(
            now=self.clock, sleep=self.clock.advance, transport=self.transport, new_id=lambda: "abc123", worker="w1"
        )
        return pair_of(self.rules, settings, self.ledger, Seal(b"k" * 32), around, self.version)

    def work(self, *, minutes: float = 1) -> None:
        """One run of each flow, some time later."""
        self.clock.advance(minutes * 60)
        self.pair = self.open()
        rounds.deals_to_invoices(self.pair)
        rounds.invoices_to_deals(self.pair)

    def questions(self) -> list[ReviewItem]:
        with self.ledger.read() as session:
            return list(reviews.opened(session, self.pair.name))

    def answer(self, item: ReviewItem, choice: str) -> None:
        answering.answer(self.pair, item.id or 0, choice, by="bookkeeper")

    def invoices(self) -> list[dict[str, Any]]:
        """Sales invoices in Xero that are not deleted."""
        return [i for i in self.xero.invoices.values() if i["Type"] == "ACCREC" and i["Status"] != "DELETED"]

    def deal(self, deal_id: str) -> dict[str, Any]:
        """A deal's properties as the CRM holds them."""
        return self.hubspot.objects["deals"][deal_id].properties

    def calls(self, system: str) -> Iterator[tuple[str, str]]:
        """(method, path) of each API call to one system, tokens left out."""
        double = self.xero if system == "xero" else self.hubspot
        for call in double.log:
            if call.actor == "api" and "token" not in call.path:
                yield call.method, call.path
