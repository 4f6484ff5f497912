"""Held: what can't be undone takes a reason, and a fresh proof of who it is from whoever signed in more than a quarter
of an hour ago; until then nothing is done.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from domain.decision import Choice, Question
from ledger import inbox, reviews
from tests.desk.test_sign_in import KEY, code, with_codes
from tests.support.desks import PASSWORD, Browser, Desk, desk_over, seen
from tests.support.house import House
from tests.support.provider import CLIENT, Provider

DANGEROUS = ("again", "link:INV-0001", "accept", "void_and_new", "credit_and_new", "adjust")
REASON = "Agreed by phone"


def asked(desk: Desk, deal: str = "known_by_abn") -> int:
    """A question with every answer that can't be undone, and one that can."""
    choices = (*(Choice(verb, f"Do it: {verb}") for verb in DANGEROUS), Choice("leave", "Leave it"))
    subject = desk.house.company.deals[deal]
    with desk.office.ledger.write() as session:
        question = Question("voided_by_person", f"deal:{subject}", {"invoice": "INV-0001"}, choices)
        return reviews.ask(session, "demo", question, desk.office.now(), inbox.DEALS, subject).id or 0


def state(desk: Desk, number: int) -> tuple[str, str]:
    with desk.office.ledger.read() as session:
        item = reviews.find(session, number)
    assert item is not None
    return item.state, item.note


def later(desk: Desk, browser: Browser, minutes: int) -> None:
    """Time passes while somebody looks at pages."""
    for _ in range(minutes // 10):
        desk.house.clock.advance(600)
        browser.get("/")
    desk.house.clock.advance((minutes % 10) * 60)


@pytest.mark.parametrize("choice", DANGEROUS)
def test_a_fresh_sign_in_is_proof_enough_and_an_older_one_is_asked_again(staffed: Desk, choice: str) -> None:
    number = asked(staffed)
    here = f"/questions/demo/{number}/answer"
    browser = staffed.browser("approver")
    browser.get("/")
    assert browser.send(here, choice=choice).status_code == 422
    later(staffed, browser, 16)
    prove = browser.send(here, choice=choice, note=REASON)
    assert prove.status_code == 403
    assert "Is it you?" in seen(prove)
    assert "Nothing was done yet." in seen(prove)
    assert f'name="note" value="{REASON}"' in prove.text
    assert state(staffed, number)[0] == "open"
    wrong = browser.send(here, choice=choice, note=REASON, password="not it at all")
    assert (wrong.status_code, state(staffed, number)[0]) == (403, "open")
    assert browser.send(here, choice=choice, note=REASON, password=PASSWORD).status_code == 303
    assert state(staffed, number) == ("answered", REASON)


def test_within_a_quarter_of_an_hour_nobody_is_asked_twice(staffed: Desk) -> None:
    number = asked(staffed)
    browser = staffed.browser("approver")
    browser.get("/")
    later(staffed, browser, 15)
    assert browser.send(f"/questions/demo/{number}/answer", choice="again", note=REASON).status_code == 303


def test_what_can_be_undone_takes_no_proof(staffed: Desk) -> None:
    number = asked(staffed)
    browser = staffed.browser("approver")
    browser.get("/")
    later(staffed, browser, 29)
    assert browser.send(f"/questions/demo/{number}/answer", choice="leave").status_code == 303


def test_whoever_may_not_do_it_is_not_asked_who_they_are(staffed: Desk) -> None:
    number = asked(staffed)
    browser = staffed.browser("operator")
    browser.get("/")
    later(staffed, browser, 20)
    refused = browser.send(f"/questions/demo/{number}/answer", choice="again", note=REASON, password=PASSWORD)
    assert "Not with your role" in seen(refused)


def test_many_at_once_are_proven_once(staffed: Desk) -> None:
    numbers = [asked(staffed), asked(staffed, "look_alikes")]
    items = [f"demo/{number}" for number in numbers]
    browser = staffed.browser("approver")
    browser.get("/")
    later(staffed, browser, 20)
    prove = browser.send("/questions/answers", choice="again", note=REASON, item=items)
    assert prove.status_code == 403
    assert all(f'name="item" value="{item}"' in prove.text for item in items)
    done = browser.send("/questions/answers", choice="again", note=REASON, item=items, password=PASSWORD)
    assert done.headers["location"].startswith("/questions?done=many%2F2")


def test_whoever_has_codes_needs_one_and_it_is_good_once(staffed: Desk) -> None:
    number = asked(staffed)
    with_codes(staffed, "approver")
    browser = staffed.browser()
    told = {"name": "approver", "password": PASSWORD}
    assert browser.send("/signin", **told, code=code(staffed)).status_code == 303
    browser.get("/")
    later(staffed, browser, 20)
    here = f"/questions/demo/{number}/answer"
    assert "One-time code" in seen(browser.send(here, choice="again", note=REASON))
    assert browser.send(here, choice="again", note=REASON, password=PASSWORD).status_code == 403
    proven = browser.send(here, choice="again", note=REASON, password=PASSWORD, code=code(staffed, KEY))
    assert proven.status_code == 303


def test_whoever_guesses_is_kept_waiting(staffed: Desk) -> None:
    number = asked(staffed)
    browser = staffed.browser("approver")
    browser.get("/")
    later(staffed, browser, 20)
    here = f"/questions/demo/{number}/answer"
    answers = [browser.send(here, choice="again", note=REASON, password=f"guess {n}").status_code for n in range(7)]
    assert answers[-1] == 429
    assert browser.send(here, choice="again", note=REASON, password=PASSWORD).status_code == 429


@pytest.fixture
def provider(house: House) -> Provider:
    made = Provider(house.transport, house.clock, groups=["bookkeepers"])
    house.transport = made
    return made


def sign_in(browser: Browser, provider: Provider, query: str) -> httpx.Response:
    away = browser.get(f"/signin/oidc?{query}")
    answer = browser.get(f"/signin/oidc/callback?{provider.sign_in(away.headers['location'])}")
    browser.get("/")
    return answer


def at_provider(house: House, folder: Path) -> AbstractContextManager[Desk]:
    return desk_over(house, folder, logins="oidc", oidc_roles={"bookkeepers": "approver"}, **CLIENT)


def test_at_the_identity_provider_they_sign_in_again_and_choose_once_more(
    house: House, tmp_path: Path, provider: Provider
) -> None:
    with at_provider(house, tmp_path) as desk:
        number = asked(desk)
        browser = desk.browser()
        sign_in(browser, provider, "next=/")
        # However fresh it is here: the provider knew them since two hours ago.
        here = f"/questions/demo/{number}"
        prove = browser.send(f"{here}/answer", choice="again", note=REASON, password="anything")
        assert prove.status_code == 403
        assert f"/signin/oidc?next={here}&amp;again=yes" in prove.text
        sign_in(browser, provider, f"next={here}&again=yes")
        assert (provider.asked["prompt"], provider.asked["max_age"]) == ("login", "0")
        assert browser.send(f"{here}/answer", choice="again", note=REASON).status_code == 303


@pytest.mark.parametrize("claims", [{}, {"auth_time": None}])
def test_a_provider_that_let_them_through_unasked_proves_nothing(
    house: House, tmp_path: Path, provider: Provider, claims: dict[str, object]
) -> None:
    provider.asks_anew, provider.claims = False, claims
    with at_provider(house, tmp_path) as desk:
        number = asked(desk)
        browser = desk.browser()
        sign_in(browser, provider, "next=/")
        assert "That was no fresh sign-in" in seen(sign_in(browser, provider, "next=/questions&again=yes"))
        browser.send(f"/questions/demo/{number}/answer", choice="again", note=REASON)
        assert state(desk, number)[0] == "open"
