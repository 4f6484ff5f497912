"""What stands on an invoice when we approve it: order number, tracking, theme, terms, currency; and whose it may be.

Invoices that people edited, or had made otherwise by an answer, are theirs to look after.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.simulation.judges.evidence import (
    APPROVED,
    amended,
    changes,
    ids_of,
    marked,
    month_of,
    puts,
    survivor,
)
from tests.simulation.judges.milestones import is_worth_it, owners, parts_of
from tests.simulation.papers import MEANT, ORDERED, OWNERS, TERMS, TOO_MUCH
from tests.simulation.result import Result

REGIONS = {"NSW": "NSW", "qld": "QLD", "WA": "WA"}


def said_ever(result: Result, deal: str, name: str) -> set[str]:
    """All that a field of the deal said at some moment, under whatever id it had."""
    ids, side = ids_of(result, survivor(result, "deal", deal)), result.side
    found = (c for c in changes(side.double.log, side.kinds["deal"]) if c.id in ids)
    return {side.said(picture, name) for each in found for picture in (each.before, each.after) if picture}


def orders_are_named(result: Result) -> Iterator[str]:
    """I4: whoever wants an order's number gets no approved invoice without one, unless a person said so."""
    for deal, invoice in _approved(result, "orders"):
        said, customer = said_ever(result, deal, "po_number"), _customer(result, invoice).casefold()
        text = " ".join((invoice["Reference"], *(line.get("Description", "") for line in invoice["LineItems"])))
        named = {number for number in said if number and f", PO {number}" in text}
        needed = customer.startswith(_ORDERED) or "" not in said
        if needed and not named and not _chose(result, deal, "without"):
            yield f"deal {deal} was invoiced without an order's number, it said {sorted(said)}"


_ORDERED = tuple(name.casefold() for name in ORDERED)


def lines_look_as_the_mapping_says(result: Result) -> Iterator[str]:
    """I4: each line bears the deal's region and owner, licences their item; the theme is named, the last line words."""
    (theme,) = result.world.xero.books.branding_themes
    for deal, invoice in _approved(result, "looks"):
        *lines, words = invoice["LineItems"]
        if invoice.get("BrandingThemeID") != theme["BrandingThemeID"]:
            yield f"the invoice of deal {deal} has another theme"
        if not words.get("Description", "").startswith("Thank you, ") or words.get("UnitAmount"):
            yield f"the invoice of deal {deal} ends with {words.get('Description')}"
        if not month_of(invoice) and ("pair", "without") not in result.answers:
            yield from _tracked(result, deal, lines)
        if not parts_of(result, survivor(result, "deal", deal)):
            lacking = [line for line in lines if line["AccountCode"] == "210" and line.get("ItemCode") != "LIC-STD"]
            if lacking:
                yield f"the invoice of deal {deal} sells licences without their item"


def _tracked(result: Result, deal: str, lines: list[Mapping[str, Any]]) -> Iterator[str]:
    regions = {REGIONS.get(said, "") for said in said_ever(result, deal, "region")}
    names = {result.side.owner(name): name for name in OWNERS}
    heads = {names.get(said, "") for said in said_ever(result, deal, "owner")}
    for line in lines:
        said = {each["Name"]: each["Option"] for each in line.get("Tracking", ())}
        if said.get("Region", "") not in regions or said.get("Department", "") not in heads:
            yield f"a line of deal {deal} is tracked as {said}, the deal said {regions} and {heads}"


def terms_are_the_contacts(result: Result) -> Iterator[str]:
    """I4: where a contact has terms of its own, they say when its invoice is due."""
    for deal, invoice in _approved(result, "terms"):
        days = TERMS.get(_customer(result, invoice))
        day, due = (date.fromisoformat(invoice[name][:10]) for name in ("DateString", "DueDateString"))
        if days is not None and due != day + timedelta(days):
            yield f"the invoice of deal {deal} is dated {day} and due {due}, its customer has {days} days"


def currencies_are_the_deals(result: Result) -> Iterator[str]:
    """I4: an invoice is in a currency that its deal was in at some moment, at a rate that Xero knows."""
    for _, element in puts(result, "Invoices"):
        if "CurrencyRate" in element:
            yield f"a rate of {element['CurrencyRate']} was put"
    for deal, invoice in _approved(result, "currencies"):
        said = said_ever(result, deal, "currency")
        if invoice["CurrencyCode"] not in said:
            yield f"deal {deal} was invoiced in {invoice['CurrencyCode']}, it was in {sorted(said)}"


def nothing_too_large_is_approved(result: Result) -> Iterator[str]:
    """I12: above the mapping's limit, or where there is no telling, a person approves."""
    if result.tape.setting.rules == "proposals":
        return
    for deal, invoice in _approved(result, "limits"):
        if invoice["Total"] > TOO_MUCH or invoice["CurrencyCode"] != "AUD":
            yield f"{invoice['Total']} {invoice['CurrencyCode']} of deal {deal} were approved"


def only_deals_that_are_meant(result: Result) -> Iterator[str]:
    """I4: no invoice is made for a deal that never had one of the owners, or never was worth it."""
    if "filters" not in result.tape.setting.papers:
        return
    mine = owners(result.side)
    for _, element in puts(result, "Invoices"):
        deal = marked(element)[0]
        if not mine & said_ever(result, deal, "owner"):
            yield f"deal {deal} never was one of {MEANT}, and was invoiced"
        if not any(map(is_worth_it, said_ever(result, deal, "amount"))):
            yield f"deal {deal} never was worth it, and was invoiced"


def nothing_for_customers_on_hold(result: Result) -> Iterator[str]:
    """I12: a customer who was on hold all along gets no invoice, unless a person said so."""
    if "hold" not in result.tape.setting.papers:
        return
    for _, element in puts(result, "Invoices"):
        deal = marked(element)[0]
        customers = result.crowd.customers.get(deal, set())
        since = [result.crowd.held.get(each) for each in customers]
        sold = next(c.at for c in changes(result.side.double.log, result.side.kinds["deal"]) if c.id == deal)
        if since and all(moment and moment < sold for moment in since) and not _chose(result, deal, "go_ahead"):
            yield f"deal {deal} of a customer on hold was invoiced"


def nothing_is_dated_in_locked_books(result: Result) -> Iterator[str]:
    """I12: no invoice is approved, or an approved one changed, on a day that the books were locked for."""
    locked = date.min
    for call in result.world.xero.log:
        for kind, record, before, after in call.changes:
            if kind == "organisation":
                locked = _day(after.get("PeriodLockDate"))
            ours = kind == "invoice" and call.actor == "api" and _came_to_be_approved(before, after)
            if ours and _day(after["Date"]) <= locked:
                yield f"the invoice {record} was approved on a day in locked books"


def _day(said: str | None) -> date:
    """A day as Xero writes it, in milliseconds; long ago for none."""
    found = re.search(r"\d+", said or "")
    return datetime.fromtimestamp(int(found[0]) / 1000, UTC).date() if found else date.min


def _customer(result: Result, invoice: Mapping[str, Any]) -> str:
    return result.world.xero.contacts[invoice["Contact"]["ContactID"]]["Name"]


def _chose(result: Result, deal: str, choice: str) -> bool:
    """Whether a person answered so about the deal."""
    ids = ids_of(result, survivor(result, "deal", deal))
    said = (subject for subject, answer in result.answers if answer == choice)
    return any(subject.startswith("deal:month:") or subject.removeprefix("deal:") in ids for subject in said)


def _came_to_be_approved(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    return (after or {}).get("Status") in APPROVED and (before or {}).get("Status") not in APPROVED


def _approved(result: Result, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each invoice as we approved it, with its deal, where the mapping has this kind of paper."""
    if kind not in result.tape.setting.papers:
        return
    theirs: set[str] = set()
    for change in changes(result.world.xero.log, "invoice"):
        if change.actor == "person":
            theirs.add(change.id)
        elif change.after and change.id not in theirs and _came_to_be_approved(change.before, change.after):
            deal = marked(change.after)[0]
            if deal and not amended(result, survivor(result, "deal", deal)):
                yield deal, change.after
