"""Held: the sandbox sends webhooks as the vendors do: signed, in batches, again when refused, more than once."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from sandbox.clock import HandClock
from sandbox.company import Company, seed
from sandbox.play import pages
from sandbox.salesforce.messages import ACKNOWLEDGED
from sandbox.webhooks import SENDERS, Webhooks
from sandbox.wire import Request, Response
from sandbox.world import World

XERO_URL, HUBSPOT_URL = "https://us.example/hooks/xero/1", "https://us.example/hooks/hubspot/2"


class Listener:
    """Whoever the webhooks are sent to. ``statuses`` are answered in turn, then 200 (401 to a bad Xero signature)."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Mapping[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.body, self.headers = b"", dict[str, str]()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response | None:
        self.heard.append((url, headers, body))
        if self.statuses:
            status = self.statuses.pop(0)
            return Response(status) if status else None
        good = "X-Xero-Signature" not in headers or headers["X-Xero-Signature"] == xero_signature(body)
        return Response(200 if good else 401, self.body, self.headers)

    def events(self) -> list[dict[str, Any]]:
        """All events of all deliveries."""
        found = [json.loads(body) for _, _, body in self.heard]
        return [event for body in found for event in (body if isinstance(body, list) else body["events"])]


class Stage:
    """The company's world, a listener, and the webhooks between them."""

    def __init__(self) -> None:
        self.clock = HandClock(datetime(2026, 11, 25, 1, tzinfo=UTC))
        self.world = World(self.clock)
        self.company: Company = seed(self.world)
        self.listener = Listener()
        self.webhooks = Webhooks(self.world, self.listener.post)

    def subscribed(self, system: str, url: str) -> Stage:
        self.webhooks.subscribe(system, url)
        self.webhooks.step()
        self.listener.heard.clear()
        return self

    def edit_deal(self, times: int = 1) -> str:
        """Change a deal's description so many times, an event each; its id."""
        deal = next(iter(self.company.deals.values()))
        for n in range(times):
            self.world.hubspot.people.edit("deal", deal, description=f"version {n}")
        return deal

    def invoice(self) -> str:
        """A draft made by a person in Xero: one event."""
        contact = next(iter(self.world.xero.contacts))
        return self.world.xero.people.add_invoice(contact, [{"Description": "Work", "Quantity": 1, "UnitAmount": 5}])


def xero_signature(body: bytes) -> str:
    return base64.b64encode(hmac.digest(SENDERS["xero"].key.encode(), body, sha256)).decode()


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_xero_tests_an_address_before_it_sends_anything(stage: Stage) -> None:
    stage.invoice()
    stage.webhooks.subscribe("xero", XERO_URL)
    stage.webhooks.step()
    bodies = [json.loads(body) for _, _, body in stage.listener.heard]
    assert [body["events"] for body in bodies] == [[]] * 4
    assert {(body["firstEventSequence"], body["lastEventSequence"]) for body in bodies} == {(0, 0)}
    signed = [headers["X-Xero-Signature"] == xero_signature(body) for _, headers, body in stage.listener.heard]
    assert signed == [True, False, True, False]
    assert stage.webhooks.picture()["xero"]["state"] == "ok"


@pytest.mark.parametrize("fault", ["accepts all", "refuses all", "says something", "sets a cookie", "is away"])
def test_xero_disables_an_address_that_fails_its_test(stage: Stage, fault: str) -> None:
    match fault:
        case "accepts all":
            stage.listener.statuses = [200] * 4
        case "refuses all":
            stage.listener.statuses = [401] * 4
        case "is away":
            stage.listener.statuses = [0] * 4
        case "says something":
            stage.listener.body = b"ok"
        case _:
            stage.listener.headers = {"set-cookie": "a=b"}
    stage.webhooks.subscribe("xero", XERO_URL)
    stage.webhooks.step()
    assert stage.webhooks.picture()["xero"]["state"] == "disabled"
    stage.listener.heard.clear()
    stage.invoice()
    stage.webhooks.step()
    assert stage.listener.heard == []


def test_xero_numbers_its_events_and_signs_the_raw_body(stage: Stage) -> None:
    stage.subscribed("xero", XERO_URL)
    first, second = stage.invoice(), stage.invoice()
    stage.webhooks.step()
    third = stage.invoice()
    stage.webhooks.step()
    bodies = [json.loads(body) for _, _, body in stage.listener.heard]
    assert [(b["firstEventSequence"], b["lastEventSequence"]) for b in bodies] == [(1, 2), (3, 3)]
    assert [event["resourceId"] for event in stage.listener.events()] == [first, second, third]
    assert all(headers["X-Xero-Signature"] == xero_signature(body) for _, headers, body in stage.listener.heard)


def test_hubspot_sends_up_to_a_hundred_events_signed_over_address_and_time(stage: Stage) -> None:
    stage.subscribed("hubspot", HUBSPOT_URL)
    deal = stage.edit_deal(250)
    stage.webhooks.step()
    assert [len(json.loads(body)) for _, _, body in stage.listener.heard] == [100, 100, 50]
    assert {str(event["objectId"]) for event in stage.listener.events()} == {deal}
    for url, headers, body in stage.listener.heard:
        source = b"POST" + url.encode() + body + headers["X-HubSpot-Request-Timestamp"].encode()
        digest = hmac.digest(SENDERS["hubspot"].key.encode(), source, sha256)
        assert headers["X-HubSpot-Signature-v3"] == base64.b64encode(digest).decode()
        assert headers["X-HubSpot-Request-Timestamp"] == str(int(stage.clock().timestamp() * 1000))


def test_hubspot_tries_again_for_a_day_and_counts_its_attempts(stage: Stage) -> None:
    stage.subscribed("hubspot", HUBSPOT_URL)
    stage.listener.statuses = [503, 0, 429]
    stage.edit_deal()
    for _ in range(24 * 60):
        stage.webhooks.step()
        stage.clock.advance(60)
    assert [event["attemptNumber"] for event in stage.listener.events()] == [0, 1, 2, 3]
    assert stage.webhooks.picture()["hubspot"]["waiting"] == 0


def test_hubspot_gives_up_after_ten_more_tries(stage: Stage) -> None:
    stage.subscribed("hubspot", HUBSPOT_URL)
    stage.listener.statuses = [500] * 100
    stage.edit_deal()
    for _ in range(48 * 60):
        stage.webhooks.step()
        stage.clock.advance(60)
    assert len(stage.listener.heard) == 11
    assert stage.webhooks.picture()["hubspot"]["state"] == "ok"


def test_xero_disables_an_address_that_fails_for_a_day(stage: Stage) -> None:
    stage.subscribed("xero", XERO_URL)
    stage.listener.statuses = [500] * 1000
    stage.invoice()
    for _ in range(25 * 12):
        stage.webhooks.step()
        stage.clock.advance(300)
    assert stage.webhooks.picture()["xero"]["state"] == "disabled"


def test_deliveries_can_come_twice_in_any_order_or_never(stage: Stage) -> None:
    stage.subscribed("hubspot", HUBSPOT_URL)
    stage.webhooks.switches.twice, stage.webhooks.switches.shuffled = 1.0, True
    stage.edit_deal(20)
    stage.webhooks.step()
    versions = [event["propertyValue"] for event in stage.listener.events()]
    assert versions[:20] == versions[20:]
    assert versions[:20] != sorted(versions[:20])
    stage.listener.heard.clear()
    stage.webhooks.switches.lost = 1.0
    stage.edit_deal(20)
    stage.webhooks.step()
    assert stage.listener.heard == []


def test_nothing_is_told_of_what_was_before_the_subscription_or_of_a_world_begun_anew(stage: Stage) -> None:
    stage.edit_deal(3)
    stage.subscribed("hubspot", HUBSPOT_URL)
    stage.world.reset()
    stage.company = seed(stage.world)
    stage.webhooks.step()
    assert stage.listener.heard == []
    deal = stage.edit_deal()
    stage.webhooks.step()
    assert [str(event["objectId"]) for event in stage.listener.events()] == [deal]


def test_addresses_are_entered_through_the_sandboxs_own_door(stage: Stage) -> None:
    door = pages(stage.world, webhooks=stage.webhooks)
    body = json.dumps({"hubspot": {"url": HUBSPOT_URL, "key": "mine"}}).encode()
    headers = {"content-type": "application/json"}
    assert door(Request("POST", "/webhooks", {}, headers, body)).status == 200
    shown = json.loads(door(Request("GET", "/webhooks", {}, {})).body)
    assert shown["hubspot"]["url"] == HUBSPOT_URL
    assert stage.webhooks.subscriptions["hubspot"].key == "mine"
    assert door(Request("POST", "/webhooks", {}, headers, b'{"nobody": {"url": "x"}}')).status == 400
    assert json.loads(door(Request("POST", "/webhooks", {}, headers, b'{"hubspot": {"url": ""}}')).body) == {}


def test_salesforces_message_comes_again_until_it_is_acknowledged_in_soap() -> None:
    stage = Stage().subscribed("salesforce", "https://us.example/hooks/salesforce/3")
    deal = stage.world.salesforce.people.add_deal("Fit-out")
    stage.webhooks.step()
    stage.clock.advance(30)
    stage.listener.body = ACKNOWLEDGED.encode()
    stage.webhooks.step()
    stage.clock.advance(7200)
    stage.webhooks.step()
    (_, headers, first), (_, _, second) = stage.listener.heard
    assert first == second
    assert f"<sf:Id>{deal}</sf:Id>".encode() in first
    assert headers["Content-Type"].startswith("text/xml")
    picture = stage.webhooks.picture()["salesforce"]
    assert (picture["accepted"], picture["failed"], picture["waiting"]) == (1, 1, 0)


def test_pipedrive_sends_each_event_by_itself_with_name_and_password_four_times_at_most() -> None:
    stage = Stage().subscribed("pipedrive", "https://us.example/hooks/pipedrive/4")
    deal = stage.world.pipedrive.people.add_deal("Fit-out")
    stage.world.pipedrive.people.edit("deal", deal, dealname="Shop fit-out")
    stage.listener.statuses = [503, 200, 503, 503, 503]
    for _ in range(10):
        stage.webhooks.step()
        stage.clock.advance(60)
    told = [json.loads(body)["meta"] for _, _, body in stage.listener.heard]
    assert {meta["entity_id"] for meta in told} == {deal}
    assert [(meta["action"], meta["attempt"]) for meta in told] == [
        ("create", 1),
        ("change", 1),
        *(("create", attempt) for attempt in (2, 3, 4)),
    ]
    basic = base64.b64encode(SENDERS["pipedrive"].key.encode()).decode()
    assert {headers["Authorization"] for _, headers, _ in stage.listener.heard} == {f"Basic {basic}"}
