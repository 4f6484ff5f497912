"""What each answer, and each failure to get one, means for a read and for a write; how often and where we ask.

The tables are the whole classification: a write is only ever called unsent, refused or done when that is certain.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import httpx
import pytest

from connectors.errors import (
    ConnectorError,
    Gone,
    NoRoom,
    NotConnected,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
)
from connectors.http import ATTEMPTS
from connectors.wire import LONGEST_PAUSE, Heard, Json
from tests.support.connections import PLAIN, Line, line_to

SECRET = "where-EmailAddress-jo@example.com"


def answering(status: int, body: object = None, **headers: str) -> Line:
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return line_to(lambda request: httpx.Response(status, content=content, headers=named))


def failing(error: Exception) -> Line:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    return line_to(fail)


def read(line: Line) -> object:
    return line.http.read("GET", "/things/{id}", ids={"id": "17"}, params={"where": SECRET})


def write(line: Line) -> object:
    return line.http.write("PUT", "/things/{id}", ids={"id": "17"}, params={"where": SECRET}, content=b'{"Name":"Jo"}')


ANSWERS: list[tuple[int, object, type[ConnectorError], type[ConnectorError], int]] = [
    # status, body, a read raises, a write raises, tries of a read
    (400, {"message": "No"}, Rejected, Rejected, 1),
    (409, {"message": "Taken"}, Rejected, Rejected, 1),
    (422, {"message": "No"}, Rejected, Rejected, 1),
    (401, {}, NotConnected, NotConnected, 1),
    (403, {}, NotConnected, NotConnected, 1),
    (404, b"<html>not here</html>", Gone, Gone, 1),
    (423, {}, Unavailable, Unavailable, ATTEMPTS),
    (429, b"", Throttled, Throttled, 2),  # no word on how long: ten seconds, and not twice within the patience
    (477, b"", Throttled, Throttled, 2),
    (408, b"", Unavailable, OutcomeUnknown, ATTEMPTS),
    (500, {"message": "oops"}, Unavailable, OutcomeUnknown, ATTEMPTS),
    (502, b"", Unavailable, OutcomeUnknown, ATTEMPTS),
    (503, b"offline", Unavailable, OutcomeUnknown, ATTEMPTS),
    (504, b"", Unavailable, OutcomeUnknown, ATTEMPTS),
    (524, b"", Unavailable, OutcomeUnknown, ATTEMPTS),
    (200, b"<html>hello</html>", Unavailable, OutcomeUnknown, ATTEMPTS),
    (200, b'{"Invoices": [{"Tot', Unavailable, OutcomeUnknown, ATTEMPTS),
    (200, b"", Unavailable, OutcomeUnknown, ATTEMPTS),
    (200, [1, 2], Unavailable, OutcomeUnknown, ATTEMPTS),
    (200, b'{"Total": NaN}', Unavailable, OutcomeUnknown, ATTEMPTS),
    (200, b"[" * 100_000, Unavailable, OutcomeUnknown, ATTEMPTS),
    (301, b"", Rejected, OutcomeUnknown, 1),
    (302, b"", Rejected, OutcomeUnknown, 1),
    (304, b"", Rejected, OutcomeUnknown, 1),
    (402, b"", Rejected, OutcomeUnknown, 1),
    (405, b"", Rejected, OutcomeUnknown, 1),
    (410, b"", Rejected, OutcomeUnknown, 1),
    (412, b"", Rejected, OutcomeUnknown, 1),
    (413, b"", Rejected, OutcomeUnknown, 1),
    (418, b"", Rejected, OutcomeUnknown, 1),
]
FAILURES: list[tuple[Exception, type[ConnectorError], type[ConnectorError]]] = [
    (httpx.ConnectError("name or service not known"), Unavailable, Unavailable),
    (httpx.ConnectError("TLS handshake failed"), Unavailable, Unavailable),
    (httpx.ConnectTimeout("slow"), Unavailable, Unavailable),
    (httpx.PoolTimeout("busy"), Unavailable, Unavailable),
    (httpx.ReadTimeout("slow"), Unavailable, OutcomeUnknown),
    (httpx.WriteTimeout("slow"), Unavailable, OutcomeUnknown),
    (httpx.ReadError("reset"), Unavailable, OutcomeUnknown),
    (httpx.WriteError("broken pipe"), Unavailable, OutcomeUnknown),
    (httpx.CloseError("close"), Unavailable, OutcomeUnknown),
    (httpx.RemoteProtocolError("server disconnected without sending a response"), Unavailable, OutcomeUnknown),
    (httpx.LocalProtocolError("broken"), Unavailable, OutcomeUnknown),
    (httpx.DecodingError("not gzip"), Unavailable, OutcomeUnknown),
]


@pytest.mark.parametrize(("status", "body", "for_read", "for_write", "tries"), ANSWERS)
def test_each_answer_means_what_the_table_says(
    status: int, body: object, for_read: type[ConnectorError], for_write: type[ConnectorError], tries: int
) -> None:
    asked, told = answering(status, body), answering(status, body)
    with pytest.raises(for_read) as of_read:
        read(asked)
    with pytest.raises(for_write) as of_write:
        write(told)
    assert (type(of_read.value), type(of_write.value)) == (for_read, for_write)
    assert len(asked.pace.spent) == tries
    assert len(told.pace.spent) == 1
    assert told.slept == []


@pytest.mark.parametrize(("error", "for_read", "for_write"), FAILURES, ids=lambda value: getattr(value, "args", value))
def test_each_failure_means_what_the_table_says(
    error: Exception, for_read: type[ConnectorError], for_write: type[ConnectorError]
) -> None:
    asked, told = failing(error), failing(error)
    with pytest.raises(for_read) as of_read:
        read(asked)
    with pytest.raises(for_write) as of_write:
        write(told)
    assert (type(of_read.value), type(of_write.value)) == (for_read, for_write)
    assert len(asked.pace.spent) == ATTEMPTS
    assert sum(asked.slept) <= 20
    assert len(told.pace.spent) == 1


def test_a_refusal_carries_the_vendors_words_and_its_status() -> None:
    with pytest.raises(Rejected) as refusal:
        write(answering(422, {"message": "The name is taken."}))
    assert refusal.value.words == ("The name is taken.",)
    assert refusal.value.status == 422


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"scope": "deals.write"}, {}),
        ({}, {"www_authenticate": 'Bearer error="insufficient_scope", scope="deals.write"'}),
    ],
)
def test_a_missing_permission_is_named(body: dict[str, str], headers: dict[str, str]) -> None:
    with pytest.raises(NotConnected, match=r"lacks the permission deals\.write"):
        write(answering(403, body, **headers))


@pytest.mark.parametrize("failure", [httpx.ReadTimeout(SECRET), httpx.ConnectError(SECRET)])
def test_no_error_tells_a_query_a_body_an_id_or_a_header(failure: Exception) -> None:
    lines = [failing(failure), answering(500, {"message": SECRET}), answering(400, {"message": SECRET}), answering(404)]
    for line in lines:
        for call in (read, write):
            with pytest.raises(ConnectorError) as caught:
                call(line)
            told = f"{caught.value} {caught.value.call} {caught.value.detail}"
            assert "/things/{id}" in told
            assert not any(word in told for word in (SECRET, "17", "Jo", "a-token"))
            assert caught.value.__cause__ is None
            assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_amounts_are_read_exactly() -> None:
    assert read(answering(200, b'{"Total": 24.15, "Lines": 3}')) == {"Total": Decimal("24.15"), "Lines": 3}


def test_an_answer_without_content_is_an_empty_one() -> None:
    assert write(answering(204)) == {}


def test_a_read_gets_over_a_passing_fault_and_a_write_is_never_repeated() -> None:
    answers = iter(
        [httpx.Response(503), httpx.Response(429, headers={"retry-after": "2"}), httpx.Response(200, json={})]
    )
    line = line_to(lambda request: next(answers))
    assert read(line) == {}
    assert len(line.slept) == 2
    assert line.slept[1] >= 2


@pytest.mark.parametrize(
    ("headers", "body", "pause", "daily"),
    [
        ({"retry_after": "37"}, b"", 37, False),
        ({}, b"", 10, False),
        ({"retry_after": "nonsense"}, b"", 10, False),
        ({"x_problem": "day", "retry_after": "66975"}, b"", 66975, True),
        ({"retry_after": "66975"}, b"", 66975, True),
        ({}, {"policy": "day"}, 3600, True),
        ({"retry_after": "999999999"}, b"", LONGEST_PAUSE, True),
    ],
)
def test_a_limit_is_told_with_its_pause_and_heard_by_the_pace(
    headers: dict[str, str], body: object, pause: float, daily: bool
) -> None:
    line = answering(429, body, **headers)
    with pytest.raises(Throttled) as throttled:
        write(line)
    assert (throttled.value.pause, throttled.value.daily) == (pause, daily)
    assert line.pace.notes == [(None, None, pause, daily)]


@pytest.mark.parametrize(
    "headers", [{"retry_after": "37"}, {"retry_after": "11"}, {"retry_after": "5", "x_problem": "day"}]
)
def test_a_long_pause_and_the_end_of_the_day_are_not_waited_out(headers: dict[str, str]) -> None:
    line = answering(429, **headers)
    with pytest.raises(Throttled):
        read(line)
    assert line.slept == []


@pytest.mark.parametrize(("status", "left", "heard"), [(200, "812", 812), (404, "0", 0), (500, "rubbish", None)])
def test_the_pace_hears_what_is_left_from_every_answer(status: int, left: str, heard: int | None) -> None:
    line = answering(status, {}, x_day_left=left, x_minute_left="59")
    with suppress(ConnectorError):
        write(line)
    assert line.pace.notes == [(heard, 59, None, False)]


def test_a_vendors_own_way_of_saying_things_is_translated() -> None:
    def status(heard: Heard, body: Json | None) -> int:
        return {403: 429 if body is None else 422}.get(heard.status, heard.status)

    answers = iter(
        [
            httpx.Response(403, content=b"<html>", headers={"x-seconds": "4"}),
            httpx.Response(403, json={"message": "Not you."}),
        ]
    )
    line = line_to(lambda request: next(answers), dialect=replace(PLAIN, reset="x-seconds", status=status))
    with pytest.raises(Throttled) as throttled:
        write(line)
    assert throttled.value.pause == 4
    with pytest.raises(Rejected) as refusal:
        write(line)
    assert refusal.value.words == ("Not you.",)


def test_a_burst_keeps_to_the_vendors_limit_by_waiting() -> None:
    left: list[datetime] = []

    def answer(request: httpx.Request) -> httpx.Response:
        left.append(line.clock())
        return httpx.Response(204)

    line = line_to(answer, dialect=replace(PLAIN, burst=3))
    for _ in range(7):
        write(line)
    assert [(moment - left[0]).total_seconds() for moment in left] == [0, 0, 0, 1, 1, 1, 2]


def test_nothing_is_sent_while_the_pace_says_no() -> None:
    line = answering(200, {})
    line.pace.paused = 30
    for call in (read, write):
        with pytest.raises(Throttled):
            call(line)
    assert line.pace.spent == []


def test_a_minutes_limit_of_our_own_is_waited_out_since_nothing_was_sent() -> None:
    line = answering(200, {"done": True})
    line.pace.full = [NoRoom("xero", "our own count", pause=42)]
    started = line.clock()
    assert write(line) == {"done": True}
    assert (line.clock() - started).total_seconds() == 42
    assert len(line.pace.spent) == 1
