"""``wonbooks privacy``: what is held of one person, written out, put right or forgotten, and which details travel."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.show import table
from stages import correcting, privacy, privacy_register
from stages.opening import opened

app = typer.Typer(help="What is held of people.", no_args_is_help=True)

PairName = Annotated[str, typer.Argument(help="The pair, as its mapping file is called.", metavar="PAIR")]
PersonName = Annotated[
    str, typer.Argument(help="An e-mail address, or a record of the CRM: person:7, company:5.", metavar="PERSON")
]


@app.command()
def export(
    pair: PairName,
    person: PersonName,
    file: Annotated[Path | None, typer.Option("--out", help="Where to write it; to the terminal if nowhere.")] = None,
) -> None:
    """Write everything that is held of a person, as JSON."""
    with opened(pair) as at_work:
        text = json.dumps(privacy.export(at_work, person), indent=2, ensure_ascii=False)
    if file is None:
        sys.stdout.write(f"{text}\n")
    else:
        file.touch(mode=0o600)
        file.write_text(f"{text}\n", encoding="utf-8")


@app.command()
def correct(
    pair: PairName,
    person: PersonName,
    to: Annotated[
        list[str], typer.Option("--set", help="What it should say, as often as needed: email=jane@example.com.")
    ],
    by: Annotated[str, typer.Option(help="Who asks for it; kept in the trail.")] = "",
) -> None:
    """Put details of a person right in both systems, whichever way the mapping lets them travel."""
    out = Console(width=None if sys.stdout.isatty() else 80, highlight=False)
    with opened(pair) as at_work:
        done = correcting.correct(at_work, person, correcting.read(to), by or getpass.getuser())
    for sentence in done:
        out.print(f"- {sentence}", markup=False)


@app.command()
def forget(
    pair: PairName,
    person: PersonName,
    by: Annotated[str, typer.Option(help="Who asks for it; kept in the trail.")] = "",
) -> None:
    """Empty what is held of a person, and say what the systems still hold."""
    out = Console(width=None if sys.stdout.isatty() else 80, highlight=False)
    with opened(pair) as at_work:
        done = privacy.forget(at_work, person, by or getpass.getuser())
    out.print(f"{', '.join(done.customers)}: {sum(done.rows.values())} rows emptied.", markup=False)
    for sentence in done.left:
        out.print(f"- {sentence}", markup=False)


@app.command()
def register(pair: PairName) -> None:
    """Show which customer details travel by the mapping; all fields are in docs/privacy.md."""
    out = Console(width=None if sys.stdout.isatty() else 80, highlight=False)
    with opened(pair) as at_work:
        rows = privacy_register.travelling(at_work.rules.details)
    if not rows:
        out.print("Details travel once, when the contact is made in Xero.")
        return
    drawn = table("detail", "direction", "if both changed")
    for row in rows:
        drawn.add_row(*row)
    out.print(drawn)
