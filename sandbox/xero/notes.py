"""History and notes of an invoice: https://developer.xero.com/documentation/api/accounting/historyandnotes."""

from __future__ import annotations

from typing import Any

from sandbox.wire import Request, Response
from sandbox.xero import answers
from sandbox.xero.books import Books
from sandbox.xero.records import Record, decode, plain_instant

_LONGEST = 2500


def read_notes(books: Books, invoice_id: str) -> Response:
    if invoice_id not in books.invoices:
        return answers.not_found()
    return answers.found(books, "HistoryRecords", books.notes.get(invoice_id, ()))


def write_notes(books: Books, request: Request, invoice_id: str) -> Response:
    """Add notes; they appear as made by "System Generated"."""
    if invoice_id not in books.invoices:
        return answers.not_found()
    try:
        wanted: list[dict[str, Any]] = decode(request.body)["HistoryRecords"]
        details = [str(each["Details"]) for each in wanted]
    except (ValueError, KeyError, TypeError):
        return answers.unreadable_body()
    if any(not text or len(text) > _LONGEST for text in details):
        errors = [{"Message": f"Details must be 1 to {_LONGEST} characters"}]
        return answers.validation([{"Details": text, "ValidationErrors": errors} for text in details])
    made = [_note(books, text) for text in details]
    for note in made:
        books.keep_note(invoice_id, note)
    shown = [{key: value for key, value in note.items() if key not in {"User", "Changes"}} for note in made]
    return answers.found(books, "HistoryRecords", shown)


def _note(books: Books, text: str) -> Record:
    return Record(
        Changes="Note",
        DateUTCString=f"{books.now:%Y-%m-%dT%H:%M:%S}",
        DateUTC=plain_instant(books.now),
        User="System Generated",
        Details=text,
    )
