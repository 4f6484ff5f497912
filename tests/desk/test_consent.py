"""Held: HubSpot and Pipedrive are connected at their own login pages, Salesforce by a key that is made here; what is
kept is used, renewed and forgotten; a connection to another account than the mapping's is not made; webhooks know which
organisation was picked.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pydantic import SecretStr

from desk.hooks.directory import Directory, address
from ledger import connections, endpoints
from ledger.connections import key_of
from ledger.desk_tables import Connected
from ledger.secrets import Seal
from sandbox.salesforce import CONSUMER_KEY, DOMAIN, USERNAME
from tests.desk.test_connections import at_xero, begin
from tests.support.desks import Browser, Desk, after_login, desk_over, seen
from tests.support.house import House

APP = {"client_id": SecretStr("sandbox-client"), "client_secret": SecretStr("sandbox-secret")}
BY_CONSENT = ("hubspot", "pipedrive")


@contextmanager
def selling(crm: str, folder: Path, keys: dict[str, SecretStr]) -> Generator[Desk]:
    """A desk whose CRM has these keys and no others."""
    house = House(crm=crm, watch=False)
    with desk_over(house, folder) as desk:
        desk.office.settings.connections = {**desk.office.settings.connections, f"demo-{crm}": keys}
        yield desk


def to_login(desk: Desk, browser: Browser, crm: str) -> str:
    browser.get("/connections")
    answer = browser.send(f"/connections/{desk.house.pair}/{crm}/connect")
    assert answer.status_code == 303, seen(answer)
    return answer.headers["location"]


def allowed(desk: Desk, url: str, allow: str = "yes") -> str:
    """What a person does at the login page: the path and query the browser comes back to."""
    target = after_login(desk, url, allow)
    return f"{target.path}?{target.query}"


def made(desk: Desk, crm: str) -> Connected | None:
    with desk.office.ledger.read() as session:
        return connections.find(session, f"demo-{crm}")


@pytest.mark.parametrize("crm", BY_CONSENT)
def test_a_crm_is_connected_at_its_own_login_page_and_the_work_goes_on_with_it(crm: str, tmp_path: Path) -> None:
    with selling(crm, tmp_path, APP) as desk:
        browser = desk.browser()
        back = allowed(desk, to_login(desk, browser, crm))
        assert back.startswith(f"/connections/{crm}/callback?")
        assert browser.get(back).headers["location"] == "/connections?done=connected"
        assert "here, by " in browser.text("/connections")
        desk.house.win("known_by_abn")
        desk.work()
        assert len(desk.house.invoices()) == 1
        desk.house.clock.advance(7200)
        desk.house.win("look_alikes")
        desk.work()
        assert len(desk.house.questions()) == 1
        renewed = [c for c in desk.house.sales.double.log if c.path.endswith("/token")]
        assert len(renewed) >= 2
        browser.get("/connections")
        assert browser.send(f"/connections/{desk.house.pair}/crm/forget").status_code == 303
        assert made(desk, crm) is None


@pytest.mark.parametrize("crm", BY_CONSENT)
def test_another_account_than_the_mappings_is_not_connected(crm: str, tmp_path: Path) -> None:
    with selling(crm, tmp_path, APP) as desk:
        account = {"hubspot": '"24680135"', "pipedrive": "account: harbourline"}[crm]
        other = {"hubspot": '"11111111"', "pipedrive": "account: another"}[crm]
        text = desk.mapping.read_text()
        assert account in text
        desk.mapping.write_text(text.replace(account, other))
        browser = desk.browser()
        answer = browser.get(allowed(desk, to_login(desk, browser, crm)))
        assert answer.status_code == 422
        assert "Sign in to that one, or change the mapping first." in seen(answer)
        assert made(desk, crm) is None


@pytest.mark.parametrize("crm", BY_CONSENT)
def test_a_person_may_say_no(crm: str, tmp_path: Path) -> None:
    with selling(crm, tmp_path, APP) as desk:
        browser = desk.browser()
        answer = browser.get(allowed(desk, to_login(desk, browser, crm), allow="no"))
        assert "so nothing was connected" in seen(answer)
        assert made(desk, crm) is None


def test_an_answer_of_one_system_is_none_of_another(tmp_path: Path) -> None:
    with selling("hubspot", tmp_path, APP) as desk:
        browser = desk.browser()
        back = allowed(desk, to_login(desk, browser, "hubspot")).replace("/hubspot/", "/xero/")
        assert browser.get(back).status_code == 422
        assert made(desk, "hubspot") is None


def test_an_app_that_is_set_up_but_not_connected_says_so_and_a_token_still_works(tmp_path: Path) -> None:
    with selling("hubspot", tmp_path, APP) as desk:
        browser = desk.browser()
        page = browser.text("/connections")
        assert "is not connected yet: do so at the desk" in page
        assert "Connect with HubSpot" in page
        policy = browser.get("/connections").headers["content-security-policy"]
        assert "form-action 'self' https://app.hubspot.com https://login.xero.com;" in policy
        token = browser.send("/connections/demo/crm/token", token="sandbox-hubspot-token")
        assert token.status_code == 303
        desk.house.win("known_by_abn")
        desk.work()
        assert len(desk.house.invoices()) == 1


def test_without_an_app_nobody_is_sent_to_a_login_page(desk: Desk) -> None:
    browser = desk.browser()
    page = browser.text("/connections")
    assert "Connect with HubSpot" not in page
    assert "http://localhost:4280/connections/hubspot/callback" in page
    assert browser.send("/connections/demo/hubspot/connect").status_code == 422
    assert browser.send("/connections/demo/pipedrive/connect").status_code == 422


# ── Salesforce by a key ──


def upload(desk: Desk, certificate: bytes) -> None:
    key = x509.load_pem_x509_certificate(certificate).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    desk.house.world.salesforce.access.trust(key.public_bytes(serialization.Encoding.PEM, form))


def sign_in(browser: Browser, **changed: str) -> Any:
    told = {"domain": DOMAIN, "client_id": CONSUMER_KEY, "username": USERNAME} | changed
    return browser.send("/connections/demo-salesforce/salesforce/sign-in", **told)


def test_salesforce_is_connected_by_a_key_that_is_made_here(tmp_path: Path) -> None:
    with selling("salesforce", tmp_path, {}) as desk:
        browser = desk.browser()
        assert "✗ not set up" in browser.text("/connections")
        here = "/connections/demo-salesforce/salesforce"
        assert browser.get(f"{here}/certificate").status_code == 422
        assert sign_in(browser).status_code == 422
        assert browser.send(f"{here}/key").status_code == 303
        certificate = browser.get(f"{here}/certificate")
        assert certificate.headers["content-disposition"].startswith("attachment")
        assert b"PRIVATE" not in certificate.content
        wrong = sign_in(browser)
        assert wrong.status_code == 422
        assert "the key was not accepted" in seen(wrong)
        upload(desk, certificate.content)
        assert sign_in(browser).headers["location"] == "/connections?done=connected"
        desk.house.win("known_by_abn")
        desk.work()
        assert len(desk.house.invoices()) == 1


def test_a_new_key_takes_the_place_of_the_old_one_once_it_was_tried(tmp_path: Path) -> None:
    with selling("salesforce", tmp_path, {}) as desk:
        browser = desk.browser()
        here = "/connections/demo-salesforce/salesforce"
        browser.get("/connections")
        browser.send(f"{here}/key")
        old = browser.get(f"{here}/certificate").content
        upload(desk, old)
        sign_in(browser)
        browser.send(f"{here}/key")
        new = browser.get(f"{here}/certificate").content
        assert new != old
        assert sign_in(browser).status_code == 422
        desk.house.win("known_by_abn")
        desk.work()
        upload(desk, new)
        assert sign_in(browser).status_code == 303
        desk.house.world.salesforce.access.expire()
        desk.house.win("look_alikes")
        desk.work()
        assert (len(desk.house.invoices()), len(desk.house.questions())) == (1, 1)


def test_the_key_is_kept_encrypted_and_forgotten_when_disconnected(tmp_path: Path) -> None:
    with selling("salesforce", tmp_path, {}) as desk:
        browser = desk.browser()
        browser.get("/connections")
        browser.send("/connections/demo-salesforce/salesforce/key")
        upload(desk, browser.get("/connections/demo-salesforce/salesforce/certificate").content)
        sign_in(browser)
        with desk.office.ledger.read() as session:
            rows = session.connection().exec_driver_sql("SELECT connection, sealed FROM token").all()
        assert key_of("demo-salesforce") in [row[0] for row in rows]
        assert not any(b"PRIVATE KEY" in row[1] or USERNAME.encode() in row[1] for row in rows)
        browser.send("/connections/demo-salesforce/crm/forget")
        with desk.office.ledger.read() as session:
            names = [row[0] for row in session.connection().exec_driver_sql("SELECT connection FROM token")]
        assert [name for name in names if name.startswith("demo-salesforce")] == []


def test_where_the_key_of_the_tokens_is_lost_every_page_still_works_and_says_so(tmp_path: Path) -> None:
    with selling("hubspot", tmp_path, APP) as desk:
        browser = desk.browser()
        browser.get(allowed(desk, to_login(desk, browser, "hubspot")))
        desk.house.win("unmapped")
        desk.work()
        desk.office.seal = Seal(b"x" * 32)
        assert "can't be opened with this key" in browser.text("/connections")
        assert "can't be opened with this key" in seen(browser.send("/connections/demo/test"))
        assert browser.get("/").status_code == 200
        (item,) = desk.house.questions()
        assert "can't be opened" in browser.text(f"/questions/demo/{item.id}")
        told = {"product": "WORKSHOP", "account_code": "200", "tax_type": "GST on Income"}
        assert browser.send(f"/questions/demo/{item.id}/book", **told).status_code == 200


# ── webhooks ──


def test_webhooks_know_the_organisation_that_was_picked_at_the_desk(desk: Desk) -> None:
    browser = desk.browser()
    browser.get(at_xero(desk, begin(desk, browser)))
    with desk.office.ledger.write() as session:
        endpoints.ensure(session, "demo", "xero", "a" * 32, desk.office.now())
    directory = Directory(desk.office.settings, desk.office.ledger)
    directory.refresh()
    place = directory.at(address("xero", "a" * 32))
    assert place is not None
    assert place.listener.account == desk.house.xero.books.tenant_id
