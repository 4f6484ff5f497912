"""The outbox: one effect for one intention, moved by one worker, its invoice chosen once whatever code runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError

from ledger import claims, outbox
from ledger.database import Ledger
from ledger.tables import Effect
from sandbox.clock import HandClock

IDENTITY = outbox.invoice_identity("hubspot", "1", "17", "full")


def intend(ledger: Ledger, deal: str = "17", **more: Any) -> Effect:
    identity = outbox.invoice_identity("hubspot", "1", deal, "full")
    fields: dict[str, Any] = {
        "id": outbox.effect_id(identity),
        "pair": "acme",
        "kind": outbox.INVOICE,
        "key": f"invoice:{identity}",
        "identity": identity,
        "subject": f"deal:{deal}",
        "created_at": ledger.now(),
        "next_at": ledger.now(),
        **more,
    }
    effect = Effect(**fields)
    with ledger.write() as session:
        session.add(effect)
    return effect


def again(ledger: Ledger, effect: Effect) -> Effect:
    """The row as another worker reads it."""
    with ledger.read() as session:
        found = outbox.find(session, effect.id)
    assert found is not None
    return found


def move(ledger: Ledger, effect: Effect, expected: str, state: str, **values: Any) -> bool:
    with ledger.write() as session:
        return outbox.move(session, effect, expected, state, **values)


def choose(ledger: Ledger, effect: Effect, xero_id: str) -> bool:
    with ledger.write() as session:
        return outbox.choose(session, effect, xero_id, ledger.now())


def test_ids_are_the_same_for_the_same_parts_and_fit_into_a_marker() -> None:
    assert outbox.effect_id(IDENTITY) == outbox.effect_id(IDENTITY)
    assert outbox.effect_id(IDENTITY) != outbox.effect_id(IDENTITY, "1")
    assert len(outbox.effect_id(IDENTITY)) == 16


def test_a_deals_milestone_is_intended_once_whatever_the_pair(ledger: Ledger) -> None:
    intend(ledger)
    with pytest.raises(IntegrityError):
        intend(ledger, id="another", pair="other", key="another")


def test_a_cancelled_invoice_keeps_its_place(ledger: Ledger) -> None:
    move(ledger, intend(ledger), "planned", "cancelled")
    with pytest.raises(IntegrityError):
        intend(ledger, id="another")


def test_a_withdrawn_telling_makes_room_for_another_of_its_key(ledger: Ledger) -> None:
    told = {"kind": outbox.WRITE_BACK, "key": "write back:1:1", "identity": ""}
    first = intend(ledger, id="first", **told)
    with pytest.raises(IntegrityError):
        intend(ledger, id="second", **told)
    move(ledger, first, "planned", "withdrawn")
    intend(ledger, id="second", **told)
    with ledger.read() as session:
        found = outbox.by_key(session, "acme", "write back:1:1")
    assert found is not None
    assert found.id == "second"


def test_of_two_workers_one_moves_a_row(ledger: Ledger) -> None:
    mine = intend(ledger)
    theirs = again(ledger, mine)
    assert move(ledger, mine, "planned", "sending", attempts=1)
    assert (mine.state, mine.attempts) == ("sending", 1)
    assert not move(ledger, theirs, "planned", "sending")
    assert theirs.state == "planned"


def test_a_row_of_an_older_epoch_or_edition_moves_nothing(ledger: Ledger) -> None:
    old = intend(ledger)
    new = again(ledger, old)
    assert move(ledger, new, "planned", "planned", epoch=1)
    assert not move(ledger, old, "planned", "sending")
    newer = again(ledger, old)
    with ledger.write() as session:
        assert outbox.replan(session, newer, "{}", ledger.now())
    assert not move(ledger, new, "planned", "sending")


def test_an_invoice_is_chosen_once(ledger: Ledger) -> None:
    mine = intend(ledger)
    theirs = again(ledger, mine)
    assert choose(ledger, mine, "invoice-1")
    assert (mine.state, mine.xero_id) == ("chosen", "invoice-1")
    assert not choose(ledger, theirs, "invoice-2")
    assert not choose(ledger, mine, "invoice-1")
    assert again(ledger, mine).xero_id == "invoice-1"


@pytest.mark.parametrize("value", ["'invoice-2'", "NULL", "''"])
def test_the_database_itself_refuses_a_second_choice(ledger: Ledger, value: str) -> None:
    effect = intend(ledger)
    choose(ledger, effect, "invoice-1")
    with pytest.raises(DatabaseError, match="chosen once"), ledger.write() as session:
        session.connection().execute(text(f"UPDATE effect SET xero_id = {value}"))
    assert again(ledger, effect).xero_id == "invoice-1"
    with ledger.write() as session:
        session.connection().execute(text("UPDATE effect SET xero_id = 'invoice-1', state = 'posted'"))


def test_a_chosen_invoice_is_never_planned_again(ledger: Ledger) -> None:
    effect = intend(ledger)
    choose(ledger, effect, "invoice-1")
    move(ledger, effect, "chosen", "held")
    with ledger.write() as session:
        assert not outbox.replan(session, effect, "{}", ledger.now())


def test_what_is_sent_is_frozen_until_the_next_edition(ledger: Ledger) -> None:
    effect = intend(ledger)
    with ledger.write() as session:
        assert outbox.freeze(session, effect, b"first")
        assert not outbox.freeze(session, effect, b"second")
    assert again(ledger, effect).body == b"first"
    with ledger.write() as session:
        outbox.replan(session, effect, '{"new": 1}', ledger.now())
        assert (effect.edition, effect.body, effect.state) == (2, None, "planned")
        assert outbox.freeze(session, effect, b"second")


@pytest.mark.parametrize("state", ["sending", "unknown", "posted"])
def test_what_may_be_under_way_is_not_planned_anew(ledger: Ledger, state: str) -> None:
    effect = intend(ledger, state=state)
    with ledger.write() as session:
        assert not outbox.replan(session, effect, "{}", ledger.now())


def test_what_another_worker_sends_is_left_to_it_for_a_while(ledger: Ledger, clock: HandClock) -> None:
    effect = intend(ledger)
    move(ledger, effect, "planned", "sending", sent_at=clock())

    def due() -> list[str]:
        with ledger.read() as session:
            return [e.id for e in outbox.due(session, "acme", [outbox.INVOICE], clock())]

    assert due() == []
    clock.advance(119)
    assert due() == []
    clock.advance(1)
    assert due() == [effect.id]


def test_only_what_is_due_comes_up_and_what_is_done_never_does(ledger: Ledger, clock: HandClock) -> None:
    for n, state in enumerate(("planned", "unknown", "chosen", "held", "posted", "withdrawn", "cancelled")):
        intend(ledger, str(n), state=state)
    intend(ledger, "later", next_at=clock() + timedelta(seconds=1))
    with ledger.read() as session:
        found = [e.state for e in outbox.due(session, "acme", [outbox.INVOICE], clock())]
    assert sorted(found) == ["chosen", "planned", "unknown"]


def test_the_keys_of_a_new_customer_are_claimed_by_one_create_until_it_is_done(ledger: Ledger) -> None:
    def claim(effect: str, *keys: str) -> bool:
        with ledger.write() as session:
            return claims.claim(session, "acme", keys, effect)

    assert claim("one", "abn", "name")
    assert claim("one", "abn", "name", "email")
    assert not claim("two", "email", "other")
    assert claim("two", "other")
    with ledger.write() as session:
        claims.release(session, "acme", "one")
    assert claim("two", "email")


def test_of_several_tellings_the_oldest_comes_first_also_after_ten(ledger: Ledger) -> None:
    for told in range(12, 0, -1):
        intend(ledger, "17", id=f"t{told}", kind=outbox.WRITE_BACK, key=f"write back:5:{told}", identity="")
    with ledger.read() as session:
        assert outbox.next_of_each(session, "acme", outbox.WRITE_BACK, ["deal:17"]) == {"deal:17": "t1"}
    with ledger.write() as session:
        for told in range(1, 10):
            session.connection().execute(text(f"UPDATE effect SET state = 'posted' WHERE id = 't{told}'"))
    with ledger.read() as session:
        assert outbox.next_of_each(session, "acme", outbox.WRITE_BACK, ["deal:17"]) == {"deal:17": "t10"}
