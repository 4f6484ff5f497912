"""The people of a history: they do what its script says, where it can be done, and remember what was sold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.hubspot.answers import Refusal
from sandbox.pipedrive.answers import Refusal as PipedriveRefusal
from sandbox.salesforce.answers import Refusal as SalesforceRefusal
from sandbox.world import World
from sandbox.xero.records import Refused
from tests.simulation.company import COMPANIES, CONTACTS, PERSON
from tests.simulation.crms import Side
from tests.simulation.script import Event

CENT = Decimal("0.01")
FREE = ("TRAVEL", "EXPORT-DESIGN")
REFUSALS = (Refusal, PipedriveRefusal, SalesforceRefusal)
LIVE = ("DRAFT", "SUBMITTED", "AUTHORISED", "PAID")


@dataclass(slots=True)
class Crowd:
    """``ids`` are the customers' CRM ids by short name, ``sold`` the deals'; ``worth`` every total a deal stood for,
    ``customers`` everybody whose it was; ``merged`` tells what a record lives on in, by kind and id.
    """

    world: World
    side: Side
    ids: dict[str, str]
    sold: dict[str, str] = field(default_factory=dict[str, str])
    worth: dict[str, set[Decimal]] = field(default_factory=dict[str, set[Decimal]])
    customers: dict[str, set[tuple[str, str]]] = field(default_factory=dict[str, set[tuple[str, str]]])
    merged: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    variant: int = 0

    def act(self, event: Event) -> bool:
        """Whether it could be done."""
        action = ACTIONS.get(event.do, _only_here)
        try:
            done = action(self, event)
        except (LookupError, StopIteration, Refused, *REFUSALS):
            done = False
        self.remember()
        return done is not False

    def remember(self) -> None:
        """Note what each deal is worth now, and whose it is."""
        for deal in self.deals():
            self.worth.setdefault(deal, set()).add(self.worth_of(deal))
            self.customers.setdefault(deal, set()).update(self.side.customers(deal))

    def deals(self) -> list[str]:
        """The CRM ids of the deals that are there, each once."""
        here = self.side.deals()
        return [i for i in dict.fromkeys(self.sold.values()) if i in here]

    def worth_of(self, deal_id: str) -> Decimal:
        """What an invoice of the deal as it stands would come to, GST included, by our own arithmetic."""
        total = Decimal(0)
        for line in self.side.lines(deal_id):
            gross = line.quantity * line.price
            amount = (gross * (100 - line.percent) / 100).quantize(CENT, ROUND_HALF_UP)
            tax = Decimal(0) if line.code in FREE else (amount / 10).quantize(CENT, ROUND_HALF_UP)
            total += amount + tax
        return total

    def invoice(self, event: Event) -> str:
        """The newest invoice that bears the deal's address and still stands."""
        return self.invoices(self.deal(event))[-1]

    def invoices(self, deal_id: str) -> list[str]:
        found = self.world.xero.invoices.values()
        return [i["InvoiceID"] for i in found if f"/{deal_id}?x=" in i.get("Url", "") and i["Status"] in LIVE]

    def deal(self, event: Event) -> str:
        return self.sold[event.on]

    def contact(self, event: Event) -> str:
        """Some contact in Xero: the one of the invoice of that customer's name, or one of the first."""
        contacts = sorted(self.world.xero.contacts)
        return contacts[sum(map(ord, event.on)) % len(contacts)]


def _sell(crowd: Crowd, event: Event) -> None:
    customer = event.more["customer"]
    stage = "Quote sent" if event.more["pipeline"] == "Renewals" else "Proposal sent"
    who = {_kind(customer): crowd.ids[customer]}
    crowd.sold[event.on] = crowd.side.people.add_deal(
        f"Job {event.on}", event.more["lines"], pipeline=event.more["pipeline"], stage=stage, **who
    )


def _kind(customer: str) -> str:
    return "person" if customer == "rosa" else "company"


def _only_here(crowd: Crowd, event: Event) -> bool | None:
    """What only happens in this CRM."""
    return crowd.side.act(event.do, crowd.deal(event))


def _edit_line(crowd: Crowd, event: Event) -> None:
    crowd.side.people.edit_line(crowd.side.lines(crowd.deal(event))[0].id, **event.more)


def _merge_deals(crowd: Crowd, event: Event) -> bool | None:
    one, other = crowd.deal(event), crowd.sold[event.more["other"]]
    if one == other:
        return False
    merged = crowd.side.merge_deals(one, other)
    crowd.sold = {name: merged if found in {one, other} else found for name, found in crowd.sold.items()}
    crowd.merged |= {("deal", old): merged for old in (one, other) if old != merged}
    crowd.worth[merged] = crowd.worth.get(one, set()) | crowd.worth.get(other, set())
    return None


def _merge_companies(crowd: Crowd, event: Event) -> bool | None:
    one, other = crowd.ids[event.on], crowd.ids[event.more["other"]]
    if one == other or event.on == "rosa":
        return False
    merged = crowd.side.people.merge_companies(one, other)
    crowd.ids = {name: merged if found in {one, other} else found for name, found in crowd.ids.items()}
    crowd.merged |= {("company", old): merged for old in (one, other) if old != merged}
    return None


def _change_customer(crowd: Crowd, event: Event) -> None:
    company = crowd.ids[event.more["other"]]
    crowd.side.people.attach(crowd.deal(event), "company", company, primary=True)


def _edit_company(crowd: Crowd, event: Event) -> None:
    crowd.side.people.edit(_kind(event.on), crowd.ids[event.on], city="Dubbo")
    crowd.side.call(_kind(event.on), crowd.ids[event.on], "(02) 5550 9911")


def _call_here(crowd: Crowd, event: Event) -> None:
    crowd.side.call(_kind(event.on), crowd.ids[event.on], event.more["number"])


def _call_there(crowd: Crowd, event: Event) -> None:
    called = PERSON["firstname"] if event.on == "rosa" else COMPANIES[event.on]["name"]
    first = called.split()[0].lower()
    contacts = crowd.world.xero.contacts.values()
    known = next(c for c in contacts if c["ContactStatus"] == "ACTIVE" and c["Name"].lower().startswith(first))
    phones = [{"PhoneType": "DEFAULT", "PhoneNumber": event.more["number"]}]
    crowd.world.xero.people.edit_contact(known["ContactID"], Phones=phones)


def _edit_draft(crowd: Crowd, event: Event) -> None:
    invoice = crowd.world.xero.invoices[crowd.invoice(event)]
    lines = [{k: v for k, v in line.items() if k not in {"LineAmount", "TaxAmount"}} for line in invoice["LineItems"]]
    lines[0] = {**lines[0], "Quantity": 3}
    crowd.world.xero.people.edit_invoice(invoice["InvoiceID"], LineItems=lines)


def _part_pay(crowd: Crowd, event: Event) -> None:
    invoice = crowd.world.xero.invoices[crowd.invoice(event)]
    part = (invoice["AmountDue"] / event.more["share"]).quantize(CENT)
    crowd.world.xero.people.pay(invoice["InvoiceID"], part)


def _part_credit(crowd: Crowd, event: Event) -> None:
    invoice = crowd.world.xero.invoices[crowd.invoice(event)]
    part = (invoice["AmountDue"] / event.more["share"]).quantize(CENT)
    crowd.world.xero.people.credit(invoice["InvoiceID"], part)


def _remove_payment(crowd: Crowd, event: Event) -> None:
    invoice = crowd.world.xero.invoices[crowd.invoice(event)]
    crowd.world.xero.people.remove_payment(invoice["Payments"][-1]["PaymentID"])


def _remove_credit(crowd: Crowd, event: Event) -> None:
    wanted = crowd.invoice(event)
    for note in crowd.world.xero.credit_notes.values():
        if any(each["Invoice"]["InvoiceID"] == wanted for each in note.get("Allocations", ())):
            crowd.world.xero.people.remove_credit(note["CreditNoteID"])
            return


def _copy_invoice(crowd: Crowd, event: Event) -> None:
    copy = crowd.world.xero.people.copy_invoice(crowd.invoice(event))
    if event.more["approve"]:
        crowd.world.xero.people.approve(copy)


def _merge_contacts(crowd: Crowd, event: Event) -> bool | None:
    survivor = crowd.contact(event)
    active = sorted(i for i, c in crowd.world.xero.contacts.items() if c["ContactStatus"] == "ACTIVE" and i != survivor)
    if not active or crowd.world.xero.contacts[survivor]["ContactStatus"] != "ACTIVE":
        return False
    crowd.world.xero.people.merge_contacts(active[len(event.on) % len(active)], survivor)
    return None


def _edit_contact(crowd: Crowd, event: Event) -> None:
    names = list(CONTACTS)
    email = f"accounts.{len(names)}@uniquely.example"
    crowd.world.xero.people.edit_contact(crowd.contact(event), EmailAddress=email)


def _restore_contact(crowd: Crowd, event: Event) -> bool | None:
    contact = crowd.world.xero.contacts[crowd.contact(event)]
    if contact["ContactStatus"] != "ARCHIVED" or contact.get("MergedToContactID"):
        return False
    crowd.world.xero.people.restore_contact(contact["ContactID"])
    return None


def _mapping(crowd: Crowd, event: Event) -> None:
    crowd.variant = event.more["variant"]


def _on_invoice(action: str, **fields: Any) -> Callable[[Crowd, Event], None]:
    def act(crowd: Crowd, event: Event) -> None:
        getattr(crowd.world.xero.people, action)(crowd.invoice(event), **fields)

    return act


def _lock(crowd: Crowd, _event: Event) -> None:
    crowd.world.xero.people.set_lock_date(crowd.world.xero.books.today())


def _expire_tokens(crowd: Crowd, _event: Event) -> None:
    crowd.world.xero.identity.expire_access()
    crowd.side.double.access.expire()


ACTIONS: Mapping[str, Callable[[Crowd, Event], bool | None]] = {
    "sell": _sell,
    "win": lambda crowd, event: crowd.side.win(crowd.deal(event)),
    "unwin": lambda crowd, event: crowd.side.unwin(crowd.deal(event)),
    "lose": lambda crowd, event: crowd.side.lose(crowd.deal(event)),
    "stage paid": lambda crowd, event: crowd.side.stand_paid(crowd.deal(event)),
    "edit line": _edit_line,
    "edit amount": lambda crowd, event: crowd.side.edit_amount(crowd.deal(event)),
    "merge deals": _merge_deals,
    "delete deal": lambda crowd, event: crowd.side.people.delete("deal", crowd.deal(event)),
    "change customer": _change_customer,
    "edit company": _edit_company,
    "call here": _call_here,
    "call there": _call_there,
    "merge companies": _merge_companies,
    "delete company": lambda crowd, event: crowd.side.people.delete(_kind(event.on), crowd.ids[event.on]),
    "approve": _on_invoice("approve"),
    "edit reference": _on_invoice("edit_invoice", Reference="PO 4711"),
    "edit draft": _edit_draft,
    "void": _on_invoice("void"),
    "delete draft": _on_invoice("delete_draft"),
    "pay": _on_invoice("pay"),
    "part pay": _part_pay,
    "part credit": _part_credit,
    "remove payment": _remove_payment,
    "credit": _on_invoice("credit"),
    "remove credit": _remove_credit,
    "copy invoice": _copy_invoice,
    "edit contact": _edit_contact,
    "archive contact": lambda crowd, event: crowd.world.xero.people.archive_contact(crowd.contact(event)),
    "restore contact": _restore_contact,
    "merge contacts": _merge_contacts,
    "mapping": _mapping,
    "archive account": lambda crowd, _event: crowd.world.xero.people.archive_account("200"),
    "restore account": lambda crowd, _event: crowd.world.xero.people.restore_account("200"),
    "lock": _lock,
    "unlock": lambda crowd, _event: crowd.world.xero.people.set_lock_date(None),
    "guard the paid": lambda crowd, _event: crowd.side.guard("Paid"),
    "expire tokens": _expire_tokens,
}
