"""What happened in a history, in words: each trouble that struck, each thing people did, each hint that came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.simulation.beginnings import RULES
from tests.simulation.crms import SIDES
from tests.simulation.crowd import ACTIONS
from tests.simulation.judges.evidence import APPROVED, changes, items
from tests.simulation.judges.milestones import parts_of
from tests.simulation.papers import KINDS, TOO_MUCH
from tests.simulation.result import Result
from tests.simulation.trouble import AT_CALLS, AT_COMMITS, DAY, Trouble

IN_LEDGER = ("copy ledger", "restore ledger")
HINTS = ("hint lost", "hint doubled", "hints out of order", "hint forged")
ASKED = ("po_missing", "currency_unavailable", "tracking_unavailable", "customer_on_hold", "lock_date", "ask_above")
OF_SETTINGS = ("clock skew", "several processes", "lists lag", "rotating tokens", "poisoned", "details both ways")
AT_LENGTH = (
    "429 for the day", "429 without a word", "late by more than ten minutes", "frozen for eighty minutes",
    "token lost after it rotated", "won again",
)  # fmt: skip
# What a deal's papers may come to, and what people are asked about them.
OF_PAPERS = (
    "mailed", "a file on an invoice", "a PDF on a deal", "a link told", "an order named", "another currency",
    "left as a draft for its amount", *(f"asked: {kind}" for kind in ASKED),
)  # fmt: skip
OF_INVOICES = ("a month of several deals", "several payers", "a template", "told it is overpaid")
_WANTED = (
    *(f"call: {kind}" for kind in AT_CALLS),
    *(f"commit: {kind}" for kind in AT_COMMITS),
    *ACTIONS,
    *IN_LEDGER,
    *HINTS,
    *OF_SETTINGS,
    *AT_LENGTH,
    *(f"rules: {rules}" for rules in RULES),
    *(f"moved to {label}" for label in ("Paid", "Overdue")),
    *OF_INVOICES,
    *(f"papers: {kind}" for kind in KINDS),
    *OF_PAPERS,
)  # fmt: skip


def wanted(crm: str) -> list[str]:
    """Everything that has to happen in histories with this CRM."""
    side = SIDES[crm]
    return [*(what for what in _WANTED if what not in side.lacks), *(what for what, _ in side.more)]


def occurred(result: Result) -> Counter[str]:
    """How often each of these happened."""
    assert result.struck is not None
    happened = Counter(result.done)
    for gate, trouble in (result.struck.troubles or {}).items():
        happened[f"{'commit' if gate.startswith('commit') else 'call'}: {trouble.kind}"] += 1
        happened.update(_at_length(gate, trouble))
    setting = result.tape.setting
    happened["clock skew"] += any(setting.skews)
    happened["several processes"] += setting.workers > 1
    happened["lists lag"] += bool(setting.list_lag)
    happened["rotating tokens"] += setting.refresh
    happened[f"rules: {setting.rules}"] += 1
    happened.update(f"answered: {choice.partition(':')[0]}" for _, choice in result.answers)
    happened.update(f"moved to {label}" for label in _moves(result))
    happened.update(_of_invoices(result))
    happened.update(f"papers: {kind}" for kind in setting.papers)
    happened.update(_of_papers(result) if setting.papers else ())
    happened["details both ways"] += setting.details
    happened["poisoned"] += bool(setting.poisoned)
    return happened


def _of_invoices(result: Result) -> Iterator[str]:
    """What became of the deals of a history."""
    crowd, side = result.crowd, result.side
    approved = [i for i in result.world.xero.invoices.values() if i["Status"] in APPROVED]
    for deal in crowd.deals():
        mine = [i for i in approved if deal in crowd.billed_by(i)]
        if parts_of(result, deal) and len({i["Contact"]["ContactID"] for i in mine}) > 1:
            yield "several payers"
        if any(len(crowd.billed_by(i)) > 1 for i in mine):
            yield "a month of several deals"
        if crowd.templates_of(deal):
            yield "a template"
    for change in changes(side.double.log, side.kinds["deal"], "api"):
        said = str(change.after)
        for word in ("Overpaid", "Refunded"):
            if f"'{word}'" in said:
                yield f"told it is {word.lower()}"


def _of_papers(result: Result) -> Iterator[str]:
    """What came of the papers that a deal's people want, and what they were asked."""
    books, side, crowd = result.world.xero.books, result.side, result.crowd
    yield from ("mailed" for _ in books.mails)
    yield from ("a file on an invoice" for _ in books.attachments)
    for deal in crowd.deals():
        if any(".pdf" in name and not name.startswith("page ") for name in side.files(deal)):
            yield "a PDF on a deal"
        if side.says(deal, "xero_payment_link"):
            yield "a link told"
    for invoice in books.invoices.values():
        if ", PO " in invoice["Reference"]:
            yield "an order named"
        if invoice["CurrencyCode"] != "AUD":
            yield "another currency"
        if "limits" in result.tape.setting.papers and invoice["Status"] == "DRAFT" and invoice["Total"] > TOO_MUCH:
            yield "left as a draft for its amount"
    yield from (f"asked: {item.kind}" for item in items(result))


def _moves(result: Result) -> Iterator[str]:
    """Where we moved deals to."""
    side = result.side
    for change in changes(side.double.log, side.kinds["deal"], "api"):
        if change.before and change.after and "stage" in side.touched("deal", change.before, change.after):
            yield side.label(change.after)


def _at_length(gate: str, trouble: Trouble) -> Iterator[str]:
    if trouble.kind == "429" and trouble.seconds == DAY:
        yield "429 for the day"
    if trouble.kind == "429" and trouble.seconds < 0:
        yield "429 without a word"
    if trouble.kind == "late" and trouble.seconds > 600:
        yield "late by more than ten minutes"
    if trouble.kind.startswith("freeze") and trouble.seconds == 4800:
        yield "frozen for eighty minutes"
    if "/connect/token" in gate and trouble.kind in {"lose", "garble", "500 after", "die done", "die heard"}:
        yield "token lost after it rotated"
