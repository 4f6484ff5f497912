"""The house with Salesforce in place of HubSpot: the same company, the same story."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from ledger.database import ledger_in_memory
from ledger.secrets import Seal
from mappings.loader import Reading, read_mapping
from sandbox.clock import HandClock
from sandbox.company import seed
from sandbox.faults import Fault, Kind
from sandbox.salesforce import CONSUMER_KEY, CONSUMER_SECRET, DOMAIN
from sandbox.world import World
from stages.opening import Surroundings, pair_of
from stages.pair import Pair
from stages.settings import Settings
from tests.support.house import CONNECTIONS, DEMO, NOON, House
from tests.support.ledgers import Outside, StrictLedger
from tests.support.transport import WorldTransport

KEYS = {
    "domain": SecretStr(DOMAIN),
    "client_id": SecretStr(CONSUMER_KEY),
    "client_secret": SecretStr(CONSUMER_SECRET),
}


@functools.cache
def mapping() -> Reading:
    """The demo's mapping for Salesforce, under the pair's usual name."""
    text = DEMO.with_name("demo-salesforce.yaml").read_text()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / DEMO.name
        path.write_text(text.replace("pair: demo-salesforce", "pair: demo"))
        reading = read_mapping(path)
    assert reading.rules is not None, reading.problems
    return reading


class SalesforceHouse(House):
    """One pair against Xero's double and Salesforce's; nothing is held against files, of which Salesforce has none."""

    def __init__(self) -> None:  # pyright: ignore[reportMissingSuperCall]
        self.clock = HandClock(NOON)
        self.world = World(self.clock)
        self.company = seed(self.world, "salesforce")
        self.xero = self.world.xero
        self.salesforce = self.world.salesforce
        self.edits = ()
        self.ledger = StrictLedger(ledger_in_memory(self.clock).engine, self.clock)
        self.transport = WorldTransport(self.world)

    def win(self, deal: str) -> str:
        deal_id = self.company.deals[deal]
        kind = self.salesforce.objects["RecordType"][self.values(deal_id)["RecordTypeId"]]
        self.salesforce.people.move(deal_id, "Renewed" if kind.values["Name"] == "Renewals" else "Closed won")
        return deal_id

    def sell(self, *lines: Mapping[str, Any], company: str = "bellbird", **deal: Any) -> str:
        who = {} if "person" in deal else {"company": self.company.companies.get(company, company)}
        told = {"name": "Job", "pipeline": "New business", "stage": "Closed won", **who, **deal}
        return self.salesforce.people.add_deal(lines=lines or [{"product": "CONSULT-BRAND"}], **told)

    def break_salesforce(self, call: str, kind: Kind, **more: Any) -> None:
        """Let a call to Salesforce go wrong: ``PATCH */composite/sobjects``."""
        method, path = call.split()
        self.salesforce.faults.add(Fault(method, path, kind, **more))

    def open(
        self, worker: str = "w1", ledger: StrictLedger | None = None, transport: httpx.BaseTransport | None = None
    ) -> Pair:
        reading = mapping()
        assert reading.rules is not None
        ledger = ledger or self.ledger
        around = Surroundings(
            now=self.clock,
            sleep=self.clock.advance,
            transport=Outside(transport or self.transport, ledger),
            new_id=lambda: "abc123",
            worker=worker,
        )
        settings = Settings(connections={**CONNECTIONS, "demo-salesforce": KEYS})
        return pair_of(reading.rules, settings, ledger, Seal(b"k" * 32), around, reading.version)

    def invoices_of(self, deal_id: str) -> list[dict[str, Any]]:
        return [i for i in self.invoices() if f"{DOMAIN}/{deal_id}?" in i.get("Url", "")]

    def values(self, deal_id: str) -> dict[str, Any]:
        """A deal's fields as Salesforce holds them."""
        return self.salesforce.objects["Opportunity"][deal_id].values

    def stage(self, deal_id: str) -> str:
        return self.values(deal_id)["StageName"]

    def told(self, deal_id: str) -> dict[str, str]:
        """In the words of the house: ``Xero_Amount_Paid__c`` is ``amount_paid``, amounts with two decimals."""
        return {
            name.removeprefix("Xero_").removesuffix("__c").lower(): f"{value:.2f}"
            if isinstance(value, Decimal)
            else value
            for name, value in self.values(deal_id).items()
            if name.startswith("Xero_")
        }

    def calls(self, system: str) -> list[str]:
        if system == "xero":
            return super().calls(system)
        log = self.salesforce.log
        return [f"{c.method} {c.path}" for c in log if c.actor == "api" and "oauth2" not in c.path]
