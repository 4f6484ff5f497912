"""What is paid, credited and due; payments and credit notes.

https://developer.xero.com/documentation/api/accounting/payments, …/creditnotes. AmountPaid counts payments alone and
AmountCredited credits alone, so an invoice can be PAID with nothing paid.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from sandbox.xero.batches import Terms
from sandbox.xero.books import Books
from sandbox.xero.records import ZERO, Record, Refused, UnknownId, calendar, calendar_text, cents, day_of, read_day
from sandbox.xero.records import stripped as text

_ONE = Decimal(1)
_LARGEST = Decimal(10) ** 13
CREDITS = ("CreditNotes", "Prepayments", "Overpayments")


def is_settled(invoice: Record) -> bool:
    """Whether any payment or credit stands against the invoice."""
    return any(invoice.get(name) for name in ("Payments", *CREDITS))


def settled(invoice: Record) -> Record:
    """The invoice with what is paid, credited and due summed up anew, and PAID or not accordingly."""
    paid = sum((each["Amount"] for each in invoice["Payments"]), ZERO)
    credits_ = [each for name in CREDITS for each in invoice[name]]
    credited = sum((each["AppliedAmount"] for each in credits_), ZERO)
    fields = {
        **invoice,
        "AmountPaid": paid,
        "AmountCredited": credited,
        "AmountDue": invoice["Total"] - paid - credited,
    }
    fields.pop("FullyPaidOnDate", None)
    if invoice["Status"] in {"AUTHORISED", "PAID"}:
        fields["Status"] = "AUTHORISED" if fields["AmountDue"] else "PAID"
    if fields["Status"] == "PAID":
        days = [day_of(each, "Date") for each in (*invoice["Payments"], *credits_)]
        last = max((day for day in days if day), default=day_of(invoice, "Date"))
        fields["FullyPaidOnDate"] = calendar(last) if last else invoice["Date"]
    return Record(fields)


def write_payment(books: Books, sent: dict[str, Any], _terms: Terms) -> Record:
    """Pay an invoice; ``Refused`` in Xero's words."""
    if sent.get("PaymentID"):
        return remove_payment(books, sent["PaymentID"], sent)
    problems: list[str] = []
    invoice = _invoice_of(books, sent)
    account = _bank_account(books, sent, problems)
    day = _day(books, sent, problems)
    amount = _amount(sent, problems)
    if invoice["Status"] not in {"AUTHORISED", "PAID"}:
        problems.append("Payments can only be made against Authorised documents")
    elif amount > invoice["AmountDue"]:
        problems.append("Payment amount exceeds the amount outstanding on this document")
    if problems or not account:
        raise Refused(*problems)
    return pay(books, invoice, amount, day, account=account, reference=text(sent.get("Reference")))


def pay(books: Books, invoice: Record, amount: Decimal, day: date, *, account: Record, reference: str = "") -> Record:
    """Put a payment against an invoice and sum it up."""
    payment = Record(
        PaymentID=books.new_id(),
        Date=calendar(day),
        Amount=amount,
        BankAmount=amount,
        Reference=reference,
        CurrencyRate=invoice["CurrencyRate"],
        PaymentType="ACCRECPAYMENT" if invoice["Type"] == "ACCREC" else "ACCPAYPAYMENT",
        Status="AUTHORISED",
        IsReconciled=False,
        Account=Record(AccountID=account["AccountID"], Code=account["Code"]),
        Invoice=Record(InvoiceID=invoice["InvoiceID"]),
    )
    kept = books.keep_payment(payment)
    shown = {key: kept[key] for key in ("PaymentID", "Date", "Amount", "Reference", "CurrencyRate")}
    on_invoice = Record(**shown, HasAccount=False, HasValidationErrors=False)
    settle(books, invoice.but(Payments=(*invoice["Payments"], on_invoice)))
    return kept


def refund(books: Books, note: Record, amount: Decimal, day: date, *, account: Record) -> Record:
    """Pay part of an approved credit note back."""
    if note["Status"] != "AUTHORISED" or amount > note["RemainingCredit"]:
        raise Refused("Payment amount exceeds the amount outstanding on this document")
    kept = books.keep_payment(
        Record(
            PaymentID=books.new_id(),
            Date=calendar(day),
            Amount=amount,
            BankAmount=amount,
            CurrencyRate=note["CurrencyRate"],
            PaymentType="ARCREDITPAYMENT",
            Status="AUTHORISED",
            IsReconciled=False,
            Account=Record(AccountID=account["AccountID"], Code=account["Code"]),
            CreditNote=Record(CreditNoteID=note["CreditNoteID"], CreditNoteNumber=note["CreditNoteNumber"]),
        )
    )
    left = note["RemainingCredit"] - amount
    paid = {} if left else {"Status": "PAID", "FullyPaidOnDate": calendar(day)}
    shown = {key: kept[key] for key in ("PaymentID", "Date", "Amount", "CurrencyRate")}
    books.keep_credit_note(
        note.but(RemainingCredit=left, Payments=(*note.get("Payments", ()), Record(**shown)), **paid)
    )
    return kept


def remove_payment(books: Books, payment_id: str, sent: dict[str, Any]) -> Record:
    """Take a payment back: it stays as DELETED, and its invoice is open again."""
    payment = books.payments.get(payment_id)
    if not payment:
        raise UnknownId
    if sent.get("Status") != "DELETED" or payment["Status"] == "DELETED":
        raise Refused("Payment not of valid status for modification")
    if words := books.locked(day_of(payment, "Date") or books.today()):
        raise Refused(words)
    kept = books.keep_payment(payment.but(Status="DELETED"))
    invoice = books.invoices[payment["Invoice"]["InvoiceID"]]
    left = tuple(each for each in invoice["Payments"] if each["PaymentID"] != payment_id)
    settle(books, invoice.but(Payments=left))
    return kept


def credit(books: Books, invoice: Record, amount: Decimal, day: date) -> Record:
    """Make an approved credit note of that amount, tax inside, and set it all against the invoice."""
    if invoice["Status"] != "AUTHORISED" or amount > invoice["AmountDue"]:
        raise Refused("The amount exceeds what is outstanding on this document")
    key, number = books.new_id(), books.next_credit_number()
    allocation = Record(
        AllocationID=books.new_id(),
        Amount=amount,
        Date=calendar(day),
        Invoice=Record(InvoiceID=invoice["InvoiceID"], InvoiceNumber=invoice["InvoiceNumber"]),
    )
    line, tax = _credit_line(books, invoice, amount)
    kept = books.keep_credit_note(
        Record(
            Type="ACCRECCREDIT",
            CreditNoteID=key,
            CreditNoteNumber=number,
            Contact=invoice["Contact"],
            Date=calendar(day),
            DateString=calendar_text(day),
            Status="PAID",
            LineAmountTypes="Inclusive",
            LineItems=(line,),
            SubTotal=amount - tax,
            TotalTax=tax,
            Total=amount,
            CurrencyCode=invoice["CurrencyCode"],
            CurrencyRate=invoice["CurrencyRate"],
            RemainingCredit=ZERO,
            Allocations=(allocation,),
            FullyPaidOnDate=calendar(day),
        )
    )
    _set_against(books, kept, invoice, amount)
    return kept


def allocate(books: Books, note: Record, sent: dict[str, Any]) -> Record:
    """Set part of an approved credit note against an approved invoice of the same contact; the allocation.

    https://developer.xero.com/documentation/api/accounting/creditnotes#put-creditnotes-allocations
    """
    problems: list[str] = []
    invoice = _invoice_of(books, sent)
    amount = _amount(sent, problems)
    day = _day(books, sent, problems)
    if not sent.get("Date"):
        problems.append("Date must be specified")
    if note["Status"] != "AUTHORISED":
        problems.append("Credit notes can only be allocated once they are authorised")
    elif amount > note["RemainingCredit"]:
        problems.append("The amount exceeds the remaining credit on the credit note")
    if invoice["Status"] != "AUTHORISED" or amount > invoice["AmountDue"]:
        problems.append("The amount exceeds what is outstanding on this document")
    if invoice["Type"] != "ACCREC" or invoice["Contact"]["ContactID"] != note["Contact"]["ContactID"]:
        problems.append("The invoice must be of the same contact as the credit note")
    if problems:
        raise Refused(*problems)
    numbered = Record(InvoiceID=invoice["InvoiceID"], InvoiceNumber=invoice["InvoiceNumber"])
    part = Record(AllocationID=books.new_id(), Amount=amount, Date=calendar(day), Invoice=numbered)
    left = note["RemainingCredit"] - amount
    paid = {} if left else {"Status": "PAID", "FullyPaidOnDate": calendar(day)}
    kept = books.keep_credit_note(note.but(Allocations=(*note["Allocations"], part), RemainingCredit=left, **paid))
    _set_against(books, kept, invoice, amount)
    return part


def _set_against(books: Books, note: Record, invoice: Record, amount: Decimal) -> None:
    shown = {name: note[name] for name in ("CreditNoteID", "CreditNoteNumber", "Date", "DateString", "Total")}
    on_invoice = Record(**shown, ID=note["CreditNoteID"], HasErrors=False, AppliedAmount=amount, LineItems=())
    settle(books, invoice.but(CreditNotes=(*invoice["CreditNotes"], on_invoice)))


def remove_credit(books: Books, credit_note_id: str) -> Record:
    """Take a credit note off its invoice; the credit note itself stays, approved and unused."""
    note = books.credit_notes[credit_note_id]
    for allocation in note["Allocations"]:
        invoice = books.invoices[allocation["Invoice"]["InvoiceID"]]
        left = tuple(each for each in invoice["CreditNotes"] if each["CreditNoteID"] != credit_note_id)
        settle(books, invoice.but(CreditNotes=left))
    return books.keep_credit_note(
        note.but(Status="AUTHORISED", RemainingCredit=note["Total"], Allocations=(), FullyPaidOnDate=None)
    )


def settle(books: Books, invoice: Record) -> None:
    """Keep an invoice against which something was set, or is no longer."""
    # That a payment raises an INVOICE UPDATE is relied on and not documented, so it can be switched off.
    books.keep_invoice(settled(invoice), quiet=not books.payments_raise_events)


def _credit_line(books: Books, invoice: Record, amount: Decimal) -> tuple[Record, Decimal]:
    model: dict[str, Any] = next((line for line in invoice["LineItems"] if line.get("TaxType")), Record())
    rate = books.tax_rates.get(model.get("TaxType", ""))
    percent: Decimal = rate["EffectiveRate"] if rate and invoice["LineAmountTypes"] != "NoTax" else ZERO
    tax = cents(amount * percent / (100 + percent))
    fields: dict[str, Any] = {key: model[key] for key in ("AccountCode", "AccountID", "TaxType") if key in model}
    line = Record(
        Description="Credit",
        Quantity=_ONE,
        UnitAmount=amount,
        LineAmount=amount,
        TaxAmount=tax,
        Tracking=(),
        LineItemID=books.new_id(),
        **fields,
    )
    return line, tax


def _invoice_of(books: Books, sent: dict[str, Any]) -> Record:
    given: dict[str, Any] = sent.get("Invoice") or {}
    if key := given.get("InvoiceID"):
        found = books.invoices.get(key)
        if not found:
            raise UnknownId
        return found
    numbered = books.invoices_numbered(text(given.get("InvoiceNumber") or sent.get("InvoiceNumber")))
    if not numbered:
        raise Refused("Payment must contain a valid Invoice")
    return numbered[0]


def _bank_account(books: Books, sent: dict[str, Any], problems: list[str]) -> Record | None:
    given: dict[str, Any] = sent.get("Account") or {}
    wanted = {text(given.get("Code") or sent.get("Code")), text(given.get("AccountID"))} - {""}
    for account in books.accounts.values():
        if wanted & {account["Code"], account["AccountID"]}:
            if account["Status"] == "ACTIVE" and (account["Type"] == "BANK" or account["EnablePaymentsToAccount"]):
                return account
            problems.append(f"Account code '{account['Code']}' is not a valid code for this document.")
            return None
    problems.append("Account could not be found")
    return None


def _day(books: Books, sent: dict[str, Any], problems: list[str]) -> date:
    try:
        day = read_day(sent["Date"]) if sent.get("Date") else books.today()
    except ValueError:
        problems.append("Date is not a valid date")
        return books.today()
    if words := books.locked(day):
        problems.append(words)
    return day


def _amount(sent: dict[str, Any], problems: list[str]) -> Decimal:
    try:
        amount = Decimal(str(sent.get("Amount", "")))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 < amount < _LARGEST:
        problems.append("Payment amounts must be positive amounts")
        return ZERO
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
