"""What people do in Xero's own screens. Each action is a line in the double's log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.xero.batches import Terms
from sandbox.xero.books import Books
from sandbox.xero.chart import CURRENCIES
from sandbox.xero.contacts import write_contact
from sandbox.xero.invoices import write_invoice
from sandbox.xero.records import Record, Refused, calendar, cents, instant
from sandbox.xero.settling import allocate, credit, pay, refund, remove_credit, remove_payment
from sandbox.xero.surplus import OVERPAYMENT, PREPAYMENT, Surplus, apply, pay_back, receive

if TYPE_CHECKING:
    from sandbox.xero.double import XeroDouble

# A person types prices with four decimals, and an edit in the screen keeps them.
_NEW = Terms(create=True, places=4, by_app=False)
_EDIT = Terms(places=4, by_app=False)


class People:
    """The bookkeeper and her colleagues. An action Xero refuses raises ``Refused`` and is not logged."""

    def __init__(self, double: XeroDouble) -> None:
        self._double = double

    # Contacts

    def add_contact(self, name: str, **fields: Any) -> str:
        """Add a contact; further fields as in Xero (``EmailAddress``, ``TaxNumber``, …). Its id."""
        with self._double.acting("add contact") as books:
            return write_contact(books, {"Name": name, **fields}, _NEW)["ContactID"]

    def edit_contact(self, contact_id: str, **fields: Any) -> None:
        with self._double.acting(f"edit contact {contact_id}") as books:
            write_contact(books, {"ContactID": contact_id, **fields}, _EDIT)

    def archive_contact(self, contact_id: str) -> None:
        with self._double.acting(f"archive contact {contact_id}") as books:
            write_contact(books, {"ContactID": contact_id, "ContactStatus": "ARCHIVED"}, _EDIT)

    def restore_contact(self, contact_id: str) -> None:
        """Un-archive, which no API call can do."""
        with self._double.acting(f"restore contact {contact_id}") as books:
            name = books.contacts[contact_id]["Name"]
            write_contact(books, {"ContactID": contact_id, "Name": name, "ContactStatus": "ACTIVE"}, _EDIT)

    def erase_contact(self, contact_id: str) -> None:
        """A request to be forgotten: the contact stays, as GDPRREQUEST."""
        with self._double.acting(f"erase contact {contact_id}") as books:
            write_contact(books, {"ContactID": contact_id, "ContactStatus": "GDPRREQUEST"}, _EDIT)

    def merge_contacts(self, loser: str, survivor: str) -> None:
        """Merge one contact into another: its invoices go over, and it stays archived, pointing at the survivor."""
        with self._double.acting(f"merge contact {loser} into {survivor}") as books:
            for invoice in list(books.invoices.values()):
                if invoice["Contact"]["ContactID"] == loser:
                    books.keep_invoice(invoice.but(Contact=Record(ContactID=survivor)))
            for note in list(books.credit_notes.values()):
                if note["Contact"]["ContactID"] == loser:
                    books.keep_credit_note(note.but(Contact=Record(ContactID=survivor)))
            for kind, papers in books.surplus.items():
                for paper in list(papers.values()):
                    if paper["Contact"]["ContactID"] == loser:
                        books.keep_surplus(kind, paper.but(Contact=Record(ContactID=survivor)))
            books.keep_contact(books.contacts[loser].but(ContactStatus="ARCHIVED", MergedToContactID=survivor))

    # Invoices

    def add_invoice(self, contact_id: str, lines: Sequence[dict[str, Any]], **fields: Any) -> str:
        """Write an invoice by hand, a draft unless ``Status`` says otherwise. Its id."""
        sent = {"Type": "ACCREC", "Contact": {"ContactID": contact_id}, "LineItems": list(lines), **fields}
        with self._double.acting("add invoice") as books:
            return write_invoice(books, sent, _NEW)["InvoiceID"]

    def copy_invoice(self, invoice_id: str) -> str:
        """Copy an invoice to a new draft, Url and all, under the next number. The copy's id."""
        with self._double.acting(f"copy invoice {invoice_id}") as books:
            source = books.invoices[invoice_id]
            wanted = ("Type", "Contact", "Reference", "Url", "LineAmountTypes", "CurrencyCode", "DueDate")
            lines = [_unnamed(line) for line in source["LineItems"]]
            sent = {key: source[key] for key in wanted if key in source}
            return write_invoice(books, {**sent, "LineItems": lines}, _NEW)["InvoiceID"]

    def edit_invoice(self, invoice_id: str, **fields: Any) -> None:
        """Change an invoice; lines not given stay as they are."""
        with self._double.acting(f"edit invoice {invoice_id}") as books:
            self._write(books, invoice_id, fields)

    def approve(self, invoice_id: str) -> None:
        with self._double.acting(f"approve invoice {invoice_id}") as books:
            self._write(books, invoice_id, {"Status": "AUTHORISED"})

    def approve_template(self, template_id: str) -> None:
        """Approve a template of repeating invoices, which Xero's screens do and its API doesn't."""
        with self._double.acting(f"approve template {template_id}") as books:
            books.keep_template(books.templates[template_id].but(Status="AUTHORISED"))

    def delete_template(self, template_id: str) -> None:
        with self._double.acting(f"delete template {template_id}") as books:
            books.keep_template(books.templates[template_id].but(Status="DELETED"))

    def delete_draft(self, invoice_id: str) -> None:
        with self._double.acting(f"delete draft {invoice_id}") as books:
            self._write(books, invoice_id, {"Status": "DELETED"})

    def void(self, invoice_id: str) -> None:
        with self._double.acting(f"void invoice {invoice_id}") as books:
            self._write(books, invoice_id, {"Status": "VOIDED"})

    # Money

    def pay(self, invoice_id: str, amount: Decimal | str | None = None, on: date | None = None) -> str:
        """Book a payment, by default of all that is due today. Its id."""
        with self._double.acting(f"pay invoice {invoice_id}") as books:
            invoice = books.invoices[invoice_id]
            if invoice["Status"] != "AUTHORISED":
                raise Refused("Payments can only be made against Authorised documents")
            sum_paid = _amount(invoice, amount)
            if sum_paid > invoice["AmountDue"]:
                raise Refused("Payment amount exceeds the amount outstanding on this document")
            bank = books.accounts["090"]
            return pay(books, invoice, sum_paid, on or books.today(), account=bank)["PaymentID"]

    def remove_payment(self, payment_id: str) -> None:
        with self._double.acting(f"remove payment {payment_id}") as books:
            remove_payment(books, payment_id, {"Status": "DELETED"})

    def credit(self, invoice_id: str, amount: Decimal | str | None = None, on: date | None = None) -> str:
        """Make a credit note and set it against the invoice, by default for all that is due. The credit note's id."""
        with self._double.acting(f"credit invoice {invoice_id}") as books:
            invoice = books.invoices[invoice_id]
            return credit(books, invoice, _amount(invoice, amount), on or books.today())["CreditNoteID"]

    def remove_credit(self, credit_note_id: str) -> None:
        """Take a credit note off its invoice."""
        with self._double.acting(f"remove credit {credit_note_id}") as books:
            remove_credit(books, credit_note_id)

    def refund(self, credit_note_id: str, amount: Decimal | str) -> str:
        """Pay part of a credit note back. The payment's id."""
        with self._double.acting(f"refund credit {credit_note_id}") as books:
            note, bank = books.credit_notes[credit_note_id], books.accounts["090"]
            return refund(books, note, cents(Decimal(amount)), books.today(), account=bank)["PaymentID"]

    def allocate(self, credit_note_id: str, invoice_id: str, amount: Decimal | str) -> None:
        """Set part of an unused credit note against an invoice."""
        with self._double.acting(f"allocate credit {credit_note_id}") as books:
            part = {"Invoice": {"InvoiceID": invoice_id}, "Amount": amount, "Date": books.today().isoformat()}
            allocate(books, books.credit_notes[credit_note_id], part)

    def overpay(self, contact_id: str, amount: Decimal | str, on: date | None = None) -> str:
        """Book what a contact paid beyond its invoices. The overpayment's id."""
        return self._receive(OVERPAYMENT, contact_id, amount, on)

    def prepay(self, contact_id: str, amount: Decimal | str, on: date | None = None) -> str:
        """Book what a contact paid before there was an invoice. The prepayment's id."""
        return self._receive(PREPAYMENT, contact_id, amount, on)

    def apply(self, surplus_id: str, invoice_id: str, amount: Decimal | str) -> None:
        """Set part of an over- or prepayment against an invoice."""
        with self._double.acting(f"apply {surplus_id}") as books:
            kind, paper = _surplus(books, surplus_id)
            apply(books, kind, paper, books.invoices[invoice_id], cents(Decimal(amount)), books.today())

    def pay_back(self, surplus_id: str, amount: Decimal | str) -> str:
        """Pay part of an over- or prepayment back. The payment's id."""
        with self._double.acting(f"pay back {surplus_id}") as books:
            kind, paper = _surplus(books, surplus_id)
            return pay_back(books, kind, paper, cents(Decimal(amount)), books.today())["PaymentID"]

    def _receive(self, kind: Surplus, contact_id: str, amount: Decimal | str, on: date | None) -> str:
        with self._double.acting(f"receive {kind.word} {contact_id}") as books:
            return receive(books, kind, contact_id, cents(Decimal(amount)), on or books.today())[kind.id]

    # Settings

    def set_lock_date(self, until: date | None, *, year_end: bool = False) -> None:
        """Lock everything up to and with this day; ``None`` unlocks."""
        field = "EndOfYearLockDate" if year_end else "PeriodLockDate"
        with self._double.acting(f"set {field}") as books:
            books.keep_organisation(books.organisation.but(**{field: calendar(until) if until else None}))

    def rename_organisation(self, name: str) -> None:
        with self._double.acting("rename the organisation") as books:
            books.keep_organisation(books.organisation.but(Name=name))

    def archive_account(self, code: str) -> None:
        with self._double.acting(f"archive account {code}") as books:
            _set_account(books, code, "ARCHIVED")

    def restore_account(self, code: str) -> None:
        with self._double.acting(f"restore account {code}") as books:
            _set_account(books, code, "ACTIVE")

    def archive_tax_rate(self, tax_type: str) -> None:
        """As organisations with basic tax rates have EXEMPTEXPORT and INPUTTAXED."""
        with self._double.acting(f"archive tax rate {tax_type}") as books:
            rate = books.tax_rates[tax_type].but(Status="ARCHIVED")
            books.keep_setting("tax rate", books.tax_rates, tax_type, rate)

    def restore_tax_rate(self, tax_type: str) -> None:
        with self._double.acting(f"restore tax rate {tax_type}") as books:
            rate = books.tax_rates[tax_type].but(Status="ACTIVE")
            books.keep_setting("tax rate", books.tax_rates, tax_type, rate)

    def limit_plan(self, *actions: str) -> None:
        """Go to a plan that does not let these be done, ``CreateApprovedInvoice`` say; none to lift all limits."""
        with self._double.acting("change plan") as books:
            books.forbidden = set(actions)

    def take_up_currency(self, code: str) -> None:
        """Add a currency that invoices may be in."""
        with self._double.acting(f"add currency {code}") as books:
            books.currencies[code] = CURRENCIES[code]

    def rename_option(self, category: str, option: str, name: str) -> None:
        """Call a tracking option otherwise."""
        with self._double.acting(f"rename option {option}") as books:
            options = books.tracking[category]["Options"]
            named = tuple(each.but(Name=name) if each["Name"] == option else each for each in options)
            books.keep_setting("tracking", books.tracking, category, books.tracking[category].but(Options=named))

    def archive_option(self, category: str, option: str) -> None:
        """Take a tracking option out of use."""
        with self._double.acting(f"archive option {option}") as books:
            kept = tuple(each for each in books.tracking[category]["Options"] if each["Name"] != option)
            books.keep_setting("tracking", books.tracking, category, books.tracking[category].but(Options=kept))

    # The connection

    def connect(self) -> str:
        """Consent to the app. The refresh token it gets."""
        with self._double.acting("connect the app"):
            return self._double.identity.consent()

    def disconnect(self) -> None:
        with self._double.acting("disconnect the app"):
            self._double.identity.revoke()

    def _write(self, books: Books, invoice_id: str, fields: dict[str, Any]) -> None:
        kept = [dict(line) for line in books.invoices[invoice_id]["LineItems"]]
        own_lines = {} if "LineItems" in fields else {"LineItems": [_without_sums(line) for line in kept]}
        write_invoice(books, {"InvoiceID": invoice_id, **own_lines, **fields}, _EDIT)


def _surplus(books: Books, surplus_id: str) -> tuple[Surplus, Record]:
    kind = OVERPAYMENT if surplus_id in books.surplus["Overpayment"] else PREPAYMENT
    return kind, books.surplus[kind.word][surplus_id]


def _set_account(books: Books, code: str, status: str) -> None:
    changed = books.accounts[code].but(Status=status, UpdatedDateUTC=instant(books.now))
    books.keep_setting("account", books.accounts, code, changed)


def _amount(invoice: Record, amount: Decimal | str | None) -> Decimal:
    return invoice["AmountDue"] if amount is None else cents(Decimal(amount))


def _without_sums(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key not in {"LineAmount", "TaxAmount"}}


def _unnamed(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in _without_sums(line).items() if key != "LineItemID"}
