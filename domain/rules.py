"""The bookkeeper's rules as typed values; ``mappings/`` reads them from the file people write.

The aliases are the words of the file. Every scalar arrives as text, so that ``200`` stays an account code.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from domain.customer_rules import ContactRules, CustomerFields, DetailRule
from domain.rule import Count, Field_, Money, Rule, Text

# What a reference may name, as {{ deal.name }}; the deal's own fields stand behind deal.fields, as in deal.fields.po.
REFERENCE_FACTS = {
    "deal": ("name", "id", "closed_on", "amount", "currency", "fields"),
    "customer": ("name",),
}

# The stage of a rule that means any stage of a deal that the CRM itself calls won.
WON = "won"


class CrmRule(Rule):
    """Which CRM account."""

    system: Literal["hubspot", "pipedrive", "salesforce"]
    """Which CRM it is."""
    account: Annotated[Text, Field(examples=['"24680135"'])]
    """The number or name by which the CRM knows your account. HubSpot shows a number beside the name of the account; in
    Pipedrive it is the first word of the address, ``acme`` in acme.pipedrive.com; in Salesforce the Organization ID.
    """
    credentials: Annotated[Text, Field(examples=["acme-hubspot"])]
    """The name under which the key is kept; never the key itself."""
    calls_a_day: Annotated[Count | None, Field(examples=["210000"])] = None
    """How many calls a day your plan has, where the CRM tells nobody: in Pipedrive the tokens of the whole company,
    30000 for each seat, times 1 (Lite), 2 (Growth), 5 (Premium) or 7 (Ultimate). Left out: 30000. Others tell by
    themselves.
    """
    customer_fields: Annotated[CustomerFields, Field(examples=["{on hold: credit_hold}"])] = CustomerFields()
    """Which fields of yours tell more about customers."""


class XeroRule(Rule):
    """Which Xero organisation."""

    organisation: Annotated[Text, Field(examples=["Acme Pty Ltd"])]
    """Its name exactly as Xero shows it. Compared before every run, so that no invoice lands in other books."""
    credentials: Annotated[Text, Field(examples=["acme-xero"])]
    """The name under which the connection is kept; never the key itself."""


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
    """The stage that makes the invoice, as the CRM shows it; or ``won``: any stage, once the deal is marked as won."""
    create: Literal["draft", "submitted", "authorised"]
    """draft: someone approves it in Xero. submitted: the same, and it stands among those that await approval.
    authorised: approved once its figures were checked, and in the books.
    """
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
    """The branding theme in Xero. Left out: Xero's own choice."""
    tracking: Annotated[
        tuple[TrackingRule, ...], Field(max_length=2, examples=["[{category: Region, option: NSW}]"])
    ] = ()
    """The tracking of every line, at most two categories."""
    send_to_customer: Literal["never", "once approved"] = "never"
    """once approved: Xero mails the invoice to the contact, once and never again; one call more for each invoice."""
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
    history_note: Literal["every invoice", "when asked", "never"] = "when asked"
    """Whether the invoice's history in Xero tells where it came from: always, only where a person settled a question,
    or never.
    """


class ProductRule(Rule):
    """How one product, or all that fit a pattern, is booked. The first line that fits is used; a product that fits none
    waits for a person.
    """

    product: Annotated[Text, Field(examples=['"CONSULT-*"'])]
    """The product's code in the CRM or, where that fits no line, its name; ``*`` stands for anything, also for nothing.
    Capital and small letters count the same.
    """
    account_code: Annotated[Text, Field(examples=['"200"'])]
    """The code of the account in Xero; an active account for revenue."""
    tax_type: Annotated[Text, Field(examples=["GST on Income"])]
    """The tax rate in Xero, by its name or its code."""
    item_code: Annotated[str, Field(examples=["LIC"])] = ""
    """The item in Xero, where you keep items."""


class WriteBackRule(Rule):
    """Which field of the deal is told which fact of its invoice. Left is the fact, right the deal's own field by its
    internal name; a line left out is not written.
    """

    invoice_number: Annotated[Field_ | None, Field(examples=["xero_invoice_number"])] = None
    """The invoice's number."""
    invoice_link: Annotated[Field_ | None, Field(examples=["xero_invoice_link"])] = None
    """The address that opens the invoice in Xero."""
    status: Annotated[Field_ | None, Field(examples=["xero_invoice_status"])] = None
    """Draft, awaiting payment, paid, voided."""
    total: Annotated[Field_ | None, Field(examples=["xero_total"])] = None
    """The total with GST."""
    amount_due: Annotated[Field_ | None, Field(examples=["xero_amount_due"])] = None
    """What is still to be paid."""
    amount_paid: Annotated[Field_ | None, Field(examples=["xero_amount_paid"])] = None
    """What was paid."""
    amount_credited: Annotated[Field_ | None, Field(examples=["xero_amount_credited"])] = None
    """What credit notes, overpayments and prepayments settled."""
    paid_on: Annotated[Field_ | None, Field(examples=["xero_paid_on"])] = None
    """The day it was paid in full."""
    due_date: Annotated[Field_ | None, Field(examples=["xero_due_date"])] = None
    """The day it is due."""
    days_overdue: Annotated[Field_ | None, Field(examples=["xero_days_overdue"])] = None
    """For how many days something has been overdue, looked at once a day; empty while nothing is."""
    note: Literal["never", "kept up to date"] = "never"
    """A note on the deal with the invoice's number, how it stands and what is due, one that changes with it; one call
    more each time. Salesforce gets none.
    """
    move_to_stage_when_part_paid: Annotated[str, Field(examples=["Part paid"])] = ""
    """The stage a deal moves to while part of its invoice is paid or credited."""
    move_to_stage_when_overdue: Annotated[str, Field(examples=["Overdue"])] = ""
    """The stage a deal moves to while something is overdue, part paid or not."""
    move_to_stage_when_voided: Annotated[str, Field(examples=["Voided"])] = ""
    """The stage a deal moves to once its invoice is voided."""
    move_to_stage_when_paid: Annotated[str, Field(examples=["Paid"])] = ""
    """The stage a deal moves to once its invoice is paid; a payment removed moves it back."""


class ReviewRule(Rule):
    """Who is told: the weekly digest, with the questions that are open, goes there each Monday."""

    send_to: Annotated[str, Field(examples=["accounts@acme.example"])] = ""
    """The address of whoever answers the questions."""
    every: Annotated[str, Field(examples=["weekday at 08:30"])] = ""
    """When open questions are sent. Read and checked, but not acted on yet."""


class Rules(Rule):
    """The whole file: one Xero organisation, one CRM account, and how they work together."""

    pair: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", examples=["acme"])]
    """The short name of this link, the same as the name of its file: small letters, digits and hyphens."""
    crm: CrmRule
    """Which CRM account."""
    xero: XeroRule
    """Which Xero organisation."""
    invoices: Annotated[tuple[InvoiceRule, ...], Field(min_length=1)]
    """When a deal becomes an invoice, and what kind."""
    products: tuple[ProductRule, ...] = ()
    """How each product is booked."""
    contacts: ContactRules = ContactRules()
    """Who the customer is."""
    details: tuple[DetailRule, ...] = ()
    """Which customer details are kept the same on both sides."""
    write_back: WriteBackRule = WriteBackRule()
    """What the deal is told about its invoice."""
    review: ReviewRule = ReviewRule()
    """Who is asked."""
