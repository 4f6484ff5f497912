"""Tokens: renewed in time and once after a refusal, by one worker, saved before use, never shown."""

from __future__ import annotations

import httpx
import pytest

from connectors.errors import NotConnected, OutcomeUnknown, Throttled, Unavailable
from connectors.oauth import Bearer, ClientCredentials, RefreshToken, Token
from tests.support.connections import START, MemoryStore, line_to
from tests.support.identity import MINUTE, RotatedElsewhere, connection, plug, relined


def test_a_static_token_goes_along_as_it_is() -> None:
    seen: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(401, json={})

    with pytest.raises(NotConnected):
        line_to(note, auth=Bearer("pat-1")).http.read("GET", "/things")
    assert seen == ["Bearer pat-1"]


@pytest.mark.parametrize(("minutes_left", "renewed"), [(30, False), (6, False), (5, True), (1, True), (-60, True)])
def test_a_token_is_renewed_when_less_than_five_minutes_are_left(minutes_left: int, renewed: bool) -> None:
    link = connection(minutes_left=minutes_left)
    link.call()
    assert link.api.seen == (["a1"] if renewed else ["a0"])


def test_a_renewed_token_serves_until_it_runs_out_and_the_next_refresh_token_is_the_new_one() -> None:
    link = connection()
    for _ in range(5):
        link.call()
        link.line.clock.advance(600)
    assert link.refreshed_with == ["r0", "r1"]
    assert link.api.seen == ["a1", "a1", "a1", "a2", "a2"]


def test_a_refused_token_is_renewed_once_and_the_call_repeated_and_both_calls_count() -> None:
    link = connection(minutes_left=30)
    link.identity.live.clear()
    link.call()
    assert link.api.seen == ["a0", "a1"]
    assert len(link.line.pace.spent) == 2


def test_a_token_refused_even_when_fresh_ends_the_connection_without_a_loop() -> None:
    link = connection(minutes_left=30)
    link.api.disconnected = True
    with pytest.raises(NotConnected):
        link.call()
    assert link.api.seen == ["a0", "a1"]
    assert link.identity.rotated == 1


def test_a_missing_permission_is_not_mended_by_a_new_token() -> None:
    link = connection(minutes_left=30)
    link.api.scope_missing = True
    with pytest.raises(NotConnected):
        link.call()
    assert link.identity.asked == []


def test_two_workers_on_one_store_refresh_once() -> None:
    link = connection()
    other = relined(link, link.store, link.identity)
    link.call()
    other.http.write("PUT", "/things")
    assert link.identity.rotated == 1


def test_a_worker_whose_token_was_refused_takes_the_one_that_another_has_fetched_meanwhile() -> None:
    link = connection(minutes_left=30)
    link.call()
    link.identity.live = {"a9"}
    link.store.text = Token("a9", "r9", START + 30 * MINUTE, START).to_text()
    other = relined(link, link.store, link.identity)
    other.http.write("PUT", "/things")
    assert link.identity.asked == []


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_answer_is_asked_for_again_with_the_same_old_token(lost: int) -> None:
    link = connection()
    link.identity.lose = lost
    link.call()
    assert link.refreshed_with == ["r0"] * (lost + 1)


def test_answers_lost_again_and_again_leave_the_old_token_for_another_time() -> None:
    link = connection()
    link.identity.lose = 3
    with pytest.raises(Unavailable):
        link.call()
    assert link.store.saved == []
    assert sum(link.slept) < 10
    link.identity.before = "r0"  # still within its grace
    link.call()
    assert set(link.refreshed_with) == {"r0"}


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("no"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("gone"),
        httpx.Response(500),
        httpx.Response(503, text="maintenance"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={}),
    ],
    ids=repr,
)
def test_trouble_at_the_identity_server_never_makes_a_writes_outcome_unknown(
    trouble: Exception | httpx.Response,
) -> None:
    link = connection()
    link.identity.trouble = [trouble] * 3
    with pytest.raises(Unavailable):
        link.call()
    assert link.api.seen == []
    link.call()
    assert link.api.seen == ["a1"]


def test_a_limit_of_the_identity_server_is_a_pause() -> None:
    link = connection()
    link.identity.trouble = [httpx.Response(429, headers={"retry-after": "40"})]
    with pytest.raises(Throttled) as throttled:
        link.call()
    assert throttled.value.pause == 40


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(400, json={"error": "unauthorized_client"}), "unauthorized_client"),
        (httpx.Response(401, json={"error": "invalid_client"}), "invalid_client"),
        (httpx.Response(400, json={"error": "Jo <jo@example.com>"}), "400"),
        (httpx.Response(403, text="no"), "403"),
    ],
)
def test_a_refused_sign_in_ends_the_connection_and_says_its_code(answer: httpx.Response, code: str) -> None:
    link = connection()
    link.identity.trouble = [answer]
    with pytest.raises(NotConnected, match=code) as ended:
        link.call()
    assert "jo@example.com" not in str(ended.value)


def test_a_token_that_another_installation_rotated_is_read_again_and_tried_once() -> None:
    link = connection()
    link.identity.refresh, link.identity.before = "r5", "r4"
    elsewhere = Token("a5", "r5", START - MINUTE, START)
    store = RotatedElsewhere(link.store.text, newer=elsewhere.to_text())
    relined(link, store, link.identity).http.write("PUT", "/things")
    assert link.refreshed_with == ["r0", "r5"]


@pytest.mark.parametrize(
    "stored", [None, Token("a0", "", START, START).to_text(), Token("a0", "x", START, START).to_text()]
)
def test_without_a_good_refresh_token_a_person_must_connect_again(stored: str | None) -> None:
    link = connection()
    link.store.text = stored
    with pytest.raises(NotConnected, match="connect again"):
        link.call()
    assert len(link.identity.asked) <= 1


def test_a_store_that_fails_leaves_the_new_token_unused() -> None:
    link = connection()

    class Full(MemoryStore):
        def save(self, text: str) -> None:
            raise OSError("disk full")

    broken = relined(link, Full(link.store.text), link.identity)
    with pytest.raises(OSError, match="disk full"):
        broken.http.write("PUT", "/things")


def test_a_custom_connection_needs_nothing_stored_and_says_what_it_may() -> None:
    link = connection(ClientCredentials, minutes_left=None)
    link.call()
    link.line.clock.advance(26 * 60)
    link.call()
    assert link.api.seen == ["a1", "a2"]
    assert [form["grant_type"] for form in link.identity.asked] == ["client_credentials"] * 2
    assert link.identity.asked[0]["scope"].split() == [
        "accounting.contacts",
        "accounting.invoices",
        "accounting.payments.read",
        "accounting.settings.read",
    ]


def test_a_custom_connection_that_was_withdrawn_ends() -> None:
    link = connection(ClientCredentials, minutes_left=None)
    link.identity.trouble = [httpx.Response(400, json={"error": "invalid_grant"})]
    with pytest.raises(NotConnected):
        link.call()


def test_a_token_survives_the_store_and_shows_itself_to_nobody() -> None:
    token = Token("secret-access", "secret-refresh", START, START)
    assert Token.from_text(token.to_text()) == token
    assert "secret" not in f"{token} {token!r}"


def test_a_write_whose_own_answer_is_lost_stays_unknown_after_a_refresh() -> None:
    link = connection()

    def lose(request: httpx.Request) -> httpx.Response:
        link.api(request)
        raise httpx.ReadTimeout("lost")

    auth = plug(RefreshToken, link.identity, link.store, link.slept)
    with pytest.raises(OutcomeUnknown):
        line_to(lose, auth=auth, clock=link.line.clock).http.write("PUT", "/things")
    assert link.api.seen == ["a1"]
