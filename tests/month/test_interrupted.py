"""Held: a report that is cut short anywhere goes on with what is left to read, and says the same in the end; two that
are made at once don't spoil each other; what was read is forgotten when it is done, or when nobody goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from sqlmodel import select

from connectors.errors import ConnectorError, Throttled
from domain.month import Month
from domain.period import between, read_month
from ledger import gathered
from ledger.report_tables import Gathered, Gathering
from stages.freezing import content_of
from stages.gather import AlreadyAtWork, gathering
from stages.reconcile import reconcile
from tests.support.house import House
from tests.support.ledgers import Killed, MortalLedger
from tests.support.quarter import FIRST, LAST, Quarter

QUARTER = between(FIRST, LAST)


@dataclass
class Heard:
    """What the progress told."""

    told: list[tuple[str, int, int]] = field(default_factory=list[tuple[str, int, int]])

    def __call__(self, what: str, done: int, of: int) -> None:
        self.told.append((what, done, of))


def made(house: House, worker: str = "w1") -> Month:
    return reconcile(house.open(worker), QUARTER)


def kept(house: House) -> int:
    with house.ledger.read() as session:
        return len(session.exec(select(Gathered)).all()) + len(session.exec(select(Gathering)).all())


@pytest.fixture(scope="module")
def whole(lived: Quarter) -> tuple[str, int]:
    """The hash of the report when nothing comes between, and the calls it cost."""
    house = lived.twin().house
    before = len(house.calls("xero")) + len(house.calls("hubspot"))
    month = made(house)
    return content_of(month), len(house.calls("xero")) + len(house.calls("hubspot")) - before


@pytest.mark.parametrize("call", ["GET /Invoices", "GET /Payments", "GET /CreditNotes"])
def test_the_days_calls_used_up_in_the_middle_cost_only_time(
    quarter: Quarter, whole: tuple[str, int], call: str
) -> None:
    house = quarter.house
    before = len(house.calls("xero")) + len(house.calls("hubspot"))
    house.break_xero(call, "429", retry_after=3600, daily=True)
    with pytest.raises(Throttled):
        made(house)
    house.clock.advance(3700)
    month = made(house)
    assert content_of(month) == whole[0]
    assert len(house.calls("xero")) + len(house.calls("hubspot")) - before == whole[1] + 1
    assert kept(house) == 0


def test_a_process_killed_at_any_commit_is_gone_on_from_by_the_next(lived: Quarter, whole: tuple[str, int]) -> None:
    house = lived.twin().house
    counted = MortalLedger(house.ledger)
    reconcile(house.open("w1", counted), QUARTER)
    assert counted.commits > 20
    for nth in range(2, counted.commits, 7):
        house = lived.twin().house
        mortal = MortalLedger(house.ledger, nth)
        with pytest.raises(Killed):
            reconcile(house.open("w1", mortal), QUARTER)
        house.clock.advance(gathered.SILENT_FOR.total_seconds() + 1)
        rows = {row.deal for row in made(house, "w2").rows if row.name_of_class != "agreed"}
        assert rows <= lived.planted.keys(), nth
        # Who was killed while making invoices keeps others from it for a few minutes.
        house.work(minutes=15)
        month = made(house, "w2")
        open_ = {row.deal: row.name_of_class for row in month.unexplained}
        assert (open_.items() <= lived.planted.items(), len(open_)) == (True, 11), nth
        assert kept(house) == 0


def test_a_second_process_waits_for_the_first_and_takes_over_when_it_falls_silent(quarter: Quarter) -> None:
    house = quarter.house
    with gathering(house.open("w1"), QUARTER):
        with pytest.raises(AlreadyAtWork, match="Try again in a while"):
            made(house, "w2")
        house.clock.advance(gathered.SILENT_FOR.total_seconds() + 1)
        assert made(house, "w2").won


def test_what_was_read_hours_ago_is_read_afresh(quarter: Quarter) -> None:
    house = quarter.house
    house.break_xero("GET /CreditNotes", "429", retry_after=3600, daily=True)
    with pytest.raises(ConnectorError):
        made(house)
    assert kept(house)
    house.clock.advance(gathered.FRESH_FOR.total_seconds() + 60)
    deal = quarter.sell(0, closedate="2027-02-20T03:00:00Z")
    house.work()
    assert deal in {row.deal for row in made(house).rows}


def test_what_nobody_went_on_with_is_forgotten(quarter: Quarter) -> None:
    house = quarter.house
    house.break_xero("GET /CreditNotes", "429", retry_after=3600, daily=True)
    with pytest.raises(ConnectorError):
        made(house)
    house.clock.advance(gathered.FRESH_FOR.total_seconds() + 60)
    with house.ledger.write() as session:
        assert gathered.drop_old(session, house.clock()) == 1
    assert kept(house) == 0


def test_how_far_it_is_is_told(quarter: Quarter) -> None:
    heard = Heard()
    month = reconcile(quarter.house.open(), QUARTER, heard)
    last = {what: (done, of) for what, done, of in heard.told}
    assert last["deals"] == (len(month.won), len(month.won))
    assert last["invoices"][0] == last["invoices"][1] > 0
    assert {"won deals", "payments", "credits", "due"} <= last.keys()


def test_a_month_in_which_nothing_happened_is_a_report_too() -> None:
    house = House.settled(watch=False)
    month = reconcile(house.open(), read_month("2026-01"))
    assert (month.rows, month.taxes, month.unexplained) == ((), (), ())
    assert month.cash.payments == 0


def test_a_list_that_changes_while_it_is_read_is_read_once_more() -> None:
    house = House.settled(("history note: every invoice", "history note: never"), watch=False)
    people = house.xero.people
    contact = house.company.contacts["Meadowbank Print & Sign"]
    line = {"Description": "By hand", "Quantity": 1, "UnitAmount": 50, "AccountCode": "200", "TaxType": "OUTPUT"}
    made_by_hand = [people.add_invoice(contact, [line], Status="AUTHORISED", DueDate="2026-12-01") for _ in range(501)]

    def meanwhile(what: str, done: int, _of: int) -> None:
        if (what, done) == ("invoices", 500):
            for invoice in sorted(made_by_hand)[:3]:
                people.edit_invoice(invoice, Date="2026-10-01")

    month = reconcile(house.open(), read_month("2026-11"), meanwhile)
    assert month.others[0] == 501 - 3
