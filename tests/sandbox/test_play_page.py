"""Held here: the play page lets a person act on both sides and says what was refused; other processes watch and act."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.company import Company, seed
from sandbox.hubspot import STATIC_TOKEN
from sandbox.wire import Request
from sandbox.world import HandClock, World
from tests.support.browser import Browser


@pytest.fixture
def world() -> World:
    return World(HandClock(datetime(2026, 11, 25, 1, 0, tzinfo=UTC)))


@pytest.fixture
def company(world: World) -> Company:
    return seed(world)


@pytest.fixture
def browser(world: World, company: Company) -> Browser:
    return Browser(world)


def invoice(world: World, company: Company, **fields: Any) -> str:
    line = {"Description": "Hours", "Quantity": "10", "UnitAmount": "100", "AccountCode": "200", "TaxType": "OUTPUT"}
    dates = {"Date": "2026-11-25", "DueDate": "2026-12-09"}
    return world.xero.people.add_invoice(company.contacts["Bellbird Cafe"], [line], **dates, **fields)


def test_the_page_shows_both_sides_and_needs_nothing_from_elsewhere(
    browser: Browser, world: World, company: Company
) -> None:
    invoice(world, company, Reference="Brand refresh")
    html = browser.look()
    for text in ("Brand refresh", "Bellbird Café Pty Ltd", "4,880.00", "Saltbush &amp; Sons", "INV-0001", "1,100.00"):
        assert text in html
    for outside in ("src=", "@import", "url(", "//cdn"):
        assert outside not in html


def test_a_deal_is_won_and_un_won(browser: Browser, company: Company) -> None:
    deal = company.deals["known_by_abn"]
    assert browser.press("/do/move", deal=deal, stage="Closed won")["said"] == "Brand refresh is now at Closed won."
    assert next(d for d in browser.state()["deals"] if d["id"] == deal)["won"] is True
    assert "Un-win" in browser.look()
    browser.press("/do/move", deal=deal, stage="Proposal sent")
    assert next(d for d in browser.state()["deals"] if d["id"] == deal)["won"] is False


def test_a_deals_name_amount_and_lines_are_edited(browser: Browser, world: World, company: Company) -> None:
    deal = company.deals["known_by_abn"]
    browser.press("/do/edit", deal=deal, name="Rebrand <2026>", amount="5000")
    line = world.hubspot.lines(deal)[0].id
    browser.press("/do/edit-line", line=line, name="Hours", quantity="20", price="200.00")
    assert world.hubspot.objects["deals"][deal].properties["amount"] == "4440"
    html = browser.look()
    assert "Rebrand &lt;2026&gt;" in html
    assert "Rebrand <2026>" not in html


def test_an_invoice_is_approved_part_paid_unpaid_and_voided(browser: Browser, world: World, company: Company) -> None:
    own = invoice(world, company)

    assert browser.press("/do/approve", invoice=own)["said"] == "INV-0001 approved."
    browser.press("/do/pay", invoice=own, amount="$400.00")
    [shown] = browser.state()["invoices"]
    assert (shown["status"], shown["AmountDue"], shown["AmountPaid"]) == ("AUTHORISED", "700.00", "400.00")
    browser.press("/do/pay", invoice=own)
    assert browser.state()["invoices"][0]["status"] == "PAID"
    for payment in browser.state()["payments"]:
        browser.press("/do/remove-payment", payment=payment["id"])
    assert browser.press("/do/end", invoice=own)["said"] == "INV-0001 voided."
    assert browser.state()["invoices"][0]["status"] == "VOIDED"


def test_a_draft_is_deleted_where_an_approved_one_is_voided(browser: Browser, world: World, company: Company) -> None:
    own = invoice(world, company)
    assert browser.press("/do/end", invoice=own)["said"] == "INV-0001 deleted."
    assert browser.state()["invoices"][0]["status"] == "DELETED"


def test_what_is_refused_is_said_on_the_page(browser: Browser, world: World, company: Company) -> None:
    own = invoice(world, company, Status="AUTHORISED")
    assert "exceeds the amount outstanding" in browser.press("/do/pay", invoice=own, amount="9999")["wrong"]
    assert "not a valid number" in browser.press("/do/edit", deal=company.deals["small"], name="x", amount="y")["wrong"]
    assert browser.press("/do/pay", invoice=own, amount="ten")["wrong"]
    assert browser.press("/do/move", deal=company.deals["small"], stage="Nowhere")["wrong"]
    assert "said wrong" in browser.look(wrong="No such thing.")


def test_the_deals_own_fields_about_its_invoice_are_shown(browser: Browser, world: World, company: Company) -> None:
    people, deal = world.hubspot.people, company.deals["known_by_abn"]
    people.add_property("deal", "xero_invoice_number", "Invoice")
    people.add_property("deal", "xero_amount_due", "Due", "number")
    people.edit("deal", deal, xero_invoice_number="INV-0042", xero_amount_due="4884.00")
    html = browser.look()
    assert "INV-0042" in html
    assert "4,884.00 due" in html
    assert "Amount due" in html


def test_faults_are_armed_from_the_strip_and_by_json_and_cleared(browser: Browser, world: World) -> None:
    assert browser.press("/faults", strip="0")["said"] == "Armed: lose answer."
    assert browser.send("/faults", {"system": "hubspot", "kind": "429", "daily": True})[0] == 200
    assert [fault.kind for fault in world.xero.faults.waiting] == ["lose answer"]
    assert [fault.daily for fault in world.hubspot.faults.waiting] == [True]
    assert "Xero: lose answer, HubSpot: 429" in browser.look()
    assert browser.send("/faults", {"system": "sap", "kind": "429"})[0] == 400
    assert browser.send("/faults", {"clear": True})[0] == 200
    assert not world.xero.faults.waiting


def test_the_last_calls_are_listed_newest_first(browser: Browser, world: World) -> None:
    headers = {"authorization": f"Bearer {STATIC_TOKEN}"}
    world.hubspot.handle(Request("GET", "/crm/pipelines/2026-09/deals", {}, headers))
    world.xero.handle(Request("GET", "/connections", {}, {}))
    newest = browser.state()["calls"]
    assert {(call["system"], call["status"]) for call in newest} == {("HubSpot", 200), ("Xero", 401)}
    assert "GET /crm/pipelines/2026-09/deals" in browser.look()


def test_other_processes_make_people_act_by_json(browser: Browser, company: Company) -> None:
    deal = company.deals["small"]
    status, told = browser.send("/people/hubspot/move", {"args": [deal], "kwargs": {"stage": "Closed won"}})
    assert (status, told) == (200, {"result": "closedwon"})
    status, told = browser.send("/people/xero/add_contact", {"args": ["New Customer Pty Ltd"]})
    assert status == 200
    assert told["result"]
    assert browser.send("/people/hubspot/move", {"args": ["1", "Closed won"]})[0] == 400
    assert browser.send("/people/hubspot/_record", {})[0] == 404
    assert browser.send("/people/nobody/move", {})[0] == 404


def test_the_version_rises_with_whatever_happens_and_a_reset_seeds_anew(browser: Browser, company: Company) -> None:
    before = browser.state()["version"]
    browser.press("/do/move", deal=company.deals["small"], stage="Closed won")
    assert browser.state()["version"] > before
    assert browser.send("/reset", {})[0] == 200
    assert browser.state()["version"] == before
    assert not [deal for deal in browser.state()["deals"] if deal["won"]]


@pytest.mark.parametrize("crm", ["hubspot", "pipedrive", "salesforce"])
def test_the_sandbox_runs_as_a_process_and_prints_its_address(crm: str) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--seed", "company", "--crm", crm]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            with urllib.request.urlopen(f"{address}/state", timeout=10) as answer:
                state = json.load(answer)
            assert (state["crm"]["system"], len(state["deals"])) == (crm, 13)
            with urllib.request.urlopen(address, timeout=10) as page:
                assert b"Harbourline Studio" in page.read()
        finally:
            process.terminate()
