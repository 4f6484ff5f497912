"""Pipedrive's way of answering: what its statuses mean, what makes no sense, how it is signed in to."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors import pipedrive
from connectors.errors import ConnectorError, NotConnected, Rejected, Throttled
from connectors.oauth import PIPEDRIVE_TOKEN_PATH, Key, RefreshToken, Token
from connectors.pipedrive import Pipedrive
from connectors.wire import Wire
from sandbox.faults import Fault
from sandbox.pipedrive import CLIENT_ID, CLIENT_SECRET, COMPANY, REFRESH_TOKEN
from tests.support.connections import START, MemoryStore, line_to
from tests.support.crm_accounts import LOOK_BACK, SYDNEY, PipedriveAccount
from tests.support.transport import WorldTransport

HOUR = 3600


def answering(*answers: httpx.Response) -> Pipedrive:
    left = iter(answers)
    line = line_to(
        lambda request: next(left),
        base_url="https://acme.pipedrive.com/api",
        system="pipedrive",
        dialect=pipedrive.DIALECT,
        auth=Key("x-api-token", "a-token"),
    )
    return Pipedrive(line.http, "acme", timezone=SYDNEY, start=LOOK_BACK, now=line.clock)


def said(status: int, error: str = "", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={"success": False, "error": error}, headers=named)


@pytest.mark.parametrize(
    ("answer", "expected", "pause"),
    [
        (httpx.Response(403, html="<title>Attention Required! | Cloudflare</title>"), Throttled, 3600),
        (said(429, x_ratelimit_remaining="0", x_ratelimit_reset="11"), Throttled, 11),
        (said(429, x_ratelimit_remaining="17", x_ratelimit_reset="1"), Throttled, 3600),
        (said(403, "Scope and URL mismatch"), NotConnected, 0),
        (said(402, "Company account is not open"), NotConnected, 0),
        (said(401, "unauthorized access"), NotConnected, 0),
        (said(403, "You are not allowed to see deals"), Rejected, 0),
        (said(410, "This endpoint is no more"), Rejected, 0),
    ],
)
def test_what_pipedrive_means_by_a_status(answer: httpx.Response, expected: type[ConnectorError], pause: float) -> None:
    with pytest.raises(expected) as trouble:
        answering(answer).pipelines()
    assert getattr(trouble.value, "pause", 0) == pause


def test_a_missing_scope_is_named() -> None:
    with pytest.raises(NotConnected, match=r"deals:full, contacts:full, products:read"):
        answering(said(403, "Scope and URL mismatch")).pipelines()


def test_an_answer_without_success_must_not_pass_for_nothing() -> None:
    sound = httpx.Response(200, json={"success": True, "data": None})
    assert answering(sound, sound).pipelines() == []
    for body in ({"success": False, "data": []}, {"data": []}, {"success": True, "data": {}}):
        with pytest.raises(ConnectorError, match="an answer without sense"):
            answering(httpx.Response(200, json=body)).pipelines()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"value": "12"}, "Its value is not a number."),
        ({"value": 1e200}, "Its value is a number out of all proportion."),
        ({"status": "won", "won_time": "soon"}, "The day it was closed is not a date."),
    ],
)
def test_what_can_not_be_understood_is_said_in_the_deal(change: dict[str, Any], says: str) -> None:
    row = {"id": 7, "title": "x", "stage_id": 1, "pipeline_id": 1, "value": 5, "status": "open", **change}
    empty = httpx.Response(200, json={"success": True, "data": []})
    deals = httpx.Response(200, json={"success": True, "data": [row]})
    [found] = answering(deals, empty, empty).deals(["7"])
    assert found.unreadable == says


def test_an_authorisation_by_consent_is_renewed_by_the_hour() -> None:
    at = PipedriveAccount()
    store = MemoryStore(Token("", REFRESH_TOKEN, START, START).to_text())
    transport = WorldTransport(at.world)
    auth = RefreshToken(
        "pipedrive",
        Wire("https://oauth.pipedrive.com", now=at.clock, transport=transport),
        store,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        now=at.clock,
        sleep=at.clock.advance,
        path=PIPEDRIVE_TOKEN_PATH,
    )
    url = f"https://{COMPANY}.pipedrive.com{pipedrive.API_PATH}"
    line = line_to(transport, base_url=url, system="pipedrive", dialect=pipedrive.DIALECT, auth=auth, clock=at.clock)
    crm = Pipedrive(line.http, COMPANY, timezone=SYDNEY, start=LOOK_BACK, now=at.clock)
    for _ in range(3):
        assert crm.pipelines()
        at.clock.advance(HOUR)
    at.double.faults.add(Fault("*", "*/stages", "expire token"))
    assert crm.pipelines()
    assert len(store.saved) == 5
