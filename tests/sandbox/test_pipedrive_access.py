"""Held here: tokens, limits, the day's budget, faults and webhooks of the Pipedrive double."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.faults import Fault
from sandbox.pipedrive import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from sandbox.pipedrive.webhooks import Post
from sandbox.wire import Request
from tests.support.pipedrive_calls import Caller, account

DAY = 24 * 3600


@pytest.fixture
def api() -> Caller:
    return account()


def renew(api: Caller, refresh: str = REFRESH_TOKEN) -> Any:
    basic = b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    form = urlencode({"grant_type": "refresh_token", "refresh_token": refresh}).encode()
    return api.double.handle(Request("POST", "/oauth/token", {}, {"authorization": f"Basic {basic}"}, form))


def test_an_api_token_goes_in_a_header_and_in_version_1_in_the_query_too(api: Caller) -> None:
    token = api.headers.pop("x-api-token")
    assert api.get("/v2/deals").status == 401
    assert api.get("/v2/deals", api_token=token).status == 401
    assert api.get("/v1/users/me", api_token=token).data["company_domain"] == "harbourline"


def test_an_access_token_lasts_an_hour_less_a_second(api: Caller) -> None:
    answered = json.loads(renew(api).body)
    assert answered["api_domain"] == "https://harbourline.pipedrive.com"
    api.headers = {"authorization": f"Bearer {answered['access_token']}"}
    assert api.get("/v2/deals").headers["x-ratelimit-limit"] == "80"
    api.clock.advance(answered["expires_in"])
    assert api.get("/v2/deals").error == "unauthorized access"
    assert renew(api, "an old one").status == 400


def test_a_scope_that_lacks_is_told_without_its_name(api: Caller) -> None:
    api.headers = {"authorization": f"Bearer {json.loads(renew(api).body)['access_token']}"}
    api.double.access.missing_scopes = True
    assert (api.get("/v2/deals").status, api.get("/v2/deals").error) == (403, "Scope and URL mismatch")


def test_a_burst_is_twenty_calls_in_two_seconds(api: Caller) -> None:
    api.pace = 0
    answers = [api.get("/v2/stages") for _ in range(21)]
    assert [answer.status for answer in answers] == [200] * 20 + [429]
    assert answers[-1].headers["x-ratelimit-remaining"] == "0"
    assert "Retry-After" not in answers[-1].headers
    api.clock.advance(int(answers[-1].headers["x-ratelimit-reset"]))
    assert api.get("/v2/stages").status == 200


@pytest.mark.parametrize(
    ("method", "path", "tokens"),
    [
        ("GET", "/v2/deals", 10),
        ("GET", "/v2/deals/7", 1),
        ("GET", "/v2/deals/archived", 20),
        ("GET", "/v2/deals/products", 10),
        ("GET", "/v2/deals/7/discounts", 10),
        ("GET", "/v2/stages", 5),
        ("GET", "/v2/dealFields", 10),
        ("PATCH", "/v2/deals/7", 5),
        ("POST", "/v2/deals/7/products/bulk", 25),
        ("DELETE", "/v2/deals/7", 3),
        ("GET", "/v1/users/me", 2),
        ("POST", "/v1/notes", 10),
        ("PUT", "/v1/deals/7/merge", 40),
    ],
)
def test_each_call_costs_its_tokens_whatever_it_brings(api: Caller, method: str, path: str, tokens: int) -> None:
    api.call(method, path, None if method == "GET" else {})
    assert api.double.access.spent == tokens


def test_a_spent_budget_looks_like_a_burst_that_has_calls_left_and_ends_at_midnight(api: Caller) -> None:
    api.double.access.limits.daily_tokens = 25
    assert [api.get("/v2/deals").status for _ in range(3)] == [200, 200, 429]
    refused = api.get("/v2/deals")
    assert int(refused.headers["x-ratelimit-remaining"]) > 0
    assert api.get("/v2/stages").status == 200
    api.clock.advance(DAY)
    assert api.get("/v2/deals").status == 200


def test_faults_strike_as_they_say(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    for kind in ("500 before", "500 after", "lose answer", "429", "garble"):
        api.double.faults.add(Fault("PATCH", "*/deals/*", kind))
    sent = [api.send("PATCH", f"/v2/deals/{deal}", {"title": kind}) for kind in "abcde"]
    assert [response.status for response in sent] == [500, 500, 200, 429, 200]
    assert sent[2].lost
    changed = [call.changes[0][3]["title"] for call in api.double.log if call.actor == "api" and call.changes]
    assert changed == ["b", "c", "e"]


# ── webhooks ──


def subscribe(api: Caller, action: str = "*", thing: str = "deal", **more: Any) -> Any:
    address = "https://desk.example/hooks/f00"
    return api.post(
        "/v1/webhooks", subscription_url=address, event_action=action, event_object=thing, name="Wonbooks", **more
    )


def answering(status: int) -> Post:
    def post(url: str, headers: dict[str, str], body: dict[str, Any]) -> int:
        return status

    return post


def test_an_event_tells_ids_as_text_beside_numbers_and_fields_with_their_type(api: Caller) -> None:
    field = api.double.people.add_field("deal", "Budget", "monetary")
    deal = api.double.people.add_deal("x")
    api.patch(f"/v2/deals/{deal}", custom_fields={field: {"value": 200, "currency": "EUR"}})
    event = api.double.events[-1]
    assert (event["meta"]["entity_id"], event["data"]["id"]) == (deal, int(deal))
    assert event["meta"]["change_source"] == "api"
    assert event["data"]["custom_fields"] == {field: {"type": "monetary", "value": 200, "currency": "EUR"}}
    assert set(event["previous"]) == {"custom_fields", "update_time"} - {"update_time"}
    api.double.people.delete("deal", deal)
    assert (api.double.events[-1]["data"], api.double.events[-1]["meta"]["change_source"]) == (None, "app")


def test_a_subscription_is_made_by_an_https_address_and_may_be_made_twice(api: Caller) -> None:
    first, second = subscribe(api).data, subscribe(api).data
    assert [row["id"] for row in api.get("/v1/webhooks").data] == [first["id"], second["id"]]
    body = {"event_action": "*", "event_object": "deal", "name": "x"}
    assert api.post("/v1/webhooks", subscription_url="http://desk.example", **body).status == 400
    assert api.call("DELETE", f"/v1/webhooks/{first['id']}").status == 200
    assert subscribe(api, "added").status == 400
    assert subscribe(api, thing="deal_product").status == 201


def test_what_was_asked_for_is_sent_with_the_name_and_password_given(api: Caller) -> None:
    subscribe(api, "change", http_auth_user="wonbooks", http_auth_password="secret")
    heard: list[tuple[dict[str, str], dict[str, Any]]] = []

    def post(url: str, headers: dict[str, str], body: dict[str, Any]) -> int:
        heard.append((headers, body))
        return 200

    deal = api.double.people.add_deal("x")
    api.double.people.win(deal)
    assert api.double.deliver(post) == 1
    [(headers, body)] = heard
    assert headers["authorization"] == f"Basic {b64encode(b'wonbooks:secret').decode()}"
    assert (body["meta"]["action"], body["meta"]["attempt"], body["data"]["status"]) == ("change", 1, "won")
    assert api.double.deliver(post) == 0


def test_a_delivery_is_tried_four_times(api: Caller) -> None:
    subscribe(api)
    attempts: list[int] = []

    def post(url: str, headers: dict[str, str], body: dict[str, Any]) -> int:
        attempts.append(body["meta"]["attempt"])
        return 500

    api.double.people.add_deal("x")
    for seconds in (0, 3, 30, 150, 1000):
        api.clock.advance(seconds)
        api.double.deliver(post)
    assert attempts == [1, 2, 3, 4]


def test_after_ten_failures_nothing_is_sent_for_half_an_hour(api: Caller) -> None:
    subscribe(api)
    for number in range(12):
        api.double.people.add_deal(f"Deal {number}")
    assert api.double.deliver(answering(500)) == 0
    api.clock.advance(5)
    assert api.double.deliver(answering(200)) == 0
    api.clock.advance(timedelta(minutes=30).total_seconds())
    api.double.people.add_deal("Later")
    assert api.double.deliver(answering(200)) == 1


def test_after_three_days_without_success_a_subscription_is_gone(api: Caller) -> None:
    subscribe(api)
    for _ in range(5):
        api.double.people.add_deal("x")
        api.double.deliver(answering(0))
        api.clock.advance(DAY)
    assert api.get("/v1/webhooks").data == []
