"""Won deals in the HubSpot double, and what the connector makes of them."""

from __future__ import annotations

from typing import Any

from domain.records import Deal
from tests.support.connections import Vendors

LINES: list[dict[str, Any]] = [{"name": "Design", "sku": "CONSULT-1", "quantity": 2, "price": "150.00"}]


def won(link: Vendors, name: str = "Fit-out", **more: Any) -> str:
    people = link.world.hubspot.people
    company = more.pop("company", None) or people.add_company(f"{name} Pty Ltd")
    deal = people.add_deal(name, more.pop("lines", LINES), company=company, **more)
    people.move(deal, "Closed won")
    return deal


def one(link: Vendors, deal_id: str, *fields: str) -> Deal:
    (deal,) = link.hubspot.deals([deal_id], fields)
    return deal


def noticed(link: Vendors, cursor: str = "") -> tuple[list[str], str]:
    ids: list[str] = []
    for page in link.hubspot.changed_deals(cursor):
        ids += page.versions
        cursor = page.cursor
    return ids, cursor
