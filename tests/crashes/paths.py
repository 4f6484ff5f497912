"""The paths on which processes are killed: what people do, what we do then, and what is to be seen at the end."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from connectors.oauth import Token
from ledger.secrets import Seal
from ledger.tokens import Tokens
from stages import answering, rounds
from stages.pair import Pair
from tests.support.house import House

Act = Callable[[House], object]
Job = Callable[[Pair], object]


def _settled() -> House:
    return House.settled(watch=False).twin()


@dataclass(frozen=True, slots=True)
class Leg:
    """People do something, and a minute later a job of ours runs; one by hand is begun again by whoever began it.

    ``deadly`` is False where another path has the same deaths.
    """

    act: Act
    job: Job = rounds.deals_to_invoices
    by_hand: bool = False
    deadly: bool = True


@dataclass(frozen=True, slots=True)
class Path:
    """Some legs, one after the other, from a house where all is settled.

    On a ``long`` one each death is followed by one of the restarts, in turn; else by all of them.
    """

    name: str
    legs: tuple[Leg, ...]
    house: Callable[[], House] = _settled
    long: bool = False


def _nothing(_: House) -> None:
    pass


def _unwin(house: House) -> None:
    house.sales.unwin(house.company.deals["known_by_abn"])


def _win(*names: str) -> Act:
    def win(house: House) -> None:
        for name in names:
            house.win(name)

    return win


def _pay(house: House) -> None:
    for invoice in house.invoices():
        house.xero.people.pay(invoice["InvoiceID"])


def _five(house: House) -> None:
    """Two of one new customer, one of another, two of known ones."""
    house.win("new_customer")
    house.sell({"product": "TRAVEL"}, company="saltbush")
    house.sell({"product": "CONSULT-WEB"}, company="wattle")
    _win("known_by_abn", "renewal")(house)


def _say_which(pair: Pair) -> None:
    """Answer the one question there is, and go on."""
    with pair.ledger.read() as session:
        items = answering.reviews.opened(session, pair.name)
    for item in items:
        answering.answer(pair, item.id or 0, "create", by="bookkeeper")
    rounds.deals_to_invoices(pair)


def _credit_it(pair: Pair) -> None:
    """Have the invoice credited, and see to it."""
    with pair.ledger.read() as session:
        items = answering.reviews.opened(session, pair.name)
    for item in items:
        answering.answer(pair, item.id or 0, "credit", by="bookkeeper")
    rounds.deals_to_invoices(pair)


def _unsendable(house: House) -> None:
    """Won, decided, and not sent, since Xero could not be reached; and then the deal is open again."""
    deal = house.win("known_by_abn")
    house.break_xero("PUT /Invoices", "refuse connection")
    house.struggle()
    house.xero.faults.clear()
    house.sales.unwin(deal)


def _consented() -> House:
    """Connected by a person: access runs out after half an hour, and each renewal brings a new refresh token."""
    house = House(watch=False)
    more = {"tenant_id": SecretStr(house.xero.tenant_id), "refresh_token": SecretStr(house.xero.people.connect())}
    house.connections = house.connections | {"demo-xero": house.connections["demo-xero"] | more}
    house.work()
    house.work(minutes=40)
    return house


def _expires(house: House) -> None:
    house.clock.advance(31 * 60)


def _edit_contacts(house: House) -> None:
    """A bookkeeper edits the contact that a customer is known as, and merges another away; the CRM has another name."""
    people, contacts = house.xero.people, house.company.contacts
    people.edit_contact(contacts["Bellbird Cafe"], Name="Bellbird Café & Roastery", TaxNumber="40999000222")
    people.merge_contacts(contacts["Meridian Partners P/L"], contacts["Meridian Partners"])
    house.hubspot.people.edit("company", house.company.companies["bellbird"], name="Bellbird Roastery Pty Ltd")
    _win("known_by_abn", "look_alikes")(house)


def _linked() -> House:
    """Phone numbers and e-mail addresses are kept the same, and the customer of one deal is linked."""
    both = "{{field: {}, direction: both ways}}"
    house = House(
        ("\nwrite back:", f"\ndetails:\n  - {both.format('phone')}\n  - {both.format('email')}\n\nwrite back:"),
        watch=False,
    )
    house.work()
    for deal in ("known_by_email", "known_by_name"):
        house.win(deal)
    house.work()
    house.clock.advance(300)
    rounds.contacts_both_ways(house.open())
    return house


def _edit_details(house: House) -> None:
    """A number is typed into the CRM for one customer, an address into Xero for the other."""
    house.hubspot.people.edit("person", house.company.persons["siobhan"], phone="(02) 9374 4000")
    surf = house.company.contacts["Northern Rivers Surf Co-operative Ltd"]
    house.xero.people.edit_contact(surf, Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": "(02) 9999 1111"}])


def _watching() -> House:
    """Contacts that people make in Xero become companies of the CRM; those that are there were read."""
    house = House(("  if none: create", "  if none: create\n  new in xero: create"), watch=False)
    house.work()
    house.clock.advance(300)
    rounds.contacts_both_ways(house.open())
    return house


def _make_contacts(house: House) -> None:
    """A bookkeeper makes two contacts in Xero, of whom the CRM knows one."""
    house.xero.people.add_contact("Saltbush & Sons", TaxNumber="27999000444")
    phones = [{"PhoneType": "DEFAULT", "PhoneNumber": "(02) 9999 2222"}]
    house.xero.people.add_contact("Omega Survey Pty Ltd", Phones=phones)


def _repeating() -> House:
    """What recurs stands in a template of its own."""
    return House.settled(
        ("create: authorised\n", "create: authorised\n    recurring lines: template\n"), watch=False
    ).twin()


def _month_over() -> House:
    """Two deals of one customer wait for the month's invoice, and nobody has looked since the month ended."""
    house = House(("create: authorised\n", "create: authorised\n    consolidate: by customer and month\n"), watch=False)
    house.sell({"product": "LICENCE"})
    house.sell({"product": "TRAVEL"})
    house.work()
    house.clock.advance((datetime(2026, 11, 30, 13, 5, tzinfo=UTC) - house.clock()).total_seconds())
    return house


def _sell_what_recurs(house: House) -> None:
    house.sell({"product": "LICENCE", "frequency": "monthly"})


def _with_pdf() -> House:
    """The approved invoice is on its deal, as a PDF."""
    return House.settled(("\nwrite back:", "\nwrite back:\n  pdf: once approved"), watch=False).twin()


def _with_files() -> House:
    """Files of deals are attached to invoices once a person approved them."""
    draft = ("create: authorised\n", "create: draft\n    attach: files of the deal\n")
    return House.settled(draft, watch=False).twin()


def _win_with_files(house: House) -> None:
    for name in ("plan.pdf", "order.pdf"):
        house.hubspot.people.add_file(house.company.deals["known_by_abn"], name, name)
    house.win("known_by_abn")


def _approve(house: House) -> None:
    (invoice,) = house.invoices()
    house.xero.people.approve(invoice["InvoiceID"])


def _edit_invoice(house: House) -> None:
    (invoice,) = house.invoices()
    house.xero.people.edit_invoice(invoice["InvoiceID"], Reference="Order 17")


def connect_again(house: House) -> None:
    """A person was asked to, and consents anew."""
    now = house.clock()
    token = Token("", house.xero.people.connect(), now, now)
    Tokens(house.ledger, Seal(b"k" * 32), "demo-xero", "person", house.clock.advance).save(token.to_text())
    house.answer(house.asked("not_connected"), "retry")


PATHS = (
    Path("new customer, won to paid", (Leg(_win("new_customer")), Leg(_pay, rounds.invoices_to_deals))),
    Path("batch of five", (Leg(_five),), long=True),
    Path("question answered", (Leg(_win("look_alikes")), Leg(_nothing, _say_which, by_hand=True)), long=True),
    Path("un-won in time", (Leg(_unsendable),)),
    Path("un-won too late", (Leg(_win("known_by_abn"), deadly=False), Leg(_unwin))),
    Path(
        "credited",
        (
            Leg(_win("known_by_abn"), deadly=False),
            Leg(_unwin, deadly=False),
            Leg(_nothing, _credit_it, by_hand=True),
        ),
        long=True,
    ),
    Path(
        "token refreshed",
        (Leg(_expires, rounds.invoices_to_deals), Leg(_win("known_by_abn"), deadly=False)),
        _consented,
    ),
    Path("contacts edited", (Leg(_edit_contacts),), long=True),
    Path("details both ways", (Leg(_edit_details, rounds.contacts_both_ways),), _linked, long=True),
    Path("template of what recurs", (Leg(_sell_what_recurs),), _repeating, long=True),
    Path("a month's invoice", (Leg(_nothing), Leg(_pay, rounds.invoices_to_deals)), _month_over, long=True),
    Path(
        "PDF on the deal",
        (Leg(_win("known_by_abn"), deadly=False), Leg(_edit_invoice, rounds.invoices_to_deals)),
        _with_pdf,
        long=True,
    ),
    Path(
        "files on the invoice",
        (Leg(_win_with_files, deadly=False), Leg(_approve, rounds.invoices_to_deals)),
        _with_files,
        long=True,
    ),
    Path("contacts born in Xero", (Leg(_make_contacts, rounds.contacts_both_ways),), _watching, long=True),
)


def seen(house: House) -> dict[str, Any]:
    """What is to be seen of it all in the systems themselves: money, words told, customers, questions."""
    deals = {deal: name for name, deal in house.company.deals.items()}
    noted = Counter(call.path for call in house.xero.api_calls("PUT") if call.path.endswith("/History"))
    picture: dict[str, Any] = {
        "approved": len(house.approvals()),
        "noted twice": [p for p, n in noted.items() if n > 1],
    }
    invoices = house.invoices()
    told: dict[str, Any] = {}
    for deal in house.hubspot.objects["deals"]:
        ours = [i for i in invoices if house.sales.bears(i.get("Url", ""), deal)]
        said = house.told(deal)
        numbers = [i["InvoiceNumber"] for i in ours or invoices]
        if ours or said:
            told[deals.get(deal, deal)] = (
                [(i["Status"], i["Total"], i["AmountPaid"], _contact(house, i)) for i in ours],
                said.pop("invoice_number", None) in numbers,
                {name: value for name, value in said.items() if name != "invoice_link"},
                house.stage(deal),
            )
    notes = house.xero.credit_notes.values()
    credited = [(n["Status"], n["Total"], [part["Amount"] for part in n["Allocations"]]) for n in notes]
    picture |= {"deals": told, "invoices": len(invoices), "credited": [c for c in credited if c[0] != "DELETED"]}
    notes_ = house.hubspot.objects["notes"].values()
    attached = (note.properties.get("hs_attachment_ids", "") for note in notes_)
    picture["files"] = sorted(house.hubspot.account.files[key][0] for key in attached if key)
    on_invoices = house.xero.books.attachments.values()
    picture["attached"] = sorted(each["FileName"] for files in on_invoices for each in files)
    templates = house.xero.books.templates.values()
    picture["templates"] = [(t["Status"], t["Total"]) for t in templates if t["Status"] != "DELETED"]
    active = [c for c in house.xero.contacts.values() if c["ContactStatus"] == "ACTIVE"]
    picture["contacts"] = sorted((c["Name"], c.get("EmailAddress", ""), _numbers(c)) for c in active)
    customers = (*house.hubspot.objects["contacts"].values(), *house.hubspot.objects["companies"].values())
    picture["customers"] = sorted((c.properties.get("email", ""), c.properties.get("phone", "")) for c in customers)
    return picture | {"asked": sorted(q.kind for q in house.questions())}


def _numbers(contact: dict[str, Any]) -> list[str]:
    return [phone["PhoneNumber"] for phone in contact.get("Phones", ()) if phone.get("PhoneNumber")]


def _contact(house: House, invoice: dict[str, Any]) -> str:
    return house.xero.contacts[invoice["Contact"]["ContactID"]]["Name"]


@functools.cache
def before(path: Path, leg: int) -> House:
    """The house as it is when the job of a leg is about to run; nobody was killed so far."""
    if leg == 0:
        house = path.house()
    else:
        house = before(path, leg - 1).twin()
        path.legs[leg - 1].job(house.open())
    path.legs[leg].act(house)
    house.clock.advance(60)
    return house
