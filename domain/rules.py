"""The bookkeeper's rules as typed values; ``mappings/`` reads them from the file people write.

The aliases are the words of the file. Every scalar arrives as text, so that ``200`` stays an account code.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from domain.customer_rules import ContactRules, CustomerFields, DetailRule
from domain.invoice_rule import ANY, FULL, WON, Condition, InvoiceRule, TrackingRule
from domain.rule import Count, Field_, Rule, Text

__all__ = [
    "ANY",
    "FULL",
    "REFERENCE_FACTS",
    "WON",
    "Condition",
    "ContactRules",
    "CrmRule",
    "CustomerFields",
    "DetailRule",
    "InvoiceRule",
    "ProductRule",
    "ReviewRule",
    "Rule",
    "Rules",
    "TrackingRule",
    "WriteBackRule",
    "XeroRule",
]

# What a reference may name, as {{ deal.name }}; the deal's own fields stand behind deal.fields, as in deal.fields.po.
REFERENCE_FACTS = {
    "deal": ("name", "id", "closed_on", "amount", "currency", "fields"),
    "customer": ("name",),
}


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
    payment_link: Annotated[Field_ | None, Field(examples=["xero_payment_link"])] = None
    """The page where the customer sees and pays the invoice online, once it is approved; one call more for each."""
    status: Annotated[Field_ | None, Field(examples=["xero_invoice_status"])] = None
    """Draft, awaiting payment, paid, overpaid, voided. Overpayments cost one call a day, and one in each quarter of an
    hour in which a payment came.
    """
    total: Annotated[Field_ | None, Field(examples=["xero_total"])] = None
    """The total with GST."""
    amount_due: Annotated[Field_ | None, Field(examples=["xero_amount_due"])] = None
    """What is still to be paid."""
    amount_paid: Annotated[Field_ | None, Field(examples=["xero_amount_paid"])] = None
    """What was paid."""
    amount_credited: Annotated[Field_ | None, Field(examples=["xero_amount_credited"])] = None
    """What credit notes, overpayments and prepayments settled."""
    amount_refunded: Annotated[Field_ | None, Field(examples=["xero_amount_refunded"])] = None
    """What was paid back of the credit notes that Wonbooks made for it."""
    amount_overpaid: Annotated[Field_ | None, Field(examples=["xero_amount_overpaid"])] = None
    """What came with its payment beyond what was due, until that is set against another invoice or paid back: an
    overpayment that the deal's invoices alone took a part of or, while none did, one booked on the day on which they
    alone of the customer's were paid.
    """
    billed: Annotated[Field_ | None, Field(examples=["xero_billed"])] = None
    """How many per cent of the deal were invoiced and approved."""
    outstanding: Annotated[Field_ | None, Field(examples=["xero_outstanding"])] = None
    """What the customer has still to pay of the whole deal, invoiced or not."""
    repeating_invoice: Annotated[Field_ | None, Field(examples=["xero_repeating_invoice"])] = None
    """How often, from when and over how much the deal's template of repeating invoices makes them, and whether it is
    approved; one call more for each, and one a day while it is a draft.
    """
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
    pdf: Literal["never", "once approved"] = "never"
    """once approved: the invoice as a PDF on the deal, and anew if it was changed in Xero since. One call more to Xero
    for each and two to the CRM, four to HubSpot, where it is a private file at a note of the deal, and the key needs
    the permission ``files``.
    """
    move_to_stage_when_part_paid: Annotated[str, Field(examples=["Part paid"])] = ""
    """The stage a deal moves to while part of its invoice is paid or credited."""
    move_to_stage_when_overdue: Annotated[str, Field(examples=["Overdue"])] = ""
    """The stage a deal moves to while something is overdue, part paid or not."""
    move_to_stage_when_voided: Annotated[str, Field(examples=["Voided"])] = ""
    """The stage a deal moves to once its invoice is voided."""
    move_to_stage_when_paid: Annotated[str, Field(examples=["Paid"])] = ""
    """The stage a deal moves to once its invoice is paid; a payment removed moves it back. In Pipedrive ``won`` marks
    the deal as won instead, whatever its stage.
    """


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

    @property
    def attaches(self) -> bool:
        """Whether any entry has files attached to invoices."""
        return any(rule.attach != "never" for rule in self.invoices)
