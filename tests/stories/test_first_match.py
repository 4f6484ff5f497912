"""Customers that both systems had before are paired, listed, confirmed in bulk and linked; nothing else is written."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from cli import first_match as listing
from connectors.errors import ConnectorError
from domain.first_match import Proposal
from ledger import links
from sandbox.faults import Fault
from stages import first_match
from stages.settings import SettingsProblem
from tests.support.house import House
from tests.support.sales import SALES

QUIET = Console(quiet=True)


def settled(crm: str = "hubspot", *, watch: bool = True) -> House:
    """A company that was there a while ago: lists show what was written."""
    house = House(crm=crm, watch=watch)
    house.clock.advance(60)
    return house


def found(house: House) -> dict[str, list[Proposal]]:
    """What is proposed, by the customer's name."""
    return {each[0].customer_name: each for each in first_match.proposals(house.open())}


def linked(house: House) -> dict[str, str]:
    with house.ledger.read() as session:
        refs = [f"{kind}:{id_}" for kind, ids in _people(house) for id_ in ids]
        return links.customers(session, house.pair, refs)


def _people(house: House) -> Iterator[tuple[str, list[str]]]:
    yield "company", list(house.company.companies.values())
    yield "person", list(house.company.persons.values())


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("crm", sorted(SALES))
def test_everybody_is_paired_by_the_ladder_and_only_the_proven_are_taken_beforehand(crm: str) -> None:
    house = settled(crm)
    first_match.look(house.open())
    proposed = found(house)
    bellbird = proposed["Bellbird Café Pty Ltd"]
    assert [(p.contact, p.confidence, p.by, p.take) for p in bellbird] == [
        (house.company.contacts["Bellbird Cafe"], "proven", "tax number", True)
    ]
    meridian = next(each for name, each in proposed.items() if name.startswith("Meridian"))
    assert {p.confidence for p in meridian} == {"unclear"}
    assert not any(p.take for p in meridian)
    assert len(meridian) == 2
    saltbush = next(each for name, each in proposed.items() if name.startswith("Saltbush"))
    assert [(p.confidence, p.contact) for p in saltbush] == [("new", "")]
    assert list(house.written()) == []


def test_a_list_goes_round_through_a_spreadsheet_and_links_what_it_takes(tmp_path: Path) -> None:
    house, path = settled(), tmp_path / "list.csv"
    listing.write_lists(QUIET, house.open(), path)
    listed = rows(path)
    for row in listed:
        if row["contact name"] == "Meridian Partners":
            row["take"] = "Yes"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(listed)
    assert listing.confirm(QUIET, house.open(), path, "bookkeeper") == 0
    taken = {row["customer"]: row["contact"] for row in listed if row["take"]}
    assert taken
    assert linked(house).items() == taken.items()
    assert list(house.written()) == []
    # What is linked is not listed again, and costs no question when its deal is won.
    listing.write_lists(QUIET, house.open(), path)
    assert not {row["customer"] for row in rows(path)} & set(taken)
    house.work()
    deal = house.win("known_by_abn")
    house.work()
    assert house.invoice(deal)
    assert not house.questions()


def test_what_cannot_be_done_is_said_line_by_line_and_the_rest_is_done(tmp_path: Path) -> None:
    house, path = settled(), tmp_path / "list.csv"
    first_match.look(house.open())
    bellbird, yarra = (f"company:{house.company.companies[name]}" for name in ("bellbird", "yarra"))
    contacts = house.company.contacts
    lines = [
        (2, bellbird, contacts["Bellbird Cafe"], "yes"),
        (3, "company:999999", contacts["Bellbird Cafe"], "yes"),
        (4, "=cmd()", contacts["Bellbird Cafe"], "yes"),
        (5, yarra, "no-such-contact", "x"),
        (6, yarra, contacts["Meridian Partners"], ""),
    ]
    done = first_match.confirm(house.open(), lines, "bookkeeper")
    assert (done.linked, [wrong.line for wrong in done.wrong]) == (1, [3, 4, 5])
    again = first_match.confirm(house.open(), lines[:1], "bookkeeper")
    assert (again.linked, again.wrong[0].why) == (0, f"{bellbird} is linked already.")
    twice = [(2, yarra, contacts[name], "yes") for name in ("Meridian Partners", "Yarra Bend Allied Health Pty Ltd")]
    assert first_match.confirm(house.open(), twice, "bookkeeper").linked == 0
    path.write_text("a,b\n1,2\n")
    with pytest.raises(SettingsProblem, match="no columns"):
        listing.read_list(path)


def test_an_interrupted_look_goes_on_where_it_stopped() -> None:
    house = settled()
    for n in range(120):
        house.hubspot.people.add_company(f"Company {n} Pty Ltd")
    house.clock.advance(60)
    house.hubspot.faults.add(Fault("POST", "*/contacts/batch/read", "500 before", times=9))
    with pytest.raises(ConnectorError):
        first_match.look(house.open())
    house.hubspot.faults.clear()
    before = len(house.calls("hubspot")), len(house.calls("xero"))
    first_match.look(house.open())
    assert len(found(house)) == 120 + len(house.company.companies) + len(house.company.persons)
    searches = [call for call in house.calls("hubspot")[before[0] :] if call.endswith("/search")]
    assert searches == []
    assert house.calls("xero")[before[1] :].count("GET /Contacts") == 0


def test_thousands_of_contacts_cost_a_call_each_thousand() -> None:
    house = settled(watch=False)
    for n in range(2500):
        house.xero.people.add_contact(f"Contact {n} Pty Ltd")
    first_match.look(house.open())
    assert house.calls("xero").count("GET /Contacts") <= 4
