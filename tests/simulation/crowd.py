"""The people of a history: they do what its script says, where it can be done, and remember what was sold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.hubspot.answers import Refusal
from sandbox.pipedrive.answers import Refusal as PipedriveRefusal
from sandbox.salesforce.answers import Refusal as SalesforceRefusal
from sandbox.world import World
from sandbox.xero.records import Refused
from tests.simulation.company import COMPANIES, CONTACTS, PERSON
from tests.simulation.crms import Known, Side
from tests.simulation.paperwork import PAPERWORK, told_of
from tests.simulation.payments import MONEY
from tests.simulation.script import Event

REFUSALS = (Refusal, PipedriveRefusal, SalesforceRefusal)
# Whose an invoice is by its address, and a month's line by its name.
_ALONE, _NAMED = re.compile(r"/(\w+)\?x="), re.compile(r"(?:Less: )?Job (d\d+)(?:, PO [^:]*)?: ")
LIVE = ("DRAFT", "SUBMITTED", "AUTHORISED", "PAID")


@dataclass(slots=True)
class Crowd:
    """``ids`` are the customers' CRM ids by short name, ``sold`` the deals'; ``worth`` every total a deal stood for,
    ``recurs`` how much of it was billed again and again, ``shares`` what it said of its payer's share, ``customers``
    everybody whose it was, ``known`` what was known of them at first; ``merged`` tells what a record lives on in, by
    kind and id.
    """

    world: World
    side: Side
    ids: dict[str, str]
    sold: dict[str, str] = field(default_factory=dict[str, str])
    worth: dict[str, set[Decimal]] = field(default_factory=dict[str, set[Decimal]])
    recurs: dict[str, set[Decimal]] = field(default_factory=dict[str, set[Decimal]])
    shares: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    customers: dict[str, set[tuple[str, str]]] = field(default_factory=dict[str, set[tuple[str, str]]])
    known: dict[tuple[str, str], Known] = field(default_factory=dict[tuple[str, str], Known])
    merged: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    held: dict[tuple[str, str], datetime] = field(default_factory=dict[tuple[str, str], datetime])
    files: list[tuple[str, datetime, int]] = field(default_factory=list[tuple[str, datetime, int]])
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
            self.recurs.setdefault(deal, set()).add(self.recurring(deal))
            self.shares.setdefault(deal, set()).add(self.side.says(deal, "insurer_share"))
            self.customers.setdefault(deal, set()).update(self.payers(deal))
            for who in self.customers[deal]:
                if who not in self.known and (customer := self.side.customer(*who)) is not None:
                    self.known[who] = customer

    def deals(self) -> list[str]:
        """The CRM ids of the deals that are there, each once."""
        here = self.side.deals()
        return [i for i in dict.fromkeys(self.sold.values()) if i in here]

    def worth_of(self, deal_id: str) -> Decimal:
        """What an invoice of the deal as it stands would come to, GST included, by our own arithmetic."""
        return sum((line.worth for line in self.side.lines(deal_id)), Decimal(0))

    def recurring(self, deal_id: str) -> Decimal:
        """How much of it is billed again and again."""
        return sum((line.worth for line in self.side.lines(deal_id) if line.recurs), Decimal(0))

    def payers(self, deal_id: str) -> Iterator[tuple[str, str]]:
        """Its customers, and the company that pays a share of it."""
        yield from self.side.customers(deal_id)
        if payer := self.side.says(deal_id, "insurer"):
            yield "company", payer

    def invoice(self, event: Event) -> str:
        """The newest invoice that bears the deal's address and still stands."""
        return self.invoices(self.deal(event))[-1]

    def invoices(self, deal_id: str) -> list[str]:
        found = self.world.xero.invoices.values()
        return [i["InvoiceID"] for i in found if i["Status"] in LIVE and deal_id in self.billed_by(i)]

    def billed_by(self, invoice: Mapping[str, Any]) -> list[str]:
        """The CRM ids of the deals whose invoice it is: that of its address, or of a month's those that lines name."""
        if found := _ALONE.search(invoice.get("Url", "")):
            return [found[1]]
        named = [_NAMED.match(line.get("Description", "")) for line in invoice.get("LineItems", ())]
        return list(dict.fromkeys(self.sold[each[1]] for each in named if each and each[1] in self.sold))

    def template(self, event: Event) -> str:
        """The newest template of the deal that still stands."""
        found = self.templates_of(self.deal(event))
        return [t["RepeatingInvoiceID"] for t in found if t["Status"] != "DELETED"][-1]

    def templates_of(self, deal_id: str) -> list[Mapping[str, Any]]:
        """Those made for a deal, which their references name, whatever became of them."""
        names = tuple(
            f"Job {name}{after}" for after in (" x=", ", PO ") for name, found in self.sold.items() if found == deal_id
        )
        return [t for t in self.world.xero.books.templates.values() if t["Reference"].startswith(names)]

    def fill_in(self, event: Event, more: Mapping[str, str]) -> None:
        """What people type into the deal's own fields."""
        payer = {"insurer": self.ids.get(more["payer"], "")} if "payer" in more else {}
        share = {"insurer_share": more["share"]} if "share" in more else {}
        for name, says in (payer | share).items():
            self.side.fill_in(self.deal(event), name, says)

    def deal(self, event: Event) -> str:
        return self.sold[event.on]

    def contact(self, event: Event) -> str:
        """Some contact in Xero: the one of the invoice of that customer's name, or one of the first."""
        contacts = sorted(self.world.xero.contacts)
        return contacts[sum(map(ord, event.on)) % len(contacts)]


def _sell(crowd: Crowd, event: Event) -> None:
    customer = event.more["customer"]
    stage = "Quote sent" if event.more["pipeline"] == "Renewals" else "Proposal sent"
    who = {_kind(customer): crowd.ids[customer], **told_of(crowd, event)}
    crowd.sold[event.on] = crowd.side.people.add_deal(
        f"Job {event.on}", event.more["lines"], pipeline=event.more["pipeline"], stage=stage, **who
    )
    crowd.fill_in(event, event.more)


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
    for told in (crowd.worth, crowd.recurs):
        told[merged] = told.get(one, set()) | told.get(other, set())
    crowd.shares[merged] = crowd.shares.get(one, set()) | crowd.shares.get(other, set())
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
    "name payer": lambda crowd, event: crowd.fill_in(event, {"payer": event.more["payer"]}),
    "state share": lambda crowd, event: crowd.fill_in(event, {"share": event.more["share"]}),
    "month ends": lambda _crowd, _event: None,
    "approve template": lambda crowd, event: crowd.world.xero.people.approve_template(crowd.template(event)),
    "delete template": lambda crowd, event: crowd.world.xero.people.delete_template(crowd.template(event)),
    **MONEY,
    **PAPERWORK,
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
