"""Reading lists: which records, in what order, how many, and how much of each.

https://developer.xero.com/documentation/api/accounting/requests-and-responses (paging, If-Modified-Since, where, order)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.wire import Request, Response
from sandbox.xero import answers, where
from sandbox.xero.batches import places_of
from sandbox.xero.books import Books
from sandbox.xero.records import BadQuery, Record, instant

Show = Callable[[Books, Record, int], dict[str, Any]]

# Second precision and nothing else; any other form is ignored without a word and everything comes back:
# https://github.com/XeroAPI/xero-node/issues/272
_SINCE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")
_LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Listing:
    """How one kind of record is listed: ``full`` in pages, ``summary`` without ``page``, ``bare`` with summaryOnly."""

    plural: str
    id_field: str
    records: Callable[[Books, Request], Iterable[Record]]
    full: Show
    summary: Show
    bare: Show
    fields: dict[str, where.Field]
    searched: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    paging_forced_by: tuple[str, ...] = ("summaryOnly",)


def read_list(books: Books, request: Request, listing: Listing) -> Response:
    try:
        chosen = _chosen(books, request, listing)
        pagination, shown = _page(request, listing, chosen)
    except BadQuery as problem:
        return answers.bad_query(str(problem))
    if request.query.get("summaryOnly", "").lower() == "true":
        show = listing.bare
    else:
        show = listing.full if pagination else listing.summary
    places = places_of(request)
    return answers.found(books, listing.plural, [show(books, each, places) for each in shown], pagination)


def read_plain(books: Books, request: Request, plural: str, records: Iterable[Record]) -> Response:
    """Settings, which are never paged: all of them, or those changed since."""
    since = _since(request)
    shown = [each for each in records if not since or each.get("UpdatedDateUTC", since) >= since]
    if condition := request.query.get("where"):
        try:
            test = where.parse(condition, _SETTINGS)
        except BadQuery as problem:
            return answers.bad_query(str(problem))
        shown = [each for each in shown if test(each)]
    return answers.found(books, plural, shown)


_SETTINGS = {
    "status": where.Field(("Status",)),
    "type": where.Field(("Type",)),
    "class": where.Field(("Class",)),
    "code": where.Field(("Code",)),
    "taxtype": where.Field(("TaxType",)),
    "systemaccount": where.Field(("SystemAccount",)),
}


def _since(request: Request) -> str:
    text = request.headers.get("if-modified-since", "")
    if not _SINCE.match(text):
        return ""
    try:
        return instant(datetime.fromisoformat(text).replace(tzinfo=UTC))
    except ValueError:
        return ""


def _chosen(books: Books, request: Request, listing: Listing) -> list[Record]:
    records = listing.records(books, request)
    if since := _since(request):
        records = [each for each in records if each["UpdatedDateUTC"] > since]
    if condition := request.query.get("where"):
        test = where.parse(condition, listing.fields)
        records = [each for each in records if test(each)]
    if term := request.query.get("searchTerm", "").casefold():
        records = [
            each for each in records if any(term in str(each.get(field, "")).casefold() for field in listing.searched)
        ]
    return _in_order(records, request.query.get("order", ""), listing)


def _in_order(records: Iterable[Record], order: str, listing: Listing) -> list[Record]:
    """Oldest change first, then by id; or as asked, by the few fields that are quick."""
    field, _, direction = order.strip().partition(" ")
    names = {name.lower(): name for name in ("UpdatedDateUTC", listing.id_field, *listing.ordered)}
    name = names.get(field.lower() or "updateddateutc")
    if not name or direction.strip().upper() not in {"", "ASC", "DESC"}:
        raise BadQuery(f"Your request is not ordering efficiently: {order}")

    def place(record: Record) -> tuple[str, str]:
        return str(record.get(name, "")), record[listing.id_field]

    return sorted(records, key=place, reverse=direction.strip().upper() == "DESC")


def _page(
    request: Request, listing: Listing, chosen: Sequence[Record]
) -> tuple[dict[str, int] | None, Sequence[Record]]:
    wanted = request.query.get("page")
    if wanted is None and not any(request.query.get(name) for name in listing.paging_forced_by):
        return None, chosen
    page, size = _whole(wanted or "1", "page"), _whole(request.query.get("pageSize", "100"), "pageSize")
    if size > _LARGEST_PAGE:
        raise BadQuery(f"pageSize must be {_LARGEST_PAGE} or less")
    count = len(chosen)
    pagination = {"page": page, "pageSize": size, "pageCount": -(-count // size), "itemCount": count}
    return pagination, chosen[(page - 1) * size : page * size]


def _whole(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise BadQuery(f"{name} must be a whole number from 1")
    return int(text)
