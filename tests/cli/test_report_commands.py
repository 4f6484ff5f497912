"""Held: the report and the trail as a person asks for them at a terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from sandbox.world import World
from tests.cli.test_commands import Shell, shell, win, world

__all__ = ["shell", "world"]


def test_report_makes_files_says_what_it_says_and_where_they_are(shell: Shell, world: World) -> None:
    win(world, "Brand refresh", "Investor deck")
    shell.works("run", "demo")
    month = f"{datetime.now(UTC):%Y-%m}"
    out = shell.works("report", "demo", "--month", month)
    for shown in ("1 deal is not explained yet", "waiting in review", "won deals", "GST on Income", "Version 1:"):
        assert shown in out
    folder = Path(shell.environment["WONBOOKS_HOME"]) / "reports" / "demo" / month / "v1"
    assert (folder / "report.html").is_file()
    assert json.loads((folder / "report.json").read_bytes())["pair"] == "demo"
    assert "Nothing has changed since version 1" in shell.works("report", "demo", "--month", month)
    assert "whole" in shell.works("audit", "verify", "demo")
    (folder / "deals.csv").chmod(0o600)
    (folder / "deals.csv").write_text("Deal\r\n")
    code, out, _ = shell.run("audit", "verify", "demo")
    assert code == 1
    assert "deals.csv is not what it was" in " ".join(out.split())


def test_a_period_that_makes_no_sense_is_a_sentence(shell: Shell) -> None:
    assert "A month is written like 2026-10" in shell.fails("report", "demo", "--month", "October")
    assert "Both a first and a last day" in shell.fails("report", "demo", "--from", "2026-10-01")
    assert "comes before the first" in shell.fails("report", "demo", "--from", "2026-10-02", "--to", "2026-10-01")
    assert "is no day" in shell.fails("report", "demo", "--from", "yesterday", "--to", "2026-10-01")


def test_the_trail_is_handed_out_and_held_against_the_ledger(shell: Shell, world: World) -> None:
    win(world, "Brand refresh")
    shell.works("run", "demo")
    (deal,) = [i for i, d in world.hubspot.objects["deals"].items() if d.properties["dealname"] == "Brand refresh"]
    file = shell.folder / "trail.csv"
    out = shell.works("audit", "export", "demo", "--deal", deal, "--as", "csv", "--out", str(file))
    assert "entries:" in out
    assert "each with a sound seal" in shell.works("audit", "verify", "demo", "--file", str(file))
    file.write_text(file.read_text().replace("wonbooks", "somebody", 1))
    code, out, _ = shell.run("audit", "verify", "demo", "--file", str(file))
    assert code == 1
    assert "was changed" in out
    assert "It is jsonl or csv".lower() in shell.fails("audit", "export", "demo", "--as", "xml").lower()
