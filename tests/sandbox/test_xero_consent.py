"""Held here: the double's login page gives a code once, for the address and the verifier it was asked with."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.clock import HandClock
from sandbox.wire import Request, Response
from sandbox.world import World

BACK = "http://localhost:4280/connections/xero/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ASKED = {
    "response_type": "code",
    "client_id": "wonbooks-sandbox",
    "redirect_uri": BACK,
    "scope": "offline_access accounting.invoices",
    "state": "s1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture
def world() -> World:
    return World(HandClock(datetime(2026, 11, 25, 1, 0, tzinfo=UTC)))


def show(world: World, **changed: str) -> Response:
    return world.handle("login.xero.com", Request("GET", "/identity/connect/authorize", ASKED | changed, {}))


def decide(world: World, allow: str = "yes") -> dict[str, str]:
    body = urlencode(ASKED | {"allow": allow}).encode()
    response = world.handle("login.xero.com", Request("POST", "/identity/connect/authorize", {}, {}, body))
    assert response.status == 302
    target = urlsplit(response.headers["Location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == BACK
    return {name: values[0] for name, values in parse_qs(target.query).items()}


def exchange(world: World, code: str, **changed: str) -> tuple[int, Any]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER} | changed
    headers = {"authorization": "Basic " + base64.b64encode(b"wonbooks-sandbox:open-sesame").decode()}
    asked = Request("POST", "/connect/token", {}, headers, urlencode(form).encode())
    response = world.handle("identity.xero.com", asked)
    return response.status, json.loads(response.body)


def test_the_page_names_the_organisation_and_what_is_asked_for(world: World) -> None:
    page = show(world).body.decode()
    assert "Harbourline Studio Pty Ltd" in page
    assert "accounting.invoices" in page


def test_a_code_is_good_once_and_brings_tokens_that_work(world: World) -> None:
    back = decide(world)
    assert back["state"] == "s1"
    status, body = exchange(world, back["code"])
    assert (status, body["expires_in"]) == (200, 1800)
    assert body["refresh_token"]
    listed = Request("GET", "/connections", {}, {"authorization": f"Bearer {body['access_token']}"})
    (connection,) = json.loads(world.handle("api.xero.com", listed).body)
    assert connection["tenantName"] == "Harbourline Studio Pty Ltd"
    assert exchange(world, back["code"]) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize("changed", [{"code_verifier": "w" * 43}, {"code_verifier": ""}, {"redirect_uri": BACK + "x"}])
def test_a_code_is_bound_to_its_verifier_and_address(world: World, changed: dict[str, str]) -> None:
    assert exchange(world, decide(world)["code"], **changed) == (400, {"error": "invalid_grant"})


def test_a_code_lives_five_minutes(world: World) -> None:
    code = decide(world)["code"]
    clock = world.clock
    assert isinstance(clock, HandClock)
    clock.advance(timedelta(minutes=5, seconds=1).total_seconds())
    assert exchange(world, code) == (400, {"error": "invalid_grant"})


def test_a_person_may_say_no(world: World) -> None:
    assert decide(world, "no") == {"error": "access_denied", "state": "s1"}


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.example/back"},
        {"redirect_uri": "http://127.0.0.1:4280/connections/xero/callback"},
        {"client_id": "another"},
        {"scope": "payroll.employees"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
    ],
)
def test_what_xero_would_not_take_shows_an_error_and_sends_nobody_away(world: World, changed: dict[str, str]) -> None:
    page = show(world, **changed)
    assert page.status == 400
    assert "Location" not in page.headers
