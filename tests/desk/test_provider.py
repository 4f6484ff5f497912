"""Held here: the identity provider lets in whoever it proves, as what their group is, and nobody on less than proof."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from tests.support.desks import Browser, Desk, desk_over, seen
from tests.support.house import House
from tests.support.provider import CLIENT, ISSUER, Provider

ROLES = {"bookkeepers": "approver", "sales": "viewer"}


@pytest.fixture
def provider(house: House) -> Provider:
    made = Provider(house.transport, house.clock)
    house.transport = made
    return made


@pytest.fixture
def oidc(house: House, provider: Provider, tmp_path: Path) -> Generator[Desk]:
    with desk_over(house, tmp_path, logins="oidc", oidc_roles=ROLES, **CLIENT) as desk:
        yield desk


def come_back(browser: Browser, provider: Provider, next_url: str = "/") -> Any:
    away = browser.get(f"/signin/oidc?next={next_url}")
    assert away.status_code == 303
    return browser.get(f"/signin/oidc/callback?{provider.sign_in(away.headers['location'])}")


def test_whoever_signs_in_there_is_let_in_here_by_their_group(oidc: Desk, provider: Provider) -> None:
    browser = oidc.browser()
    answer = come_back(browser, provider, "/deals")
    assert (answer.status_code, answer.headers["location"]) == (303, "/deals")
    page = browser.text("/me")
    assert "jo@harbourline.example" in page
    assert "Your role is “approver”" in page
    assert browser.get("/people").status_code == 403


def test_what_it_is_asked_binds_the_answer_to_the_question(oidc: Desk, provider: Provider) -> None:
    come_back(oidc.browser(), provider)
    asked = provider.asked
    assert asked["redirect_uri"] == "http://localhost:4280/signin/oidc/callback"
    assert asked["code_challenge_method"] == "S256"
    assert (asked["response_type"], asked["scope"]) == ("code", "openid email profile")
    assert len(asked["nonce"]) >= 43
    assert len(asked["state"]) >= 43


def test_the_highest_group_counts(oidc: Desk, provider: Provider) -> None:
    provider.groups = ["everybody", "sales", "bookkeepers"]
    browser = oidc.browser()
    come_back(browser, provider)
    assert "approver" in browser.text("/me")


@pytest.mark.parametrize("groups", [[], ["everybody"], None])
def test_nobody_gets_in_without_a_group_that_has_a_role(oidc: Desk, provider: Provider, groups: Any) -> None:
    provider.groups = groups
    answer = come_back(oidc.browser(), provider)
    assert answer.status_code == 403
    assert "your account there has no role here" in seen(answer)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"nbf": 99999999999},
        {"iss": None},
        {"azp": "another"},
    ],
)
def test_a_token_for_somebody_or_something_else_proves_nothing(
    oidc: Desk, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    browser = oidc.browser()
    assert come_back(browser, provider).status_code == 403
    assert browser.get("/").status_code == 303


def test_a_token_signed_with_another_key_proves_nothing(oidc: Desk, provider: Provider) -> None:
    provider.signing = RSAKey.generate_key(2048, {"kid": "k1"})
    assert come_back(oidc.browser(), provider).status_code == 403


def test_a_provider_that_calls_itself_another_is_not_asked(oidc: Desk, provider: Provider) -> None:
    provider.described_as = "https://evil.example"
    answer = oidc.browser().get("/signin/oidc")
    assert answer.status_code == 502
    assert "could not be asked" in seen(answer)


def test_another_browser_can_not_use_the_answer(oidc: Desk, provider: Provider) -> None:
    away = oidc.browser().get("/signin/oidc")
    back = provider.sign_in(away.headers["location"])
    other = oidc.browser()
    assert other.get(f"/signin/oidc/callback?{back}").status_code == 403
    assert other.get("/").status_code == 303


def test_an_answer_is_good_once_and_for_ten_minutes(oidc: Desk, provider: Provider) -> None:
    browser = oidc.browser()
    back = provider.sign_in(browser.get("/signin/oidc").headers["location"])
    assert browser.get(f"/signin/oidc/callback?{back}").status_code == 303
    assert oidc.browser().get(f"/signin/oidc/callback?{back}").status_code == 403
    late = oidc.browser()
    back = provider.sign_in(late.get("/signin/oidc").headers["location"])
    oidc.house.clock.advance(601)
    assert late.get(f"/signin/oidc/callback?{back}").status_code == 403


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?error=access_denied&state=x"])
def test_an_answer_nobody_waits_for_is_refused(oidc: Desk, query: str) -> None:
    assert oidc.browser().get(f"/signin/oidc/callback{query}").status_code == 403


def test_the_page_offers_the_provider_and_no_password(oidc: Desk) -> None:
    page = oidc.browser().get("/signin")
    assert "Sign in at your identity provider" in seen(page)
    assert 'name="password"' not in page.text
    assert oidc.browser().send("/signin", name="viewer", password="x").status_code == 403
    assert ISSUER not in page.text
