"""One account of each CRM, all with the same handles: what the suite of the contract is run against.

To hold another CRM to the contract, write an ``Account`` for it and enter it in ``ACCOUNTS``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import pytest

from connectors import hubspot, pipedrive, salesforce
from connectors.contract import Crm, FieldSpec
from connectors.errors import NotConnected
from connectors.hubspot import HubSpot
from connectors.oauth import Bearer, Key
from connectors.pipedrive import Pipedrive
from connectors.salesforce import Salesforce
from sandbox.clock import HandClock
from sandbox.faults import Fault, Faults, Kind
from sandbox.hubspot import STATIC_TOKEN
from sandbox.pipedrive import API_TOKEN, COMPANY
from sandbox.salesforce import DOMAIN, ORG_ID
from sandbox.wire import Call
from sandbox.world import World
from tests.support.connections import START, Line, line_to
from tests.support.salesforce import API, sign_in
from tests.support.specs import watched
from tests.support.transport import WorldTransport

SYDNEY = "Australia/Sydney"
LOOK_BACK = START - timedelta(days=30)
FIELDS = (
    FieldSpec("xero_invoice_number", "Xero invoice number", "text"),
    FieldSpec("xero_invoice_link", "Xero invoice link", "link"),
    FieldSpec("xero_total", "Xero invoice total", "number"),
    FieldSpec("xero_paid_on", "Xero paid on", "date"),
)
VALUES = {
    "xero_invoice_number": "INV-0042",
    "xero_invoice_link": "https://go.xero.com/AccountsReceivable/Edit.aspx?InvoiceID=7b1f",
    "xero_total": "1210.05",
    "xero_paid_on": "2026-11-26",
}


class Screens(Protocol):
    """What people do in any CRM."""

    def add_company(self, name: str, **properties: Any) -> str: ...

    def add_person(self, email: str = "", *, company: str = "", **properties: Any) -> str: ...

    def add_product(self, name: str, code: str, price: Any, /, **properties: Any) -> str: ...

    def edit(self, kind: str, record_id: str, **properties: Any) -> None: ...

    def delete(self, kind: str, record_id: str) -> None: ...

    def merge_deals(self, primary: str, other: str) -> str: ...

    def merge_companies(self, primary: str, other: str, /) -> str: ...

    def merge_persons(self, primary: str, other: str, /) -> str: ...


class Double(Protocol):
    """What every double has."""

    log: list[Call]
    faults: Faults

    @property
    def people(self) -> Screens: ...


class Account(Protocol):
    """One account, our connection to it, and how things are done in its screens.

    ``page`` is how many deals come on one page of changes; ``lag`` how many seconds its lists are behind;
    ``tells_merges`` whether a merged deal can be read by the id it lost; ``tells_pause`` whether too many calls come
    with the seconds to wait; ``told_as_both`` whether a list of changes leaves open who is a company; ``home`` is what
    the addresses of its records have in common; ``hook_lasts`` for how many seconds a webhook is believed, None where
    nothing tells its age.
    """

    clock: HandClock
    world: World
    line: Line
    page: int
    lag: float
    tells_merges: bool
    tells_pause: bool
    told_as_both: bool
    home: str
    hook_lasts: float | None

    @property
    def crm(self) -> Crm: ...

    @property
    def double(self) -> Double: ...

    def sell(self, name: str, lines: Sequence[Mapping[str, Any]] = (), **deal: Any) -> str:
        """A deal in the pipeline Sales, at its stage Open; its id."""
        ...

    def rename(self, deal: str, name: str) -> None: ...

    def win(self, deal: str) -> None:
        """The deal stands at Won and is won."""
        ...

    def lose(self, deal: str) -> None: ...

    def put_away(self, deal: str) -> None:
        """Archive a deal: it is there, but nobody works on it any more."""
        ...

    def require(self, stage: str, field: str) -> None:
        """Let no deal into a stage that lacks a field of ours, by the name people see."""
        ...

    def cursor_at(self, moment: datetime) -> str:
        """A cursor that was left at this moment."""
        ...

    def fields_of(self, deal: str) -> dict[str, Any]:
        """What the deal holds in our fields, by our names; empty ones are missing."""
        ...

    def stage_of(self, deal: str) -> str: ...

    def field_names(self) -> list[str]:
        """Our fields on the deal, by our names, each as often as it is there."""
        ...

    def add_field(self, field: FieldSpec) -> None:
        """An administrator adds one of our fields."""
        ...

    def add_key_field(self) -> None:
        """An administrator adds the field that keeps our key of a customer, where only one can."""
        ...

    def forged(self, headers: Mapping[str, str], body: bytes) -> tuple[Mapping[str, str], bytes]:
        """A webhook as somebody would send it who knows its address and not the rest."""
        ...


STAGES = ("Open", "Won", "Paid")
# What the accounts have fields of their own for on companies and persons, and what people call those.
OWN = {
    "tax number": "ABN",
    "legal name": "Legal name",
    "payment terms": "Payment terms",
    "invoices to": "Invoices to",
    "on hold": "On hold",
}


class HubSpotAccount:
    """HubSpot."""

    page = hubspot.SEARCH_PAGE
    lag = 3.0
    tells_merges = True
    tells_pause = True
    told_as_both = False
    home = "24680135"
    hook_lasts: float | None = 300.0

    def __init__(self) -> None:
        self.clock = HandClock(START)
        self.world = World(self.clock)
        self.double = self.world.hubspot
        transport = watched(WorldTransport(self.world))
        self.line = line_to(
            transport,
            base_url=hubspot.API,
            system="hubspot",
            dialect=hubspot.DIALECT,
            auth=Bearer(STATIC_TOKEN),
            clock=self.clock,
        )
        own = {what: label.casefold().replace(" ", "_") for what, label in OWN.items()}
        self.crm = HubSpot(self.line.http, "24680135", timezone=SYDNEY, start=LOOK_BACK, own=own)
        stages = {"Open": "open", "Won": "won", "Paid": "won", "Lost": "lost"}
        self.double.people.add_pipeline("Sales", stages)
        for what, label in OWN.items():
            for kind in ("company", "contact"):
                self.double.people.add_property(kind, own[what], label)

    def sell(self, name: str, lines: Sequence[Mapping[str, Any]] = (), **deal: Any) -> str:
        return self.double.people.add_deal(name, lines, **{"pipeline": "Sales", "stage": "Open", **deal})

    def rename(self, deal: str, name: str) -> None:
        self.double.people.edit("deal", deal, dealname=name)

    def win(self, deal: str) -> None:
        self.double.people.move(deal, "Won")

    def lose(self, deal: str) -> None:
        self.double.people.move(deal, "Lost")

    def put_away(self, deal: str) -> None:
        """HubSpot has nothing between a deal and its recycle bin."""

    def require(self, stage: str, field: str) -> None:
        self.double.people.require_on_stage("Sales", stage, field)

    def cursor_at(self, moment: datetime) -> str:
        return str(int(moment.timestamp() * 1000))

    def fields_of(self, deal: str) -> dict[str, Any]:
        own = self.double.objects["deals"][deal].properties
        return {name: value for name, value in own.items() if name.startswith("xero_")}

    def stage_of(self, deal: str) -> str:
        found = self.double.account.stage(self.double.objects["deals"][deal].properties["dealstage"])
        assert found is not None
        return found[1].label

    def field_names(self) -> list[str]:
        return [name for name in self.double.account.properties["deals"] if name.startswith("xero_")]

    def add_field(self, field: FieldSpec) -> None:
        self.double.people.add_property("deal", field.name, field.label)

    def add_key_field(self) -> None:
        """Wonbooks does so itself."""

    def forged(self, headers: Mapping[str, str], body: bytes) -> tuple[Mapping[str, str], bytes]:
        return {**headers, "X-HubSpot-Signature-v3": f"{headers['X-HubSpot-Signature-v3']}x"}, body


class PipedriveAccount:
    """Pipedrive."""

    page = int(pipedrive.PAGE)
    lag = 0.0
    tells_merges = False
    tells_pause = True
    told_as_both = False
    home = COMPANY
    hook_lasts: float | None = None

    def __init__(self) -> None:
        self.clock = HandClock(START)
        self.world = World(self.clock)
        self.double = self.world.pipedrive
        transport = watched(WorldTransport(self.world))
        self.line = line_to(
            transport,
            base_url=f"https://{COMPANY}.pipedrive.com{pipedrive.API_PATH}",
            system="pipedrive",
            dialect=pipedrive.DIALECT,
            auth=Key("x-api-token", API_TOKEN),
            clock=self.clock,
        )
        own = {what: label.casefold().replace(" ", "_") for what, label in (OWN | {"street address": "Street"}).items()}
        self.crm = Pipedrive(self.line.http, COMPANY, timezone=SYDNEY, start=LOOK_BACK, now=self.clock, own=own)
        self.double.people.add_pipeline("Sales", STAGES)
        for label in (*OWN.values(), "Street"):
            for kind in ("company", "person"):
                self.double.people.add_field(kind, label)

    def sell(self, name: str, lines: Sequence[Mapping[str, Any]] = (), **deal: Any) -> str:
        return self.double.people.add_deal(name, lines, **{"pipeline": "Sales", "stage": "Open", **deal})

    def rename(self, deal: str, name: str) -> None:
        self.double.people.edit("deal", deal, title=name)

    def win(self, deal: str) -> None:
        self.double.people.win(deal, "Won")

    def lose(self, deal: str) -> None:
        self.double.people.lose(deal)

    def put_away(self, deal: str) -> None:
        self.double.people.archive(deal)

    def require(self, stage: str, field: str) -> None:
        self.double.people.require_on_stage("Sales", stage, self._codes()[field])

    def cursor_at(self, moment: datetime) -> str:
        return f"{moment.astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H:%M:%SZ}"

    def fields_of(self, deal: str) -> dict[str, Any]:
        codes = {code: name for name, code in self._codes().items()}
        return {codes[code]: str(value) for code, value in self.double.deal(deal)["custom_fields"].items()}

    def stage_of(self, deal: str) -> str:
        return self.double.stage(deal)

    def field_names(self) -> list[str]:
        own = self.double.account.own_fields("deals")
        return [name for field in own if (name := _name(field)).startswith("xero_")]

    def add_field(self, field: FieldSpec) -> None:
        self.double.people.add_field("deal", field.label)

    def add_key_field(self) -> None:
        """Wonbooks does so itself."""

    def forged(self, headers: Mapping[str, str], body: bytes) -> tuple[Mapping[str, str], bytes]:
        return {**headers, "Authorization": f"{headers['Authorization']}x"}, body

    def _codes(self) -> dict[str, str]:
        return {_name(field): field["field_code"] for field in self.double.account.own_fields("deals")}


def _name(field: Mapping[str, Any]) -> str:
    return field["field_name"].casefold().replace(" ", "_")


class SalesforceAccount:
    """Salesforce."""

    page = 20
    lag = 3.0
    tells_merges = False
    tells_pause = False
    told_as_both = True
    home = DOMAIN
    hook_lasts: float | None = None

    def __init__(self) -> None:
        self.clock = HandClock(START)
        self.world = World(self.clock)
        self.double = self.world.salesforce
        transport = WorldTransport(self.world)
        self.line = line_to(
            transport,
            base_url=API,
            system="salesforce",
            dialect=salesforce.DIALECT,
            auth=sign_in(self.world, self.clock, transport),
            clock=self.clock,
        )
        own = {what: f"{label.replace(' ', '_')}__c" for what, label in OWN.items()}
        self.crm = Salesforce(self.line.http, ORG_ID, domain=DOMAIN, start=LOOK_BACK, now=self.clock, own=own)
        self.double.switches.page = self.page
        people = self.double.people
        people.set_stages({"Open": "open", "Won": "won", "Paid": "won", "Lost": "lost"})
        people.add_pipeline("Sales", {})
        people.enable_currencies("AUD")
        for name in own.values():
            for kind in ("company", "person"):
                people.add_field(kind, name)

    def sell(self, name: str, lines: Sequence[Mapping[str, Any]] = (), **deal: Any) -> str:
        return self.double.people.add_deal(name, lines, **{"pipeline": "Sales", "stage": "Open", **deal})

    def rename(self, deal: str, name: str) -> None:
        self.double.people.edit("deal", deal, dealname=name)

    def win(self, deal: str) -> None:
        self.double.people.move(deal, "Won")

    def lose(self, deal: str) -> None:
        self.double.people.move(deal, "Lost")

    def put_away(self, deal: str) -> None:
        """Salesforce has nothing between a deal and its recycle bin."""

    def require(self, stage: str, field: str) -> None:
        self.double.people.require_at(stage, field)

    def cursor_at(self, moment: datetime) -> str:
        return f"{moment.astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H:%M:%SZ}"

    def fields_of(self, deal: str) -> dict[str, Any]:
        own = self.double.objects["Opportunity"][deal].values
        return {name: str(value) for name, value in own.items() if name.startswith("xero_")}

    def stage_of(self, deal: str) -> str:
        return self.double.objects["Opportunity"][deal].values["StageName"]

    def field_names(self) -> list[str]:
        return [name for name in self.double.org.fields["Opportunity"] if name.startswith("xero_")]

    def add_field(self, field: FieldSpec) -> None:
        """Under our name as it is, as a package's field may be called."""
        types = {"text": "string(255)", "link": "url(255)", "number": "currency", "date": "date"}
        self.double.people.add_field("deal", field.name, types[field.kind], suffix="")

    def add_key_field(self) -> None:
        for kind in ("company", "person"):
            self.double.people.add_field(kind, "Xero_Contact_Id", key=True)

    def forged(self, headers: Mapping[str, str], body: bytes) -> tuple[Mapping[str, str], bytes]:
        """Salesforce signs nothing: its organisation and the address are all there is to know."""
        return headers, body.replace(ORG_ID.encode(), b"00D000000000000EAA")


ACCOUNTS: dict[str, type[Account]] = {
    "hubspot": HubSpotAccount,
    "pipedrive": PipedriveAccount,
    "salesforce": SalesforceAccount,
}


def strike(account: Account, kind: Kind, times: int = 1, **more: Any) -> None:
    """Let the next calls go wrong."""
    account.double.faults.add(Fault("*", "*", kind, times=times, **more))


def changed(at: Account, cursor: str = "") -> dict[str, str]:
    """What a poll from this cursor tells, id → version."""
    at.clock.advance(at.lag)
    return {i: v for page in at.crm.changed_deals(cursor) for i, v in page.versions.items()}


def end(at: Account, cursor: str = "") -> str:
    """How far the stream is read after a poll."""
    at.clock.advance(at.lag)
    for page in at.crm.changed_deals(cursor):
        cursor = page.cursor
    return cursor


def with_fields(account: Account) -> Account:
    """With the fields of ours."""
    made(account, FIELDS)
    return account


def made(account: Account, fields: Sequence[FieldSpec]) -> None:
    """Have fields made: by us or, where that is an administrator's business, by one who was told all their names."""
    missing = account.crm.missing_fields(fields)
    if account.crm.makes_fields or not missing:
        account.crm.create_fields(fields)
        return
    with pytest.raises(NotConnected) as told:
        account.crm.create_fields(fields)
    for field in missing:
        assert field.name in told.value.detail
        account.add_field(field)
    assert account.crm.missing_fields(fields) == []
