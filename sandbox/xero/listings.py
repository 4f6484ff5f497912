"""What can be listed of contacts, invoices, payments and credits, and by which fields quickly."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.wire import Request
from sandbox.xero import shapes
from sandbox.xero.books import Books
from sandbox.xero.reading import Listing
from sandbox.xero.records import Record
from sandbox.xero.where import Field


def _listed(request: Request, name: str) -> set[str]:
    """A comma list of the query."""
    return {part.strip() for part in request.query.get(name, "").split(",")} - {""}


def _invoices(books: Books, request: Request) -> Iterable[Record]:
    found: Iterable[Record] = books.listed_invoices()
    if request.query.get("createdByMyApp", "").lower() == "true":
        found = [each for each in found if each["InvoiceID"] in books.made_by_app]
    for name, field in (("IDs", "InvoiceID"), ("InvoiceNumbers", "InvoiceNumber"), ("Statuses", "Status")):
        if wanted := _listed(request, name):
            found = [each for each in found if each[field] in wanted]
    if wanted := _listed(request, "ContactIDs"):
        found = [each for each in found if each["Contact"]["ContactID"] in wanted]
    return _with_contacts(books, found) if "contact." in request.query.get("where", "").lower() else found


def _with_contacts(books: Books, found: Iterable[Record]) -> list[Record]:
    """The invoices with their whole contact, to search by its name."""
    return [each.but(Contact=books.contacts[each["Contact"]["ContactID"]]) for each in found]


def _contacts(books: Books, request: Request) -> Iterable[Record]:
    found: Iterable[Record] = books.contacts.values()
    if request.query.get("includeArchived", "").lower() != "true":
        found = [each for each in found if each["ContactStatus"] == "ACTIVE"]
    if wanted := _listed(request, "IDs"):
        found = [each for each in found if each["ContactID"] in wanted]
    return found


def _payments(books: Books, _request: Request) -> Iterable[Record]:
    # Whether a deleted payment is listed is not said; here it is, as DELETED.
    return books.payments.values()


def _credit_notes(books: Books, _request: Request) -> Iterable[Record]:
    return books.credit_notes.values()


def _surplus(kind: str) -> Listing:
    return Listing(
        plural=f"{kind}s",
        id_field=f"{kind}ID",
        records=lambda books, _request: books.surplus[kind].values(),
        full=shapes.surplus,
        summary=shapes.surplus,
        bare=shapes.surplus,
        fields={"status": Field(("Status",)), "type": Field(("Type",))},
        ordered=("Date",),
        paging_forced_by=(),
    )


OVERPAYMENTS, PREPAYMENTS = _surplus("Overpayment"), _surplus("Prepayment")

INVOICES = Listing(
    plural="Invoices",
    id_field="InvoiceID",
    records=_invoices,
    full=shapes.invoice_in_page,
    summary=shapes.invoice_summary,
    bare=shapes.invoice_bare,
    fields={
        "status": Field(("Status",)),
        "type": Field(("Type",)),
        "reference": Field(("Reference",)),
        "invoicenumber": Field(("InvoiceNumber",)),
        "invoiceid": Field(("InvoiceID",), "id", either=True),
        "contact.contactid": Field(("Contact", "ContactID"), "id"),
        "contact.name": Field(("Contact", "Name"), "name"),
        "contact.contactnumber": Field(("Contact", "ContactNumber")),
        "amountpaid": Field(("AmountPaid",), "number"),
        "amountdue": Field(("AmountDue",), "number", ranges=True),
        "date": Field(("Date",), "day", ranges=True),
        "duedate": Field(("DueDate",), "day", ranges=True),
    },
    searched=("InvoiceNumber", "Reference"),
    ordered=("Date",),
    paging_forced_by=("summaryOnly", "Statuses"),
)

CONTACTS = Listing(
    plural="Contacts",
    id_field="ContactID",
    records=_contacts,
    full=shapes.contact,
    summary=shapes.contact_summary,
    bare=shapes.contact_bare,
    fields={
        "name": Field(("Name",), "name"),
        "emailaddress": Field(("EmailAddress",), "name"),
        "accountnumber": Field(("AccountNumber",), "name"),
        "contactnumber": Field(("ContactNumber",)),
        "contactstatus": Field(("ContactStatus",)),
        "contactid": Field(("ContactID",), "id", either=True),
    },
    searched=("Name", "FirstName", "LastName", "ContactNumber", "CompanyNumber", "EmailAddress"),
    ordered=("Name",),
)

PAYMENTS = Listing(
    plural="Payments",
    id_field="PaymentID",
    records=_payments,
    full=shapes.payment,
    summary=shapes.payment,
    bare=shapes.payment,
    fields={
        "status": Field(("Status",)),
        "paymenttype": Field(("PaymentType",)),
        "date": Field(("Date",), "day", ranges=True),
        "invoice.invoiceid": Field(("Invoice", "InvoiceID"), "id"),
        "paymentid": Field(("PaymentID",), "id", either=True),
    },
    ordered=("Date",),
    paging_forced_by=(),
)

CREDIT_NOTES = Listing(
    plural="CreditNotes",
    id_field="CreditNoteID",
    records=_credit_notes,
    full=shapes.credit_note,
    summary=shapes.credit_note_summary,
    bare=shapes.credit_note_summary,
    fields={
        "status": Field(("Status",)),
        "type": Field(("Type",)),
        "date": Field(("Date",), "day", ranges=True),
        "contact.contactid": Field(("Contact", "ContactID"), "id"),
        "creditnoteid": Field(("CreditNoteID",), "id", either=True),
    },
    ordered=("Date",),
    paging_forced_by=(),
)
