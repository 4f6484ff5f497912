"""Held here: who gets in, for how long, and how soon somebody who guesses is kept waiting."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from desk import passwords
from ledger import people
from ledger.desk_tables import Person, SignedIn
from tests.support.desks import PASSWORD, Desk, desk_over, seen
from tests.support.house import House

KEY = base64.b32encode(b"12345678901234567890").decode()


def code(desk: Desk, secret: str = KEY, steps: int = 0) -> str:
    return passwords.code_at(secret, int(desk.office.now().timestamp()) // 30 + steps)


def wait(desk: Desk, **time: float) -> None:
    desk.house.clock.advance(timedelta(**time).total_seconds())


def with_codes(desk: Desk, name: str) -> None:
    with desk.office.ledger.write() as session:
        row = session.get_one(Person, name)
        row.totp = desk.office.seal.close(KEY, f"totp:{name}")
        session.add(row)


def test_name_and_password_let_somebody_in_and_back_to_where_they_were(staffed: Desk) -> None:
    browser = staffed.browser()
    asked = browser.get("/questions?kind=refused")
    assert asked.headers["location"] == "/signin?next=/questions%3Fkind%3Drefused"
    answer = browser.send("/signin", name="viewer", password=PASSWORD, next="/questions?kind=refused")
    assert (answer.status_code, answer.headers["location"]) == (303, "/questions?kind=refused")
    assert "viewer" in browser.text("/")


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(staffed: Desk, elsewhere: str) -> None:
    answer = staffed.browser().send("/signin", name="viewer", password=PASSWORD, next=elsewhere)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("name", "password"), [("viewer", "wrong"), ("nobody", PASSWORD), ("", ""), ("viewer", "x" * 999)]
)
def test_a_wrong_name_and_a_wrong_password_sound_the_same(staffed: Desk, name: str, password: str) -> None:
    answer = staffed.browser().send("/signin", name=name, password=password)
    assert answer.status_code == 401
    assert "Name, password or code is wrong." in seen(answer)
    assert "set-cookie" not in answer.headers


def test_whoever_guesses_waits_longer_and_longer(staffed: Desk) -> None:
    browser = staffed.browser()
    for _ in range(people.FREE_TRIES):
        assert browser.send("/signin", name="viewer", password="wrong").status_code == 401
    assert browser.send("/signin", name="viewer", password=PASSWORD).status_code == 429
    wait(staffed, seconds=2)
    assert browser.send("/signin", name="viewer", password="wrong").status_code == 401
    wait(staffed, seconds=1)
    assert browser.send("/signin", name="viewer", password=PASSWORD).status_code == 429
    wait(staffed, minutes=15)
    assert browser.send("/signin", name="viewer", password=PASSWORD).status_code == 303


def test_guessing_many_names_from_one_place_is_slowed_too(staffed: Desk) -> None:
    browser = staffed.browser()
    for number in range(people.FREE_TRIES):
        browser.send("/signin", name=f"somebody{number}", password="wrong")
    assert browser.send("/signin", name="another", password="wrong").status_code == 429


def test_a_session_ends_after_half_an_hour_of_nothing_and_after_ten_hours(staffed: Desk) -> None:
    browser = staffed.browser("viewer")
    for _ in range(3):
        wait(staffed, minutes=29)
        assert browser.get("/").status_code == 200
    wait(staffed, minutes=31)
    assert browser.get("/").status_code == 303
    browser = staffed.browser("viewer")
    for _ in range(21):
        wait(staffed, minutes=28)
        browser.get("/")
    wait(staffed, minutes=15)
    assert browser.get("/").status_code == 303


def test_a_page_that_looks_for_news_keeps_nobody_signed_in(staffed: Desk) -> None:
    browser = staffed.browser("viewer")
    for _ in range(4):
        wait(staffed, minutes=9)
        browser.get("/pulse")
    assert browser.get("/").status_code == 303


def test_signing_in_makes_a_new_session_and_ends_the_old_one(staffed: Desk) -> None:
    browser = staffed.browser("viewer")
    (before,) = browser.client.cookies.jar
    browser.send("/signin", name="admin", password=PASSWORD)
    (after,) = browser.client.cookies.jar
    assert before.value != after.value
    with staffed.office.ledger.read() as session:
        assert people.who(session, before.value or "", staffed.office.now()) is None


def test_the_ledger_keeps_no_token_and_no_password(staffed: Desk) -> None:
    browser = staffed.browser("viewer")
    browser.get("/me")
    assert browser.send("/me/password", old=PASSWORD, new="a longer one for viewing").status_code == 303
    (cookie,) = browser.client.cookies.jar
    with staffed.office.ledger.read() as session:
        row = session.get_one(SignedIn, people.digest(cookie.value or ""))
        assert cookie.value not in repr(row)
        assert session.get_one(Person, "viewer").secret.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_cookie_nobody_gave_out_opens_nothing(staffed: Desk) -> None:
    browser = staffed.browser()
    browser.client.cookies.set("wonbooks-4280", "x" * 43)
    assert browser.get("/").status_code == 303


def test_signing_out_ends_the_session_for_whoever_copied_the_cookie(staffed: Desk) -> None:
    browser, copy = staffed.browser("viewer"), staffed.browser()
    (cookie,) = browser.client.cookies.jar
    copy.client.cookies.set(cookie.name, cookie.value or "")
    assert copy.get("/").status_code == 200
    browser.get("/")
    assert browser.send("/signout").headers["location"] == "/signin?why=bye"
    assert copy.get("/").status_code == 303


def test_a_changed_role_and_a_locked_account_end_the_sessions(staffed: Desk) -> None:
    admin, operator, viewer = (staffed.browser(name) for name in ("admin", "operator", "viewer"))
    admin.get("/people")
    admin.send("/people/change", name="operator", role="viewer")
    admin.send("/people/change", name="viewer", disabled="yes")
    assert operator.get("/").status_code == 303
    assert viewer.get("/").status_code == 303
    assert viewer.send("/signin", name="viewer", password=PASSWORD).status_code == 401
    assert "viewer" in staffed.browser("operator").text("/me")


def test_admins_add_people_and_their_first_password_is_shown_once(staffed: Desk) -> None:
    admin = staffed.browser("admin")
    admin.get("/people")
    page = seen(admin.send("/people/add", name="jo@harbourline.example", role="operator"))
    password = page.partition("with the password ")[2].partition(" .")[0]
    assert password not in admin.text("/people")
    assert staffed.browser().send("/signin", name="jo@harbourline.example", password=password).status_code == 303
    assert admin.send("/people/add", name="jo@harbourline.example", role="admin").status_code == 422
    assert admin.send("/people/add", name="<b>", role="admin").status_code == 422
    assert admin.send("/people/change", name="admin", role="viewer").status_code == 422


def test_people_change_their_own_password_and_other_browsers_are_signed_out(staffed: Desk) -> None:
    browser, other = staffed.browser("viewer"), staffed.browser("viewer")
    browser.get("/me")
    new = "four words that fit"
    assert browser.send("/me/password", old="wrong", new=new).status_code == 422
    assert browser.send("/me/password", old=PASSWORD, new="short").status_code == 422
    assert browser.send("/me/password", old=PASSWORD, new="viewer-viewer-1").status_code == 422
    assert browser.send("/me/password", old=PASSWORD, new=new).status_code == 303
    assert browser.get("/").status_code == 200
    assert other.get("/").status_code == 303
    assert staffed.browser().send("/signin", name="viewer", password=new).status_code == 303


def test_codes_are_as_the_standard_has_them() -> None:
    # https://www.rfc-editor.org/rfc/rfc6238#appendix-B, the last six of its eight digits
    for seconds, digits in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        assert passwords.code_at(KEY, seconds // 30) == digits


def test_a_code_is_asked_for_and_good_once(staffed: Desk) -> None:
    with_codes(staffed, "viewer")
    browser = staffed.browser()
    assert browser.send("/signin", name="viewer", password=PASSWORD).status_code == 401
    assert browser.send("/signin", name="viewer", password=PASSWORD, code="000000").status_code == 401
    given = code(staffed)
    assert browser.send("/signin", name="viewer", password="wrong", code=given).status_code == 401
    assert browser.send("/signin", name="viewer", password=PASSWORD, code=given).status_code == 303
    assert staffed.browser().send("/signin", name="viewer", password=PASSWORD, code=given).status_code == 401
    wait(staffed, seconds=30)
    assert staffed.browser().send("/signin", name="viewer", password=PASSWORD, code=code(staffed)).status_code == 303


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(staffed: Desk, steps: int, good: bool) -> None:
    with_codes(staffed, "viewer")
    answer = staffed.browser().send("/signin", name="viewer", password=PASSWORD, code=code(staffed, steps=steps))
    assert (answer.status_code == 303) == good


def test_codes_are_set_up_with_a_code_and_switched_off_with_one(staffed: Desk) -> None:
    browser = staffed.browser("viewer")
    secret = browser.get("/me").text.partition('name="secret" value="')[2].partition('"')[0]
    assert browser.send("/me/code", secret=secret, code="123").status_code == 422
    assert browser.send("/me/code", secret="A" * 17, code="123456").status_code == 422
    assert browser.send("/me/code", secret=secret, code=code(staffed, secret)).status_code == 303
    assert browser.get("/").status_code == 303
    wait(staffed, minutes=1)
    browser.send("/signin", name="viewer", password=PASSWORD, code=code(staffed, secret))
    browser.get("/me")
    assert browser.send("/me/code/off", code="000000").status_code == 422
    wait(staffed, minutes=1)
    assert browser.send("/me/code/off", code=code(staffed, secret)).status_code == 303
    assert staffed.browser("viewer").get("/").status_code == 200


def test_where_everybody_needs_a_code_nothing_else_works_without(house: House, tmp_path: Path) -> None:
    with desk_over(house, tmp_path, logins="accounts", require_totp=True) as desk:
        desk.account("ada", "admin")
        browser = desk.browser("ada")
        assert "Set up codes" in seen(browser.get("/"))
        assert browser.get("/me").status_code == 200
        assert browser.get("/connections").status_code == 403


def test_a_browser_let_in_without_a_login_is_not_let_in_once_there_are_logins(house: House, tmp_path: Path) -> None:
    with desk_over(house, tmp_path) as desk:
        browser = desk.browser()
        browser.get("/")
        desk.office.own.logins = "accounts"
        assert browser.get("/").status_code == 303
