"""Held here: connecting Xero at its own login page and HubSpot by a token, trying both, ending both."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.errors import NotConnected
from domain.decision import Question
from ledger import connections, endpoints, reviews
from ledger.desk_tables import Connected
from stages.asking import about_connection
from tests.support.desks import Browser, Desk, after_login, seen

CALLBACK = "http://localhost:4280/connections/xero/callback"
KEPT_IN = ("token", "errand", "connected", "auditentry", "signedin")


def at_xero(desk: Desk, url: str, allow: str = "yes") -> str:
    """What a person does at Xero's login page: the path and query the browser comes back to."""
    target = after_login(desk, url, allow)
    assert f"{target.scheme}://{target.netloc}{target.path}" == CALLBACK
    return f"{target.path}?{target.query}"


def begin(desk: Desk, browser: Browser) -> str:
    browser.get("/connections")
    answer = browser.send("/connections/demo/xero/connect")
    assert answer.status_code == 303
    return answer.headers["location"]


def connected(desk: Desk) -> Connected | None:
    with desk.office.ledger.read() as session:
        return connections.find(session, "demo-xero")


def test_xero_is_connected_by_consent_and_the_work_goes_on_with_it(desk: Desk) -> None:
    browser = desk.browser()
    url = begin(desk, browser)
    asked = parse_qs(urlsplit(url).query)
    assert urlsplit(url)._replace(query="").geturl() == "https://login.xero.com/identity/connect/authorize"
    assert asked["redirect_uri"] == [CALLBACK]
    assert asked["code_challenge_method"] == ["S256"]
    assert "offline_access" in asked["scope"][0]
    answer = browser.get(at_xero(desk, url))
    assert answer.headers["location"] == "/connections?done=connected"
    page = browser.text(answer.headers["location"])
    assert "Connected. What waited for it goes on now." in page
    assert "here, by " in page
    row = connected(desk)
    assert row is not None
    assert (row.tenant_name, row.tenant_id) == ("Harbourline Studio Pty Ltd", desk.house.xero.books.tenant_id)
    desk.house.win("known_by_abn")
    desk.work()
    assert desk.house.xero.api_calls("PUT", "/Invoices")[-1].headers["xero-tenant-id"] == row.tenant_id


def test_tokens_are_kept_encrypted(desk: Desk) -> None:
    browser = desk.browser()
    browser.get(at_xero(desk, begin(desk, browser)))
    with desk.office.ledger.read() as session:
        dump = b"".join(
            str(tuple(row)).encode()
            for table in ("token", "errand", "connected", "auditentry")
            for row in session.connection().exec_driver_sql(f"SELECT * FROM {table}")
        )
    for token in (*desk.house.xero.identity._access, *desk.house.xero.identity._refresh):
        assert token.encode() not in dump


def test_a_person_may_say_no(desk: Desk) -> None:
    browser = desk.browser()
    answer = browser.get(at_xero(desk, begin(desk, browser), allow="no"))
    assert answer.status_code == 422
    assert "Access was not allowed in Xero" in seen(answer)
    assert connected(desk) is None


def test_another_sessions_answer_is_not_taken(staffed: Desk) -> None:
    one, other = staffed.browser("admin"), staffed.browser("admin")
    back = at_xero(staffed, begin(staffed, one))
    assert other.get(back).status_code == 422
    assert connected(staffed) is None


@pytest.mark.parametrize("late", [0, 601])
def test_an_answer_is_taken_once_and_within_ten_minutes(desk: Desk, late: int) -> None:
    browser = desk.browser()
    back = at_xero(desk, begin(desk, browser))
    desk.house.clock.advance(late)
    first = browser.get(back)
    assert first.status_code == (422 if late else 303)
    again = browser.get(back)
    assert again.status_code == 422
    assert "was not asked for here, or it came too late" in seen(again)


def test_only_the_organisation_that_the_mapping_names_can_be_picked(desk: Desk) -> None:
    house = desk.house
    house.xero.identity.connections["other"] = house.xero.identity.connections[house.xero.identity.connect()].but(
        id="other", tenantId="t-other", tenantName="Another Pty Ltd"
    )
    browser = desk.browser()
    page = browser.get(at_xero(desk, begin(desk, browser)))
    assert "Which organisation?" in seen(page)
    assert "Another Pty Ltd Not the one the mapping names." in seen(page)
    refused = browser.send("/connections/demo/xero/organisation", tenant="t-other")
    assert refused.status_code == 422
    assert 'names the organisation "Harbourline Studio Pty Ltd", not "Another Pty Ltd"' in seen(refused)
    assert "no organisation was picked yet" in browser.text("/connections")
    chosen = browser.send("/connections/demo/xero/organisation", tenant=house.xero.books.tenant_id)
    assert chosen.status_code == 303


def test_disconnecting_ends_it_in_xero_and_forgets_the_tokens(desk: Desk) -> None:
    browser = desk.browser()
    browser.get(at_xero(desk, begin(desk, browser)))
    browser.get("/connections")
    assert browser.send("/connections/demo/xero/disconnect").status_code == 303
    assert desk.house.xero.identity.connections == {}
    assert connected(desk) is None


def test_what_waited_for_the_connection_goes_on_once_it_is_back(desk: Desk) -> None:
    question: Question = about_connection(NotConnected("xero", "GET /Invoices", "the authorisation has ended"))
    with desk.office.ledger.write() as session:
        reviews.ask(session, "demo", question, desk.office.now(), "pair", "demo")
    browser = desk.browser()
    assert "✗ ended" in browser.text("/connections")
    assert "The connection to Xero has ended" in browser.text("/")
    browser.get(at_xero(desk, begin(desk, browser)))
    assert desk.house.questions() == []


def test_both_sides_are_tried(desk: Desk) -> None:
    browser = desk.browser()
    browser.get("/connections")
    page = seen(browser.send("/connections/demo/test"))
    assert "Xero: answered. Harbourline Studio Pty Ltd" in page
    assert "HubSpot: answered. New business" in page
    desk.house.break_hubspot("GET *", "refuse connection", times=9)
    page = seen(browser.send("/connections/demo/test"))
    assert "HubSpot: HubSpot can't be reached now" in page


def test_a_hubspot_token_is_tried_before_it_is_kept(desk: Desk) -> None:
    browser = desk.browser()
    browser.get("/connections")
    wrong = browser.send("/connections/demo/crm/token", token="pat-wrong")
    assert wrong.status_code == 422
    assert "HubSpot does not let us in" in seen(wrong)
    assert browser.send("/connections/demo/crm/token", token="sandbox-hubspot-token").status_code == 303
    assert "Disconnect" in browser.text("/connections")
    desk.house.win("known_by_abn")
    desk.work()
    assert len(desk.house.invoices()) == 1
    assert browser.send("/connections/demo/crm/forget").status_code == 303


def test_an_address_for_webhooks_is_made_shown_and_its_life_told(desk: Desk) -> None:
    browser = desk.browser()
    assert "Xero has no address yet." in browser.text("/connections")
    browser.send("/connections/demo/address", system="xero")
    with desk.office.ledger.write() as session:
        row = endpoints.of_pair(session, "demo")["xero"]
        endpoints.count(session, row.id, {"heard": 3, "refused": 1}, desk.office.now())
    desk.house.clock.advance(120)
    page = browser.get("/connections")
    assert f"/hooks/xero/{row.id}" in page.text
    assert "last heard 2 minutes ago 3 in all 1 refused for a wrong signature, last 2 minutes ago" in seen(page)
    assert browser.send("/connections/demo/address", system="pipedrive").status_code == 422


@pytest.mark.parametrize("lacking", ["demo-xero", "demo-hubspot"])
def test_what_is_not_set_up_yet_says_which_setting_is_missing(desk: Desk, lacking: str) -> None:
    kept: dict[str, Any] = {name: value for name, value in desk.office.settings.connections.items() if name != lacking}
    desk.office.settings.connections = kept
    browser = desk.browser()
    page = browser.text("/connections")
    assert f'The connection "{lacking}" lacks its' in page
    if lacking == "demo-xero":
        assert browser.send("/connections/demo/xero/connect").status_code == 422
