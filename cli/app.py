"""``wonbooks …``: everything a person can ask for from the command line."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from cli import show
from cli.audit import app as audit
from cli.people import app as people
from cli.privacy import app as privacy
from cli.upkeep import backup, restored
from cli.words import EXPECTED, sentence
from ledger import reviews
from mappings.loader import find_mapping, read_mapping
from stages import answering, checking, rehearsal, rounds
from stages.opening import opened
from stages.settings import Settings

app = typer.Typer(
    help="Deals won, books done: a two-way link between Xero and a CRM.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
review = typer.Typer(help="The questions that wait for a person.", no_args_is_help=True)
app.add_typer(review, name="review")
app.add_typer(audit, name="audit")
app.add_typer(people, name="people")
app.add_typer(privacy, name="privacy")
app.command()(backup)
app.command()(restored)

PairName = Annotated[str, typer.Argument(help="The pair, as its mapping file is called.", metavar="PAIR")]
CrmName = Literal["hubspot", "pipedrive", "salesforce"]
Number = Annotated[int, typer.Argument(help="The question's number, as the list shows it.")]


def console() -> Console:
    """Where the commands print: as wide as the terminal, 80 columns where there is none."""
    return Console(width=None if sys.stdout.isatty() else 80, highlight=False)


@app.command()
def check(pair: PairName) -> None:
    """Hold a mapping against the live accounts on both sides."""
    settings = Settings()
    mapping = read_mapping(find_mapping(pair, settings.mappings))
    with opened(pair, settings) as at_work:
        result = checking.check(at_work, mapping)
    show.checked(console(), pair, result)
    if not result.sound:
        raise typer.Exit(1)


@app.command()
def rehearse(pair: PairName) -> None:
    """Show what would happen now, and write nothing anywhere."""
    out = console()
    with opened(pair) as at_work, out.status("Reading both systems"):
        found, told = rehearsal.rehearse(at_work), rehearsal.tellings(at_work)
    show.rehearsed(out, pair, found, told)


@app.command()
def run(pair: PairName) -> None:
    """Do one round now, without Prefect: won deals to invoices, payments to deals, customer details both ways."""
    out = console()
    with opened(pair) as at_work, out.status("Working"):
        deals = rounds.deals_to_invoices(at_work)
        invoices = rounds.invoices_to_deals(at_work)
        details = rounds.contacts_both_ways(at_work)
    show.outcomes(out, [*deals, *invoices])
    show.decided(out, details)


@app.command()
def report(
    pair: PairName,
    month: Annotated[str, typer.Option(help="A month, like 2026-10; the month before this one unless named.")] = "",
    first: Annotated[str, typer.Option("--from", help="Or the first day of any period,")] = "",
    last: Annotated[str, typer.Option("--to", help="and its last day.")] = "",
) -> None:
    """Hold every won deal of a period against its invoices and payments, and freeze what that says."""
    from cli.report import make

    settings = Settings()
    with opened(pair, settings) as at_work:
        make(console(), at_work, settings, month, first, last)


@app.command("first-match")
def first_match(
    pair: PairName,
    file: Annotated[Path | None, typer.Option(help="Where the list goes; PAIR-first-match.csv unless named.")] = None,
    confirm: Annotated[Path | None, typer.Option(help="A list looked through: link what it takes.")] = None,
    by: Annotated[str, typer.Option(help="Who looked through it; kept in the audit trail.")] = "",
) -> None:
    """Pair customers, and invoices with deals, that are there already, as lists to confirm; only links are made."""
    from cli.first_match import confirm as link
    from cli.first_match import write_lists

    with opened(pair) as at_work:
        if confirm is None:
            write_lists(console(), at_work, file or Path(f"{pair}-first-match.csv"))
        elif link(console(), at_work, confirm, by or getpass.getuser()):
            raise typer.Exit(1)


@app.command()
def twins(
    pair: PairName,
    file: Annotated[Path | None, typer.Option(help="Where the list goes; PAIR-twins.csv unless named.")] = None,
) -> None:
    """List customers that Xero or the CRM may have twice, with what speaks for it; nothing is merged or written."""
    from cli.twins import write_list

    with opened(pair) as at_work:
        write_list(console(), at_work, file or Path(f"{pair}-twins.csv"))


@app.command("abns")
def looked_up(
    pair: PairName,
    most: Annotated[int, typer.Option(help="How many are looked up now.")] = 300,
) -> None:
    """Look ABNs up in the business register, and list contacts in Xero whose ABN is cancelled or without GST."""
    from cli.abns import show as listed

    with opened(pair) as at_work:
        listed(console(), at_work, most)


@app.command()
def up(
    pairs: Annotated[list[str], typer.Argument(help="The pairs to run.", metavar="PAIR...")],
    port: Annotated[int | None, typer.Option(help="Prefect's port on this machine.")] = None,
) -> None:
    """Run the given pairs on this machine until Ctrl-C: Prefect's server, schedules, triggers and the runner."""
    from cli.up import up as stay_up

    settings = Settings()
    for pair in pairs:
        with opened(pair, settings) as at_work:
            console().print(f"{pair}: {at_work.books().organisation.name}")
    stay_up(pairs, settings.home, port=port, console=console())


@app.command("hooks")
def addresses_for_webhooks(pair: PairName) -> None:
    """Show where Xero and the CRM send their webhooks, and how that has gone; make them where the CRM lets us."""
    from cli.hooks import history, hooks, keep, show

    out, settings = console(), Settings()
    found = hooks(pair, settings)
    show(out, pair, found)
    history(out, found)
    keep(out, pair, settings, found)


@app.command()
def notify(
    pairs: Annotated[list[str], typer.Argument(help="The pairs to tell about.", metavar="PAIR...")],
    test: Annotated[bool, typer.Option("--test", help="Send a test message by every way that is set up.")] = False,
) -> None:
    """Tell people what is new and what is wrong, now: what the flow of this name does every few minutes."""
    from cli.notify import tell, try_out

    raise typer.Exit(try_out(console(), pairs) if test else tell(console(), pairs))


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End when the story is told and checked.")] = False,
    home: Annotated[Path, typer.Option(help="Where the demo keeps its files; emptied first.")] = Path(".wonbooks/demo"),
    crm: Annotated[CrmName, typer.Option(help="Where the company of the demo sells.")] = "hubspot",
) -> None:
    """Watch it work: a sandboxed Xero and CRM, won deals becoming invoices, payments coming back."""
    from cli.demo import tell

    raise typer.Exit(tell(console(), home, once=once, crm=crm))


@review.command("list")
def review_list(pair: PairName) -> None:
    """List what waits for a person, oldest first."""
    with opened(pair) as at_work, at_work.ledger.read() as session:
        show.questions(console(), pair, reviews.opened(session, pair))


@review.command("show")
def review_show(pair: PairName, number: Number) -> None:
    """Show one question: what happened, why a person is asked, and the choices."""
    with opened(pair) as at_work:
        item = answering.find(at_work, number)
        with at_work.ledger.read() as session:
            show.question(console(), pair, item, reviews.waiting_for(session, item))


@review.command("answer")
def review_answer(
    pair: PairName,
    number: Number,
    choice: Annotated[str, typer.Argument(help="One of the question's choices.")],
    by: Annotated[str, typer.Option(help="Who answers; kept in the audit trail.")] = "",
    note: Annotated[str, typer.Option(help="Why, if that is worth keeping.")] = "",
) -> None:
    """Settle a question; what waited for it goes on with the next run."""
    with opened(pair) as at_work:
        settled = answering.answer(at_work, number, choice, by=by or getpass.getuser(), note=note)
    console().print(f"Settled: {settled.label}. It goes on with the next run, or now: wonbooks run {pair}")


def main() -> None:
    """The entry point: troubles that people can do something about end in one sentence and exit code 1."""
    try:
        app()
    except EXPECTED as trouble:
        Console(stderr=True, highlight=False, soft_wrap=True).print(sentence(trouble), style="red", markup=False)
        raise SystemExit(1) from None
