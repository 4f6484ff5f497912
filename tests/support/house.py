"""A whole Wonbooks with the outside world in memory: what the stories are told with.

The pair is the demo's, Harbourline Studio; ``Company.deals`` are its deals by short name. Any CRM of ``SALES`` may be
its selling side. What happened is judged by what the doubles hold and by their logs, never by our own tables.
"""

from __future__ import annotations

import functools
import json
import pickle
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import Engine

from connectors.errors import ConnectorError
from ledger import reviews
from ledger.restores import Mark
from ledger.secrets import Seal
from ledger.tables import ReviewItem
from mappings.loader import Reading, read_mapping
from sandbox.clock import HandClock
from sandbox.company import Company, seed
from sandbox.faults import Fault, Kind
from sandbox.world import World
from stages import answering, rounds
from stages.opening import Surroundings, pair_of
from stages.pair import Pair
from stages.settings import Settings
from tests.support.ledgers import Outside, StrictLedger, copy_of, empty, ledger_holding
from tests.support.sales import SALES
from tests.support.specs import watched
from tests.support.transport import WorldTransport

NOON = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
DEMO = Path(__file__).parents[2] / "mappings" / "demo.yaml"
CONNECTIONS = {
    "demo-xero": {"client_id": SecretStr("wonbooks-sandbox"), "client_secret": SecretStr("open-sesame")},
    **{f"demo-{crm}": dict(sales.keys) for crm, sales in SALES.items()},
}
Edit = tuple[str, str]


@functools.cache
def mapping(*edits: Edit, pair: str = "demo") -> Reading:
    """The mapping of a demo with texts of it replaced, read as any mapping is."""
    text = DEMO.with_name(f"{pair}.yaml").read_text()
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{pair}.yaml"
        path.write_text(text)
        reading = read_mapping(path)
    assert reading.rules is not None, reading.problems
    return reading


@functools.cache
def _seeded(crm: str) -> bytes:
    """The clock, the world and its company as every house finds them."""
    clock = HandClock(NOON)
    world = World(clock)
    return pickle.dumps((clock, world, seed(world, crm)))


@dataclass(frozen=True, slots=True)
class Left:
    """What outlives a process: the systems and their clock, the ledger's rows, the installation's mark."""

    outside: bytes
    rows: bytes
    mark: int


class House:
    """One pair against the doubles; ``clock`` is moved by hand.

    ``edits`` change the demo's mapping. ``watch``: hold every exchange against the vendors' own files.
    """

    pair = "demo"
    hooks_url = ""

    def __init__(self, *edits: Edit, crm: str = "hubspot", watch: bool = True) -> None:
        self.crm = crm
        begun: tuple[HandClock, World, Company] = pickle.loads(_seeded(crm))
        self.clock, self.world, self.company = begun
        self.xero = self.world.xero
        self.hubspot = self.world.hubspot
        self.sales = SALES[crm](self.world)
        self.pair = self.sales.pair
        self.edits = edits
        self.connections = CONNECTIONS
        self.ledger = ledger_holding(empty(), self.clock)
        self.mark = Mark()
        inner = WorldTransport(self.world)
        self.transport: httpx.BaseTransport = watched(inner) if watch else inner

    @classmethod
    def settled(cls, *edits: Edit, crm: str = "hubspot", watch: bool = True) -> House:
        """A house that has looked at everything once, and nothing is won yet: the quick way to begin a story."""
        return _looked_around(edits, crm).twin(watch=watch)

    def left(self, rows: bytes = b"") -> Left:
        """What would be left of it all if the process died now; ``rows`` if not all were committed that are there."""
        outside = pickle.dumps((self.clock, self.world))
        return Left(outside, rows or copy_of(self.ledger), self.mark.reached())

    def twin(self, left: Left | None = None, *, watch: bool = False, engine: Engine | None = None) -> House:
        """A house in the same state, or as one was left, that goes its own way.

        ``engine`` is where the ledger's rows are already.
        """
        twin = object.__new__(House)
        left = left or self.left()
        twin.clock, twin.world = pickle.loads(left.outside)
        twin.company, twin.edits, twin.connections = self.company, self.edits, self.connections
        twin.xero, twin.hubspot = twin.world.xero, twin.world.hubspot
        twin.crm, twin.pair, twin.sales = self.crm, self.pair, SALES[self.crm](twin.world)
        twin.ledger = StrictLedger(engine, twin.clock) if engine else ledger_holding(left.rows, twin.clock)
        twin.mark = Mark()
        twin.mark.reach(left.mark)
        inner = WorldTransport(twin.world)
        twin.transport = watched(inner) if watch else inner
        return twin

    # ── what people do ──

    def win(self, deal: str) -> str:
        """Win one of the company's deals, by short name. Its id."""
        deal_id = self.company.deals[deal]
        self.sales.win(deal_id)
        return deal_id

    def sell(self, *lines: Mapping[str, Any], company: str = "bellbird", **deal: Any) -> str:
        """A new deal, won at once, of one of the company's customers (by short name or id) unless a person is named.

        Brand consulting for an hour unless lines are given.
        """
        who = {} if "person" in deal else {"company": self.company.companies.get(company, company)}
        told = {"name": "Job", "pipeline": "New business", **who, **deal}
        return self.sales.sell(lines or [{"product": "CONSULT-BRAND"}], told)

    def edit_mapping(self, *edits: Edit) -> None:
        """The bookkeeper changes the mapping; the next run has it."""
        self.edits = (*self.edits, *edits)

    def answer(self, item: ReviewItem, choice: str) -> None:
        answering.answer(self.open(), item.id or 0, choice, by="bookkeeper")

    # ── what goes wrong ──

    def break_xero(self, call: str, kind: Kind, **more: Any) -> None:
        """Let a call to Xero go wrong: ``PUT /Invoices``."""
        method, path = call.split()
        self.xero.faults.add(Fault(method, f"/api.xro/2.0{path}", kind, **more))

    def break_hubspot(self, call: str, kind: Kind, **more: Any) -> None:
        """Let a call to HubSpot go wrong: ``POST */deals/batch/update``."""
        method, path = call.split()
        self.hubspot.faults.add(Fault(method, path, kind, **more))

    # ── the work ──

    def open(
        self,
        worker: str = "w1",
        ledger: StrictLedger | None = None,
        transport: httpx.BaseTransport | None = None,
        mark: Mark | None = None,
    ) -> Pair:
        """Open the pair anew, as the next run, or the next process after a crash, does."""
        reading = mapping(*self.edits, pair=self.pair)
        assert reading.rules is not None
        ledger = ledger or self.ledger
        around = Surroundings(
            now=self.clock,
            sleep=self.clock.advance,
            transport=Outside(transport or self.transport, ledger),
            new_id=lambda: "abc123",
            worker=worker,
            mark=mark or self.mark,
        )
        usual = self.connections is CONNECTIONS and not self.hooks_url
        settings = _usual() if usual else Settings(connections=self.connections, hooks_url=self.hooks_url)
        return pair_of(reading.rules, settings, ledger, Seal(b"k" * 32), around, reading.version)

    def work(self, *, minutes: float = 1) -> None:
        """One run of each flow, some time later."""
        self.clock.advance(minutes * 60)
        pair = self.open()
        rounds.deals_to_invoices(pair)
        rounds.invoices_to_deals(pair)

    def struggle(self, *, minutes: float = 1) -> ConnectorError | None:
        """The same while the world is in trouble: what stopped the run, if anything did."""
        try:
            self.work(minutes=minutes)
        except ConnectorError as trouble:
            return trouble
        return None

    def recover(self) -> None:
        """Runs over the next two hours, whatever stops them; the last must not be stopped."""
        for minutes in (1, 4, 30):
            self.struggle(minutes=minutes)
        self.work(minutes=60)

    # ── what is to be seen ──

    def questions(self) -> list[ReviewItem]:
        """What is open, oldest first."""
        with self.ledger.read() as session:
            return list(reviews.opened(session, self.pair))

    def asked(self, kind: str) -> ReviewItem:
        """The only open question, which is of this kind."""
        (item,) = self.questions()
        assert item.kind == kind, f"{item.kind}: {item.facts}"
        return item

    def invoices(self) -> list[dict[str, Any]]:
        """Sales invoices in Xero that are not deleted."""
        return [i for i in self.xero.invoices.values() if i["Type"] == "ACCREC" and i["Status"] != "DELETED"]

    def invoice(self, deal_id: str) -> dict[str, Any]:
        """The one invoice of a deal."""
        (found,) = self.invoices_of(deal_id)
        return found

    def invoices_of(self, deal_id: str) -> list[dict[str, Any]]:
        """The invoices that bear the deal's address and are not deleted."""
        return [i for i in self.invoices() if self.sales.bears(i.get("Url", ""), deal_id)]

    def customer(self, deal_id: str) -> dict[str, Any]:
        """The contact in Xero that a deal's invoice is made out to."""
        return self.xero.contacts[self.invoice(deal_id)["Contact"]["ContactID"]]

    def approvals(self) -> list[str]:
        """The ids of invoices that were ever approved, by whomever, one entry each."""
        found = [
            record_id
            for call in self.xero.log
            for kind, record_id, before, after in call.changes
            if kind == "invoice" and after and after.get("Status") == "AUTHORISED"
            if before and before["Status"] in {"DRAFT", "SUBMITTED"}
        ]
        return list(dict.fromkeys(found))

    def notes(self) -> list[str]:
        """Every note that was written into the history of an invoice."""
        calls = [call for call in self.xero.api_calls("PUT") if call.path.endswith("/History")]
        return [record["Details"] for call in calls for record in json.loads(call.body)["HistoryRecords"]]

    def deal(self, deal_id: str) -> dict[str, str]:
        """A deal's properties as HubSpot holds them."""
        return self.hubspot.objects["deals"][deal_id].properties

    def stage(self, deal_id: str) -> str:
        """Where a deal stands, by label."""
        return self.sales.stage(deal_id)

    def told(self, deal_id: str) -> dict[str, str]:
        """What the deal says of its invoice, by the names of ``mappings/demo.yaml`` without their ``xero_``."""
        return {name.removeprefix("xero_"): value for name, value in self.sales.told(deal_id).items()}

    def calls(self, system: str) -> list[str]:
        """Every API call that reached one system, ``PUT /Invoices``, tokens left out."""
        double = self.xero if system == "xero" else self.sales.double
        return [
            f"{call.method} {call.path.removeprefix('/api.xro/2.0').removeprefix('/api/v2')}"
            for call in double.log
            if call.actor == "api" and "token" not in call.path
        ]

    def written(self) -> Iterator[str]:
        """The calls that change something, in both systems."""
        yield from (call for call in self.calls("xero") if not call.startswith("GET "))
        yield from filter(self.sales.writes, self.calls(self.crm))


def lines_of(invoice: Mapping[str, Any]) -> list[tuple[str, str, Decimal, Decimal]]:
    """Account, tax type, amount and tax of each line of an invoice in Xero."""
    return [(x["AccountCode"], x["TaxType"], x["LineAmount"], x["TaxAmount"]) for x in invoice["LineItems"]]


@functools.cache
def _usual() -> Settings:
    return Settings(connections=CONNECTIONS)


@functools.cache
def _looked_around(edits: tuple[Edit, ...], crm: str) -> House:
    house = House(*edits, crm=crm, watch=False)
    house.work()
    return house
