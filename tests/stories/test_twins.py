"""Customers that one system has twice are listed with what speaks for it; nothing is merged, nothing written."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from rich.console import Console

from cli.twins import write_list
from tests.support.house import House
from tests.support.sales import SALES


@pytest.mark.parametrize("crm", sorted(SALES))
def test_twins_of_both_systems_are_listed_and_left_as_they_are(crm: str, tmp_path: Path) -> None:
    house = House(crm=crm)
    people = house.sales.double.people
    firms = [people.add_company(name) for name in ("Omega Survey Pty Ltd", "Omega Surveys P/L")]
    for name in ("Alpha Drafting Group", "Alpha Draftings Group"):
        house.xero.people.add_contact(name)
    house.clock.advance(60)
    before = list(house.written())
    write_list(Console(quiet=True), house.open(), tmp_path / "twins.csv")
    with (tmp_path / "twins.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["system"], row["record"]) for row in csv.DictReader(file)]
    assert {record for system, record in rows if system == "CRM"} >= {f"company:{firm}" for firm in firms}
    drafting = {contact["Name"]: id_ for id_, contact in house.xero.contacts.items()}
    assert {("Xero", drafting[f"Alpha {word} Group"]) for word in ("Drafting", "Draftings")} <= set(rows)
    assert list(house.written()) == before
    people.edit("company", firms[1], name="Meridian Yards")
    house.clock.advance(60)
    write_list(Console(quiet=True), house.open(), tmp_path / "twins.csv")
    assert f"company:{firms[1]}" not in (tmp_path / "twins.csv").read_text("utf-8-sig")
