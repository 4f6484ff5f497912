"""``wonbooks first-match``: what both systems have already as lists to look through, and the lists taken back."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

from cli.reading import reading_both
from domain.first_invoices import Tie
from domain.first_match import Proposal
from stages import first_invoices, first_match
from stages.pair import Pair
from stages.settings import SettingsProblem
from templates.sheets import harmless

COLUMNS = ("customer", "customer name", "contact", "contact name", "confidence", "by", "evidence", "take")
TIES = ("deal", "deal name", "invoice", "number", "confidence", "by", "evidence", "take")
Line = tuple[int, str, str, str]


def write_lists(console: Console, pair: Pair, path: Path) -> None:
    """Read both systems and write a list of customers and one of invoices; goes on where an interrupted one stopped."""
    with reading_both(console) as tell:
        first_match.look(pair, tell)
        first_invoices.look(pair, tell)
    found = list(first_match.proposals(pair))
    _write(path, COLUMNS, (_row(each) for several in found for each in several))
    came = Counter(several[0].confidence for several in found)
    console.print(
        f"{came['proven']} customers are proven to be a contact in Xero, {came['unclear']} may be one of several, "
        f"{came['new']} are in the CRM only."
    )
    _next(console, pair, path)
    if ties := first_invoices.proposals(pair):
        other = path.with_name(f"{path.stem}-invoices{path.suffix}")
        _write(other, TIES, map(_tied, ties))
        sure = sum(tie.take for tie in ties)
        console.print(
            f"{len({tie.deal for tie in ties})} won deals seem to be invoiced already, {sure} of them proven."
        )
        _next(console, pair, other)


def _write(path: Path, columns: Sequence[str], rows: Iterable[list[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _next(console: Console, pair: Pair, path: Path) -> None:
    console.print(
        f'Look through {path}, write "yes" or nothing under "take", then: '
        f"wonbooks first-match {pair.name} --confirm {path}",
        soft_wrap=True,
    )


def _row(each: Proposal) -> list[str]:
    texts = (each.customer_name, each.contact, each.contact_name, each.confidence, each.by, each.evidence)
    return [each.customer, *map(harmless, texts), "yes" if each.take else ""]


def _tied(each: Tie) -> list[str]:
    texts = (each.deal_name, each.invoice, each.number, each.confidence, each.by, each.evidence)
    return [each.deal, *map(harmless, texts), "yes" if each.take else ""]


def confirm(console: Console, pair: Pair, path: Path, by: str) -> int:
    """Link what a list takes; how many lines could not be done."""
    what, lines = read_list(path)
    if what == "deal":
        found = first_invoices.confirm(pair, lines, by)
        console.print(f"{found.linked} invoices tied to their deals.")
    else:
        found = first_match.confirm(pair, lines, by)
        console.print(f"{found.linked} customers linked.")
    for wrong in found.wrong:
        console.print(f"Line {wrong.line}: {wrong.why}", style="red", markup=False)
    return len(found.wrong)


def read_list(path: Path) -> tuple[str, list[Line]]:
    """What it is a list of, "customer" or "deal", and of each line its number, that, what it is, and "take".

    Raises ``SettingsProblem`` with a sentence.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsProblem(f"{path} can't be read as a list ({type(problem).__name__}).") from None
    # A spreadsheet may have saved it with semicolons.
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    for names in (("customer", "contact", "take"), ("deal", "invoice", "take")):
        if {*names} <= set(rows.fieldnames or ()):
            return names[0], [
                (number, *((row.get(name) or "").strip() for name in names))  # type: ignore[misc]
                for number, row in enumerate(rows, start=2)
            ]
    raise SettingsProblem(f'{path} has no columns "customer" and "contact", or "deal" and "invoice", and "take".')
