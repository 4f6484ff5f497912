"""Held: each command as a person runs it, against the sandbox over HTTP; what is wrong is told in a sentence, with a
non-zero exit and no traceback, and nothing is lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.playground import Playground
from cli.processes import free_port
from sandbox import company
from sandbox.clock import wall_clock
from sandbox.serve import SandboxServer
from sandbox.world import World
from tests.support.terminal import typed

ROOT = Path(__file__).parents[2]


@pytest.fixture
def world() -> World:
    world = World(wall_clock)
    world.hubspot.switches.index_lag = 0
    company.seed(world)
    return world


@pytest.fixture
def shell(world: World, tmp_path: Path) -> Iterator[Shell]:
    with SandboxServer(world.doors, port=free_port()) as server:
        port = int(server.url.rsplit(":", 1)[1])
        yield Shell(Playground(port, tmp_path / "home"), tmp_path)


class Shell:
    """A terminal of 80 columns with Wonbooks pointed at the sandbox."""

    def __init__(self, playground: Playground, folder: Path) -> None:
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **playground.environment()}
        self.folder = folder

    def run(self, *words: str, **changed: str) -> tuple[int, str, str]:
        code, out, told = typed(words, self.environment | changed)
        assert "Traceback" not in told, told
        # A path is never folded, so that it can be copied.
        lines = [line for line in out.splitlines() if str(self.folder) not in line]
        assert all(len(line) <= 80 for line in lines), out
        return code, out, told

    def fails(self, *words: str, **changed: str) -> str:
        """The sentence a command ends with."""
        code, out, told = self.run(*words, **changed)
        assert code != 0
        assert out.strip() == ""
        return told

    def works(self, *words: str) -> str:
        code, out, told = self.run(*words)
        assert code == 0, told
        return out


def win(world: World, *names: str) -> None:
    deals = {d.properties["dealname"]: i for i, d in world.hubspot.objects["deals"].items()}
    for name in names:
        world.hubspot.people.move(deals[name], "Closed won")


def test_check_finds_everything_in_place(shell: Shell) -> None:
    out = shell.works("check", "demo")
    assert "connected to Harbourline Studio Pty Ltd" in out
    assert "Everything demo names is there" in out


def test_check_names_what_is_missing_and_fails(shell: Shell, world: World) -> None:
    world.xero.people.archive_account("210")
    world.hubspot.people.rename_stage("default", "Closed won", "Won")
    code, out, _ = shell.run("check", "demo")
    assert code == 1
    assert "210" in out
    assert "Closed won" in " ".join(out.split())


def test_rehearse_shows_what_would_happen_and_writes_nothing(shell: Shell, world: World) -> None:
    win(world, "Brand refresh", "Online store", "Team days in Manjimup")
    before = len([c for c in world.xero.log if c.changes]), len([c for c in world.hubspot.log if c.changes])
    out = shell.works("rehearse", "demo")
    for shown in ("Brand refresh", "$5,324.00", "new contact", "WORKSHOP", "nothing was written"):
        assert shown in out
    assert before == (len([c for c in world.xero.log if c.changes]), len([c for c in world.hubspot.log if c.changes]))
    assert shell.works("rehearse", "demo") == out


def test_run_list_show_answer_and_run_again(shell: Shell, world: World) -> None:
    win(world, "Brand refresh", "Investor deck")
    assert "question" in shell.works("run", "demo")
    assert "Which contact in Xero is Meridian Partners Pty Ltd?" in shell.works("review", "list", "demo")
    assert "1 Use Meridian Partners" in shell.works("review", "show", "demo", "1")
    assert "has no choice 9" in shell.fails("review", "answer", "demo", "1", "9")
    assert "Settled" in shell.works("review", "answer", "demo", "1", "1", "--by", "bookkeeper")
    shell.works("run", "demo")
    assert len(world.xero.invoices) == 2
    assert "Nothing in demo waits" in shell.works("review", "list", "demo")
    assert 'settled by bookkeeper with "use:' in shell.fails("review", "answer", "demo", "1", "1")


def test_an_unknown_pair_is_told_with_those_there_are(shell: Shell) -> None:
    assert 'Did you mean "demo"' in shell.fails("run", "demoo")


def test_a_broken_mapping_is_told_with_file_and_line(shell: Shell) -> None:
    folder = shell.folder / "mappings"
    folder.mkdir()
    text = (ROOT / "mappings" / "demo.yaml").read_text().replace("create: authorised", "create: authorized", 1)
    (folder / "demo.yaml").write_text(text)
    told = shell.fails("run", "demo", WONBOOKS_MAPPINGS=str(folder))
    assert "line" in told
    assert '"authorised"' in told


def test_a_missing_credential_is_named_with_its_variable(shell: Shell) -> None:
    told = shell.fails("check", "demo", WONBOOKS_CONNECTIONS="{}")
    assert "WONBOOKS_DEMO_XERO_CLIENT_ID" in told


def test_a_setting_that_makes_no_sense_is_named_without_its_value(shell: Shell) -> None:
    told = shell.fails("run", "demo", WONBOOKS_LOOK_BACK_DAYS="s3cret")
    assert "WONBOOKS_LOOK_BACK_DAYS" in told
    assert "s3cret" not in told
    assert "connections" in shell.fails("run", "demo", WONBOOKS_CONNECTIONS="{")


def test_a_refused_credential_says_which_system(shell: Shell, world: World) -> None:
    world.xero.identity.client_secret = "another"
    assert "Xero does not let us in" in shell.fails("check", "demo")


def test_a_vendor_that_cannot_be_reached_loses_nothing(shell: Shell, world: World) -> None:
    win(world, "Brand refresh")
    shell.works("check", "demo")
    told = shell.fails("run", "demo", WONBOOKS_HUBSPOT_URL=f"http://127.0.0.1:{free_port()}/hubspot")
    assert "HubSpot can't be reached" in told
    assert "Nothing is lost" in told
    shell.works("run", "demo")
    assert len(world.xero.invoices) == 1


def test_plain_http_is_refused_unless_allowed(shell: Shell) -> None:
    told = shell.fails("check", "demo", WONBOOKS_ALLOW_PLAIN_HTTP_ON_LOOPBACK="false")
    assert "https" in told


def test_a_question_that_is_not_there_is_a_sentence(shell: Shell) -> None:
    assert "There is no question 7 in demo" in shell.fails("review", "show", "demo", "7")


def test_a_database_that_cannot_be_opened_is_a_sentence(shell: Shell) -> None:
    told = shell.fails("run", "demo", WONBOOKS_DATABASE="postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert "database can't be opened" in told


def test_a_secrets_file_that_others_can_read_is_refused(shell: Shell) -> None:
    path = shell.folder / "secrets.toml"
    path.write_text("[demo-xero]\n")
    path.chmod(0o644)
    told = shell.fails("check", "demo", WONBOOKS_SECRETS=str(path), WONBOOKS_CONNECTIONS="{}")
    assert f"chmod 600 {path}" in told
