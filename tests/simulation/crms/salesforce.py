"""Salesforce in the histories."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from sandbox.wire import Call, Response
from tests.simulation.crms.side import Known, Line, NoSuchThing, Picture, Side

# What Salesforce works out itself.
_FOLLOWS = {
    "SystemModstamp", "LastModifiedDate", "LastModifiedById", "IsClosed", "IsWon", "HasOpportunityLineItem",
    "CloseDate",
}  # fmt: skip
_ZERO = Decimal(0)


class SalesforceSide(Side):
    """Salesforce: one list of stages, rows that show late and may be locked, nothing that merges deals."""

    system = "salesforce"
    kinds: ClassVar = {"deal": "Opportunity", "company": "Account", "person": "Contact"}
    theirs = ("Account", "Contact", "Product2", "PricebookEntry", "OpportunityLineItem", "OpportunityContactRole")
    forged = "0065g00000ForgedAA"
    words: ClassVar = {"currency": "CurrencyIsoCode", "owner": "OwnerId", "day": "CloseDate", "amount": "Amount"}
    fields = ("insurer", "insurer_share", "xero_repeating_invoice")
    lacks = frozenset({"merge deals", "edit amount", "a template", "approve template", "delete template"})
    more = (("work on deal", 3), ("submit deal for approval", 1))

    def behave(self, *, late: float, particular: bool) -> float:
        """A long transaction's rows carry the moment it began."""
        self.double.switches.commit_lag = late
        self.double.switches.child_page = 1 if particular else 200
        return late

    @classmethod
    def field_named(cls, name: str) -> str:
        return cls.words.get(name) or f"{name.title()}__c"

    def add_field(self, name: str, kind: str = "deal") -> None:
        self.people.add_field(kind, self.field_named(name))

    def trade_in(self, *currencies: str) -> None:
        self.people.enable_currencies(*currencies)

    def add_stages(self, stages: Sequence[str]) -> None:
        """They come with a record type that nothing is sold in."""
        self.people.add_pipeline("Others", dict.fromkeys(stages, "won"))

    def guard(self, stage: str) -> None:
        self.people.require_at(stage, "Description")

    def unwin(self, deal: str) -> None:
        self.people.move(deal, "Quote sent" if self.is_renewal(deal) else "Proposal sent")

    def lose(self, deal: str) -> None:
        self.people.move(deal, "Not renewed" if self.is_renewal(deal) else "Closed lost")

    def date(self, deal: str, day: date) -> None:
        self.fill_in(deal, "day", day.isoformat())

    def edit_amount(self, deal: str) -> None:
        """The amount is that of the lines there."""
        raise NoSuchThing(deal)

    def merge_deals(self, one: str, other: str) -> str:
        """There is no such button."""
        raise NoSuchThing(f"{one} {other}")

    def act(self, do: str, deal: str) -> bool | None:
        if do == "work on deal":
            self.people.work_on(deal, 3)
        else:
            self.people.submit_for_approval(deal)

    def deals(self) -> Mapping[str, Any]:
        return self.double.objects["Opportunity"]

    def gone(self, deal: str) -> bool:
        return self.double.objects["Opportunity"][deal].deleted

    def won(self, deal: str) -> bool:
        return self.picture(deal)["IsWon"]

    def lost(self, deal: str) -> bool:
        return self.picture(deal)["IsClosed"] and not self.won(deal)

    def is_renewal(self, deal: str) -> bool:
        kind = self.double.objects["RecordType"][self.picture(deal)["RecordTypeId"]]
        return kind.values["Name"] == "Renewals"

    def picture(self, deal: str) -> Picture:
        return self.double.objects["Opportunity"][deal].values

    def label(self, picture: Picture) -> str:
        return picture["StageName"]

    def lines(self, deal: str) -> list[Line]:
        return [
            Line(
                line.id,
                line.values.get("ProductCode", ""),
                line.values["Quantity"],
                line.values["UnitPrice"],
                line.values.get("Discount", _ZERO),
                "scheduled" if line.values.get("HasRevenueSchedule") else "",
            )
            for line in self.double.lines(deal)
        ]

    def closed_on(self, deal: str) -> str:
        return self.picture(deal).get("CloseDate") or ""

    def owner(self, name: str) -> str:
        return next(i for i, each in self.double.objects["User"].items() if each.values["Name"] == name)

    def files(self, deal: str) -> list[str]:
        found = (each.values for each in self.double.objects["ContentVersion"].values())
        return [each["PathOnClient"] for each in found if each["FirstPublishLocationId"] == deal]

    def customers(self, deal: str) -> Iterator[tuple[str, str]]:
        record = self.double.objects["Opportunity"][deal]
        if account := record.values.get("AccountId"):
            yield "company", account
        for role in self.double.org.children(record, "OpportunityContactRoles"):
            yield "person", role.values["ContactId"]

    def customer(self, kind: str, record: str) -> Known | None:
        found = self.double.org.get(self.kinds[kind], record)
        if found is None:
            return None
        own = found.values
        return Known(own["Name"], own.get("ABN__c", ""), own.get("Email", ""), own.get("Phone", ""))

    def touched(self, kind: str, before: Picture, after: Picture) -> set[str]:
        found = {n for n in {*before, *after} if before.get(n) != after.get(n)} - _FOLLOWS
        called = {"StageName": "stage", "Phone": "phone"}
        return {"ours" if name.startswith("Xero_") else called.get(name, name) for name in found}

    def tellings(self, call: Call) -> Iterator[str]:
        if call.method == "PATCH" and call.path.endswith("/composite/sobjects"):
            for each in json.loads(call.body)["records"]:
                if each["attributes"]["type"] == "Opportunity":
                    yield str(sorted((name, value) for name, value in each.items() if name != "attributes"))

    def writes_to(self, method: str, path: str, body: bytes, deal: str) -> bool:
        return method == "PATCH" and path.endswith("/composite/sobjects") and f'"{deal}"'.encode() in body

    def hinted(self, event: Mapping[str, Any]) -> str:
        return event["sObject"]["Id"]

    def is_too_many(self, call: Call) -> bool:
        """It says so under another status."""
        return b"REQUEST_LIMIT_EXCEEDED" in call.answer

    def pause(self, response: Response) -> str:
        """It never says for how long."""
        return ""
