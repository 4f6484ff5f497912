"""ABNs are looked up in the business register where the mapping names a key of it; nothing ever waits for it."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr
from sqlalchemy import event

from sandbox.abr import GUID
from sandbox.faults import Fault
from stages import abns, both_sides
from stages.contacts import refresh_index
from tests.support.house import House

ENDS = (("P/L", "51824753556"), ("Pty Ltd", "53004085616"))


def house_of(guid: str = GUID) -> House:
    house = House(("  if none: create", "  if none: create\n  abn lookup: demo-abr"))
    house.connections = {**house.connections, "demo-abr": {"guid": SecretStr(guid)}}
    refresh_index(house.open())
    return house


def said(house: House) -> dict[str, str]:
    return {each.name: each.standing.words for each in abns.marked(house.open())}


def test_cancelled_and_unregistered_abns_are_marked_and_asked_for_once_a_month() -> None:
    house = house_of()
    known = {c["Name"]: c["TaxNumber"] for c in house.xero.contacts.values() if c.get("TaxNumber")}
    first, second, *others = sorted(known)
    house.world.abr.register(known[first], status="Cancelled", since="2024-06-30", gst=None)
    house.world.abr.register(known[second], gst=None)
    for name in others:
        house.world.abr.register(known[name])
    assert abns.look_up(house.open()) == len(set(known.values()))
    assert said(house) == {first: "Cancelled since 2024-06-30.", second: "Active, not registered for GST."}
    assert abns.look_up(house.open()) == 0
    house.clock.advance(31 * 24 * 3600)
    house.world.abr.register(known[first])
    assert abns.look_up(house.open(), most=1) == 1
    assert len(house.world.abr.log) == len(set(known.values())) + 1


def test_a_register_that_is_away_or_does_not_know_us_holds_nothing_up() -> None:
    house, stranger = house_of(), house_of("somebody-else")
    house.world.abr.faults.add(Fault("GET", "*", "500 before", times=9))
    for each in (house, stranger):
        assert abns.look_up(each.open()) == 0
        deal = each.win("known_by_abn")
        each.work()
        assert each.invoice(deal)
        assert not each.questions()


def test_without_a_key_nobody_is_asked() -> None:
    house = House()
    refresh_index(house.open())
    assert abns.look_up(house.open()) == 0
    assert house.world.abr.log == []


def test_whoever_decides_who_a_customer_is_sees_what_the_register_says() -> None:
    house = house_of()
    firm = house.hubspot.people.add_company("Zenith Yard Pty Ltd")
    contacts = [house.xero.people.add_contact(f"Zenith Yard {end}", TaxNumber=abn) for end, abn in ENDS]
    house.world.abr.register(ENDS[0][1], status="Cancelled", since="2024-06-30")
    deal = house.sell(company=firm)
    house.work()
    abns.look_up(house.open())
    item = next(item for item in house.questions() if item.kind == "customer_unclear")
    sides = both_sides.look_up(house.open(), item, [deal])
    told = {each.xero: {f.name: f.xero for f in each.fields}.get("ABN in the register") for each in sides.beside}
    assert told["Zenith Yard P/L"] == "Cancelled since 2024-06-30."
    assert len(contacts) == len(told)


def test_however_many_abns_there_are_they_are_recalled_at_once() -> None:
    house = house_of()
    asked: list[str] = []

    def hear(_connection: Any, _cursor: Any, sql: str, *_more: Any) -> None:
        asked.append(sql)

    pair = house.open()
    assert abns.look_up(pair) > 1
    event.listen(house.ledger.engine, "before_cursor_execute", hear)
    for look in (abns.marked, abns.look_up):
        asked.clear()
        look(pair)
        assert sum("FROM remembered" in sql for sql in asked) == 1
