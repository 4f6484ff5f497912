"""Writes of one or many: who is created, who is refused, and how the answer says so.

PUT creates only; POST creates or updates. Elements succeed and fail one by one. With ``summarizeErrors`` true, which
the wire behaves as by default, one failure answers 400 and names the failed alone, while the good ones were created:
https://github.com/XeroAPI/xero-ruby/issues/247. With false the answer is always 200 and every element tells its own
fate: https://github.com/XeroAPI/xero-node/issues/324. No page promises the order of the elements, so it is shuffled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.wire import Request, Response
from sandbox.xero import answers
from sandbox.xero.books import Books
from sandbox.xero.records import NO_ID, Record, Refused, UnknownId, calendar, calendar_text, decode, read_day

_OBJECTS = ("Contact", "Invoice", "Account")
_LISTS = ("LineItems", "Addresses", "Phones", "ContactPersons")
_IDS = ("InvoiceID", "ContactID", "PaymentID", "CreditNoteID")


@dataclass(frozen=True, slots=True)
class Terms:
    """How a write is meant. ``create``: PUT. ``places``: 4 with unitdp=4. ``by_app``: through the API."""

    create: bool = False
    places: int = 2
    by_app: bool = True


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record that is written in batches."""

    plural: str
    id_field: str
    error_flag: str
    write: Callable[[Books, dict[str, Any], Terms], Record]
    show: Callable[[Books, Record, int], dict[str, Any]]
    store: Callable[[Books], Mapping[str, Record]]


def places_of(request: Request) -> int:
    """How many decimals unit prices have in this call.

    https://developer.xero.com/documentation/guides/how-to-guides/rounding-in-xero
    """
    return 4 if request.query.get("unitdp") == "4" else 2


def write_batch(books: Books, request: Request, kind: Kind, only: str = "") -> Response:
    """Write the request's elements; ``only`` is the id in the path, where there is one."""
    try:
        elements = _elements(request, kind)
    except ValueError:
        return answers.unreadable_body()
    if only:
        elements = [{**elements[0], kind.id_field: only}] if elements else []
    if not _all_known(books, elements, kind):
        # An id the organisation never issued ends the whole request before anything is done.
        return answers.not_found()
    places = places_of(request)
    terms = Terms(create=request.method == "PUT", places=places)
    written: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for element in elements:
        try:
            written.append(kind.show(books, kind.write(books, element, terms), places))
        except Refused as refusal:
            refused.append(_echo(element, kind, refusal))
        except UnknownId:
            return answers.not_found()
    return _answer(books, kind, written, refused, summarize=request.query.get("summarizeErrors", "").lower() != "false")


def _answer(
    books: Books, kind: Kind, written: list[dict[str, Any]], refused: list[dict[str, Any]], *, summarize: bool
) -> Response:
    if refused and summarize:
        return answers.validation(refused)
    if not summarize:
        written = [{**each, "StatusAttributeString": "OK"} for each in written]
        refused = [{**each, "StatusAttributeString": "ERROR"} for each in refused]
    told = [*written, *refused]
    if len(told) > 1:
        books.random.shuffle(told)
    return answers.found(books, kind.plural, told)


def _elements(request: Request, kind: Kind) -> list[dict[str, Any]]:
    """The elements of a body: under the plural's name in whatever case, or the one object that the body is."""
    if "json" not in request.headers.get("content-type", ""):
        raise ValueError("the body is read as XML unless it says that it is JSON")
    body = decode(request.body)
    named = [key for key in body if key.lower() == kind.plural.lower()] if isinstance(body, dict) else []
    elements: Any = body[named[0]] if named else [body]
    if not _is_list_of_objects(elements) or not all(_well_shaped(each) for each in elements):
        raise ValueError("an object or a list is not where it should be")
    return elements


def _well_shaped(element: dict[str, Any]) -> bool:
    """Whether objects, lists and ids are where Xero expects them; anything it doesn't know may have any shape."""
    contact = element.get("Contact")
    return (
        all(isinstance(element.get(field) or {}, dict) for field in _OBJECTS)
        and all(_is_list_of_objects(element.get(field)) for field in _LISTS)
        and all(isinstance(element.get(field) or "", str) for field in _IDS)
        and all(_is_list_of_objects(line.get("Tracking")) for line in element.get("LineItems") or ())
        and (not contact or isinstance(contact.get("ContactID") or "", str))
    )


def _is_list_of_objects(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(each, dict) for each in value))


def _all_known(books: Books, elements: Sequence[dict[str, Any]], kind: Kind) -> bool:
    for element in elements:
        key = element.get(kind.id_field)
        contact_id = (element.get("Contact") or {}).get("ContactID")
        if (key and key not in kind.store(books)) or (contact_id and contact_id not in books.contacts):
            return False
    return True


def _echo(element: dict[str, Any], kind: Kind, refusal: Refused) -> dict[str, Any]:
    """A refused element comes back as sent, with the all-zero id if it is new."""
    echo = {**element, kind.id_field: element.get(kind.id_field) or NO_ID, kind.error_flag: True}
    for field in ("Date", "DueDate"):
        try:
            day = read_day(element[field])
        except (KeyError, ValueError):
            echo.pop(field, None)
        else:
            echo |= {field: calendar(day), f"{field}String": calendar_text(day)}
    return echo | {"ValidationErrors": [{"Message": words} for words in refusal.messages]}
