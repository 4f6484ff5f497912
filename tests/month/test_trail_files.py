"""Held: the trail of a deal, a customer, a period as JSON Lines or CSV can be verified by itself, and any change in it
is found; nothing in the CSV becomes a formula.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from domain.period import read_month
from ledger import audit
from stages import trail_files
from stages.trail_files import Form, Unverifiable, Verified, Wanted
from tests.support.house import House
from tests.support.quarter import Quarter

EVERYTHING = Wanted()


def exported(house: House, wanted: Wanted = EVERYTHING, form: Form = "jsonl") -> str:
    out = io.StringIO(newline="")
    trail_files.export(house.ledger, "demo", wanted, form, out)
    return out.getvalue()


def lines(content: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def verified(content: str) -> Verified:
    return trail_files.verify_file(io.StringIO(content, newline=""))


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_the_whole_trail_is_one_unbroken_run(lived: Quarter, form: Form) -> None:
    content = exported(lived.house, form=form)
    found, whole = verified(content), trail_files.verify(lived.house.ledger, "demo")
    assert found == whole
    assert found.runs == 1
    assert trail_files.in_ledger(lived.house.ledger, io.StringIO(content, newline="")) == found.entries


def test_a_deals_trail_tells_its_story_and_no_other_deals(lived: Quarter) -> None:
    deal, other = list(lived.deals)[:2]
    content = exported(lived.house, Wanted(deal=deal))
    events = [told["event"] for told in lines(content)]
    assert {"decided", "invoice drafted", "invoice approved", "deal told"} <= set(events)
    assert f"deal:{deal}" in content
    assert f"deal:{other}" not in content
    assert verified(content).entries == len(events)


def test_a_customers_trail_has_all_its_deals(lived: Quarter) -> None:
    ref = f"company:{lived.house.company.companies['bellbird']}"
    subjects = {told["subject"] for told in lines(exported(lived.house, Wanted(customer=ref)))}
    assert f"deal:{lived.deals[0]}" in subjects
    assert len([s for s in subjects if s.startswith("deal:")]) >= 5
    assert f"deal:{lived.deals[1]}" not in subjects


def test_the_trails_of_the_months_together_are_the_whole(lived: Quarter) -> None:
    names = ("2026-11", "2026-12", "2027-01", "2027-02", "2027-03")
    parts = [lines(exported(lived.house, Wanted(period=read_month(name)))) for name in names]
    assert [told["seq"] for part in parts for told in part] == [told["seq"] for told in lines(exported(lived.house))]
    assert all(told["at"] < "2026-12-31T13:00" for told in parts[1])


def _amount(told: dict[str, Any]) -> None:
    told["details"]["total"] = "1.00"


def _actor(told: dict[str, Any]) -> None:
    told["actor"] = "somebody"


def _time(told: dict[str, Any]) -> None:
    told["at"] = told["at"].replace("2026", "2025").replace("2027", "2025")


def _seal(told: dict[str, Any]) -> None:
    told["seal"] = "0" * 64


@pytest.mark.parametrize("change", [_amount, _actor, _time, _seal])
def test_an_entry_that_was_changed_is_found(lived: Quarter, change: Callable[[dict[str, Any]], None]) -> None:
    told = lines(exported(lived.house))
    change(told[4])
    with pytest.raises(Unverifiable, match="Entry 5"):
        verified("\n".join(json.dumps(each) for each in told))


def test_entries_that_were_swapped_or_doubled_are_found(lived: Quarter) -> None:
    told = exported(lived.house).splitlines()
    for wrong in ([told[1], told[0]], [told[0], told[0]]):
        with pytest.raises(Unverifiable, match="does not come after"):
            verified("\n".join(wrong))


def test_an_entry_sealed_anew_by_a_forger_is_not_the_trails(lived: Quarter) -> None:
    told = lines(exported(lived.house))[4]
    told["actor"] = "somebody"
    details = json.dumps(told["details"], sort_keys=True, ensure_ascii=False)
    parts = {n: told[n] for n in ("before", "pair", "seq", "at", "actor", "subject", "event")}
    told["seal"] = audit.sealed(**parts, details=details)
    content = json.dumps(told)
    assert verified(content).entries == 1
    with pytest.raises(Unverifiable, match="not in the trail"):
        trail_files.in_ledger(lived.house.ledger, io.StringIO(content))


def test_a_changed_trail_is_found_at_its_entry(quarter: Quarter) -> None:
    with quarter.house.ledger.write() as session:
        session.connection().execute(text("UPDATE auditentry SET actor = 'x' WHERE seq = 7"))
    assert trail_files.verify(quarter.house.ledger, "demo") == 7


@pytest.mark.parametrize("content", ["", "nonsense", "{}", "[]", '{"pair": 1}', "pair,seq,at\r\n1,2,3\r\n", "\x00"])
def test_a_file_that_is_none_is_told_so(content: str) -> None:
    if content:
        with pytest.raises(Unverifiable):
            verified(content)
    else:
        assert verified(content).entries == 0


def test_nothing_in_the_csv_is_a_formula_and_it_can_still_be_verified(quarter: Quarter) -> None:
    house = quarter.house
    with house.ledger.write() as session:
        for actor in ("=1+1", "+61", "@x", "'quoted", "-1", "o'brien"):
            audit.record(session, "demo", house.clock(), "deal:1", "answered", {"note": actor}, actor=actor)
    content = exported(house, form="csv")
    cells = [cell for row in csv.reader(io.StringIO(content, newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    found = verified(content)
    assert found == trail_files.verify(house.ledger, "demo")
    assert trail_files.in_ledger(house.ledger, io.StringIO(content, newline="")) == found.entries


def test_the_trail_has_no_name_of_anybody(lived: Quarter) -> None:
    content = exported(lived.house)
    assert not [name for name in ("Bellbird", "Meridian", "Yarra", "Surf", "Opal") if name in content]
