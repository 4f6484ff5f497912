"""``wonbooks first-match``: the customers of both systems as a list to look through, and the list taken back."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

from rich.console import Console

from cli.reading import reading_both
from domain.first_match import Proposal
from stages import first_match
from stages.pair import Pair
from stages.settings import SettingsProblem
from templates.sheets import harmless

COLUMNS = ("customer", "customer name", "contact", "contact name", "confidence", "by", "evidence", "take")


def write_list(console: Console, pair: Pair, path: Path) -> None:
    """Read both systems and write the list; goes on where an interrupted one stopped."""
    with reading_both(console) as tell:
        first_match.look(pair, tell)
    came: Counter[str] = Counter()
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for found in first_match.proposals(pair):
            came[found[0].confidence] += 1
            writer.writerows(_row(each) for each in found)
    console.print(
        f"{came['proven']} customers are proven to be a contact in Xero, {came['unclear']} may be one of several, "
        f"{came['new']} are in the CRM only."
    )
    console.print(
        f'Look through {path}, write "yes" or nothing under "take", then: '
        f"wonbooks first-match {pair.name} --confirm {path}",
        soft_wrap=True,
    )


def _row(each: Proposal) -> list[str]:
    texts = (each.customer_name, each.contact, each.contact_name, each.confidence, each.by, each.evidence)
    return [each.customer, *map(harmless, texts), "yes" if each.take else ""]


def confirm(console: Console, pair: Pair, path: Path, by: str) -> int:
    """Link what the list takes; how many lines could not be done."""
    found = first_match.confirm(pair, read_list(path), by)
    console.print(f"{found.linked} customers linked.")
    for wrong in found.wrong:
        console.print(f"Line {wrong.line}: {wrong.why}", style="red", markup=False)
    return len(found.wrong)


def read_list(path: Path) -> list[tuple[int, str, str, str]]:
    """Line number, customer, contact and what stands under "take". Raises ``SettingsProblem`` with a sentence."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsProblem(f"{path} can't be read as a list ({type(problem).__name__}).") from None
    # A spreadsheet may have saved it with semicolons.
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    if not {"customer", "contact", "take"} <= set(rows.fieldnames or ()):
        raise SettingsProblem(f'{path} has no columns "customer", "contact" and "take".')
    return [
        (number, *((row.get(name) or "").strip() for name in ("customer", "contact", "take")))  # type: ignore[misc]
        for number, row in enumerate(rows, start=2)
    ]
