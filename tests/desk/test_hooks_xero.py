"""Held: what Xero sends is verified on its raw bytes, answered as Xero wants, and wakes only for invoices of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger import inbox
from tests.support.hooks import IDS, Door, door, invoice_event, xero_body, xero_signature

OURS = "243216c5-369e-4056-ac67-05388f86dc81"
THEIRS = "11111111-2222-4333-a444-555555555555"
PATH = f"/hooks/xero/{IDS['xero']}"


def test_an_intent_to_receive_is_answered_200_signed_and_401_not_quite_signed(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        body = xero_body()
        good = xero_signature(body)
        bad = ("B" if good[0] == "A" else "A") + good[1:]
        answers = [at.call(PATH, body, {"x-xero-signature": s}) for s in (good, bad, good, bad)]
        assert [answer.status for answer in answers] == [200, 401, 200, 401]
        for answer in answers:
            assert answer.body == b""
            assert "set-cookie" not in answer.headers
    assert at.woken == []


def test_a_changed_invoice_of_ours_is_noticed_and_wakes_its_pair(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        at.link(OURS)
        assert at.xero(invoice_event(OURS), invoice_event(THEIRS)).status == 200
        assert at.noticed(inbox.INVOICES) == {OURS}
    assert at.woken == [("demo", "invoices")]


def test_invoices_and_bills_that_no_deal_made_wake_nobody(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        assert at.xero(invoice_event(THEIRS), {"eventCategory": "CONTACT", "resourceId": THEIRS}).status == 200
        assert at.noticed(inbox.INVOICES) == set()
    assert at.woken == []


def test_our_own_making_of_an_invoice_costs_no_call(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        at.link(OURS)
        assert at.xero(invoice_event(OURS, eventDateUtc="2026-11-25T00:59:59.870")).status == 200
        assert at.noticed(inbox.INVOICES) == set()
        assert at.woken == []
        for moment in ("2026-11-25T01:00:00.500", "the day before", None):
            assert at.xero(invoice_event(OURS, eventDateUtc=moment)).status == 200
            assert at.noticed(inbox.INVOICES) == {OURS}
    assert at.woken[0] == ("demo", "invoices")


def test_a_credit_note_names_no_invoice_so_the_pair_looks_for_itself(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        assert at.xero({"eventCategory": "CREDITNOTE", "resourceId": THEIRS}).status == 200
    assert at.woken == [("demo", "invoices")]


def test_an_invoice_id_that_is_none_makes_the_pair_look_for_itself(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        assert at.xero(invoice_event("../../Invoices?where=1")).status == 200
        assert at.noticed(inbox.INVOICES) == set()
    assert at.woken == [("demo", "invoices")]


def test_events_of_another_organisation_are_thanked_for_and_left(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        at.link(OURS)
        assert at.xero(invoice_event(OURS, tenantId="99999999-0000-4000-a000-000000000009")).status == 200
        assert at.noticed(inbox.INVOICES) == set()
    assert at.woken == []
    assert at.endpoint("xero").foreign == 1


@pytest.mark.parametrize("signature", ["", "x" * 44, "é" * 44, "\udcff" * 44, "A" * 100_000])
def test_what_bears_no_good_signature_is_refused_and_counted(tmp_path: Path, signature: str) -> None:
    with door(tmp_path) as at:
        at.link(OURS)
        answer = at.call(PATH, xero_body(invoice_event(OURS)), {"x-xero-signature": signature})
        assert (answer.status, answer.body) == (401, b"")
        assert at.noticed(inbox.INVOICES) == set()
    row = at.endpoint("xero")
    assert (row.refused, row.heard, row.last_heard_at) == (1, 0, None)
    assert row.last_refused_at is not None


def test_a_body_changed_by_one_space_is_refused(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        body = xero_body(invoice_event(OURS))
        assert at.call(PATH, body + b" ", {"x-xero-signature": xero_signature(body)}).status == 401


def test_while_the_key_changes_both_are_good(tmp_path: Path) -> None:
    keys = {"demo-xero": {"webhook_key": "new", "webhook_key_previous": "old"}}
    with door(tmp_path, keys=keys) as at:
        assert [at.xero(key=key).status for key in ("new", "old", "older")] == [200, 200, 401]


def test_without_a_key_it_is_our_trouble_and_nothing_is_believed(tmp_path: Path) -> None:
    with door(tmp_path, keys={}) as at:
        answer = at.xero(invoice_event(OURS), key="")
        assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    assert at.endpoint("xero").failed == 1


def test_a_gap_in_the_numbers_of_events_makes_the_pair_look_for_itself(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        assert at.xero(invoice_event(THEIRS), first=7).status == 200
        assert at.xero(invoice_event(THEIRS), first=8).status == 200
        assert at.woken == []
        assert at.xero(invoice_event(THEIRS), first=10).status == 200
    assert at.woken == [("demo", "invoices")]
    assert at.endpoint("xero").sequence == 10


def test_told_ten_times_it_is_noticed_once(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        at.link(OURS)
        for _ in range(10):
            assert at.xero(invoice_event(OURS)).status == 200
        assert at.noticed(inbox.INVOICES) == {OURS}
    assert at.endpoint("xero").heard == 10
    assert at.endpoint("xero").last_heard_at == at.clock()


def test_two_organisations_of_one_app_share_an_address(tmp_path: Path) -> None:
    at = _two_pairs(tmp_path, second_key="shared")
    with at.receiver:
        at.link(OURS, pair="other")
        assert at.xero(invoice_event(OURS, tenantId="b0b"), key="shared").status == 200
        assert at.noticed(inbox.INVOICES, "other") == {OURS}
    assert at.woken == [("other", "invoices")]


def test_an_organisation_of_another_app_is_not_reached_through_this_address(tmp_path: Path) -> None:
    at = _two_pairs(tmp_path, second_key="its own")
    with at.receiver:
        at.link(OURS, pair="other")
        assert at.xero(invoice_event(OURS, tenantId="b0b"), key="shared").status == 200
        assert at.noticed(inbox.INVOICES, "other") == set()
    assert at.woken == []


def _two_pairs(folder: Path, second_key: str) -> Door:
    mappings = folder / "mappings"
    mappings.mkdir()
    demo = (Path(__file__).parents[2] / "mappings" / "demo.yaml").read_text()
    (mappings / "demo.yaml").write_text(demo)
    (mappings / "other.yaml").write_text(demo.replace("pair: demo", "pair: other").replace("demo-xero", "other-xero"))
    keys = {
        "demo-xero": {"webhook_key": "shared", "tenant_id": "a11ce"},
        "other-xero": {"webhook_key": second_key, "tenant_id": "b0b"},
    }
    ends = {IDS["xero"]: ("demo", "xero"), "f" * 32: ("other", "xero")}
    return Door(folder, mappings=mappings, keys=keys, ends=ends)
