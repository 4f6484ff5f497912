"""Money on account: over- and prepayments, papers of their own of which parts are set against invoices or paid back.

https://developer.xero.com/documentation/api/accounting/overpayments, …/prepayments. No payment exceeds what is due of
an invoice: what came beyond it is an overpayment of the contact, without tax and without a word of the invoice, until
somebody allocates it. It is AUTHORISED while anything is left of it, then PAID.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox.xero.books import Books
from sandbox.xero.records import ZERO, Record, Refused, calendar, calendar_text
from sandbox.xero.settling import settle


@dataclass(frozen=True, slots=True)
class Surplus:
    """One of the two kinds: its list's name, also on invoices, its id's name, its type, that of what pays it back."""

    plural: str
    word: str
    type: str
    payment_type: str

    @property
    def id(self) -> str:
        return f"{self.word}ID"


OVERPAYMENT = Surplus("Overpayments", "Overpayment", "RECEIVE-OVERPAYMENT", "AROVERPAYMENTPAYMENT")
PREPAYMENT = Surplus("Prepayments", "Prepayment", "RECEIVE-PREPAYMENT", "ARPREPAYMENTPAYMENT")


def receive(books: Books, kind: Surplus, contact_id: str, amount: Decimal, day: date) -> Record:
    """Money of a contact that is of no invoice yet."""
    if contact_id not in books.contacts or amount <= 0:
        raise Refused("The amount must be positive, and from a contact that is there")
    line = Record(Description="On account", Quantity=Decimal(1), UnitAmount=amount, LineAmount=amount, Tracking=())
    return books.keep_surplus(
        kind.word,
        Record(
            {kind.id: books.new_id()},
            Type=kind.type,
            Contact=Record(ContactID=contact_id),
            Date=calendar(day),
            DateString=calendar_text(day),
            Status="AUTHORISED",
            LineAmountTypes="NoTax",
            LineItems=(line,),
            SubTotal=amount,
            TotalTax=ZERO,
            Total=amount,
            CurrencyCode=books.organisation["BaseCurrency"],
            CurrencyRate=Decimal(1),
            RemainingCredit=amount,
            Allocations=(),
            Payments=(),
            HasAttachments=False,
        ),
    )


def apply(books: Books, kind: Surplus, paper: Record, invoice: Record, amount: Decimal, day: date) -> Record:
    """Set part of it against an approved invoice of the same contact."""
    if invoice["Status"] != "AUTHORISED" or not 0 < amount <= min(invoice["AmountDue"], paper["RemainingCredit"]):
        raise Refused("The amount exceeds what is outstanding on this document")
    if invoice["Contact"] != paper["Contact"]:
        raise Refused("The invoice must be of the same contact")
    numbered = Record(InvoiceID=invoice["InvoiceID"], InvoiceNumber=invoice["InvoiceNumber"])
    part = Record(AllocationID=books.new_id(), Amount=amount, Date=calendar(day), Invoice=numbered)
    kept = _less(books, kind, paper.but(Allocations=(*paper["Allocations"], part)), amount)
    shown = {name: kept[name] for name in (kind.id, "Date", "DateString", "Total")}
    on_invoice = Record(**shown, ID=kept[kind.id], AppliedAmount=amount, LineItems=())
    settle(books, invoice.but(**{kind.plural: (*invoice[kind.plural], on_invoice)}))
    return kept


def pay_back(books: Books, kind: Surplus, paper: Record, amount: Decimal, day: date) -> Record:
    """Pay part of it back: a payment on the paper itself."""
    if not 0 < amount <= paper["RemainingCredit"]:
        raise Refused("Payment amount exceeds the amount outstanding on this document")
    bank = books.accounts["090"]
    payment = books.keep_payment(
        Record(
            {kind.word: Record({kind.id: paper[kind.id]})},
            PaymentID=books.new_id(),
            Date=calendar(day),
            Amount=amount,
            BankAmount=amount,
            CurrencyRate=paper["CurrencyRate"],
            PaymentType=kind.payment_type,
            Status="AUTHORISED",
            IsReconciled=False,
            Account=Record(AccountID=bank["AccountID"], Code=bank["Code"]),
        )
    )
    shown = Record({key: payment[key] for key in ("PaymentID", "Date", "Amount", "CurrencyRate")})
    _less(books, kind, paper.but(Payments=(*paper["Payments"], shown)), amount)
    return payment


def _less(books: Books, kind: Surplus, paper: Record, amount: Decimal) -> Record:
    left = paper["RemainingCredit"] - amount
    return books.keep_surplus(kind.word, paper.but(RemainingCredit=left, Status="AUTHORISED" if left else "PAID"))
