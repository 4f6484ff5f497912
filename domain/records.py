"""The nouns of both systems, as plain frozen values.

Money is ``Decimal`` in the record's own currency; dates are calendar dates of the Xero organisation;
instants are timezone-aware UTC. Text is exactly as the vendor sent it: cleaning happens where it is compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

# A field named "date" would hide the type from whoever reads annotations later.
Day: TypeAlias = date
CustomerKind = Literal["company", "person"]


@dataclass(frozen=True, slots=True)
class Address:
    """A postal or street address; every part may be empty."""

    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""


# One detail of a customer, by the mapping's name for it: an address, or text.
DetailName = Literal[
    "name",
    "legal name",
    "email",
    "phone",
    "tax number",
    "billing address",
    "street address",
    "website",
    "payment terms",
    "invoices to",
]
Detail: TypeAlias = str | Address


@dataclass(frozen=True, slots=True)
class CustomerRef:
    """Who is billed, by id: the deal's company, or its person where there is none."""

    kind: CustomerKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Customer:
    """A company or person of the CRM. ``version`` changes whenever the record does.

    ``ref`` is the survivor's where the CRM merged records; ``merged_ids`` are those it replaced, of the same kind, as
    far as the CRM tells. ``invoices_to`` are e-mail addresses; ``terms`` and ``on_hold`` are as somebody typed them.
    """

    ref: CustomerRef
    name: str
    legal_name: str = ""
    tax_number: str = ""
    company_number: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    address: Address = field(default_factory=Address)
    street: Address = field(default_factory=Address)
    terms: str = ""
    invoices_to: str = ""
    on_hold: str = ""
    url: str = ""
    version: str = ""
    archived: bool = False
    merged_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineItem:
    """One line of a deal, prices as the CRM states them (the mapping says whether tax is inside).

    ``discount_amount`` is for the whole line; at most one of the two discounts is not zero.
    ``billing_frequency`` is empty for a one-off line; another is billed from ``billing_starts`` on, where that is told,
    and ``billing_times`` times, 0 where no end is told.
    """

    id: str
    name: str
    quantity: Decimal
    unit_price: Decimal
    description: str = ""
    product_code: str = ""
    discount_percent: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)
    tax_name: str = ""
    billing_frequency: str = ""
    currency: str = ""
    billing_starts: Day | None = None
    billing_times: int = 0


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal as read by id just now. ``version`` changes whenever the record does.

    ``id`` is the surviving id where the CRM merged deals; ``merged_ids`` are those it replaced.
    ``won`` and ``lost`` are the CRM's own words, whatever its stages are called; ``stage`` is empty for a lost deal
    where the CRM keeps it in the stage it stood in.
    ``customer`` is None while nobody is attached; ``other_companies`` are further ones without a primary mark.
    ``amounts_are`` is the mapping's word for what its prices mean, empty where the CRM does not say.
    ``instalments`` is in how many parts it is to be billed, 0 for a deal billed at once.
    ``fields`` holds the deal's own fields that the mapping names, as text.
    ``share`` is what those say of the shares that whoever is billed hangs on, empty where no field says any.
    ``unreadable`` is a sentence saying what could not be understood, empty for a sound record.
    """

    id: str
    name: str
    pipeline: str
    stage: str
    amount: Decimal | None
    currency: str
    closed_on: Day | None
    won: bool = False
    lost: bool = False
    lines: tuple[LineItem, ...] = ()
    customer: CustomerRef | None = None
    other_companies: tuple[str, ...] = ()
    owner: str = ""
    url: str = ""
    version: str = ""
    archived: bool = False
    merged_ids: tuple[str, ...] = ()
    amounts_are: str = ""
    instalments: int = 0
    fields: dict[str, str] = field(default_factory=dict[str, str])
    share: str = ""
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class XeroContact:
    """A contact in Xero. ``status`` is ACTIVE, ARCHIVED or GDPRREQUEST, or one we don't know yet.

    ``phones`` are all its numbers but the fax, the one that stands for it first. ``address`` is the one on invoices.
    ``terms`` are its own for what it owes us, as a phrase of the mapping, empty where it has none; ``invoices_to`` are
    the e-mail addresses of its people who get invoices beside it. ``only_supplies``: there were bills, and no invoices.
    ``first_name`` and ``last_name`` are the person's, of a company its first one's.
    """

    id: str
    name: str
    status: str = "ACTIVE"
    number: str = ""
    account_number: str = ""
    email: str = ""
    tax_number: str = ""
    company_number: str = ""
    phones: tuple[str, ...] = ()
    website: str = ""
    address: Address = field(default_factory=Address)
    merged_to: str = ""
    updated_at: datetime | None = None
    terms: str = ""
    street: Address = field(default_factory=Address)
    invoices_to: str = ""
    only_supplies: bool = False
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line as Xero holds it; ``line_amount`` is after discount, with tax inside when the invoice is inclusive."""

    description: str
    quantity: Decimal
    unit_amount: Decimal
    account_code: str = ""
    tax_type: str = ""
    line_amount: Decimal = Decimal(0)
    tax_amount: Decimal = Decimal(0)
    discount_percent: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)
    item_code: str = ""
    id: str = ""
    tracking: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Invoice:
    """A sales invoice as read from Xero.

    ``paid`` counts payments only; ``credited`` counts credit notes, over- and prepayments applied.
    ``marker`` is the invoice's Url, where Wonbooks keeps the identity of what it made.
    ``currency_rate`` is how much of its currency one unit of the organisation's buys: foreign ÷ rate is home.
    """

    id: str
    number: str
    status: str
    contact_id: str
    date: Day | None
    due_date: Day | None
    currency: str
    amounts_are: str
    subtotal: Decimal
    total_tax: Decimal
    total: Decimal
    due: Decimal
    paid: Decimal
    credited: Decimal
    lines: tuple[InvoiceLine, ...] = ()
    reference: str = ""
    marker: str = ""
    paid_on: Day | None = None
    updated_at: datetime | None = None
    contact_name: str = ""
    currency_rate: Decimal = Decimal(1)
    branding_theme: str = ""
    was_sent: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment on an invoice as read from Xero; ``status`` is AUTHORISED or DELETED (removed).

    Without an invoice it pays part of a credit note, or of an over- or prepayment, back.
    ``amount`` is in the invoice's currency; ``currency_rate`` as on the invoice, on the day of the payment.
    """

    id: str
    invoice_id: str
    amount: Decimal
    date: Day | None
    status: str
    updated_at: datetime | None = None
    currency_rate: Decimal = Decimal(1)
    credit_id: str = ""


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A credit note on sales as read from Xero; amounts are positive, and take away from what was sold."""

    id: str
    number: str
    status: str
    contact_id: str
    date: Day | None
    currency: str
    amounts_are: str
    subtotal: Decimal
    total_tax: Decimal
    total: Decimal
    lines: tuple[InvoiceLine, ...] = ()
    currency_rate: Decimal = Decimal(1)


CreditKind = Literal["credit note", "overpayment", "prepayment"]


@dataclass(frozen=True, slots=True)
class OpenCredit:
    """A customer's credit of which something is ``left``; ``against`` are the invoices that took the rest of it."""

    id: str
    kind: CreditKind
    contact_id: str
    date: Day | None
    currency: str
    left: Decimal
    against: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A ledger account. Sales lines want an ACTIVE one of class REVENUE."""

    code: str
    name: str
    type: str
    account_class: str
    status: str
    tax_type: str = ""
    system: bool = False


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax rate of the organisation; ``rate`` in per cent."""

    name: str
    tax_type: str
    rate: Decimal
    status: str
    for_revenue: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """The Xero organisation behind a pair; ``timezone`` is an IANA name.

    ``tax_basis`` is how it reports GST in Xero's words: CASH, ACCRUALS, NONE, or "" where it doesn't say.
    """

    id: str
    name: str
    country: str
    currency: str
    timezone: str
    tax_number: str = ""
    pays_tax: bool = True
    locked_until: Day | None = None
    short_code: str = ""
    tax_basis: str = ""


@dataclass(frozen=True, slots=True)
class Books:
    """What the organisation offers an invoice: read live, once a run.

    ``tracking`` are its categories with their options, ``themes`` its branding themes, id and name; ``forbidden`` what
    its plan does not let us do, in Xero's words.
    """

    organisation: Organisation
    accounts: tuple[Account, ...]
    tax_rates: tuple[TaxRate, ...]
    currencies: tuple[str, ...]
    item_codes: tuple[str, ...] = ()
    tracking: tuple[tuple[str, tuple[str, ...]], ...] = ()
    themes: tuple[tuple[str, str], ...] = ()
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """A line of an invoice to be made; ``line_amount`` and ``tax_amount`` are our figures, to hold Xero's against.

    Without an account it is a line of words alone. ``tracking`` pairs categories with options. ``deal`` is whose it is
    on an invoice for several.
    """

    description: str
    quantity: Decimal
    unit_amount: Decimal
    account_code: str
    tax_type: str
    line_amount: Decimal
    tax_amount: Decimal
    discount_percent: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)
    item_code: str = ""
    tracking: tuple[tuple[str, str], ...] = ()
    deal: str = ""


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often a template makes an invoice, from when, until when if there is an end, and when each of them is due."""

    every: int
    unit: Literal["week", "month"]
    first: Day
    last: Day | None
    terms: str


@dataclass(frozen=True, slots=True)
class InvoicePlan:
    """An invoice to be made of one deal's milestone, from one snapshot of deal, mapping and date; never changed later.

    ``amounts_are`` is the mapping's word: tax exclusive, tax inclusive, no tax. ``goal`` is how far it is taken once it
    was checked: draft, submitted, authorised. ``branding_theme`` is an id; ``send``: have Xero mail it once approved.
    ``notes`` are sentences for whoever looks at the invoice.
    ``whole`` is the total of the deal where it takes a share. ``is_credit``: a credit note, with positive figures.
    ``repeats``: a template, of which Xero makes such invoices.
    """

    deal_id: str
    milestone: str
    date: Day
    due_date: Day
    currency: str
    amounts_are: str
    reference: str
    lines: tuple[PlannedLine, ...]
    subtotal: Decimal
    total_tax: Decimal
    total: Decimal
    goal: str = "draft"
    notes: tuple[str, ...] = ()
    branding_theme: str = ""
    send: bool = False
    whole: Decimal | None = None
    is_credit: bool = False
    repeats: Repeats | None = None


@dataclass(frozen=True, slots=True)
class ContactUpdate:
    """Details of a contact in Xero to be changed, all others are left alone."""

    id: str
    details: Mapping[DetailName, Detail]


@dataclass(frozen=True, slots=True)
class ContactPlan:
    """A contact to be made in Xero; ``number`` is our own key (at most 50 characters), written on create only."""

    number: str
    name: str
    email: str = ""
    tax_number: str = ""
    company_number: str = ""
    phone: str = ""
    website: str = ""
    address: Address = field(default_factory=Address)
