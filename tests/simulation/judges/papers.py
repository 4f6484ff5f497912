"""What goes with invoices: a mail, files, a PDF, a link, each by choice alone and never twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from tests.simulation.judges.evidence import APPROVED, asked, changes, edited_by_a_person, ids_of, invoices_of
from tests.simulation.papers import mails
from tests.simulation.result import Result

# So many seconds pass before another process takes up what one left under way.
WAITED_FOR = 180
# By which calls a file is put on a deal, and what befalls one that is done without our hearing of it.
_UPLOADS = ("POST /v68.0/sobjects/ContentVersion", "/files", "/notes")
_UNHEARD = ("late", "die unsent", "freeze", "lose", "500 after", "garble", "die done", "die heard")
# By which calls to Xero each kind of paper is known.
_CALLS = {"files": "/Attachments", "link": "/OnlineInvoice", "mail": "/Email"}


def mailed_once(result: Result) -> Iterator[str]:
    """I1: whatever happens, a customer gets an invoice by e-mail once, and not before it was approved."""
    for invoice, times in Counter(result.world.xero.books.mails).items():
        if times > 1:
            yield f"the invoice {invoice} was mailed {times} times"
    for change in changes(result.world.xero.log, "invoice", "api"):
        sent = (
            change.before
            and change.after
            and change.after.get("SentToContact")
            and "SentToContact" not in change.before
        )
        if sent and change.after and change.after["Status"] not in APPROVED:
            yield f"the invoice {change.id} was mailed while it was {change.after['Status']}"


def only_by_choice(result: Result) -> Iterator[str]:
    """I5: what nobody chose is not done, and its calls are not made."""
    setting = result.tape.setting
    chosen = {*setting.papers, *(["mail"] if mails(setting) else [])}
    for kind, word in _CALLS.items():
        if kind not in chosen and any(word in call.path for call in result.world.xero.log):
            yield f"{word} was called, which nobody wants"
    if "pdf" not in chosen and any(c.headers.get("accept") == "application/pdf" for c in result.world.xero.log):
        yield "an invoice was read as a PDF, which nobody wants"


def approved_are_mailed(result: Result) -> Iterator[str]:
    """I2: where the mapping wants it each invoice that we approve is mailed, or people are asked; not one that was paid
    before, and in doubt, after a restore, nothing is mailed again. One that people changed before we knew that it was
    approved waits for their word on what it comes to now.
    """
    if not mails(result.tape.setting) or result.done["restore ledger"]:
        return
    moved = (c for c in changes(result.world.xero.log, "invoice", "api") if _is_approved(c.after))
    by_us = {change.id for change in moved if not _is_approved(change.before)}
    paid = {c.id for c in changes(result.world.xero.log, "invoice") if c.after and c.after["Status"] == "PAID"}
    for deal, invoice in _approved(result):
        if invoice["InvoiceID"] not in by_us - paid:
            continue
        kinds = ("not_mailed", *(("total_differs",) if edited_by_a_person(result, invoice["InvoiceID"]) else ()))
        if invoice["InvoiceID"] not in result.world.xero.books.mails and not asked(result, deal, *kinds):
            yield f"the invoice {invoice['InvoiceNumber']} of deal {deal} was not mailed, and nobody is asked"


def files_are_on_the_invoice(result: Result) -> Iterator[str]:
    """I1, I2: a file that hung on the deal before its invoice was approved is on that invoice once it is approved,
    none is there twice, and nothing else; each has a size of its own.
    """
    if "files" not in result.tape.setting.papers:
        return
    for invoice, files in result.world.xero.books.attachments.items():
        sizes = [each["ContentLength"] for each in files]
        if len(sizes) != len(set(sizes)):
            yield f"a file is on the invoice {invoice} twice"
        if strange := {*sizes} - {size for *_, size in result.crowd.files}:
            yield f"on the invoice {invoice} are {sorted(strange)} bytes that hung on no deal"
    for deal, invoice in _approved(result):
        there = {each["ContentLength"] for each in result.world.xero.books.attachments.get(invoice["InvoiceID"], ())}
        lacking = _hung_before(result, deal, invoice["InvoiceID"]) - there
        if lacking and not asked(result, deal, "files_refused"):
            yield f"files of {sorted(lacking)} bytes of deal {deal} are not on its invoice, and nobody is asked"


def _hung_before(result: Result, deal: str, invoice: str) -> set[int]:
    """The sizes of the files that people had hung on the deal, and the CRM showed, when the invoice was approved."""
    approved = (c.at for c in changes(result.world.xero.log, "invoice") if c.id == invoice and _is_approved(c.after))
    until = next(approved) - timedelta(seconds=_shows_after(result))
    return {size for name, at, size in result.crowd.files if result.crowd.sold.get(name) == deal and at < until}


def _is_approved(invoice: Mapping[str, Any] | None) -> bool:
    return bool(invoice) and (invoice or {})["Status"] in APPROVED


def pdfs_are_on_the_deal(result: Result) -> Iterator[str]:
    """I1, I2: an approved invoice is on its deal as a PDF where the mapping wants it, each version once.

    Two processes may both put one that a third left behind, if their clocks are further apart than it is waited for;
    and one that arrives, or shows, later than it is waited for may have been put again.
    """
    setting = result.tape.setting
    if "pdf" not in setting.papers:
        return
    apart = max(setting.skews) - min(setting.skews) > WAITED_FOR
    late = _came_late(result)
    for deal, invoice in _approved(result):
        own = [name for name in result.side.files(deal) if name.startswith(invoice["InvoiceNumber"])]
        often = max(len(own) - len(_versions(result, invoice["InvoiceID"])), len(own) - len(set(own)))
        if often > late and not apart:
            yield f"deal {deal} has a PDF too many: {sorted(own)}"
        if not (own or result.side.out_of_reach(deal) or asked(result, deal, "pdf_refused")):
            yield f"deal {deal} has no PDF of its invoice {invoice['InvoiceNumber']}"


def _came_late(result: Result) -> int:
    """How many files arrived, or showed in lists, when they were no longer waited for."""
    troubles = (result.struck.troubles if result.struck else None) or {}
    unseen = _shows_after(result)
    uploads = (t for gate, t in troubles.items() if any(word in gate for word in _UPLOADS) and t.kind in _UNHEARD)
    return sum(each.seconds >= 0 and each.seconds + unseen > WAITED_FOR for each in uploads)


def _shows_after(result: Result) -> float:
    """How many seconds pass until the CRM shows what was put there."""
    return result.tape.setting.index_lag if result.side.system == "salesforce" else 0


def _versions(result: Result, invoice: str) -> set[str]:
    """How an approved invoice looked at each moment, whatever was paid of it."""
    found = (c.after for c in changes(result.world.xero.log, "invoice") if c.id == invoice and _is_approved(c.after))
    looks = ("Contact", "Reference", "DateString", "DueDateString", "Total", "LineItems")
    return {str([(after or {}).get(name) for name in looks]) for after in found}


def links_are_told(result: Result) -> Iterator[str]:
    """I2: a deal bears the page where its approved invoice is paid, where the mapping wants it."""
    for deal, invoice in _approved(result) if "link" in result.tape.setting.papers else ():
        if result.side.out_of_reach(deal) or asked(result, deal, "write_back_refused"):
            continue
        if not result.side.says(deal, "xero_payment_link").startswith("https://in.xero.com/"):
            yield f"deal {deal} has no link to its invoice {invoice['InvoiceNumber']}"


def _approved(result: Result) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The approved invoices of ours that bear the address of a deal which is there, each with its deal."""
    for deal in result.crowd.deals():
        for invoice in () if len(ids_of(result, deal)) > 1 else invoices_of(result, deal):
            if invoice["Status"] in APPROVED:
                yield deal, invoice
