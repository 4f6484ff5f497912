"""Sets up Harbourline Studio, the company of the demo, in HubSpot and Xero: deals ready to be won."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.cast import COMPANIES, DEALS, NEW_BUSINESS, PERSONS, PRODUCTS, RENEWALS, SELLER_ABN, XERO_CONTACTS, Lines
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Company:
    """The ids of what was seeded: deals, companies and persons by short name, Xero's contacts by their name."""

    deals: Mapping[str, str]
    companies: Mapping[str, str]
    persons: Mapping[str, str]
    contacts: Mapping[str, str]


def seed(world: World) -> Company:
    """Set the company up on both sides, nothing won yet."""
    companies, persons = _customers(world)
    _sales(world)
    deals = {
        short: _deal(world, name, customer, (pipeline, stage), lines, companies, persons)
        for short, name, customer, pipeline, stage, lines in DEALS
    }
    return Company(deals, companies, persons, _contacts(world))


def _customers(world: World) -> tuple[dict[str, str], dict[str, str]]:
    people = world.hubspot.people
    for kind in ("company", "contact"):
        people.add_property(kind, "abn", "ABN")
    companies: dict[str, str] = {}
    for short, known in COMPANIES.items():
        companies[short] = people.add_company(**{"country": "Australia", **known})
    persons = {
        short: people.add_person(company=companies.get(of, ""), **known) for short, (of, known) in PERSONS.items()
    }
    return companies, persons


def _sales(world: World) -> None:
    people = world.hubspot.people
    people.set_pipeline("default", "New business", NEW_BUSINESS)
    people.add_pipeline("Renewals", RENEWALS)
    people.add_owner("jo.marsh@harbourline.example", "Jo", "Marsh")
    for code, name, price in PRODUCTS:
        people.add_product(name, code, price)


def _deal(
    world: World,
    name: str,
    customer: str,
    at: tuple[str, str],
    lines: Lines,
    companies: Mapping[str, str],
    persons: Mapping[str, str],
) -> str:
    """A deal of a company, with the person there who buys, or of a person alone."""
    buyer = next((p for p, (of, _) in PERSONS.items() if customer in {of, p}), "")
    return world.hubspot.people.add_deal(
        name,
        lines,
        company=companies.get(customer, ""),
        person=persons.get(buyer, ""),
        owner=next(iter(world.hubspot.account.owners)),
        pipeline=at[0],
        stage=at[1],
    )


def _contacts(world: World) -> dict[str, str]:
    with world.xero.acting("fill in the organisation's details") as books:
        books.keep_organisation(books.organisation.but(TaxNumber=SELLER_ABN))
    return {name: world.xero.people.add_contact(name, **known) for name, known in XERO_CONTACTS.items()}
