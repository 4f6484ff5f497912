"""Held: README's table of what each CRM can and can't do here says what the code does, measured against the doubles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors import hubspot, pipedrive, salesforce
from connectors.contract import DealUpdate
from desk.hooks.vendors import VENDORS
from domain.records import CustomerRef, Deal
from stages.crms import CRMS
from stages.pair import field_specs
from tests.support.house import House

README = Path(__file__).parents[1] / "README.md"
BEGINS, ENDS = "<!-- what each CRM can do -->", "<!-- held by tests/test_crm_table.py -->"
MODULES = {"hubspot": hubspot, "pipedrive": pipedrive, "salesforce": salesforce}
NAMES = {"HubSpot": "hubspot", "Pipedrive": "pipedrive", "Salesforce": "salesforce"}
YES, NO, NONE, ASKED = "yes", "no", "has none", "a person is asked"
BELIEVED: Mapping[tuple[str, ...], str] = {
    ("client_secret",): "its signature",
    ("webhook_user", "webhook_password"): "a name and password",
    (): "the organisation's id and the secret address",
}


def read(house: House, deal_id: str) -> Deal:
    (deal,) = house.open().crm.deals([deal_id])
    return deal


def pipelines(house: House) -> str:
    found = [pipeline for pipeline in house.open().pipelines() if "Paid" in pipeline.stages.values()]
    return YES if len(found) > 1 else NO


def fields(house: House) -> str:
    return YES if house.open().crm.makes_fields else "no, an administrator adds them"


def at_once(house: House) -> str:
    """How many deals one call tells, where it tells several at all."""
    pair = house.open()
    specs = field_specs(pair.rules.write_back)
    if pair.crm.makes_fields:
        pair.crm.create_fields(specs)
    before = len(list(house.written()))
    told = [DealUpdate(deal_id, {specs[0].name: "INV-0042"}) for deal_id in list(house.company.deals.values())[:3]]
    assert pair.crm.write_deals(told) == {}
    return str(MODULES[house.crm].BATCH) if len(list(house.written())) == before + 1 else "1"


def tax(house: House) -> str:
    """Where a line of a deal may have a rate of tax at all."""
    rated = {"tax": 10} if house.crm == "pipedrive" else {}
    deal = read(house, house.sell({"product": "CONSULT-BRAND", **rated}))
    return "yes, where a line has a rate of tax" if deal.amounts_are else "no, the mapping says it"


def discount(house: House) -> str:
    deal = house.sell()
    add: Any = getattr(house.sales.double.people, "add_discount", None)
    if add is None:
        return NONE
    add(deal, "10")
    return "taken off its lines" if any(line.discount_amount for line in read(house, deal).lines) else NO


def recurring(house: House) -> str:
    house.work()
    house.sell({"product": "LICENCE", "frequency": "monthly"})
    house.work()
    return ASKED if [item.kind for item in house.questions()] == ["recurring_line"] else NO


def instalments(house: House) -> str:
    house.work()
    deal = house.sell()
    add: Any = getattr(house.sales.double.people, "add_instalments", None)
    if add is None:
        return NONE
    add(deal, ("85.00", "2026-12-01"), ("100.00", "2027-01-01"))
    house.work()
    return ASKED if [item.kind for item in house.questions()] == ["instalments"] else NO


def mark(house: House) -> str:
    return YES if all(each.won for each in house.open().pipelines()) else "no, a stage does"


def pdfs(house: House) -> str:
    return YES if house.open().crm.takes_files else NO


def given_files(house: House) -> str:
    if not house.open().crm.gives_files:
        return NO
    more = ", of its notes, calls, meetings, tasks and, where the key may, e-mails"
    return f"{YES}{more}" if house.crm == "hubspot" else YES


def notes(house: House) -> str:
    return YES if house.open().crm.takes_notes else NO


def merged(house: House) -> str:
    if house.crm == "salesforce":
        # There is no such button in Salesforce.
        return NONE
    kept, lost = house.company.deals["known_by_abn"], house.company.deals["known_by_email"]
    survivor = house.sales.double.people.merge_deals(kept, lost)
    if [deal.id for deal in house.open().crm.deals([lost])] == [survivor]:
        return YES
    return "no, a person is asked once the other is won" if house.open().crm.hides_merges else NO


def survivor(house: House) -> str:
    people = house.sales.double.people
    kept, lost = (people.add_company(name) for name in ("Alpha Drafting", "Omega Survey"))
    became = people.merge_companies(kept, lost)
    if [each.ref.id for each in house.open().crm.customers([CustomerRef("company", lost)])] == [became]:
        return YES
    return "by its deals, or a person is asked" if house.open().crm.hides_merges else NO


def webhooks(house: House) -> str:
    return BELIEVED[VENDORS[house.crm].secrets]


def made_hooks(house: House) -> str:
    if house.open().crm.makes_hooks:
        return "yes, where `WONBOOKS_HOOKS_URL` is set"
    return f"no, [{'an administrator' if house.crm == 'salesforce' else 'a person'} does](docs/webhooks.md)"


def limit(house: House) -> str:
    dialect = MODULES[house.crm].DIALECT
    return YES if dialect.day_left else "no, Wonbooks counts them" if dialect.allowance else NO


FACTS: Mapping[str, Callable[[House], str]] = {
    "Several pipelines": pipelines,
    "Wonbooks adds its fields to the deal by itself": fields,
    "Deals told of their invoices in one call": at_once,
    "Paid may mark the deal as won, whatever its stage": mark,
    "A note on the deal, where the mapping wants one": notes,
    "The approved invoice as a PDF on the deal, where the mapping wants it": pdfs,
    "The deal's files attached to its invoice, where the mapping wants it": given_files,
    "Says whether prices have the tax inside": tax,
    "A discount on the whole deal": discount,
    "Lines that recur, or go by a schedule": recurring,
    "A deal billed in instalments": instalments,
    "A deal merged into another is found by its old id": merged,
    "A customer merged into another is followed to it": survivor,
    "Webhooks are believed by": webhooks,
    "Wonbooks makes its webhooks there by itself": made_hooks,
    "Tells how many calls are left of the day's": limit,
}


def table() -> dict[str, dict[str, str]]:
    """Row → system → what README says."""
    text = README.read_text().partition(BEGINS)[2].partition(ENDS)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.split("\n") if line.startswith("|")]
    systems = [NAMES[name] for name in rows[0][1:]]
    return {row[0]: dict(zip(systems, row[1:], strict=True)) for row in rows[2:]}


def test_the_table_has_every_crm_and_every_fact_that_is_measured() -> None:
    shown = table()
    assert list(shown) == list(FACTS)
    assert all(row.keys() == CRMS.keys() for row in shown.values())


@pytest.mark.parametrize("crm", sorted(CRMS))
@pytest.mark.parametrize("fact", FACTS)
def test_what_the_table_says_is_so(fact: str, crm: str) -> None:
    assert FACTS[fact](House(crm=crm)) == table()[fact][crm]
