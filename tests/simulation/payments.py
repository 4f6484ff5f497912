"""What people do with money in Xero: pay and pay too much, credit, pay back, and take all of it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulation.crowd import Crowd
    from tests.simulation.script import Event

CENT, TOO_MUCH = Decimal("0.01"), Decimal("46.00")


def _invoice(crowd: Crowd, event: Event) -> Mapping[str, Any]:
    return crowd.world.xero.invoices[crowd.invoice(event)]


def _pay(crowd: Crowd, event: Event) -> None:
    crowd.world.xero.people.pay(crowd.invoice(event))


def _part_pay(crowd: Crowd, event: Event) -> None:
    invoice = _invoice(crowd, event)
    crowd.world.xero.people.pay(invoice["InvoiceID"], (invoice["AmountDue"] / event.more["share"]).quantize(CENT))


def _credit(crowd: Crowd, event: Event) -> None:
    crowd.world.xero.people.credit(crowd.invoice(event))


def _part_credit(crowd: Crowd, event: Event) -> None:
    invoice = _invoice(crowd, event)
    crowd.world.xero.people.credit(invoice["InvoiceID"], (invoice["AmountDue"] / event.more["share"]).quantize(CENT))


def _remove_payment(crowd: Crowd, event: Event) -> None:
    crowd.world.xero.people.remove_payment(_invoice(crowd, event)["Payments"][-1]["PaymentID"])


def _remove_credit(crowd: Crowd, event: Event) -> None:
    wanted = crowd.invoice(event)
    for note in crowd.world.xero.credit_notes.values():
        if any(each["Invoice"]["InvoiceID"] == wanted for each in note.get("Allocations", ())):
            crowd.world.xero.people.remove_credit(note["CreditNoteID"])
            return


def _overpay(crowd: Crowd, event: Event) -> None:
    """All that is due, and more with it: by Xero's own screen one payment, whose rest is a paper of its own."""
    invoice = _invoice(crowd, event)
    crowd.world.xero.people.pay(invoice["InvoiceID"])
    crowd.world.xero.people.overpay(invoice["Contact"]["ContactID"], TOO_MUCH)


def _pay_back(crowd: Crowd, event: Event) -> None:
    """What is left of the customer's newest overpayment."""
    contact = _invoice(crowd, event)["Contact"]["ContactID"]
    for key, paper in reversed(crowd.world.xero.books.surplus["Overpayment"].items()):
        if paper["Contact"]["ContactID"] == contact and paper["RemainingCredit"]:
            crowd.world.xero.people.pay_back(key, paper["RemainingCredit"])
            return
    raise LookupError(contact)


def _refund(crowd: Crowd, event: Event) -> None:
    """The customer wants the money of the newest credit note, or of one over all that is due: what was set against an
    invoice is taken off it first.
    """
    invoice, people, notes = _invoice(crowd, event), crowd.world.xero.people, crowd.world.xero.credit_notes
    own = [k for k, note in notes.items() if note["Contact"] == invoice["Contact"] and not note.get("Payments")]
    key = own[-1] if own else people.credit(invoice["InvoiceID"])
    if not notes[key]["RemainingCredit"]:
        people.remove_credit(key)
    people.refund(key, notes[key]["RemainingCredit"])


def _pay_beforehand(crowd: Crowd, event: Event) -> None:
    """A prepayment of half of what is due, set against it."""
    invoice = _invoice(crowd, event)
    half = (invoice["AmountDue"] / 2).quantize(CENT)
    paper = crowd.world.xero.people.prepay(invoice["Contact"]["ContactID"], half)
    crowd.world.xero.people.apply(paper, invoice["InvoiceID"], half)


MONEY: Mapping[str, Callable[[Crowd, Event], None]] = {
    "pay": _pay,
    "part pay": _part_pay,
    "part credit": _part_credit,
    "remove payment": _remove_payment,
    "credit": _credit,
    "remove credit": _remove_credit,
    "overpay": _overpay,
    "pay back": _pay_back,
    "refund": _refund,
    "pay beforehand": _pay_beforehand,
}
