"""What HubSpot calls things: object types, default properties, association numbers, pipelines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# https://developers.hubspot.com/docs/api-reference/latest/crm/understanding-the-crm: an object type may be
# written as a name or as its id.
TYPE_IDS = {
    "contacts": "0-1",
    "companies": "0-2",
    "deals": "0-3",
    "products": "0-7",
    "line_items": "0-8",
    "notes": "0-46",
    "calls": "0-48",
    "emails": "0-49",
    "meetings": "0-47",
    "tasks": "0-27",
}
ACTIVITIES = ("notes", "calls", "emails", "meetings", "tasks")
SINGULAR = {
    "contacts": "contact",
    "companies": "company",
    "deals": "deal",
    "products": "product",
    "line_items": "line_item",
    **{plural: plural.removesuffix("s") for plural in ACTIVITIES},
}
_NAMES = {
    **{name: name for name in TYPE_IDS},
    **{type_id: name for name, type_id in TYPE_IDS.items()},
    **{singular: plural for plural, singular in SINGULAR.items()},
    "line items": "line_items",
}

# https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide:
# (from, to) → type id of the plain association; the primary ones come beside it, never instead.
PLAIN_LINK = {
    ("deals", "contacts"): 3,
    ("contacts", "deals"): 4,
    ("deals", "companies"): 341,
    ("companies", "deals"): 342,
    ("contacts", "companies"): 279,
    ("companies", "contacts"): 280,
    ("deals", "line_items"): 19,
    ("line_items", "deals"): 20,
    ("notes", "deals"): 214,
    ("deals", "notes"): 213,
    ("notes", "contacts"): 202,
    ("contacts", "notes"): 201,
    ("notes", "companies"): 190,
    ("companies", "notes"): 189,
    ("deals", "calls"): 205,
    ("calls", "deals"): 206,
    ("deals", "emails"): 209,
    ("emails", "deals"): 210,
    ("deals", "meetings"): 211,
    ("meetings", "deals"): 212,
    ("deals", "tasks"): 215,
    ("tasks", "deals"): 216,
}
PRIMARY_LINK = {
    ("deals", "companies"): 5,
    ("companies", "deals"): 6,
    ("contacts", "companies"): 1,
    ("companies", "contacts"): 2,
}

MODIFIED = {"contacts": "lastmodifieddate"}
"""Contacts lack the ``hs_`` that every other type has (the contacts guide)."""

ALWAYS_RETURNED = {
    "deals": ("amount", "closedate", "dealname", "dealstage", "pipeline"),
    "contacts": ("email", "firstname", "lastname"),
    "companies": ("domain", "name"),
    "products": ("name", "price"),
    "line_items": ("name", "price", "quantity"),
    **dict.fromkeys(ACTIVITIES, ()),
}

# ``name type`` per property; ``!`` marks one that HubSpot calculates or keeps: writing it is refused.
# https://developers.hubspot.com/docs/api-reference/latest/crm/objects/deals/object-definition
# https://developers.hubspot.com/docs/api-reference/latest/crm/objects/line-items/guide
_COMMON = "hs_object_id number!, createdate datetime!, hs_merged_object_ids string!, hubspot_owner_id string"
# https://developers.hubspot.com/docs/api-reference/crm-meetings-v3/guide and its neighbours
_ACTIVITY = "hs_timestamp datetime, hs_attachment_ids, hs_lastmodifieddate datetime!"
_ADDRESS = "phone, address, address2, city, state, zip, country"
_DEFAULTS = {
    "deals": (
        "dealname, pipeline, dealstage, amount number, deal_currency_code, closedate datetime, dealtype, description, "
        "hs_lastmodifieddate datetime!, hs_is_closed bool!, hs_is_closed_won bool!, hs_is_closed_lost bool!, "
        "hs_deal_stage_probability number!, hs_deal_amount_in_home_currency number!, "
        "num_associated_contacts number!"
    ),
    "contacts": (
        "email, firstname, lastname, mobilephone, company, website, jobtitle, lifecyclestage, "
        f"lastmodifieddate datetime!, {_ADDRESS}"
    ),
    "companies": (
        f"name, domain, website, industry, lifecyclestage, hs_lastmodifieddate datetime!, {_ADDRESS}, "
        "num_associated_deals number!"
    ),
    "products": (
        "name, description, hs_sku, price number, hs_cost_of_goods_sold number, recurringbillingfrequency, "
        "hs_lastmodifieddate datetime!"
    ),
    "line_items": (
        "name, description, hs_product_id, hs_sku, quantity number, price number, discount number, "
        "hs_discount_percentage number, hs_line_item_currency_code, hs_tax_rate_group_id, recurringbillingfrequency, "
        "hs_recurring_billing_period, hs_recurring_billing_start_date date, "
        "hs_recurring_billing_number_of_payments number, hs_billing_start_delay_days number, "
        "hs_billing_start_delay_months number, hs_position_on_quote number, hs_lastmodifieddate datetime!, "
        "amount number!, hs_pre_discount_amount number!, hs_total_discount number!, hs_tax_amount number!, "
        "hs_post_tax_amount number!"
    ),
    "notes": f"hs_note_body, {_ACTIVITY}",
    "calls": f"hs_call_title, {_ACTIVITY}",
    "emails": f"hs_email_subject, {_ACTIVITY}",
    "meetings": f"hs_meeting_title, {_ACTIVITY}",
    "tasks": f"hs_task_subject, {_ACTIVITY}",
}
_FIELD_TYPES = {"number": "number", "datetime": "date", "date": "date", "bool": "booleancheckbox"}
UNIQUE_BY_NATURE = {("contacts", "email")}


@dataclass(frozen=True)
class Property:
    """A property of an object type, HubSpot's own or the account's."""

    name: str
    type: str = "string"
    label: str = ""
    field_type: str = "text"
    group: str = ""
    description: str = ""
    options: tuple[dict[str, Any], ...] = ()
    unique: bool = False
    read_only: bool = False
    hidden: bool = False
    by_hubspot: bool = True


@dataclass
class Stage:
    """A stage of a pipeline. Its metadata travel as strings, booleans among them."""

    id: str
    label: str
    closed: bool = False
    probability: str = "0.5"


@dataclass(slots=True)
class Pipeline:
    """A deal pipeline, stages in the order of the board."""

    id: str
    label: str
    stages: list[Stage] = field(default_factory=list[Stage])


@dataclass(frozen=True, slots=True)
class Owner:
    """A user of the account to whom records may belong."""

    id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    user_id: int = 0


@dataclass(frozen=True, slots=True)
class TaxRate:
    """An entry of the account's tax library; ``percentage`` as text."""

    id: str
    name: str
    label: str
    percentage: str
    active: bool = True


def type_name(given: str) -> str | None:
    """The plural name of an object type given by name, singular or id; None for one that is not served."""
    return _NAMES.get(given.lower())


def modified_property(kind: str) -> str:
    return MODIFIED.get(kind, "hs_lastmodifieddate")


def default_properties(kind: str) -> dict[str, Property]:
    """HubSpot's own properties of an object type."""
    found: dict[str, Property] = {}
    for entry in f"{_COMMON}, {_DEFAULTS[kind]}".split(", "):
        name, _, rest = entry.partition(" ")
        type_ = rest.removesuffix("!") or "string"
        found[name] = Property(
            name,
            type_,
            label=name.removeprefix("hs_").replace("_", " ").capitalize(),
            field_type=_FIELD_TYPES.get(type_, "text"),
            group=f"{SINGULAR[kind]}information",
            read_only=rest.endswith("!"),
            unique=(kind, name) in UNIQUE_BY_NATURE,
        )
    return found


def default_pipelines() -> dict[str, Pipeline]:
    """The pipeline of a fresh account, with the stage ids that HubSpot gives it."""
    stages = [
        Stage("appointmentscheduled", "Appointment scheduled", probability="0.2"),
        Stage("qualifiedtobuy", "Qualified to buy", probability="0.4"),
        Stage("presentationscheduled", "Presentation scheduled", probability="0.6"),
        Stage("contractsent", "Contract sent", probability="0.9"),
        Stage("closedwon", "Closed won", closed=True, probability="1.0"),
        Stage("closedlost", "Closed lost", closed=True, probability="0.0"),
    ]
    return {"default": Pipeline("default", "Sales pipeline", stages)}
