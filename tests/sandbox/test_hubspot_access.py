"""Held here: the HubSpot double's tokens, scopes, limits and faults; and what it remembers of it all."""

from __future__ import annotations

import copy

import pytest

from sandbox.faults import Fault
from sandbox.hubspot import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, Refusal
from sandbox.wire import Request
from tests.support.hubspot_calls import OBJECTS, START, Caller, account, deal_with_lines


@pytest.fixture
def api() -> Caller:
    return account()


def test_a_hundred_calls_in_ten_seconds_and_not_one_more(api: Caller) -> None:
    api.pace = 0
    answers = [api.get(f"{OBJECTS}/deals") for _ in range(101)]
    assert answers[0].headers["X-HubSpot-RateLimit-Max"] == "100"
    assert answers[99].headers["X-HubSpot-RateLimit-Remaining"] == "0"
    assert (answers[99].status, answers[100].status) == (200, 429)
    assert answers[100].body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert "Retry-After" not in answers[100].headers
    api.clock.advance(10)
    assert api.get(f"{OBJECTS}/deals").status == 200


def test_the_days_calls_end_at_midnight_in_the_accounts_time_zone(api: Caller) -> None:
    api.double.access.limits.daily = 2
    assert [api.get(f"{OBJECTS}/deals").status for _ in range(3)] == [200, 200, 429]
    assert api.get(f"{OBJECTS}/deals").body["policyName"] == "DAILY"
    # 12:00 in Sydney; midnight there is twelve hours off, in UTC it is 23.
    api.clock.advance(12 * 3600)
    assert api.get(f"{OBJECTS}/deals").status == 200


def test_a_missing_scope_is_named(api: Caller) -> None:
    api.double.access.missing_scopes.add("crm.schemas.deals.write")
    answer = api.post("/crm/properties/2026-09/deals", {})
    assert (answer.status, answer.body["category"]) == (403, "MISSING_SCOPES")
    assert answer.body["errors"][0]["context"]["requiredGranularScopes"] == ["crm.schemas.deals.write"]
    assert api.get("/crm/properties/2026-09/deals").status == 200


def test_an_unknown_token_is_refused(api: Caller) -> None:
    api.token = "nonsense"
    answer = api.get(f"{OBJECTS}/deals")
    assert (answer.status, answer.body["category"]) == (401, "INVALID_AUTHENTICATION")


def test_an_oauth_token_lives_half_an_hour(api: Caller) -> None:
    form = f"grant_type=refresh_token&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&refresh_token={REFRESH_TOKEN}"
    answer = api.double.handle(Request("POST", "/oauth/2026-09/token", {}, {}, form.encode()))
    granted = Request("POST", "", {}, {}, answer.body).json()
    assert (granted["expires_in"], len(granted["access_token"]) > 300) == (1800, True)
    api.token = granted["access_token"]
    assert api.get(f"{OBJECTS}/deals").status == 200
    api.clock.advance(1800)
    assert api.get(f"{OBJECTS}/deals").body["category"] == "EXPIRED_AUTHENTICATION"


def test_a_lost_answer_leaves_its_work_done(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    api.double.faults.add(Fault("PATCH", "/crm/objects/*", "lose answer"))
    assert api.send("PATCH", f"{OBJECTS}/deals/{deal}", {"properties": {"dealname": "y"}}).lost
    assert api.double.objects["deals"][deal].properties["dealname"] == "y"
    assert api.patch(f"{OBJECTS}/deals/{deal}", dealname="z").status == 200


def test_a_late_request_arrives_after_those_that_followed_it(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    api.double.faults.add(Fault("PATCH", "*", "late", delay=60))
    assert api.send("PATCH", f"{OBJECTS}/deals/{deal}", {"properties": {"dealname": "late"}}).lost
    api.patch(f"{OBJECTS}/deals/{deal}", dealname="in time")
    api.clock.advance(60)
    assert api.get(f"{OBJECTS}/deals/{deal}").body["properties"]["dealname"] == "late"


@pytest.mark.parametrize(("kind", "status", "name"), [("500 before", 500, "x"), ("500 after", 500, "y")])
def test_a_failure_before_or_after_the_work_looks_the_same(api: Caller, kind: str, status: int, name: str) -> None:
    deal = api.double.people.add_deal("x")
    api.double.faults.add(Fault("*", "*", kind))  # type: ignore[arg-type]
    assert api.patch(f"{OBJECTS}/deals/{deal}", dealname="y").status == status
    assert api.double.objects["deals"][deal].properties["dealname"] == name


def test_an_expired_token_and_a_throttle_can_be_switched_on(api: Caller) -> None:
    api.double.faults.add(Fault("*", "*", "expire token"))
    api.double.faults.add(Fault("*", "*", "429", retry_after=7, daily=True))
    expired = api.get(f"{OBJECTS}/deals")
    throttled = api.get(f"{OBJECTS}/deals")
    assert (expired.status, expired.body["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert (throttled.status, throttled.body["policyName"], throttled.headers["Retry-After"]) == (429, "DAILY", "7")
    assert api.get(f"{OBJECTS}/deals").status == 200


def test_the_log_tells_who_did_what_with_before_and_after(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    api.patch(f"{OBJECTS}/deals/{deal}", dealname="y")
    person, call = api.double.log
    assert (person.actor, person.path, call.actor, call.method, call.status) == (
        "person",
        "add deal",
        "api",
        "PATCH",
        200,
    )
    [(kind, record, before, after)] = call.changes
    assert (kind, record, before["dealname"], after["dealname"]) == ("deals", deal, "x", "y")
    assert person.changes[0][2] is None


def test_events_are_told_as_webhooks_tell_them_with_their_source(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    api.double.people.move(deal, "Closed won")
    api.patch(f"{OBJECTS}/deals/{deal}", dealname="y")
    stage = next(e for e in api.double.events if e.get("propertyValue") == "closedwon")
    own = api.double.events[-1]
    assert (stage["subscriptionType"], stage["objectTypeId"], stage["objectId"], stage["changeSource"]) == (
        "object.propertyChange",
        "0-3",
        int(deal),
        "CRM_UI",
    )
    assert stage["sourceId"].startswith("userId:")
    assert (own["changeSource"], own["sourceId"]) == ("INTEGRATION", str(own["appId"]))
    assert own["occurredAt"] > START.timestamp() * 1000


def test_the_same_seed_gives_the_same_account_and_a_copy_goes_its_own_way() -> None:
    one, two = account(seed=3), account(seed=3)
    for api in (one, two):
        deal_with_lines(api)
        api.search()
    assert one.double.log == two.double.log
    assert one.double.events == two.double.events
    assert list(account(seed=4).double.objects["deals"]) != list(one.double.objects["deals"])

    twin = copy.deepcopy(one.double)
    deal = next(iter(twin.objects["deals"]))
    twin.people.edit("deal", deal, dealname="Other")
    assert one.double.objects["deals"][deal].properties["dealname"] == "Site refresh"
    assert len(twin.log) == len(one.double.log) + 1


def test_a_person_is_refused_what_the_screen_would_refuse(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    with pytest.raises(Refusal, match="was not a valid number"):
        api.double.people.edit("deal", deal, amount="lots")
    with pytest.raises(LookupError, match="no stage"):
        api.double.people.move(deal, "Nowhere")
    assert api.get("/crm/objects/2020-01/deals").status == 404
