"""Signing in to Salesforce by key or secret: the right organisation, the right address, and what is said if not."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from urllib.parse import parse_qs

import httpx
import pytest

from connectors.contract import DealUpdate
from connectors.errors import NotConnected, Throttled
from connectors.salesforce_access import KeySignIn, domain_of, long_id
from connectors.wire import Wire
from sandbox.clock import HandClock
from sandbox.faults import Fault
from sandbox.salesforce import CONSUMER_KEY, ORG_ID
from tests.support.connections import START, MemoryStore, line_to
from tests.support.salesforce import API, Link, key_pair, link, sign_in
from tests.support.transport import WorldTransport


@pytest.fixture(name="to")
def _to() -> Link:
    return link()


@pytest.mark.parametrize("id_", ["00190000001pPvHAAU", "006xx000003GYkJAAW"])
def test_a_short_id_gets_the_three_characters_that_say_its_capitals(id_: str) -> None:
    assert long_id(id_[:15]) == long_id(id_) == id_


def test_a_session_that_ended_is_replaced_and_the_call_repeated_whole(to: Link) -> None:
    deal = to.won()
    to.double.faults.add(Fault("PATCH", "*/composite/sobjects", "expire token"))
    assert to.salesforce.write_deals([DealUpdate(deal, {"NextStep": "INV-1"})]) == {}
    assert to.value(deal, "NextStep") == "INV-1"


def test_a_key_signs_in_as_a_secret_does() -> None:
    to = link(by_key=True)
    deal = to.won()
    assert to.deal(deal).name == "Fit-out"
    to.double.access.expire()
    assert to.deal(deal).name == "Fit-out"


def test_a_user_who_is_not_approved_is_said(to: Link) -> None:
    to = link(by_key=True)
    to.double.access.approved.clear()
    with pytest.raises(NotConnected, match="approved for the app"):
        to.noticed()


def test_a_key_that_the_app_does_not_know_is_no_way_in() -> None:
    to = link(by_key=True)
    to.double.access.trust(b"")
    with pytest.raises(NotConnected) as ended:
        to.noticed()
    assert CONSUMER_KEY not in str(ended.value)


def test_too_many_sign_ins_are_a_pause_and_no_end(to: Link) -> None:
    to.double.faults.add(Fault("POST", "*/token", "429"))
    with pytest.raises(Throttled) as limit:
        to.noticed()
    assert (limit.value.pause, limit.value.daily) == (900, False)
    assert to.noticed()[0] == []


def test_another_organisation_than_the_mapping_says_is_no_way_in() -> None:
    to = link(account="00D000000000001")
    with pytest.raises(NotConnected, match=f"opens the organisation {ORG_ID}"):
        to.noticed()
    assert to.calls() == []


@pytest.mark.parametrize(
    ("domain", "audience"),
    [
        ("https://Acme.my.salesforce.com/", "login"),
        ("acme-dev-ed.develop.my.salesforce.com", "login"),
        ("acme--test.sandbox.my.salesforce.com", "test"),
        ("https://bold-fox-1.scratch.my.salesforce.com/home", "test"),
    ],
)
def test_a_key_is_meant_for_the_kind_of_organisation(domain: str, audience: str) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assertion = parse_qs(request.content.decode())["assertion"][0]
        asked.append(json.loads(urlsafe_b64decode(assertion.split(".")[1] + "=="))["aud"])
        return httpx.Response(400, json={"error": "invalid_grant"})

    host = domain_of(domain)
    clock = HandClock(START)
    sign_in = KeySignIn(
        Wire(f"https://{host}", now=clock, transport=httpx.MockTransport(answer)),
        MemoryStore(),
        account=ORG_ID,
        domain=host,
        client_id="id",
        username="user",
        private_key=key_pair()[0],
        now=clock,
        sleep=clock.advance,
    )
    with pytest.raises(NotConnected):
        line_to(answer, auth=sign_in, clock=clock).http.read("GET", "/")
    assert asked == [f"https://{audience}.salesforce.com"]


@pytest.mark.parametrize(
    "address", ["acme.lightning.force.com", "acme.com", "my.salesforce.com", "x.my.salesforce.com.example", ""]
)
def test_an_address_that_is_not_the_organisations_own_is_none(address: str) -> None:
    assert domain_of(address) == ""


def test_a_private_key_that_is_none_is_said_without_showing_it(to: Link) -> None:
    auth = sign_in(to.world, to.clock, WorldTransport(to.world), by_key=True, private_key="not a key")
    with pytest.raises(NotConnected, match="no RSA key") as problem:
        line_to(WorldTransport(to.world), base_url=API, auth=auth, clock=to.clock).http.read("GET", "/limits")
    assert "not a key" not in str(problem.value)


def test_the_short_form_of_the_organisations_id_does() -> None:
    assert link(account=ORG_ID[:15]).noticed()[0] == []
