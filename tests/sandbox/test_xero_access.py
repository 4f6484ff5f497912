"""The Xero double lets callers in as Xero does: tokens, connections, scopes, limits, and idempotency keys."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.wire import Request, Response
from tests.support.xero_calls import JSON, Caller, draft, organisation


def token(xero: Caller, secret: str = "open-sesame", **form: str) -> tuple[int, dict[str, Any]]:
    basic = base64.b64encode(f"wonbooks-sandbox:{secret}".encode()).decode()
    headers = {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"}
    response = xero.double.handle(Request("POST", "/connect/token", {}, headers, urlencode(form).encode()))
    return response.status, json.loads(response.body)


def plain(xero: Caller, method: str, path: str, headers: dict[str, str]) -> Response:
    return xero.double.handle(Request(method, path, {}, headers))


# Tokens


def test_a_custom_connection_gets_a_token_for_thirty_minutes() -> None:
    xero = organisation()

    status, granted = token(xero, grant_type="client_credentials", scope="accounting.contacts accounting.settings.read")

    assert (status, granted["expires_in"], granted["token_type"]) == (200, 1800, "Bearer")
    assert granted["scope"] == "accounting.contacts accounting.settings.read"
    assert "refresh_token" not in granted
    xero.token = granted["access_token"]
    assert xero.get("/Organisation").status == 200
    xero.clock.advance(1800)
    late = xero.get("/Organisation")
    assert (late.status, late.body["Title"]) == (401, "Unauthorized")
    assert late.body["Detail"] == "TokenExpired: token expired at 11/23/2026 01:32:03"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"secret": "wrong", "grant_type": "client_credentials"}, "invalid_client"),
        ({"grant_type": "client_credentials", "scope": "accounting.everything"}, "invalid_scope"),
        ({"grant_type": "client_credentials", "scope": "offline_access"}, "invalid_scope"),
        ({"grant_type": "refresh_token", "refresh_token": "made-up"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_token_is_refused_with_the_standards_word(form: dict[str, str], error: str) -> None:
    assert token(organisation(), **form) == (400, {"error": error})


def test_a_refresh_brings_a_new_refresh_token_and_the_old_one_lives_thirty_minutes_more() -> None:
    xero = organisation()
    first = xero.double.people.connect()

    _, granted = token(xero, grant_type="refresh_token", refresh_token=first)
    xero.clock.advance(29 * 60)
    again, _ = token(xero, grant_type="refresh_token", refresh_token=first)
    xero.clock.advance(2 * 60)
    late, failed = token(xero, grant_type="refresh_token", refresh_token=first)
    following, _ = token(xero, grant_type="refresh_token", refresh_token=granted["refresh_token"])

    assert granted["refresh_token"] != first
    assert (again, late, following) == (200, 400, 200)
    assert failed == {"error": "invalid_grant"}


def test_a_refresh_token_nobody_uses_dies_after_sixty_days() -> None:
    xero = organisation()
    first = xero.double.people.connect()

    xero.clock.advance(61 * 86_400)

    assert token(xero, grant_type="refresh_token", refresh_token=first)[0] == 400


def test_a_person_may_withdraw() -> None:
    xero = organisation()
    refresh = xero.double.people.connect()

    xero.double.people.disconnect()

    assert token(xero, grant_type="refresh_token", refresh_token=refresh)[0] == 400
    assert xero.get("/Organisation").status == 403
    xero.double.people.connect()
    assert xero.get("/Organisation").status == 200


def test_without_a_token_nobody_comes_in() -> None:
    xero = organisation()

    for headers in (JSON, {**JSON, "authorization": "Bearer made-up"}, {**JSON, "authorization": "Basic abc"}):
        assert plain(xero, "GET", "/api.xro/2.0/Organisation", headers).status == 401
    assert plain(xero, "GET", "/connections", JSON).status == 401


def test_a_users_token_must_name_the_organisation_and_a_custom_connections_need_not() -> None:
    xero = organisation()
    user = Caller(xero.double, xero.clock, xero.double.identity.issue(custom=False))
    right, wrong = {"xero-tenant-id": xero.double.tenant_id}, {"xero-tenant-id": "0"}

    statuses = [
        user.get("/Organisation").status,
        user.get("/Organisation", wrong).status,
        user.get("/Organisation", right).status,
        xero.get("/Organisation").status,
        xero.get("/Organisation", wrong).status,
    ]

    assert statuses == [403, 403, 200, 200, 403]


def test_connections_are_listed_and_dropped() -> None:
    xero = organisation()
    headers = {**JSON, "authorization": f"Bearer {xero.token}"}

    (listed,) = json.loads(plain(xero, "GET", "/connections", headers).body)
    gone = plain(xero, "DELETE", f"/connections/{listed['id']}", headers)

    assert (listed["tenantId"], listed["tenantType"]) == (xero.double.tenant_id, "ORGANISATION")
    assert gone.status == 204
    assert plain(xero, "DELETE", f"/connections/{listed['id']}", headers).status == 404
    assert xero.get("/Organisation").status == 403


def test_a_call_without_its_scope_is_turned_away() -> None:
    xero = organisation()
    reader = Caller(xero.double, xero.clock, xero.double.identity.issue({"accounting.invoices.read"}))
    broad = Caller(xero.double, xero.clock, xero.double.identity.issue({"accounting.transactions"}))

    refused = reader.put("/Invoices", draft(xero.contact()))

    assert refused.status == 401
    assert "insufficient_scope" in refused.response.headers["WWW-Authenticate"]
    assert [reader.get(path).status for path in ("/Invoices", "/Contacts", "/Accounts")] == [200, 401, 401]
    assert [broad.get(path).status for path in ("/Invoices", "/Payments", "/Accounts")] == [200, 200, 401]


# Forms


def test_json_must_be_asked_for() -> None:
    xero = organisation()

    answer = xero.get("/Invoices", {"accept": "*/*"})

    assert (answer.status, answer.body) == (406, None)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"Invoices": 5}', b'{"Invoices": [5]}', b'{"Contact": "Acme"}'])
def test_a_body_that_cannot_be_read_is_refused(body: bytes) -> None:
    xero = organisation()
    headers = {**JSON, "authorization": f"Bearer {xero.token}"}

    response = xero.double.handle(Request("PUT", "/api.xro/2.0/Invoices", {}, headers, body))

    assert response.status == 400


def test_too_large_a_body_is_refused() -> None:
    xero = organisation()

    assert xero.put("/Contacts", {"Name": "x" * 3_600_000}).status == 413


def test_what_is_not_offered_says_so() -> None:
    xero = organisation()

    assert xero.call("DELETE", "/Invoices/1").status == 501
    assert xero.get("/Nonsense").status == 404
    assert plain(xero, "GET", "/nowhere", {}).status == 404


# Limits


def test_sixty_calls_a_minute_and_the_next_waits_for_the_window() -> None:
    xero = organisation()
    answers = [xero.get("/Organisation") for _ in range(61)]

    last = answers[-1].response
    wait = int(last.headers["Retry-After"])
    assert [answer.status for answer in answers] == [200] * 60 + [429]
    assert (last.body, last.headers["X-Rate-Limit-Problem"]) == (b"", "minute")
    assert 1 <= wait <= 60
    xero.clock.advance(wait)
    assert xero.get("/Organisation").status == 200


def test_every_answer_says_how_many_calls_are_left_a_refused_one_too() -> None:
    xero = organisation()

    first, second = xero.get("/Organisation").response, xero.put("/Contacts", {}).response

    assert (first.headers["X-MinLimit-Remaining"], first.headers["X-DayLimit-Remaining"]) == ("59", "4999")
    assert (second.status, second.headers["X-MinLimit-Remaining"]) == (400, "58")
    assert second.headers["X-AppMinLimit-Remaining"] == "9998"


def test_the_days_calls_can_be_used_up_for_many_hours() -> None:
    xero = organisation()
    xero.double.limits.a_day = 2

    answers = [xero.get("/Organisation").response for _ in range(3)]
    wait = int(answers[2].headers["Retry-After"])
    xero.clock.advance(wait)
    xero.renew()

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].headers["X-Rate-Limit-Problem"] == "day"
    assert wait > 3600
    assert xero.get("/Organisation").status == 200


# Idempotency keys


def test_the_same_request_under_its_key_is_answered_from_memory_for_six_minutes() -> None:
    xero = organisation()
    element = draft(xero.contact())

    first = xero.put("/Invoices", element, key="k")
    xero.clock.advance(359)
    second = xero.put("/Invoices", element, key="k")
    assert second.body == first.body
    assert len(xero.double.invoices) == 1

    xero.clock.advance(1)
    third = xero.put("/Invoices", element, key="k")
    assert third.one("Invoices")["InvoiceID"] != first.one("Invoices")["InvoiceID"]
    assert len(xero.double.invoices) == 2


def test_a_replayed_call_counts_all_the_same() -> None:
    xero = organisation()

    first = xero.put("/Contacts", {"Name": "Acme"}, key="k").response
    second = xero.put("/Contacts", {"Name": "Acme"}, key="k").response

    assert [each.headers["X-MinLimit-Remaining"] for each in (first, second)] == ["59", "58"]


def test_a_refusal_is_remembered_even_when_its_cause_is_gone() -> None:
    xero = organisation()
    acme = xero.contact("Acme")

    first = xero.put("/Contacts", {"Name": "Acme"}, key="k")
    xero.double.people.archive_contact(acme)
    second = xero.put("/Contacts", {"Name": "Acme"}, key="k")

    assert (first.status, second.status, second.body) == (400, 400, first.body)
    assert xero.put("/Contacts", {"Name": "Acme"}, key="another").status == 200


def test_anything_else_under_a_key_is_refused() -> None:
    xero = organisation()
    xero.put("/Contacts", {"Name": "Acme"}, key="k")

    other_body = xero.put("/Contacts", {"Name": "Else"}, key="k")
    other_method = xero.post("/Contacts", {"Name": "Acme"}, key="k")
    other_query = xero.put("/Contacts", {"Name": "Acme"}, key="k", summarizeErrors="false")

    for answer in (other_body, other_method, other_query):
        assert answer.status == 400
        assert "is used with a different request" in answer.body["Message"]


def test_too_long_a_key_is_refused_and_reads_ignore_keys() -> None:
    xero = organisation()

    assert xero.put("/Contacts", {"Name": "Acme"}, key="k" * 129).status == 400
    assert xero.put("/Contacts", {"Name": "Acme"}, key="k" * 128).status == 200
    assert len(xero.get("/Contacts", {"idempotency-key": "r"}).body["Contacts"]) == 1
    xero.contact("Else")
    assert len(xero.get("/Contacts", {"idempotency-key": "r"}).body["Contacts"]) == 2


@pytest.mark.parametrize(("by_token", "made"), [(False, 1), (True, 2)])
def test_a_key_may_be_known_to_one_access_token_only(by_token: bool, made: int) -> None:
    xero = organisation()
    xero.double.keys.by_token = by_token
    element = draft(xero.contact())

    xero.put("/Invoices", element, key="k")
    xero.renew()
    xero.put("/Invoices", element, key="k")

    assert len(xero.double.invoices) == made
