"""Held: HubSpot's version 3 signature over the configured address; which of its events are about deals."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hubspot.utils.signature import Signature

from desk.hooks.delivery import Delivery
from desk.hooks.hubspot import decoded, signature, signed
from ledger import inbox
from tests.support.hooks import deal_event, door, hubspot_path

# https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URL = "https://www.example.com/webhook_uri"
STAMP = "1564113600000"
BODY = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM",'
    b'"changeFlag":"NEW","appId":54321}]'
)
GOOD = "DxmVAjFNa2xfF3YgQjdZP6TNcok9k1oaH7UXombPtvw="
SENT_AT = datetime.fromtimestamp(int(STAMP) / 1000, UTC)


def delivery(**changes: Any) -> Delivery:
    headers = {"x-hubspot-signature-v3": GOOD, "x-hubspot-request-timestamp": STAMP}
    told: dict[str, Any] = {"headers": headers, "body": BODY, "url": URL, "called": "", "now": SENT_AT}
    return Delivery(**{**told, **changes})


def test_the_signature_of_hubspots_own_example_is_good() -> None:
    assert signature(SECRET, URL, BODY, STAMP).decode() == GOOD
    assert signed(delivery(), (SECRET,))


@pytest.mark.parametrize(
    "changes",
    [
        {"body": BODY.replace(b"123,", b"124,")},
        {"body": json.dumps(json.loads(BODY)).encode()},
        {"url": URL + "/"},
        {"headers": {"x-hubspot-signature-v3": GOOD}},
        {"headers": {"x-hubspot-request-timestamp": STAMP}},
        {"headers": {"x-hubspot-signature-v3": GOOD, "x-hubspot-request-timestamp": STAMP + "0"}},
        {"headers": {"x-hubspot-signature-v3": GOOD, "x-hubspot-request-timestamp": "-" + STAMP}},
        {"headers": {"x-hubspot-signature-v3": GOOD, "x-hubspot-request-timestamp": "9" * 5000}},
        {"headers": {"x-hubspot-signature-v3": GOOD, "x-hubspot-request-timestamp": "١٢٣"}},
        {"headers": {"x-hubspot-signature-v3": GOOD.lower(), "x-hubspot-request-timestamp": STAMP}},
    ],
)
def test_anything_else_is_not(changes: dict[str, Any]) -> None:
    assert not signed(delivery(**changes), (SECRET,))


@pytest.mark.parametrize(
    ("age", "good"),
    [(timedelta(minutes=5), True), (timedelta(minutes=5, seconds=1), False), (timedelta(minutes=-6), False)],
)
def test_a_signature_is_good_for_five_minutes(age: timedelta, good: bool) -> None:
    assert signed(delivery(now=SENT_AT + age), (SECRET,)) is good


def test_hubspots_own_client_makes_the_same_signature() -> None:
    for url in (URL, "https://example.com:8443/a/b?c=d&e=f", "https://example.com/~x/ü"):
        for body in ("", "{}", "[ 1,2 ]\n", '{"näme": "×"}'):
            theirs = Signature.get_signature(SECRET, body, "v3", url, "POST", STAMP)
            assert signature(SECRET, url, body.encode(), STAMP).decode() == theirs


def test_of_an_address_some_escapes_are_undone() -> None:
    assert decoded("https://a.example/b%2Fc%3a%40%20d%3B") == "https://a.example/b/c:@%20d;"


def test_behind_a_proxy_the_address_is_the_configured_one(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        body = json.dumps([{"portalId": 24680135, **deal_event(1)}]).encode()
        for host in ("internal:8080", "evil.example"):
            headers = at.hubspot_headers(body) | {"host": host, "x-forwarded-host": "evil.example"}
            assert at.call(hubspot_path(), body, headers).status == 200


def test_signed_for_another_address_of_ours_it_is_our_mistake_and_comes_again(tmp_path: Path) -> None:
    """A 4xx might not be repeated: a wrong setting must not lose what a person will put right."""
    with door(tmp_path) as at:
        body = json.dumps([{"portalId": 24680135, **deal_event(1)}]).encode()
        headers = at.hubspot_headers(body, url=f"https://new.example{hubspot_path()}") | {"host": "new.example"}
        assert at.call(hubspot_path(), body, headers).status == 503
        assert at.noticed() == set()
    assert at.endpoint("hubspot").failed == 1


def test_an_old_or_forged_delivery_is_refused(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        body = json.dumps([deal_event(1)]).encode()
        old = at.hubspot_headers(body, age=timedelta(minutes=6))
        assert at.call(hubspot_path(), body, old).status == 401
        assert at.hubspot(deal_event(1), secret="guessed").status == 401
        assert at.noticed() == set()
    assert at.woken == []
    assert at.endpoint("hubspot").refused == 2


def test_a_won_deal_is_noticed_and_wakes_its_pair(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        assert at.hubspot(deal_event(101), deal_event(102)).status == 200
        assert at.noticed() == {"101", "102"}
    assert at.woken == [("demo", "deals")]


def test_what_we_write_into_a_deal_ourselves_wakes_nobody(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        assert (
            at.hubspot(*(deal_event(101, f"xero_{f}") for f in ("invoice_number", "amount_due", "total"))).status == 200
        )
        assert at.noticed() == set()
    assert at.woken == []


@pytest.mark.parametrize(
    ("event", "noticed", "wakes"),
    [
        ({"subscriptionType": "deal.creation", "objectId": 7}, {"7"}, True),
        ({"subscriptionType": "deal.propertyChange", "objectId": "8", "propertyName": "amount"}, {"8"}, True),
        ({"subscriptionType": "object.deletion", "objectTypeId": "0-3", "objectId": 9}, {"9"}, True),
        ({"subscriptionType": "object.restore", "objectTypeId": "0-3", "objectId": 9}, {"9"}, True),
        (
            {"subscriptionType": "deal.merge", "primaryObjectId": 1, "mergedObjectIds": [2], "newObjectId": 3},
            {"1", "3"},
            True,
        ),
        (
            {
                "subscriptionType": "object.associationChange",
                "associationType": "LINE_ITEM_TO_DEAL",
                "fromObjectId": 5,
                "toObjectId": 6,
            },
            {"6"},
            True,
        ),
        (
            {"subscriptionType": "deal.associationChange", "associationType": "DEAL_TO_COMPANY", "fromObjectId": 6},
            {"6"},
            True,
        ),
        ({"subscriptionType": "line_item.propertyChange", "objectId": 5, "propertyName": "price"}, set[str](), True),
        ({"subscriptionType": "object.deletion", "objectTypeId": "0-8", "objectId": 5}, set[str](), True),
        ({"subscriptionType": "contact.propertyChange", "objectId": 5, "propertyName": "email"}, set[str](), False),
        ({"subscriptionType": "company.creation", "objectId": 5}, set[str](), False),
        ({"subscriptionType": "conversation.newMessage", "objectId": 5}, set[str](), False),
        ({"subscriptionType": "deal.propertyChange", "objectId": {"id": 8}}, set[str](), True),
        ({}, set[str](), False),
    ],
)
def test_which_events_are_about_deals(tmp_path: Path, event: dict[str, Any], noticed: set[str], wakes: bool) -> None:
    with door(tmp_path) as at:
        assert at.hubspot(event).status == 200
        assert at.noticed() == noticed
    assert at.woken == ([("demo", "deals")] if wakes else [])


def test_another_account_is_thanked_and_left(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        assert at.hubspot(deal_event(1, portalId=999)).status == 200
        assert at.noticed() == set()
    assert at.woken == []
    assert at.endpoint("hubspot").foreign == 1


def test_a_deal_told_again_while_it_is_worked_on_stays_in_the_inbox(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        at.hubspot(deal_event(1))
        with at.ledger.write() as session:
            taken = inbox.take(session, "demo", inbox.DEALS, at.clock())
        at.hubspot(deal_event(1))
        with at.ledger.write() as session:
            inbox.handled(session, "demo", inbox.DEALS, "1", taken.versions["1"])
        assert at.noticed() == {"1"}
