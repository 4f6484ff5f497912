"""Every route and every role: who may do what, one row a route; a route without a row fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from fastapi.routing import APIRoute

from desk.door import ROLE_OF
from desk.settings import ROLES
from tests.support.desks import ADDRESS, Desk

EVERYBODY = "everybody"

# Route → the role it takes. What is not listed here is a route nobody thought about.
TABLE: Mapping[str, str] = {
    "GET /": "viewer",
    "GET /pulse": "viewer",
    "GET /alive": EVERYBODY,
    "GET /health": EVERYBODY,
    "GET /questions": "viewer",
    "POST /questions/answers": "operator",
    "GET /questions/{pair}/{number}": "viewer",
    "POST /questions/{pair}/{number}/answer": "operator",
    "POST /questions/{pair}/{number}/claim": "operator",
    "POST /questions/{pair}/{number}/release": "operator",
    "POST /questions/{pair}/{number}/book": "approver",
    "POST /questions/{pair}/{number}/book/save": "approver",
    "GET /mapping/{pair}": "viewer",
    "GET /deals": "viewer",
    "GET /deals/{pair}/{deal_id}": "viewer",
    "GET /connections": "viewer",
    "POST /connections/{pair}/test": "operator",
    "POST /connections/{pair}/{system}/connect": "admin",
    "GET /connections/{system}/callback": "admin",
    "POST /connections/{pair}/salesforce/key": "admin",
    "GET /connections/{pair}/salesforce/certificate": "admin",
    "POST /connections/{pair}/salesforce/sign-in": "admin",
    "GET /connections/{pair}/xero/organisations": "admin",
    "POST /connections/{pair}/xero/organisation": "admin",
    "POST /connections/{pair}/xero/disconnect": "admin",
    "POST /connections/{pair}/crm/token": "admin",
    "POST /connections/{pair}/crm/forget": "admin",
    "POST /connections/{pair}/address": "admin",
    "GET /first-match/{pair}": "viewer",
    "POST /first-match/{pair}/look": "operator",
    "POST /first-match/{pair}/confirm": "approver",
    "GET /reports": "viewer",
    "GET /reports/{pair}/{period}/{version}": "viewer",
    "GET /reports/{pair}/{period}/{version}/{name}": "viewer",
    "GET /people": "admin",
    "POST /people/add": "admin",
    "POST /people/change": "admin",
    "POST /people/signout": "admin",
    "GET /me": "viewer",
    "POST /me/password": "viewer",
    "POST /me/code": "viewer",
    "POST /me/code/off": "viewer",
    "GET /signin": EVERYBODY,
    "POST /signin": EVERYBODY,
    "POST /signout": "viewer",
    "GET /signin/oidc": EVERYBODY,
    "GET /signin/oidc/callback": EVERYBODY,
}
FILLED_IN = {
    "{pair}": "demo",
    "{number}": "1",
    "{deal_id}": "17",
    "{name}": "a.csv",
    "{period}": "2026-11",
    "{version}": "1",
    "{system}": "xero",
}
# Whatever these forms want; more than any of them does no harm.
FORM_FIELDS = {
    "choice": "retry",
    "token": "t",
    "system": "xero",
    "domain": "acme.my.salesforce.com",
    "client_id": "c",
    "username": "u",
    "tenant": "t",
    "name": "somebody",
    "role": "viewer",
    "key": "k",
    "old": "o",
    "new": "n",
    "code": "1",
    "secret": "A" * 32,
    "version": "v",
}


def routes(desk: Desk) -> list[tuple[str, APIRoute]]:
    """Every route the app answers, ``GET /people``; the files of ``/static`` are for everybody."""
    found: list[tuple[str, APIRoute]] = []
    todo: list[Any] = list(desk.app.routes)
    while todo:
        route = todo.pop()
        if isinstance(route, APIRoute):
            found += [(f"{method} {route.path}", route) for method in route.methods or ()]
        elif inner := getattr(route, "original_router", None):
            todo += inner.routes
        else:
            assert route.path == "/static", route
    return found


def path_of(route: str) -> str:
    path = route.partition(" ")[2]
    for name, value in FILLED_IN.items():
        path = path.replace(name, value)
    return path


def test_every_route_has_its_row_and_no_row_is_left_over(desk: Desk) -> None:
    found = [name for name, _ in routes(desk)]
    assert sorted(found) == sorted(TABLE)


def test_the_check_of_every_route_is_the_one_of_its_row(desk: Desk) -> None:
    for name, route in routes(desk):
        asked = [ROLE_OF[d.call] for d in route.dependant.dependencies if d.call and d.call in ROLE_OF]
        assert asked == ([] if TABLE[name] == EVERYBODY else [TABLE[name]]), name


@pytest.mark.parametrize("route", [route for route, role in TABLE.items() if role != EVERYBODY])
def test_a_stranger_is_sent_to_sign_in(staffed: Desk, route: str) -> None:
    browser = staffed.browser()
    answer = browser.get(path_of(route)) if route.startswith("GET") else browser.send(path_of(route), **FORM_FIELDS)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/signin?next=")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_its_rows_say_and_nothing_else(staffed: Desk, role: str) -> None:
    browser = staffed.browser(role)
    browser.get("/")
    for route, least in TABLE.items():
        if least == EVERYBODY or path_of(route) in {"/signout", "/me/code"}:
            continue
        answer = browser.get(path_of(route)) if route.startswith("GET") else browser.send(path_of(route), **FORM_FIELDS)
        allowed = ROLES.index(role) >= ROLES.index(least)
        assert (answer.status_code == 403) == (not allowed), f"{route} as {role}: {answer.status_code}"
        assert answer.status_code < 500, f"{route} as {role}: {answer.status_code}"


@pytest.mark.parametrize("route", [route for route in TABLE if route.startswith("POST")])
def test_a_form_from_elsewhere_is_not_taken(staffed: Desk, route: str) -> None:
    browser = staffed.browser("admin")
    browser.get("/")
    for origin in ("https://evil.example", "null", "http://localhost:9999", None):
        answer = browser.send(path_of(route), origin=origin, **FORM_FIELDS)
        assert answer.status_code == 403, f"{route} from {origin}: {answer.status_code}"


@pytest.mark.parametrize("route", [r for r, role in TABLE.items() if r.startswith("POST") and role != EVERYBODY])
@pytest.mark.parametrize("key", ["", "guessed", "ünïcode"])
def test_a_form_without_the_pages_own_key_is_not_taken(staffed: Desk, route: str, key: str) -> None:
    answer = staffed.browser("admin").send(path_of(route), form_key=key, **FORM_FIELDS)
    assert answer.status_code == 403


def test_a_key_of_another_session_is_not_taken(staffed: Desk) -> None:
    one, other = staffed.browser("admin"), staffed.browser("operator")
    one.get("/")
    other.get("/")
    assert one.send("/connections/demo/address", form_key=other.key, system="xero").status_code == 403


def test_the_browser_may_say_by_itself_that_a_form_is_ours(staffed: Desk) -> None:
    browser = staffed.browser("admin")
    browser.get("/")
    form = {"form_key": browser.key, "system": "xero"}
    path = f"{ADDRESS}/connections/demo/address"
    assert browser.client.post(path, data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert browser.client.post(path, data=form, headers={"Sec-Fetch-Site": "same-site"}).status_code == 403
    assert browser.client.post(path, data=form).status_code == 403
