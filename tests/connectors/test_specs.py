"""The check of exchanges against the vendors' files finds what it is there to find, and lets the rest pass."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.support import specs

XERO = "https://api.xero.com/api.xro/2.0"
HUBSPOT = "https://api.hubapi.com/crm/objects/2026-09"
HEADERS = {"authorization": "Bearer t", "xero-tenant-id": "", "content-type": "application/json"}


@pytest.fixture(autouse=True)
def _files_are_there() -> None:  # pyright: ignore[reportUnusedFunction]
    if specs.missing():
        assert not specs.required(), specs.missing()
        pytest.skip(specs.missing())


def through(
    method: str, url: str, body: Any = None, answer: Any = None, status: int = 200, headers: dict[str, str] = HEADERS
) -> list[str]:
    found: list[str] = []
    content = json.dumps(answer).encode() if not isinstance(answer, bytes) else answer
    inner = httpx.MockTransport(
        lambda request: httpx.Response(status, content=content, headers={"content-type": "application/json"})
    )
    with httpx.Client(transport=specs.Watched(inner, found)) as client:
        client.request(method, url, json=body, headers=headers)
    return found


INVOICES = {"Invoices": [{"Type": "ACCREC", "Status": "DRAFT", "LineItems": [{"Quantity": 1.5}]}]}
SEARCH = {"filterGroups": [], "limit": 200, "properties": ["dealname"], "sorts": ["dealname"]}
FOUND = {"total": 0, "results": []}


def test_sound_exchanges_pass() -> None:
    assert through("PUT", f"{XERO}/Invoices?summarizeErrors=false&unitdp=4", INVOICES, INVOICES) == []
    assert through("POST", f"{HUBSPOT}/deals/search", SEARCH, FOUND) == []
    when = HEADERS | {"if-modified-since": "2026-11-25T01:02:03"}
    assert through("GET", f"{XERO}/Contacts?page=1&pageSize=1000", None, {"Contacts": []}, headers=when) == []


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"Invoices": [{"lineItems": []}]}, "lineItems"),
        ({"Invoices": [{"Status": "APPROVED"}]}, "APPROVED"),
        ({"Invoices": [{"LineItems": [{"Quantity": "4"}]}]}, "number"),
        ({"Invoices": [{"AmountDue": 5}]}, "AmountDue"),
        ({"Invoices": [{"Contact": {"ContactID": "x"}}]}, "uuid"),
        ({"invoices": []}, "invoices"),
    ],
)
def test_a_wrong_field_in_a_request_to_xero_is_found(body: Any, what: str) -> None:
    (found,) = through("PUT", f"{XERO}/Invoices", body, INVOICES)
    assert what in found


@pytest.mark.parametrize(
    ("method", "url", "body", "headers"),
    [
        ("GET", f"{XERO}/Nothing", None, HEADERS),
        ("DELETE", f"{XERO}/Invoices", None, HEADERS),
        ("GET", "https://api.xero.com/Invoices", None, HEADERS),
        ("GET", "https://evil.example/Invoices", None, HEADERS),
        ("GET", f"{XERO}/Invoices?page=one", None, HEADERS),
        ("GET", f"{XERO}/Invoices", None, {"xero-tenant-id": ""}),
        ("GET", f"{XERO}/Invoices", None, {"authorization": "Bearer t"}),
        ("GET", f"{XERO}/Contacts", None, HEADERS | {"if-modified-since": "Wed, 25 Nov 2026 01:02:03 GMT"}),
        ("POST", f"{HUBSPOT}/deals/search", SEARCH | {"limit": 500}, HEADERS),
        ("POST", f"{HUBSPOT}/deals/batch/read", {"inputs": [{"id": "1"}] * 101}, HEADERS),
        ("POST", f"{HUBSPOT}/deals/batch/update", {"inputs": [{"id": "1", "properties": {"amount": 5}}]}, HEADERS),
        ("POST", f"{HUBSPOT}/deals/search", SEARCH | {"page": 2}, HEADERS),
        ("POST", "https://api.hubapi.com/crm/v3/objects/deals/search", SEARCH, HEADERS),
    ],
)
def test_a_wrong_call_is_found(method: str, url: str, body: Any, headers: dict[str, str]) -> None:
    assert len(through(method, url, body, FOUND, headers=headers)) == 1


def test_a_wrong_answer_of_a_double_is_found() -> None:
    wrong = {"Invoices": [{"Total": "24.15"}]}
    (found,) = through("PUT", f"{XERO}/Invoices", INVOICES, wrong)
    assert "answered 200" in found
    assert len(through("POST", f"{HUBSPOT}/deals/search", SEARCH, {"results": []})) == 1


@pytest.mark.parametrize(
    ("status", "answer"),
    [(200, b'{"Invoices": [{"Tot'), (404, b"<html>"), (429, b""), (401, {"Title": "no"}), (503, b"offline")],
)
def test_faults_and_undeclared_answers_are_no_breach(status: int, answer: Any) -> None:
    assert through("PUT", f"{XERO}/Invoices", INVOICES, answer, status) == []


def test_asking_for_a_token_is_no_breach() -> None:
    assert through("POST", "https://identity.xero.com/connect/token", {"grant_type": "x"}, {}, headers={}) == []
