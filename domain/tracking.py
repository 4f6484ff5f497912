"""Which option of each tracking category the lines of an invoice bear, by what the mapping takes it from."""

from __future__ import annotations

from collections.abc import Iterator

from domain.objections import Around
from domain.records import Books, Deal
from domain.rules import InvoiceRule, TrackingRule


def tracking_of(deal: Deal, rule: InvoiceRule, around: Around, books: Books) -> tuple[tuple[str, str], ...]:
    """Category and option as Xero writes them; those that Xero lacks are left out, see ``lacking``."""
    return tuple(found for each in rule.tracking if (found := _in_xero(*_wanted(deal, each, around), books)))


def lacking(deal: Deal, rule: InvoiceRule, around: Around, books: Books) -> Iterator[tuple[str, str]]:
    """What the mapping wants and Xero does not have; a deal that says nothing wants nothing."""
    for each in rule.tracking:
        category, option = _wanted(deal, each, around)
        if option and _in_xero(category, option, books) is None:
            yield category, option


def _wanted(deal: Deal, rule: TrackingRule, around: Around) -> tuple[str, str]:
    match rule.taken_from:
        case "":
            return rule.category, rule.option
        case "owner":
            return rule.category, around.owner
        case "pipeline":
            return rule.category, around.pipeline
        case name:
            return rule.category, deal.fields.get(name, "").strip()


def _in_xero(category: str, option: str, books: Books) -> tuple[str, str] | None:
    for name, options in books.tracking:
        if name.casefold() == category.strip().casefold():
            named = next((each for each in options if each.casefold() == option.strip().casefold()), None)
            return (name, named) if named else None
    return None
