"""The bookkeeper's rules as typed values; ``mappings/`` reads them from the file people write.

The aliases are the words of the file. Every scalar arrives as text, so that ``200`` stays an account code.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _words(alias: str) -> str:
    return alias.replace("_", " ")


def _money(value: object) -> object:
    return value.replace(",", "").replace("$", "").strip() if isinstance(value, str) else value


Money = Annotated[Decimal, BeforeValidator(_money), Field(ge=0, max_digits=15, decimal_places=2)]
Text = Annotated[str, Field(min_length=1)]
Field_ = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$")]


class Rule(BaseModel):
    """What all entries of the file share: spaces in names, nothing unknown, nothing changed later."""

    model_config = ConfigDict(alias_generator=_words, extra="forbid", frozen=True, validate_by_name=True)


class CrmRule(Rule):
    """Which CRM account."""

    system: Literal["hubspot", "pipedrive", "salesforce"]
    account: Text
    credentials: Text


class XeroRule(Rule):
    """Which Xero organisation, by the name Xero shows."""

    organisation: Text
    credentials: Text


class InvoiceRule(Rule):
    """When a deal becomes an invoice, and what kind."""

    pipeline: Text
    stage: Text
    create: Literal["draft", "authorised"]
    amounts_are: Literal["tax exclusive", "tax inclusive", "no tax"]
    due: Text
    reference: str = "{{ deal.name }}"
    ask_above: Money | None = None
    may_differ_by: Money | None = None
    history_note: Literal["every invoice", "when asked", "never"] = "when asked"


class ProductRule(Rule):
    """How one product, or all that fit a pattern with ``*``, is booked."""

    product: Text
    account_code: Text
    tax_type: Text
    item_code: str = ""


class ContactRules(Rule):
    """Who the customer is in Xero."""

    match_by: tuple[Literal["tax number", "company number", "email", "name"], ...] = (
        "tax number",
        "company number",
        "email",
        "name",
    )
    if_several: Literal["ask"] = "ask"
    if_none: Literal["create", "ask"] = "create"


class DetailRule(Rule):
    """Which way a change of one customer detail travels."""

    field: Literal["name", "legal name", "email", "phone", "tax number", "billing address", "website"]
    direction: Literal["crm to xero", "xero to crm", "both ways"]
    if_both_changed: Literal["ask", "crm wins", "xero wins"] = "ask"


class WriteBackRule(Rule):
    """Which field of the deal is told which fact of its invoice; one left out is not told."""

    invoice_number: Field_ | None = None
    invoice_link: Field_ | None = None
    status: Field_ | None = None
    total: Field_ | None = None
    amount_due: Field_ | None = None
    amount_paid: Field_ | None = None
    amount_credited: Field_ | None = None
    paid_on: Field_ | None = None
    move_to_stage_when_paid: str = ""


class ReviewRule(Rule):
    """Who is asked."""

    send_to: str = ""
    every: str = ""


class Rules(Rule):
    """The whole file: one Xero organisation, one CRM account, and how they work together."""

    pair: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    crm: CrmRule
    xero: XeroRule
    invoices: Annotated[tuple[InvoiceRule, ...], Field(min_length=1)]
    products: tuple[ProductRule, ...] = ()
    contacts: ContactRules = ContactRules()
    details: tuple[DetailRule, ...] = ()
    write_back: WriteBackRule = WriteBackRule()
    review: ReviewRule = ReviewRule()
