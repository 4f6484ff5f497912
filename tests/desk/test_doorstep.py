"""Held here: what every answer tells the browser, whom the desk turns away, and where it refuses to listen."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.headers import ALWAYS, LARGEST_BODY
from desk.settings import DeskSettings, address_of
from stages.settings import SettingsProblem
from tests.support.desks import Desk, desk_over
from tests.support.house import House

PAGES = ("/", "/questions", "/deals", "/connections", "/reports", "/nowhere", "/questions/demo/99", "/static/desk.css")


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_says_what_the_browser_must_not_do(desk: Desk, path: str) -> None:
    headers = desk.browser().get(path).headers
    for name, value in ALWAYS.items():
        if not (path == "/connections" and name == "Content-Security-Policy"):
            assert headers[name] == value
    assert "server" not in headers
    assert "strict-transport-security" not in headers


def test_only_the_forms_that_ask_for_consent_may_end_elsewhere(desk: Desk) -> None:
    policy = desk.browser().get("/connections").headers["content-security-policy"]
    assert "form-action 'self' https://login.xero.com;" in policy
    assert policy.replace(" https://login.xero.com", "") == ALWAYS["Content-Security-Policy"]


def test_over_https_the_cookie_is_bound_to_the_host(house: House, tmp_path: Path) -> None:
    with desk_over(house, tmp_path, address="https://books.example", logins="accounts") as desk:
        desk.account("ada", "admin")
        browser = desk.browser()
        answer = browser.send("/signin", origin="https://books.example", name="ada", password="correct horse battery")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-wonbooks=")
        assert {"HttpOnly", "Path=/", "Secure", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
        assert "strict-transport-security" in answer.headers


def test_on_this_machine_the_cookie_bears_the_port(desk: Desk) -> None:
    cookie = desk.browser().get("/").headers["set-cookie"]
    assert cookie.startswith("wonbooks-4280=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "169.254.169.254"])
def test_a_name_that_is_not_ours_is_turned_away(desk: Desk, host: str) -> None:
    assert desk.browser().get("/", Host=host).status_code == 421


@pytest.mark.parametrize("host", ["localhost:4280", "127.0.0.1:9999", "[::1]:4280"])
def test_this_machines_own_names_are_ours_whatever_the_port(desk: Desk, host: str) -> None:
    assert desk.browser().get("/", Host=host).status_code == 200


def test_a_large_form_is_not_read(desk: Desk) -> None:
    browser = desk.browser()
    browser.get("/")
    assert browser.send("/questions/answers", choice="x" * LARGEST_BODY).status_code == 413


def test_a_form_of_unknown_length_is_not_read(desk: Desk) -> None:
    def pieces():
        yield b"choice=retry"

    answer = desk.browser().client.post("/questions/answers", content=pieces())
    assert answer.status_code == 411


def test_a_stranger_hears_nothing_but_ok(staffed: Desk) -> None:
    answer = staffed.browser().get("/alive")
    assert (answer.status_code, answer.text) == (200, "ok")
    answer = staffed.browser().get("/health")
    assert (answer.status_code, answer.json()) == (200, {"silent": False})


@pytest.mark.parametrize(
    "path", ["/docs", "/openapi.json", "/redoc", "/.env", "/static/../app.py", "/static/%2e%2e/app.py"]
)
def test_nothing_of_the_inside_is_served(desk: Desk, path: str) -> None:
    assert desk.browser().get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/questions/demo/99", 404, "There is no such question"),
        ("/questions/other/1", 404, "There is no such question"),
        ("/questions/demo/99999999999999999999", 422, "That was not understood"),
        ("/questions/demo/-1", 422, "That was not understood"),
        ("/questions/demo/one", 422, "That was not understood"),
        ("/deals/demo/12345", 404, "There is no such deal"),
        ("/deals/demo/" + "9" * 70, 422, "That was not understood"),
        ("/mapping/other", 404, "There is no such pair"),
        ("/reports/..%2fkey", 404, "There is no such page"),
        ("/reports/demo/2026-11/7", 404, "There is no such report"),
        ("/signout", 405, "Nothing to see here"),
    ],
)
def test_what_is_not_there_is_said_with_a_way_on(desk: Desk, path: str, status: int, words: str) -> None:
    answer = desk.browser().get(path)
    assert answer.status_code == status
    assert words in answer.text
    assert 'class="button" href="/' in answer.text


def test_a_fault_of_ours_shows_a_number_and_nothing_of_what_it_held(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    @desk.app.get("/broken")
    def broken() -> None:
        raise RuntimeError("secret-name of a customer")

    answer = desk.browser().get("/broken")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == ALWAYS["Content-Security-Policy"]
    number = answer.text.partition("this number: ")[2][:8]
    assert number in caplog.text
    assert "secret-name" not in answer.text + caplog.text


@pytest.mark.parametrize(
    ("own", "host", "fine"),
    [
        ({}, "127.0.0.1", True),
        ({}, "::1", True),
        ({}, "localhost", True),
        ({}, "0.0.0.0", False),
        ({}, "192.168.1.5", False),
        ({"url": "https://books.example"}, "127.0.0.1", False),
        ({"url": "http://localhost:8000"}, "127.0.0.1", True),
        ({"logins": "accounts"}, "127.0.0.1", True),
        ({"logins": "accounts"}, "0.0.0.0", False),
        ({"logins": "accounts", "url": "http://books.example"}, "0.0.0.0", False),
        ({"logins": "accounts", "url": "https://books.example"}, "0.0.0.0", True),
        ({"logins": "oidc", "url": "https://books.example"}, "127.0.0.1", False),
    ],
)
def test_the_desk_listens_to_others_only_with_logins_and_https(own: dict[str, str], host: str, fine: bool) -> None:
    settings = DeskSettings.model_validate(own)
    if fine:
        assert address_of(settings, host, 4280) == own.get("url", "http://localhost:4280")
    else:
        with pytest.raises(SettingsProblem):
            address_of(settings, host, 4280)
