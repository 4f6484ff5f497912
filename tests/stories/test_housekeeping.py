"""Every night: what was sent and what people are called is forgotten when it is old; work, money and trail are not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlmodel import col, select

from ledger import audit, backups, gathered
from ledger.database import engine_for, open_ledger
from ledger.desk_tables import Seen
from ledger.restores import MarkFile
from ledger.tables import Effect
from sandbox.clock import HandClock
from stages import housekeeping
from stages.settings import Settings
from tests.support.house import NOON, House
from tests.support.ledgers import StrictLedger, copy_of

DAY = 86400.0


def effects(house: House) -> list[Effect]:
    with house.ledger.read() as session:
        return list(session.exec(select(Effect).order_by(col(Effect.id))).all())


def lived() -> House:
    """A new customer's deal was invoiced and told."""
    house = House.settled(watch=False)
    house.win("new_customer")
    house.work()
    return house


def clean(house: House, **settings: int) -> housekeeping.Forgotten:
    return housekeeping.forget(house.ledger, house.pair, Settings(**settings))  # pyright: ignore[reportArgumentType]


def test_young_things_are_kept() -> None:
    house = lived()
    house.clock.advance(89 * DAY)
    before = effects(house)
    assert clean(house) == housekeeping.Forgotten(bodies=0, tellings=0, names=0, reports=0)
    assert effects(house) == before


def test_what_was_sent_is_forgotten_and_the_invoice_is_not() -> None:
    house = lived()
    house.clock.advance(91 * DAY)
    found = clean(house)
    assert found.bodies > 0
    assert found.tellings > 0
    left = {e.kind: e for e in effects(house)}
    assert all(e.body is None for e in left.values())
    assert "Saltbush" not in left["contact"].plan
    assert left["invoice"].xero_id == house.invoices()[0]["InvoiceID"]
    assert not {"write back", "stage"} & left.keys()
    assert clean(house).bodies == 0


def test_after_it_the_deal_is_told_what_changes_and_not_invoiced_again() -> None:
    house = lived()
    house.clock.advance(91 * DAY)
    clean(house)
    deal = house.company.deals["new_customer"]
    house.hubspot.people.edit("deal", deal, description="late")
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    house.work()
    assert (house.stage(deal), house.told(deal)["amount_due"]) == ("Paid", "0.00")
    assert len(house.invoices()) == 1
    another = house.sell({"product": "LICENCE"}, company="saltbush")
    house.work()
    assert house.customer(another) == house.customer(deal)
    assert not house.questions()


def test_what_is_not_finished_stays_however_old() -> None:
    house = lived()
    house.win("known_by_abn")
    house.break_xero("PUT /Invoices", "refuse connection", times=9)
    house.struggle()
    waiting = [e for e in effects(house) if e.state == "planned"]
    assert waiting
    house.clock.advance(3000 * DAY)
    clean(house)
    assert [e for e in effects(house) if e.state == "planned"] == waiting


def test_the_trail_stays_whole() -> None:
    house = lived()
    with house.ledger.read() as session:
        before = len(audit.since(session, house.pair, 0))
    house.clock.advance(5000 * DAY)
    clean(house)
    with house.ledger.read() as session:
        assert len(audit.since(session, house.pair, 0)) == before
        assert audit.broken_at(session, house.pair) is None


def test_names_and_broken_off_reports_go_when_nobody_came_back_to_them() -> None:
    house = lived()
    with house.ledger.write() as session:
        gathered.begin(session, house.pair, "month", "w1", house.clock())
    house.clock.advance(3 * DAY)
    assert clean(house, keep_names_days=4) == housekeeping.Forgotten(bodies=0, tellings=0, names=0, reports=1)
    house.clock.advance(2 * DAY)
    assert clean(house, keep_names_days=4).names > 0
    with house.ledger.read() as session:
        assert not session.exec(select(Seen)).all()


def test_a_copy_is_made_once_a_night_whole_and_for_our_eyes_only(tmp_path: Path) -> None:
    clock = HandClock(NOON)
    settings = Settings(home=tmp_path, keep_backups=3)
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", clock)
    with ledger.write() as session:
        audit.record(session, "acme", clock(), "deal:7", "noticed", {"total": "1.00"})
    first = housekeeping.copy_tonight(ledger, settings)
    assert first == housekeeping.copy_tonight(ledger, settings)
    assert first is not None
    assert first.stat().st_mode & 0o777 == 0o600
    for _ in range(4):
        clock.advance(DAY)
        housekeeping.copy_tonight(ledger, settings)
    kept = backups.copies(tmp_path / "backups")
    assert [clock() - backups.made_at(copy) for copy in kept] == [timedelta(days=n) for n in range(3)]
    copy = open_ledger(f"sqlite:///{kept[0]}", clock)
    with copy.read() as session:
        assert len(audit.since(session, "acme", 0)) == 1
        assert audit.broken_at(session, "acme") is None
    copy.close()
    ledger.close()


def test_a_copy_put_back_is_noticed_by_the_mark_beside_it(tmp_path: Path) -> None:
    house = House.settled(watch=False)
    path = tmp_path / "ledger.db"
    house.mark = MarkFile(tmp_path / "ledger.mark")
    path.write_bytes(copy_of(house.ledger))
    house.ledger = StrictLedger(engine_for(f"sqlite:///{path}"), house.clock)
    copy = housekeeping.copy_now(house.ledger, Settings(home=tmp_path))
    deal = house.win("new_customer")
    house.work()
    house.ledger.close()
    assert copy is not None
    path.write_bytes(copy.read_bytes())
    house.work()
    house.asked("ledger_restored")
    house.work(minutes=61)
    house.work(minutes=15)
    assert len(house.invoices_of(deal)) == len(house.approvals()) == 1
    assert house.told(deal)["invoice_number"] == house.invoice(deal)["InvoiceNumber"]
