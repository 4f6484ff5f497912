"""When a deal becomes an invoice and what kind: the entries under ``invoices``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from domain.rule import Field_, Money, Rule, Text

# The stage of a rule that means any stage of a deal that the CRM itself calls won.
WON = "won"
# The stage of a rule that goes by a field of the deal, wherever the deal stands unless it is lost.
ANY = "any"
# The milestone of a deal that has one invoice.
FULL = "full"


class Condition(Rule):
    """What one field of the deal has to say."""

    field: Annotated[Field_, Field(examples=["deal_type"])]
    """The deal's own field, by its internal name."""
    one_of: Annotated[tuple[Text, ...], Field(min_length=1, examples=["[New, Renewal]"])]
    """Any of these; capital and small letters count the same."""


class TrackingRule(Rule):
    """Which option of a tracking category the lines bear: always the same, or what the deal says."""

    category: Annotated[Text, Field(examples=["Region"])]
    """The tracking category in Xero."""
    option: Annotated[str, Field(examples=["NSW"])] = ""
    """Always this option."""
    taken_from: Annotated[str, Field(examples=["owner"])] = ""
    """The option is called like the deal's ``owner`` or ``pipeline``, or as one of the deal's own fields says, by its
    internal name. A deal that says nothing gets none.
    """


class InvoiceRule(Rule):
    """When a deal becomes an invoice, and what kind. The first entry that fits the deal is used; if none fits, nothing
    happens. Several entries of one pipeline work on the same invoice: a draft where the proposal is sent, approved
    where the deal is won. Until it is approved the draft follows the deal.
    """

    pipeline: Annotated[Text, Field(examples=["New business"])]
    """The deal's pipeline, as the CRM shows it."""
    stage: Annotated[Text, Field(examples=["Closed won"])]
    """The stage that makes the invoice, as the CRM shows it; or ``won``: any stage, once the deal is marked as won; or
    ``any``: wherever it stands until it is lost, once its fields say so (``only if``).
    """
    create: Literal["draft", "submitted", "authorised"]
    """draft: someone approves it in Xero. submitted: the same, and it stands among those that await approval.
    authorised: approved once its figures were checked, and in the books.
    """
    milestone: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9 ]{0,29}$", examples=["deposit"])] = FULL
    """Which invoice of the deal it is, where there are several: ``deposit``, ``progress``, ``final``. Entries of one
    name work on the same invoice. Left out: the one invoice of the deal.
    """
    takes: Annotated[str, Field(examples=["30%"])] = ""
    """What of the deal this milestone invoices: ``30%``, an amount as ``500.00`` in the sense of the deal's prices, or
    ``the rest``: what no other milestone has invoiced, to the cent.
    """
    takes_field: Annotated[Field_ | None, Field(examples=["insurer_share"])] = None
    """In its place the deal's field that says how many per cent, as ``60`` or ``60%``, at the time of the invoice. A
    person is asked where it says nothing, nothing between 1 and 100, or something else.
    """
    takes_products: Annotated[tuple[Text, ...], Field(examples=['["HARDWARE-*"]'])] = ()
    """In its place the products that this milestone invoices in full; ``*`` stands for anything."""
    payer: Annotated[str, Field(pattern=r"^([A-Za-z]\w{0,99}|[0-9][0-9A-Za-z]{0,17})?$", examples=["insurer"])] = ""
    """Who is billed in place of the deal's customer: the deal's field with the id that a company has in the CRM, or the
    id itself. With milestones a deal is so split between several payers. A field that names nobody is asked about.
    """
    consolidate: Literal["never", "by customer and month"] = "never"
    """by customer and month: won deals wait for the end of their month, and then each customer gets one invoice for all
    of them, in each currency. It bears the month's last day, its lines name their deals; each deal is told its share.
    """
    from_day: Annotated[Field_ | None, Field(examples=["delivery_date"])] = None
    """The deal's field with the day from which it is invoiced; not while there is none, or it is still to come."""
    amounts_are: Literal["tax exclusive", "tax inclusive", "no tax"]
    """What the prices in the CRM mean: GST comes on top, GST is inside, or there is no GST at all."""
    due: Annotated[Text, Field(examples=["14 days after the invoice date"])]
    """When the invoice is due: ``14 days after the invoice date``, ``7 days after the end of the invoice month``,
    ``20 of the following month``, ``20 of the current month``, ``on the invoice date`` or ``end of the month``. With
    ``the contact's terms, or`` before it, it counts only where the contact in Xero has no terms of its own.
    """
    reference: Annotated[str, Field(examples=['"{{ deal.name }}"'])] = "{{ deal.name }}"
    """The invoice's reference. What stands in double braces is filled in from the deal; at most 255 characters."""
    po_number: Annotated[Field_ | None, Field(examples=["po_number"])] = None
    """The deal's field with the customer's purchase order number; it is written behind the reference."""
    po_number_needed_by: Annotated[tuple[Text, ...], Field(examples=['["City of *"]'])] = ()
    """Customers, as Xero calls them, who pay no invoice without it: a person is asked while it is missing. ``*`` stands
    for anything.
    """
    notes_line: Annotated[str, Field(examples=['"Thank you, {{ customer.name }}"'])] = ""
    """A last line of text without an amount; filled in like the reference."""
    branding_theme: Annotated[str, Field(examples=["Standard"])] = ""
    """The branding theme in Xero. Left out: Xero's own choice. What it says of currency conversions in Xero decides
    whether invoices in another currency show their GST in the organisation's too, as the law wants."""
    tracking: Annotated[
        tuple[TrackingRule, ...], Field(max_length=2, examples=["[{category: Region, option: NSW}]"])
    ] = ()
    """The tracking of every line, at most two categories."""
    send_to_customer: Literal["never", "once approved"] = "never"
    """once approved: Xero mails the invoice to the contact when Wonbooks approves it, once and never again; whoever
    approves one in Xero mails it there. One call more for each invoice.
    """
    attach: Literal["never", "files of the deal"] = "never"
    """files of the deal: once the invoice is approved, the files that hang on the deal in the CRM by then are attached
    to it in Xero, where the customer does not see them; a person is asked about those that Xero has no room for. One
    call to the CRM and one to Xero for each invoice, and one more to both for each file; the connection to Xero needs
    the permission ``accounting.attachments``. In HubSpot those at the deal's last notes, calls, meetings and tasks,
    with a call more for each of these kinds and two for each file; its key needs the permission ``files``, and with
    ``sales-email-read`` those at its e-mails are among them. In Salesforce Files, not the attachments of Classic.
    """
    ask_above: Annotated[Money | None, Field(examples=["10000.00"])] = None
    """A person looks at any invoice whose total is larger. Left out: no limit."""
    approve_up_to: Annotated[Money | None, Field(examples=["5000.00"])] = None
    """An invoice whose total is larger is left as a draft, and so is one in another currency than the organisation's.
    Left out: no limit.
    """
    owners: Annotated[tuple[Text, ...], Field(examples=["[Sam Lee, Kim Tran]"])] = ()
    """Only deals of these owners, by the name or the id that the CRM shows. Left out: all."""
    amount_from: Annotated[Money | None, Field(examples=["1000.00"])] = None
    """Only deals whose amount is this or more."""
    amount_below: Annotated[Money | None, Field(examples=["10000.00"])] = None
    """Only deals whose amount is less."""
    only_if: Annotated[tuple[Condition, ...], Field(examples=["[{field: deal_type, one of: [New]}]"])] = ()
    """Only deals whose own fields say so; where several are named, all of them."""
    may_differ_by: Annotated[Money | None, Field(examples=["0.05"])] = None
    """How far the invoice's total may lie from the deal's amount before a person is asked. Left out: no further than
    rounding each line to the cent explains.
    """
    recurring_lines: Literal["ask", "first period", "template"] = "ask"
    """Lines that are billed again and again, as the CRM says: first period invoices each of them once, with its price
    for one period, and whatever follows is yours to see to in Xero; template makes a template of repeating invoices of
    them, from their first period on, as a draft that a person approves in Xero, and invoices only the other lines;
    ask puts each such deal to a person, and so does template where they are not all billed as often.
    """
    instalments: Literal["ask", "in full"] = "ask"
    """A deal that the CRM bills in instalments, as Pipedrive does: in full invoices all of it at once."""
    history_note: Literal["every invoice", "when asked", "never"] = "when asked"
    """Whether the invoice's history in Xero tells where it came from: always, only where a person settled a question,
    or never.
    """

    @property
    def consolidates(self) -> bool:
        return self.consolidate != "never"
