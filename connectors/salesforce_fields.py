"""Which fields of Salesforce's objects are asked for and may be written, of those that the connection sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors import salesforce_reading as reading
from connectors.contract import Refused
from connectors.salesforce_queries import select
from connectors.salesforce_reading import Fields


def deal_fields(known: Mapping[str, Fields], wanted: Iterable[str]) -> list[str]:
    """What is asked of an opportunity, its lines and its people."""
    lines = [*asked_of("OpportunityLineItem", known["OpportunityLineItem"]), "Product2.Name"]
    roles = asked_of("OpportunityContactRole", known["OpportunityContactRole"])
    person = ["Account.IsPersonAccount"] if "ispersonaccount" in known["Account"] else []
    own = dict.fromkeys([*asked_of("Opportunity", known["Opportunity"]), *person, *filter(None, wanted)])
    lists = {"OpportunityLineItems": lines, "OpportunityContactRoles": roles}
    return [*own, *(f"({select(names, kind)})" for kind, names in lists.items())]


def asked_of(kind: str, known: Fields, *more: str) -> list[str]:
    """What is asked of an object: what we need, and of the rest what there is."""
    welcome = (name_of(known, name) for name in (*reading.WELCOME.get(kind, ()), *more))
    return [*reading.NEEDED[kind], *filter(None, welcome)]


def name_of(known: Fields, name: str) -> str:
    """A field's name as Salesforce writes it; "" for one that isn't to be seen."""
    field = known.get(name.lower())
    return field.name if field else ""


def may_write(known: Fields, name: str) -> bool:
    """With lines, an amount that is written is dropped without a word, so it never is.

    https://developer.salesforce.com/docs/atlas.en-us.216.0.object_reference.meta/object_reference/sforce_api_objects_opportunity.htm
    """
    field = known.get(name.lower())
    return field is not None and field.updateable and field.name != "Amount"


def typed(
    known: Fields, values: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, dict[str, Any]], dict[str, Refused]]:
    """Values as the fields of an object want them, and the refusals of those that don't fit."""
    rows: dict[str, dict[str, Any]] = {}
    refused: dict[str, Refused] = {}
    for id_, own in values.items():
        try:
            rows[id_] = {name: reading.typed(value, _writable(known, name)) for name, value in own.items()}
        except ValueError as problem:
            refused[id_] = Refused(str(problem))
    return rows, refused


def _writable(known: Fields, name: str) -> reading.Field:
    if not may_write(known, name):
        raise ValueError(f"There is no field {name} that the connection may write.")
    return known[name.lower()]
