"""The company goes on with its business, and what the doubles tell of it in the end."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.company import Company
from sandbox.serve import SandboxServer
from sandbox.world import World

# One hour of brand consulting, with GST.
TOTAL = Decimal("203.50")
KNOWN = ("bellbird", "yarra", "surf", "opal")


@dataclass(slots=True)
class Found:
    """What the doubles hold at the end."""

    deals: int = 0
    invoices: int = 0
    paid: int = 0
    duplicates: int = 0
    approved_twice: int = 0
    lost: int = 0
    wrong_totals: int = 0
    strays: int = 0
    not_told: int = 0
    contacts_twice: int = 0
    questions: int = 0

    @property
    def is_well(self) -> bool:
        wrong = (self.duplicates, self.approved_twice, self.lost, self.wrong_totals, self.strays, self.not_told)
        return not any((*wrong, self.contacts_twice, self.questions))


@dataclass(slots=True)
class Trade:
    """Deals are won, some by customers who are new, and invoices are paid."""

    world: World
    company: Company
    server: SandboxServer
    rng: random.Random
    sold: list[str] = field(default_factory=list[str])

    def go_on(self) -> None:
        """What happens within a second or so: often nothing."""
        with self.server.lock:
            if self.rng.random() < 0.4:
                self._sell()
            if self.rng.random() < 0.15:
                self._pay()

    def _sell(self) -> None:
        people, number = self.world.hubspot.people, len(self.sold)
        known = self.rng.random() < 0.6
        customer = (
            self.company.companies[self.rng.choice(KNOWN)]
            if known
            else people.add_company(name=f"Soak & Sons {number} Pty Ltd", country="Australia")
        )
        deal = people.add_deal(
            name=f"Job {number}",
            pipeline="New business",
            stage="Closed won",
            company=customer,
            lines=[{"product": "CONSULT-BRAND"}],
        )
        self.sold.append(deal)

    def _pay(self) -> None:
        open_ = [i for i in self.world.xero.invoices.values() if i["Status"] == "AUTHORISED"]
        if open_:
            self.world.xero.people.pay(self.rng.choice(open_)["InvoiceID"])

    def is_done(self) -> bool:
        """Whether every deal has its invoice and says of it what Xero says."""
        with self.server.lock:
            return all(self._is_told(deal, self._invoices_of(deal)) for deal in self.sold)

    def found(self, questions: int) -> Found:
        """Count what there is."""
        with self.server.lock:
            found = Found(deals=len(self.sold), questions=questions)
            ours = [i for i in self._invoices() if "?x=" in i.get("Url", "")]
            found.invoices, found.paid = len(ours), sum(i["Status"] == "PAID" for i in ours)
            found.wrong_totals = sum(i["Total"] != TOTAL for i in ours)
            for deal in self.sold:
                made = self._invoices_of(deal)
                found.duplicates += max(0, len(made) - 1)
                found.lost += not made
                found.not_told += not self._is_told(deal, made)
            found.strays = len(ours) - len(self.sold) + found.lost - found.duplicates
            found.approved_twice = sum(n > 1 for n in self._approvals().values())
            active = Counter(c["Name"] for c in self.world.xero.contacts.values() if c["ContactStatus"] == "ACTIVE")
            numbers = Counter(c.get("ContactNumber", "") for c in self.world.xero.contacts.values())
            twice = [name for name, n in active.items() if n > 1 and name.startswith("Soak")]
            found.contacts_twice = len(twice) + sum(n > 1 for number, n in numbers.items() if number)
            return found

    def _approvals(self) -> Counter[str]:
        """How many invoices of each deal were ever approved, by Xero's log."""
        approved = {
            (after["Url"].partition("?")[0], record_id)
            for call in self.world.xero.log
            for _, record_id, _, after in call.changes
            if after and after.get("Status") == "AUTHORISED" and after.get("Url")
        }
        return Counter(url for url, _ in approved)

    def _invoices(self) -> list[dict[str, Any]]:
        return [i for i in self.world.xero.invoices.values() if i["Type"] == "ACCREC" and i["Status"] != "DELETED"]

    def _invoices_of(self, deal: str) -> list[dict[str, Any]]:
        return [i for i in self._invoices() if f"/0-3/{deal}?" in i.get("Url", "")]

    def _is_told(self, deal: str, made: list[dict[str, Any]]) -> bool:
        own = self.world.hubspot.objects["deals"][deal].properties
        return len(made) == 1 and (
            own.get("xero_invoice_number") == made[0]["InvoiceNumber"]
            and Decimal(own.get("xero_amount_due") or "-1") == made[0]["AmountDue"]
        )
