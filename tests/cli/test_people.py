"""Held here: the first account of the desk is made at the command line, and what is lost is mended there."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from desk.passwords import fits
from ledger.desk_tables import Person
from stages.opening import ledger_at
from stages.settings import Settings, SettingsProblem
from tests.support.desks import PASSWORD


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setenv("WONBOOKS_HOME", str(tmp_path))
    monkeypatch.delenv("WONBOOKS_DATABASE", raising=False)


def add(*passwords: str, role: str = "admin") -> Result:
    typed = "".join(f"{password}\n" for password in passwords)
    return CliRunner().invoke(app, ["people", "add", "ada", "--role", role], input=typed)


def account(name: str) -> Person | None:
    with ledger_at(Settings().ledger_url).read() as session:
        return session.get(Person, name)


def test_an_account_is_added_with_a_password_typed_twice() -> None:
    done = add(PASSWORD, "a typing mistake", PASSWORD, PASSWORD)
    assert "ada may sign in as admin." in done.output
    assert PASSWORD not in done.output
    row = account("ada")
    assert row is not None
    assert row.role == "admin"
    assert fits(row.secret, PASSWORD)
    assert "admin" in CliRunner().invoke(app, ["people", "list"]).output


@pytest.mark.parametrize(("password", "role"), [("short", "admin"), ("ada-ada-ada-ada", "admin"), (PASSWORD, "king")])
def test_nothing_is_changed_where_something_is_wrong(password: str, role: str) -> None:
    assert isinstance(add(password, password, role=role).exception, SettingsProblem)
    assert account("ada") is None


def test_lost_codes_are_taken_back() -> None:
    add(PASSWORD, PASSWORD)
    with ledger_at(Settings().ledger_url).write() as session:
        row = session.get_one(Person, "ada")
        row.totp = b"sealed"
        session.add(row)
    assert "by password alone" in CliRunner().invoke(app, ["people", "reset-codes", "ada"]).output
    row = account("ada")
    assert row is not None
    assert row.totp is None
