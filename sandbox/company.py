"""Sets up Harbourline Studio, the company of the demo, in a CRM and in Xero: deals ready to be won."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from sandbox.cast import COMPANIES, DEALS, NEW_BUSINESS, PERSONS, PRODUCTS, RENEWALS, SELLER_ABN, XERO_CONTACTS
from sandbox.world import World

Ids = dict[str, str]


@dataclass(frozen=True, slots=True)
class Company:
    """The ids of what was seeded: deals, companies and persons by short name, Xero's contacts by their name."""

    deals: Mapping[str, str]
    companies: Mapping[str, str]
    persons: Mapping[str, str]
    contacts: Mapping[str, str]


class Sellers(Protocol):
    """What the people of any CRM can do that the company is made with."""

    def add_company(self, name: str, **properties: Any) -> str: ...

    def add_person(self, email: str = "", *, company: str = "", **properties: Any) -> str: ...

    def add_owner(self, email: str, first_name: str, last_name: str) -> str: ...

    def add_deal(self, name: str, lines: Any = (), **deal: Any) -> str: ...


def seed(world: World, crm: str = "hubspot") -> Company:
    """Set the company up in Xero and in this CRM, nothing won yet."""
    people = furnish(world, crm)
    companies = {short: people.add_company(**{"country": "Australia", **known}) for short, known in COMPANIES.items()}
    persons = {
        short: people.add_person(company=companies.get(of, ""), **known) for short, (of, known) in PERSONS.items()
    }
    owner = people.add_owner("jo.marsh@harbourline.example", "Jo", "Marsh")
    deals: Ids = {}
    for short, name, customer, pipeline, stage, lines in DEALS:
        # A deal of a company, with the person there who buys, or of a person alone.
        buyer = next((p for p, (of, _) in PERSONS.items() if customer in {of, p}), "")
        who = {"company": companies.get(customer, ""), "person": persons.get(buyer, ""), "owner": owner}
        told = _LINES[crm](lines)
        deals[short] = people.add_deal(name, told, pipeline=pipeline, stage=stage, **who)
    return Company(deals, companies, persons, _contacts(world))


def furnish(world: World, crm: str) -> Sellers:
    """Give a CRM the company's fields, pipelines and products, and nobody to sell to. Who works in it."""
    settle, sellers = _CRMS[crm]
    settle(world)
    return sellers(world)


def _in_hubspot(world: World) -> None:
    people = world.hubspot.people
    for kind in ("company", "contact"):
        people.add_property(kind, "abn", "ABN")
    people.set_pipeline("default", "New business", NEW_BUSINESS)
    people.add_pipeline("Renewals", RENEWALS)
    for code, name, price in PRODUCTS:
        people.add_product(name, code, price)


def _in_pipedrive(world: World) -> None:
    """Lost is no stage there but a status."""
    people = world.pipedrive.people
    for kind in ("company", "person"):
        people.add_field(kind, "ABN")
    people.set_pipeline("", "New business", [stage for stage, how in NEW_BUSINESS.items() if how != "lost"])
    people.add_pipeline("Renewals", [stage for stage, how in RENEWALS.items() if how != "lost"])
    for code, name, price in PRODUCTS:
        people.add_product(name, code, price)


# Fields that an administrator of the organisation added for the link, by their types.
_IN_SALESFORCE = {
    "Xero_Invoice_Number__c": "string(255)",
    "Xero_Invoice_Link__c": "url(255)",
    "Xero_Invoice_Status__c": "string(40)",
    "Xero_Total__c": "currency",
    "Xero_Amount_Due__c": "currency",
    "Xero_Amount_Paid__c": "currency",
    "Xero_Paid_On__c": "date",
}


# Open stages come first in the one list, and what comes after winning after it.
_IN_LIST = {("open", False): 0, ("won", False): 1, ("won", True): 2, ("lost", False): 3}


def _in_salesforce(world: World) -> None:
    """One list of stages for all deals there; what is a pipeline elsewhere is a record type."""
    people = world.salesforce.people
    for kind in ("company", "person"):
        people.add_field(kind, "ABN__c", "string(14)")
    for name, type_ in _IN_SALESFORCE.items():
        people.add_field("deal", name, type_)
    both = {**NEW_BUSINESS, **RENEWALS}
    people.set_stages(
        {stage: both[stage] for stage in sorted(both, key=lambda stage: _IN_LIST[both[stage], stage == "Paid"])}
    )
    people.add_pipeline("New business", NEW_BUSINESS)
    people.add_pipeline("Renewals", RENEWALS)
    for code, name, price in PRODUCTS:
        people.add_product(name, code, price)


def _as_they_are(lines: Any) -> Any:
    return lines


def _off_the_line(lines: Any) -> list[dict[str, Any]]:
    """The cast's discounts in money are for one unit, as in HubSpot."""
    return [
        {**line, "discount": str(Decimal(line["discount"]) * Decimal(line["quantity"]))} if "discount" in line else line
        for line in lines
    ]


def _contacts(world: World) -> Ids:
    with world.xero.acting("fill in the organisation's details") as books:
        books.keep_organisation(books.organisation.but(TaxNumber=SELLER_ABN))
    return {name: world.xero.people.add_contact(name, **known) for name, known in XERO_CONTACTS.items()}


_CRMS: dict[str, tuple[Callable[[World], None], Callable[[World], Sellers]]] = {
    "hubspot": (_in_hubspot, lambda world: world.hubspot.people),
    "pipedrive": (_in_pipedrive, lambda world: world.pipedrive.people),
    "salesforce": (_in_salesforce, lambda world: world.salesforce.people),
}
_LINES: dict[str, Callable[[Any], Any]] = {
    "hubspot": _as_they_are,
    "pipedrive": _off_the_line,
    "salesforce": _as_they_are,
}
