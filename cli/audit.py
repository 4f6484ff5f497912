"""``wonbooks audit``: the trail verified, and handed out as files that can be verified by themselves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.report import day
from domain.period import wanted as period_wanted
from ledger import reports
from ledger.database import Ledger
from stages import freezing, trail_files
from stages.answering import Unopened
from stages.opening import ledger_at
from stages.settings import Settings, SettingsProblem
from stages.trail_files import Form, Unverifiable, Wanted

app = typer.Typer(help="The trail of everything that was done.", no_args_is_help=True)

PairName = Annotated[str, typer.Argument(help="The pair, as its mapping file is called.", metavar="PAIR")]


@app.command()
def verify(
    pair: PairName,
    file: Annotated[
        Path | None, typer.Option(help="An export to hold against the trail; the whole trail if none.")
    ] = None,
) -> None:
    """Verify that no entry was changed or taken away, and that frozen reports are what they were."""
    out = Console(width=None if sys.stdout.isatty() else 80, highlight=False)
    settings = Settings()
    ledger = ledger_at(settings.ledger_url)
    sound = _file(out, ledger, file) if file else _trail(out, ledger, pair) & _reports(out, ledger, pair, settings.home)
    if not sound:
        raise typer.Exit(1)


@app.command()
def export(
    pair: PairName,
    deal: Annotated[str, typer.Option(help="Only what concerns this deal, by its id in the CRM.")] = "",
    customer: Annotated[str, typer.Option(help="Only this customer: company:5, or person:7.")] = "",
    month: Annotated[str, typer.Option(help="Only this month, like 2026-10,")] = "",
    first: Annotated[str, typer.Option("--from", help="or from this day")] = "",
    last: Annotated[str, typer.Option("--to", help="to that.")] = "",
    form: Annotated[str, typer.Option("--as", help="jsonl (JSON Lines) or csv.")] = "jsonl",
    file: Annotated[Path | None, typer.Option("--out", help="Where to write it; to the terminal if nowhere.")] = None,
) -> None:
    """Write the trail of a deal, a customer or a period; all of it if none is named."""
    chosen = _form(form)
    settings = Settings()
    ledger = ledger_at(settings.ledger_url)
    period = None
    if month or first or last:
        try:
            period = period_wanted(month, day(first), day(last), Unopened(pair, ledger).now().date())
        except ValueError as mistake:
            raise SettingsProblem(str(mistake)) from None
    what = Wanted(deal, customer, period)
    if file is None:
        trail_files.export(ledger, pair, what, chosen, sys.stdout)
        return
    with file.open("x", newline="", encoding="utf-8") as out:
        file.chmod(0o600)
        count = trail_files.export(ledger, pair, what, chosen, out)
    Console(highlight=False, soft_wrap=True).print(f"{count} entries: {escape(str(file))}")


def _form(text: str) -> Form:
    match text:
        case "jsonl" | "csv":
            return text
        case _:
            raise SettingsProblem(f"There is no form {text}: it is jsonl or csv.")


def _file(out: Console, ledger: Ledger, file: Path) -> bool:
    try:
        with file.open(newline="", encoding="utf-8") as source:
            found = trail_files.verify_file(source)
        with file.open(newline="", encoding="utf-8") as source:
            trail_files.in_ledger(ledger, source)
    except Unverifiable as trouble:
        out.print(str(trouble), style="red", markup=False)
        return False
    except OSError as trouble:
        raise SettingsProblem(f"The file {file} can't be read ({type(trouble).__name__}).") from None
    out.print(f"{found.entries} entries, each with a sound seal and just so in the trail.", style="green")
    return True


def _trail(out: Console, ledger: Ledger, pair: str) -> bool:
    found = trail_files.verify(ledger, pair)
    if isinstance(found, int):
        out.print(f"The trail of {pair} was changed: entry {found} does not follow from the one before.", style="red")
        return False
    out.print(
        f"The trail of {pair} is whole: {found.entries} entries, each sealed after the one before.", style="green"
    )
    if found.entries:
        out.print(f"Its last seal, for your own records: {found.last_seal}")
    return True


def _reports(out: Console, ledger: Ledger, pair: str, home: Path) -> bool:
    with ledger.read() as session:
        rows = list(reports.listed(session, pair))
    wrong = {f"{row.folder}/{name}" for row in rows for name in freezing.differing(row, home)}
    for name in sorted(wrong):
        out.print(f"{name} is not what it was when it was frozen, or is gone.", style="red")
    if rows and not wrong:
        out.print(f"{len(rows)} frozen report{'s are' if len(rows) > 1 else ' is'} as made.", style="green")
    return not wrong
