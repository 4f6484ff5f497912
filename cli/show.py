"""What the commands print: tables and pages that fit eighty columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Table

from domain.decision import Question
from domain.money import show
from domain.records import InvoicePlan
from domain.repeating import in_words
from ledger import reviews
from ledger.tables import ReviewItem
from stages.aligning import Aligned
from stages.checking import Checked
from stages.outcome import Outcome
from stages.rehearsal import Rehearsed, Telling
from templates.rendering import review_page, review_title, shown


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """An open, quiet table; the columns named in ``right`` hold figures."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return drawn


def checked(console: Console, pair: str, result: Checked) -> None:
    organisation = result.organisation
    console.print(
        f"Xero:    connected to {escape(organisation.name)} ({organisation.currency}, {organisation.timezone})"
    )
    for problem in result.problems:
        style = "yellow" if problem.warning else "red"
        console.print(f"[{style}]{'Note' if problem.warning else 'Wrong'}[/]: {escape(str(problem))}")
    if result.to_create:
        console.print(f"Fields to be created on the deal: {', '.join(result.to_create)}")
    if result.sound:
        console.print(
            f"[green]Everything {escape(pair)} names is there.[/] See what would happen: wonbooks rehearse {pair}"
        )


def rehearsed(console: Console, pair: str, found: Sequence[Rehearsed], told: Sequence[Telling] = ()) -> None:
    if not found:
        console.print(f"Nothing in {pair} is due: no deal has changed since the last run.")
    for each in found:
        console.print(f"[bold]{escape(shown(each.deal.name))}[/] (deal {each.deal.id}): {_verdict(each)}")
        if each.contact is not None:
            console.print(f"  new contact   {escape(shown(each.contact.name))}")
        for plan in each.invoices:
            console.print(_invoice(plan, each.payers.get(plan.milestone, "")), end="")
        if each.invoices and each.follows:
            console.print(f"  once approved {', '.join(each.follows)}")
        for question in each.questions:
            console.print(f"  question      {escape(title(question))}")
    for each in told:
        stage = [f"moved to {each.stage}"] if each.stage else []
        says = [f"{name} {value}" if value else f"{name} emptied" for name, value in each.fields.items()]
        words = ", ".join([*stage, *each.papers, *says])
        console.print(f"[bold]{each.of.replace(':', ' ')}[/] would be told: {escape(shown(words))}")
    console.print("\nThis was a rehearsal: nothing was written anywhere.")


_KINDS = {
    "draft": "a draft invoice",
    "submitted": "an invoice that awaits approval",
    "authorised": "an approved invoice",
}


_OF_STANDING = {
    "to follow": "its draft {} would be written anew",
    "to be deleted": "its draft {} would be deleted",
    "to be submitted": "its draft {} would be submitted",
    "to be authorised": "its draft {} would be approved",
    "to be voided": "its invoice {} would be voided",
    "to be replaced": "its invoice {} would be voided and made anew",
    "to credit": "a credit note would be made",
    "invoiced": "its invoice {} exists already",
    "waits": "it would wait {}",
    "billed": "it is on the invoice of {} already",
}


def _verdict(each: Rehearsed) -> str:
    if each.questions or each.outcome.word == "question":
        return "a person would be asked"
    if each.outcome.word in _OF_STANDING:
        return escape(_OF_STANDING[each.outcome.word].format(each.outcome.detail))
    if each.invoices:
        kinds = ["a repeating invoice's template" if plan.repeats else _KINDS[plan.goal] for plan in each.invoices]
        return f"{' and '.join(kinds)} would be made"
    return escape(each.reason or each.outcome.word)


def _invoice(plan: InvoicePlan, payer: str) -> Table:
    drawn = table("  line", "account", "tax", "amount", "GST", right=("amount", "GST"))
    if plan.whole is not None:
        paid = f", paid by {escape(shown(payer))}" if payer else ""
        drawn.add_row(f"  {plan.milestone}, of {show(plan.whole, plan.currency)}{paid}", "", "", "", "", style="dim")
    if plan.repeats is not None:
        drawn.add_row(f"  {in_words(plan.repeats)}", "", "", "", "", style="dim")
    for line in plan.lines:
        amount, tax = show(line.line_amount, plan.currency), show(line.tax_amount, plan.currency)
        drawn.add_row(f"  {escape(shown(line.description))}", line.account_code, line.tax_type, amount, tax)
    total = f"  total {show(plan.total, plan.currency)}, due {plan.due_date.isoformat()}"
    drawn.add_row(total, "", "", show(plan.subtotal, plan.currency), show(plan.total_tax, plan.currency), style="bold")
    return drawn


def outcomes(console: Console, found: Sequence[Outcome]) -> None:
    if not found:
        console.print("Nothing new.")
        return
    drawn = table("deal", "outcome", "detail", "total", right=("total",))
    for each in found:
        drawn.add_row(each.deal_id, each.word, escape(each.detail), each.total)
    console.print(drawn)


def decided(console: Console, found: Sequence[Aligned]) -> None:
    """Customers whose details changed: which detail, and where it went."""
    if found:
        drawn = table("customer", "details")
        for each in found:
            drawn.add_row(each.customer, ", ".join(f"{name}: {move}" for name, move in each.moves.items()))
        console.print(drawn)


def title(question: Question) -> str:
    """A question's first line."""
    return review_title(question.kind, question.facts)


def questions(console: Console, pair: str, items: Sequence[ReviewItem]) -> None:
    if not items:
        console.print(f"Nothing in {pair} waits for a person.")
        return
    drawn = table("no.", "since", "question")
    for item in items:
        drawn.add_row(str(item.id), item.opened_at.astimezone().strftime("%d %b %H:%M"), escape(title(_of(item))))
    console.print(drawn)
    console.print(f"More about one: wonbooks review show {pair} {items[0].id}")


def question(console: Console, pair: str, item: ReviewItem, waiting: Sequence[str]) -> None:
    asked = _of(item)
    console.print(Markdown(review_page(asked.kind, asked.facts, asked.choices)))
    if item.state != "open":
        console.print(f"\nSettled with [bold]{escape(item.answer or 'nothing: it settled itself')}[/].")
        return
    if waiting:
        console.print(f"\nWaiting for it: {', '.join(f'deal {w}' for w in waiting[:10])}")
    console.print(f"Settle it with a number: wonbooks review answer {pair} {item.id} 1")


def _of(item: ReviewItem) -> Question:
    return reviews.question_of(item)


def money_table(deals: Iterable[Mapping[str, Any]]) -> Table:
    """Deals of the sandbox with their invoices: what was invoiced, what is still due, and where the deal stands."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for column in ("deal", "invoice", "total", "GST", "due", "deal is in"):
        figure = column in {"total", "GST", "due"}
        drawn.add_column(column, justify="right" if figure else "left", no_wrap=True)
    for deal in deals:
        for invoice in deal["invoices"]:
            money = [show(Decimal(invoice[name]), invoice["currency"]) for name in ("Total", "TotalTax", "AmountDue")]
            drawn.add_row(escape(deal["name"]), invoice["number"], *money, deal["stage"])
    return drawn
