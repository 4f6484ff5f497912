"""Held: our own trouble is a 503 that vendors repeat; too much, too large and misplaced calls cost next to nothing."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from desk.hooks import receiver
from ledger import endpoints, inbox
from tests.support.hooks import (
    GONE,
    IDS,
    NEVER,
    Door,
    deal_event,
    door,
    hubspot_path,
    invoice_event,
    xero_body,
    xero_signature,
)
from tests.support.waiting import until

XERO = f"/hooks/xero/{IDS['xero']}"
OURS = "243216c5-369e-4056-ac67-05388f86dc81"


def test_a_locked_database_is_a_503_and_nobody_is_woken(tmp_path: Path) -> None:
    with door(tmp_path, patience=0.05) as at:
        other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for answer in (at.hubspot(deal_event(1)), at.xero(invoice_event(OURS))):
            assert (answer.status, answer.headers["retry-after"], answer.body) == (503, "10", b"")
        other.execute("ROLLBACK")
        other.close()
        assert at.woken == []
        assert at.hubspot(deal_event(1)).status == 200
        assert at.noticed() == {"1"}
    assert at.woken == [("demo", "deals")]
    assert (at.endpoint("hubspot").failed, at.endpoint("hubspot").heard) == (1, 1)


def test_what_is_acknowledged_is_in_the_database(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        assert at.hubspot(deal_event(1)).status == 200
        copy = sqlite3.connect(tmp_path / "ledger.db")
        assert copy.execute("SELECT record FROM inboxentry").fetchall() == [("1",)]
        copy.close()


@pytest.mark.parametrize(
    "path",
    [
        "/hooks/hubspot/" + "0" * 32,
        "/hooks/hubspot/" + IDS["hubspot"][:-1],
        "/hooks/hubspot/" + IDS["hubspot"] + "/",
        "/hooks/xero/" + IDS["hubspot"],
        "/hooks/HubSpot/" + IDS["hubspot"],
        "/hooks/" + IDS["hubspot"],
        "/hooks/hubspot/../hubspot/" + IDS["hubspot"],
        "/hooks/hubspot/\udcff\x00é",
        "/hooks",
        "/",
        "",
    ],
)
def test_where_nobody_listens_it_is_404_with_nothing_in_it(tmp_path: Path, path: str) -> None:
    with door(tmp_path) as at:
        answer = at.call(path, b"x" * 10)
        assert (answer.status, answer.body) == (404, b"")
        assert "server" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "post"])
def test_only_a_post_finds_anybody(tmp_path: Path, method: str) -> None:
    with door(tmp_path) as at:
        assert at.call(hubspot_path(), method=method).status == 404


def test_a_body_of_more_than_a_megabyte_is_refused_before_and_while_it_is_read(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        large = b"x" * (receiver.LARGEST_BODY + 1)
        assert at.call(XERO, large, {"content-length": str(len(large))}).status == 413
        assert at.call(XERO, pieces=[large[:600_000], large[600_000:]]).status == 413
        assert at.call(XERO, large, {"content-length": "10"}).status == 413
        for length in ("-1", "1e3", "٣", "9" * 100):
            assert at.call(XERO, b"", {"content-length": length}).status == 413


def test_a_compressed_body_is_refused(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        body = xero_body()
        for encoding in ("gzip", "deflate", "br", "identity, gzip"):
            headers = {"x-xero-signature": xero_signature(body), "content-encoding": encoding}
            assert at.call(XERO, body, headers).status == 415


def test_a_body_in_pieces_is_a_body(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        body = xero_body(invoice_event(OURS))
        pieces = [body[i : i + 7] for i in range(0, len(body), 7)]
        assert at.call(XERO, headers={"x-xero-signature": xero_signature(body)}, pieces=pieces).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 33 + b"]" * 33,
        b'{"events":' + b"[" * 100_000,
        b"[",
        b"null",
        b"3",
        b"[1]",
        b'"x',
        b"\xff",
        b"{}\x00",
    ],
)
def test_signed_nonsense_is_400_and_counted(tmp_path: Path, body: bytes) -> None:
    with door(tmp_path) as at:
        assert at.call(hubspot_path(), body, at.hubspot_headers(body)).status == 400
    assert at.endpoint("hubspot").unreadable == 1


def test_brackets_within_text_are_not_depth(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        body = json.dumps([deal_event(1, note='[{"\\' * 100)]).encode()
        assert at.call(hubspot_path(), body, at.hubspot_headers(body)).status == 200


def test_too_many_calls_of_one_caller_are_put_off_wherever_they_go(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        answers = asyncio.run(_many(at, 900, "/nowhere"))
        assert [answers.count(status) for status in (404, 429)] == [800, 100]
        assert at.call("/nowhere", caller="192.0.2.2").status == 404
        at.seconds = 1.0
        assert at.call("/nowhere").status == 404


def test_too_many_calls_at_one_endpoint_are_put_off_whoever_makes_them(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        assert asyncio.run(_many(at, 650, XERO, "10.0.0.{}")).count(429) == 50
        late = at.xero()
        assert (late.status, late.headers["retry-after"]) == (429, "1")
        assert at.hubspot(deal_event(1)).status == 200


async def _many(at: Door, times: int, path: str, caller: str = "192.0.2.1") -> list[int]:
    return [(await at.acall(path, b"{}", caller=caller.format(n))).status for n in range(times)]


def test_more_deliveries_in_hand_than_memory_is_kept_for_are_put_off(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        statuses = asyncio.run(_at_once(at, receiver.AT_ONCE + 20))
        assert statuses.count(503) == 20
        assert statuses.count(200) == receiver.AT_ONCE


async def _at_once(at: Door, times: int) -> list[int]:
    body = json.dumps([deal_event(1)]).encode()
    headers = at.hubspot_headers(body)
    return [a.status for a in await asyncio.gather(*(at.acall(hubspot_path(), body, headers) for _ in range(times)))]


def test_a_new_endpoint_is_found_and_an_old_one_forgotten(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        with at.ledger.write() as session:
            endpoints.replace(session, "demo", "xero", "e" * 32, at.clock())
        at.receiver.directory.refresh()
        assert at.xero().status == 404
        body = xero_body()
        assert at.call("/hooks/xero/" + "e" * 32, body, {"x-xero-signature": xero_signature(body)}).status == 200


def test_a_mapping_that_is_broken_for_a_moment_changes_nothing(tmp_path: Path) -> None:
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    file = mappings / "demo.yaml"
    file.write_text((Path(__file__).parents[2] / "mappings" / "demo.yaml").read_text())
    with door(tmp_path, mappings=mappings) as at:
        file.write_text("pair: [")
        at.receiver.directory.refresh()
        assert at.hubspot(deal_event(1)).status == 200


def test_what_was_left_in_the_inbox_wakes_at_the_start(tmp_path: Path) -> None:
    from tests.support.hooks import Door

    at = Door(tmp_path)
    with at.ledger.write() as session:
        inbox.notice(session, "demo", inbox.DEALS, ["1"], at.clock())
    with at.receiver:
        until(lambda: at.woken)
    assert at.woken == [("demo", "deals")]


def test_its_health_says_no_more_than_that_it_is_there(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        answer = at.call("/health", method="GET")
        assert (answer.status, answer.body) == (204, b"")


def test_a_body_that_does_not_come_is_our_trouble(tmp_path: Path) -> None:
    with door(tmp_path, read_within=0.05) as at:
        assert at.call(XERO, pieces=[b"{", NEVER]).status == 503


def test_who_goes_away_within_a_body_is_not_answered(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        with pytest.raises(IndexError):
            at.call(XERO, pieces=[b"{", GONE])
        assert at.xero().status == 200
