"""Held here: the ledger is copied at the command line, and a copy put back is declared there."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from ledger import reviews
from mappings.problems import MappingError
from stages.opening import ledger_at
from stages.settings import Settings
from tests.support.postgres import postgres


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setenv("WONBOOKS_HOME", str(tmp_path))
    monkeypatch.delenv("WONBOOKS_DATABASE", raising=False)


def test_a_backup_says_where_it_is(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["backup"])
    assert done.exit_code == 0
    (copy,) = (tmp_path / "backups").iterdir()
    assert str(copy) in done.output


def test_of_a_postgresql_ledger_it_says_what_makes_copies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with postgres() as url:
        monkeypatch.setenv("WONBOOKS_DATABASE", url)
        done = CliRunner().invoke(app, ["backup"])
        ledger_at(url).close()
    assert done.exit_code == 1
    assert "pg_dump" in done.output
    assert url not in done.output
    assert not (tmp_path / "backups").exists()


def test_a_restore_is_declared_for_the_pairs_there_are() -> None:
    done = CliRunner().invoke(app, ["restored", "demo", "demo-pipedrive"])
    assert done.exit_code == 0
    assert "Nothing new is made before" in done.output
    with ledger_at(Settings().ledger_url).read() as session:
        for pair in ("demo", "demo-pipedrive"):
            assert [item.kind for item in reviews.opened(session, pair)] == ["ledger_restored"]


def test_a_pair_that_is_not_there_declares_nothing() -> None:
    done = CliRunner().invoke(app, ["restored", "demo", "nobody"])
    assert isinstance(done.exception, MappingError)
    with ledger_at(Settings().ledger_url).read() as session:
        assert not reviews.opened(session, "demo")
