"""``wonbooks people …``: accounts of the desk, above all the first one."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from cli.show import table
from desk.passwords import hashed, weakness
from desk.settings import ROLES
from ledger import people
from ledger.database import Ledger
from ledger.desk_tables import Person
from stages.opening import ledger_at
from stages.settings import Settings, SettingsProblem

app = typer.Typer(help="Who may use the desk, where accounts are kept here.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The account's name, such as an e-mail address.")]


@app.command()
def add(name: Name, role: Annotated[str, typer.Option(help="viewer, operator, approver or admin")] = "viewer") -> None:
    """Add an account, or give one a new password and role; asks for the password."""
    ledger = _ledger()
    if role not in ROLES:
        raise SettingsProblem(f'There is no role "{role}". There is: {", ".join(ROLES)}.')
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt="Again")
    if weak := weakness(password, name):
        raise SettingsProblem(weak)
    secret = hashed(password)
    with ledger.write() as session:
        row = people.person(session, name) or Person(name=name, role=role, created_at=ledger.now())
        row.role, row.secret, row.disabled = role, secret, False
        session.add(row)
        people.let_out_everywhere(session, name)
    Console(highlight=False).print(f"{name} may sign in as {role}.")


@app.command("list")
def list_people() -> None:
    """List the accounts."""
    ledger = _ledger()
    with ledger.read() as session:
        accounts = people.everybody(session)
    drawn = table("name", "role", "codes", "")
    for account in accounts:
        drawn.add_row(account.name, account.role, "yes" if account.totp else "no", "locked out" * account.disabled)
    Console(width=80, highlight=False).print(drawn)


@app.command()
def reset_codes(name: Name) -> None:
    """Ask somebody who lost their phone for no one-time code until they set it up again."""
    ledger = _ledger()
    with ledger.write() as session:
        row = people.person(session, name)
        if row is None:
            raise SettingsProblem(f'There is no account "{name}".')
        row.totp = None
        session.add(row)
        people.let_out_everywhere(session, name)
    Console(highlight=False).print(f"{name} signs in by password alone until codes are set up again.")


def _ledger() -> Ledger:
    return ledger_at(Settings().ledger_url)
