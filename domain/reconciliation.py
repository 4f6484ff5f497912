"""Every won deal lands in exactly one class, with the reason and the figures: the judging, apart from all reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from domain.case import LEAVE, RETRY, WITHOUT_DEAL, Case, Class, Verdict
from domain.checking import APPROVED, OPEN, UNDONE
from domain.deals import after_invoice, undone
from domain.decision import Choice, Question
from domain.gst import tax_of, tolerance
from domain.money import ZERO, show
from domain.records import Deal, Invoice, InvoicePlan


def judge(case: Case) -> Verdict:
    """The one class a deal belongs to."""
    for test in _TESTS:
        verdict = test(case)
        if verdict is not None:
            return verdict
    return Verdict("agreed", settled=True)


def _without_won_deal(case: Case) -> Verdict | None:
    deal = case.deal
    if deal is not None and not deal.archived and (deal.won or case.triggered):
        return None
    if not case.live:
        return Verdict(WITHOUT_DEAL, "Its invoice was taken back.", settled=True)
    numbers = _numbers(case.live)
    if all(i.status in OPEN for i in case.live):
        return _following(case, WITHOUT_DEAL, f"{numbers}, a draft, stands without a won deal.", (), case.live[0])
    if case.month:
        return _following(case, WITHOUT_DEAL, f"{numbers} has it, but it isn't won.", (), case.live[0])
    kind, why = ("deal_deleted", "the deal was deleted") if _is_gone(deal) else ("deal_unwon", "the deal isn't won")
    question = _question_after(case, case.live[0]) or Question(
        kind, case.subject, {"invoice": case.live[0].number}, (Choice("leave", "Leave the invoice as it is"),)
    )
    return _asking(case, WITHOUT_DEAL, f"{numbers} stands, but {why}.", (), question, case.live[0])


def _is_gone(deal: Deal | None) -> bool:
    return deal is None or deal.archived


def _duplicate(case: Case) -> Verdict | None:
    standing = [i for i in case.others if i.status not in UNDONE]
    for extra, how in (*((i, "bears the deal's address") for i in standing), *_similar(case)):
        question = duplicate(case.subject, extra)
        beside = f" beside {_numbers(case.live)}" if case.live else ""
        why = f"{_called(extra)}{beside} {how}."
        where = (f"{_called(extra)}: {show(extra.total, extra.currency)}, {extra.status.lower()}",)
        if question.identity not in case.answers:
            about = case.live[0].id if case.live else extra.id
            return Verdict("duplicate suspected", why, where, question=question, about=about)
    return None


def _similar(case: Case) -> list[tuple[Invoice, str]]:
    """Not where the deal is left to people anyway: then they made it."""
    if not case.live and _left_without(case):
        return []
    return [(i, "was made by hand for the same customer and the same sum") for i in case.look_alikes]


def duplicate(subject: str, invoice: Invoice) -> Question:
    """A further invoice for the same deal, as far as can be seen."""
    facts = {"invoice": invoice.number or invoice.id, "status": invoice.status}
    choices = (Choice("retry", "It has been put right in Xero: look again"), Choice("leave", "Leave both as they are"))
    return Question("duplicate_suspected", subject, facts, choices)


def _not_invoiced(case: Case) -> Verdict | None:
    if case.live:
        return None
    if case.invoices:
        return _undone(case, case.invoices[0])
    if case.asked:
        oldest = min(case.asked, key=lambda each: (each.since, each.number))
        words = oldest.kind.replace("_", " ")
        return Verdict("waiting in review", f"Question {oldest.number}, {words}, is open.")
    state = next((i.state for i in case.intents if i.state in _UNDER_WAY), "")
    if state:
        return Verdict("not invoiced", f"Its invoice is being made ({_UNDER_WAY[state]}).")
    if case.pending:
        return Verdict("not invoiced", "It changed and waits to be looked at.")
    if reason := _left_without(case):
        return Verdict("not invoiced", reason, settled=True)
    why = "It was looked at, and nothing came of it." if case.seen else "Nobody noticed that it was won."
    return Verdict("not invoiced", why, mend="notice")


def _left_without(case: Case) -> str:
    """Why there is to be no invoice, by the mapping or by a person; empty where there should be one."""
    if case.skipped:
        return case.skipped
    if not case.triggered:
        return "No rule of the mapping asks for an invoice where the deal stands."
    if any(i.state == "held" for i in case.intents):
        return "A person chose to leave this deal without an invoice."
    return "" if case.began else "It was won before the link between the systems began."


_UNDER_WAY = {
    "planned": "it waits to be sent",
    "sending": "it is under way",
    "unknown": "Xero's answer was lost",
    "chosen": "its draft waits to be checked",
}


def _undone(case: Case, invoice: Invoice) -> Verdict:
    question = undone(case.subject, invoice)
    why = f"Its invoice {_called(invoice)} was {invoice.status.lower()} in Xero."
    return _asking(case, "not invoiced", why, (), question, invoice)


def _changed(case: Case) -> Verdict | None:
    if case.month and any(each.kind in _OF_MONTHS for each in case.asked):
        return _following(
            case, "changed after approval", "Of the deals on its invoice one has changed.", (), case.live[0]
        )
    for invoice in case.live:
        question = _question_after(case, invoice)
        if question is not None:
            then, now = question.facts.get("amount then", ""), question.facts.get("amount now", "")
            where = (f"deal: {then or 'no amount'} when invoiced, {now or 'no amount'} now",) if then != now else ()
            stands = "approved" if invoice.status in APPROVED else "a draft"
            why = f"The deal is not what {_called(invoice)} ({stands}) was made from any more."
            if invoice.status in OPEN:
                return _following(case, "changed after approval", why, where, invoice)
            return _asking(case, "changed after approval", why, where, question, invoice)
    if case.live and any(each.kind == "deal_changed" for each in case.asked):
        return _following(case, "changed after approval", "Its shares or payers have changed.", (), case.live[0])
    return None


def _following(case: Case, name: Class, why: str, where: tuple[str, ...], invoice: Invoice) -> Verdict:
    """A draft follows its deal by itself, unless a person is asked about it or left it."""
    if case.asked:
        return Verdict(name, f"{why} Question {case.asked[0].number} is open.", where, about=invoice.id)
    if any(said == LEAVE.id for kind, said in case.answers.items() if kind.startswith(_OF_DRAFTS)):
        return Verdict(name, f"{why} A person chose to leave it so.", where, settled=True, about=invoice.id)
    return Verdict(name, why, where, mend="notice", about=invoice.id)


_OF_MONTHS = frozenset({"deal_changed", "draft_edited", "deal_unwon"})
_OF_DRAFTS = ("draft_edited:", "deal_unwon:", "deal_changed:", "total_differs:")


def _question_after(case: Case, invoice: Invoice) -> Question | None:
    """What the flows ask of a deal that changed after this invoice; None for an invoice that was merely tied to it."""
    intent = case.intent_of(invoice)
    if case.deal is None or intent is None or not intent.billed:
        return None
    return after_invoice(
        case.deal, invoice, billed=intent.billed, amount_billed=intent.amount, still_triggered=case.triggered
    )


def _figures(case: Case) -> Verdict | None:
    for invoice in case.live:
        intent = case.intent_of(invoice)
        plan = intent.plan if intent else None
        amounts, taxes = _beside_plan(plan, invoice) if plan else _beside_deal(case, invoice)
        if intent and intent.accepted and (amounts or taxes):
            continue
        if amounts:
            return _differing(case, "amount differs", invoice, (*amounts, *taxes))
        if taxes:
            return _differing(case, "GST differs", invoice, taxes)
    return None


def _differing(case: Case, name: Class, invoice: Invoice, where: tuple[str, ...]) -> Verdict:
    facts = {"invoice": invoice.number or invoice.id, "differences": "\n".join(where)}
    question = Question("books_differ", case.subject, facts, (RETRY, LEAVE))
    return _asking(case, name, f"{_called(invoice)} is not what was agreed.", where, question, invoice)


def _beside_plan(plan: InvoicePlan, invoice: Invoice) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where amounts differ, and where GST does."""
    inclusive = plan.amounts_are == "tax inclusive"
    name, ours, theirs = (
        ("total", plan.total, invoice.total) if inclusive else ("subtotal", plan.subtotal, invoice.subtotal)
    )
    amounts: list[str] = []
    taxes: list[str] = []
    if plan.currency != invoice.currency:
        amounts.append(f"currency: {plan.currency} planned, {invoice.currency} in Xero")
    if ours != theirs:
        amounts.append(_beside(name, ours, theirs, plan.currency, invoice.currency))
    if len(plan.lines) != len(invoice.lines):
        amounts.append(f"lines: {len(plan.lines)} planned, {len(invoice.lines)} in Xero")
    for number, (a, b) in enumerate(zip(plan.lines, invoice.lines, strict=False), start=1):
        if a.line_amount != b.line_amount:
            amounts.append(_beside(f"line {number}", a.line_amount, b.line_amount, plan.currency, invoice.currency))
        if a.tax_type != b.tax_type:
            taxes.append(f"line {number} tax: {a.tax_type} planned, {b.tax_type or 'none'} in Xero")
    if plan.total_tax != invoice.total_tax:
        taxes.insert(0, _beside("GST", plan.total_tax, invoice.total_tax, plan.currency, invoice.currency))
    return tuple(amounts), tuple(taxes)


def _beside_deal(case: Case, invoice: Invoice) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """For an invoice that was tied to a deal: the deal's own amount, and Xero's arithmetic."""
    stated = case.deal.amount if case.deal else None
    sums = (sum((i.subtotal for i in case.live), ZERO), sum((i.total for i in case.live), ZERO))
    reach = tolerance(sum(len(i.lines) for i in case.live))
    amounts: tuple[str, ...] = ()
    if stated is not None and all(abs(stated - each) > reach for each in sums):
        before = f"{show(sums[0], invoice.currency)} before GST"
        amounts = (f"amount: {show(stated, case.deal.currency if case.deal else '')} in the CRM, {before} in Xero",)
    taxes = [
        _beside(f"line {number} GST", ours, line.tax_amount, invoice.currency, invoice.currency, "by its rate")
        for number, line in enumerate(invoice.lines, start=1)
        if (rate := case.rates.get(line.tax_type)) is not None
        and (ours := tax_of(line.line_amount, rate, invoice.amounts_are)) != line.tax_amount
    ]
    return amounts, tuple(taxes)


def _beside(name: str, ours: Decimal, theirs: Decimal, one: str, other: str, said: str = "planned") -> str:
    return f"{name}: {show(ours, one)} {said}, {show(theirs, other)} in Xero ({show(theirs - ours, other)})"


def _paid_state(case: Case) -> Verdict | None:
    untold = case.untold
    if len(case.live) != 1 or not (untold.fields or untold.stage):
        return None
    invoice = case.live[0]
    where = (
        *(
            f"{name}: the deal says {says or 'nothing'}, Xero {told or 'nothing'}"
            for name, (says, told) in sorted(untold.fields.items())
        ),
        *([untold.stage] if untold.stage else []),
    )
    why = f"The deal does not say what {_called(invoice)} says."
    refused = next((a for a in case.asked if a.kind in {"write_back_refused", "stage_move_refused"}), None)
    if refused is not None:
        why = f"{why} The CRM would not take it: question {refused.number}."
        return Verdict("paid state differs", why, where, about=invoice.id)
    if untold.fields or untold.may_move:
        return Verdict("paid state differs", why, where, mend="tell", about=invoice.id)
    facts = {"invoice": invoice.number or invoice.id, "differences": untold.stage}
    question = Question("books_differ", case.subject, facts, (RETRY, LEAVE))
    return _asking(case, "paid state differs", why, where, question, invoice)


def _asking(case: Case, name: Class, why: str, where: tuple[str, ...], question: Question, invoice: Invoice) -> Verdict:
    """Put to a person, or settled by what they said before about the very same facts."""
    if question.identity in case.answers:
        return Verdict(name, f"{why} A person chose to leave it so.", where, settled=True, about=invoice.id)
    return Verdict(name, why, where, question=question, about=invoice.id)


def _called(invoice: Invoice) -> str:
    return invoice.number or "a draft without a number"


def _numbers(invoices: Sequence[Invoice]) -> str:
    return ", ".join(_called(i) for i in invoices)


_TESTS: tuple[Callable[[Case], Verdict | None], ...] = (
    _without_won_deal,
    _duplicate,
    _not_invoiced,
    _changed,
    _figures,
    _paid_state,
)
