"""Customers that one system has twice are listed with what speaks for it; nothing is merged, nothing written."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from rich.console import Console

from cli.twins import write_list
from stages import housekeeping, twins
from stages.settings import Settings
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


# The first night's calls for 150 companies: a list a kind, their records a hundred at a time, what fields there are.
FIRST = 7


@pytest.mark.parametrize("crm", sorted(SALES))
def test_each_night_the_crms_twins_are_listed_for_a_call_a_kind_and_what_changed(crm: str) -> None:
    house = House(("  if none: create", "  if none: create\n  list twins: on both sides"), crm=crm)
    people = house.sales.double.people
    firms = [people.add_company(f"Firm of Number {n} Pty Ltd") for n in range(150)]

    def night() -> int:
        house.clock.advance(24 * 3600)
        before = len(house.calls(crm))
        at_work = house.open()
        assert twins.lists_crm(at_work)
        twins.read_crm(at_work)
        return len(house.calls(crm)) - before

    assert night() <= FIRST
    assert night() == 2
    assert not twins.in_crm(house.open())
    people.edit("company", firms[0], name="FIRM OF NUMBER 1 P/L")
    assert night() <= 2 + 2
    [found] = twins.in_crm(house.open())
    assert (found.ids, found.evidence) == (tuple(f"company:{firm}" for firm in firms[:2]), "The same name.")
    assert not [call for call in house.written() if not call.startswith("POST /connect")]


def test_without_the_setting_nothing_of_the_crm_is_kept_for_it() -> None:
    house = House()
    assert not twins.lists_crm(house.open())
    assert twins.lists_crm(House(("  if none: create", "  if none: create\n  new in xero: link")).open())


def test_the_crms_customers_are_forgotten_once_nobody_looks_and_read_again_when_somebody_does() -> None:
    house = House()
    people = house.hubspot.people
    firms = [people.add_company(name) for name in ("Omega Survey Pty Ltd", "Omega Survey P/L")]
    house.clock.advance(60)
    twins.read_crm(house.open())

    def listed() -> set[str]:
        return {ref for each in twins.in_crm(house.open()) for ref in each.ids}

    for days, kept in ((10, True), (30, False)):
        house.clock.advance(days * 24 * 3600)
        housekeeping.forget(house.ledger, house.pair, Settings(keep_sent_days=30))  # pyright: ignore[reportCallIssue]
        assert listed() >= {f"company:{firm}" for firm in firms} if kept else not listed()
    twins.read_crm(house.open())
    assert listed() >= {f"company:{firm}" for firm in firms}
