"""Held: the play page and its doors are the same for every CRM, and a deal shows its invoice under the same names."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.selling import SELLING
from stages.crms import CRMS
from tests.support.browser import Browser
from tests.support.house import House


@pytest.fixture(params=sorted(SELLING))
def house(request: pytest.FixtureRequest) -> House:
    return House(crm=request.param)


@pytest.fixture
def browser(house: House) -> Browser:
    return Browser(house.world, house.crm)


def deal(browser: Browser, name: str) -> dict[str, Any]:
    (found,) = [each for each in browser.state()["deals"] if each["name"] == name]
    return found


def invoice(browser: Browser, name: str) -> dict[str, Any]:
    """The one whose marker is the deal's address and more."""
    url = deal(browser, name)["url"]
    (found,) = [each for each in browser.state()["invoices"] if each["marker"].startswith(f"{url}?")]
    return found


def alike(browser: Browser) -> list[tuple[Any, ...]]:
    """What must be the same in every CRM."""
    return [
        (
            *(each[word] for word in ("name", "customer", "pipeline", "stage", "won", "closed", "fields")),
            Decimal(each["amount"]),
            [(line["sku"], Decimal(line["quantity"]), Decimal(line["amount"])) for line in each["lines"]],
        )
        for each in browser.state()["deals"]
    ]


def test_every_crm_that_can_be_connected_can_be_played_on() -> None:
    assert SELLING.keys() == CRMS.keys()


def test_the_company_looks_the_same(browser: Browser) -> None:
    assert alike(browser) == alike(Browser(House().world))


def test_each_pipeline_ends_in_the_stages_that_the_mapping_names(browser: Browser) -> None:
    won = {
        pipeline["label"]: [stage["label"] for stage in pipeline["stages"] if stage["how"] == "won"]
        for pipeline in browser.state()["pipelines"]
    }
    assert (won["New business"], won["Renewals"]) == (["Closed won", "Paid"], ["Renewed", "Paid"])


def test_the_page_calls_both_sides_by_name(browser: Browser, house: House) -> None:
    html = browser.look()
    assert f'<h2 id="crm">{SELLING[house.crm].name}</h2>' in html
    assert (">HubSpot<" in html) == (house.crm == "hubspot")


def test_a_deal_is_won_and_un_won_by_one_button(browser: Browser) -> None:
    own = deal(browser, "Brand refresh")["id"]
    assert browser.press("/do/win", deal=own)["said"] == "Brand refresh is now at Closed won."
    assert deal(browser, "Brand refresh")["won"]
    assert browser.press("/do/unwin", deal=own)["said"] == "Brand refresh is now at Proposal sent."
    assert not deal(browser, "Brand refresh")["closed"]


def test_a_renewal_is_won_where_renewals_are(browser: Browser) -> None:
    browser.press("/do/win", deal=deal(browser, "CMS licence")["id"])
    assert deal(browser, "CMS licence")["stage"] == "Renewed"


def test_a_deal_is_lost_and_taken_up_again(browser: Browser) -> None:
    own = deal(browser, "Brand refresh")
    stages = next(p["stages"] for p in browser.state()["pipelines"] if p["label"] == "New business")
    lost = next(stage["id"] for stage in stages if stage["how"] == "lost")
    browser.press("/do/move", deal=own["id"], stage=lost)
    assert (deal(browser, "Brand refresh")["closed"], deal(browser, "Brand refresh")["won"]) == (True, False)
    browser.press("/do/move", deal=own["id"], stage=own["stage_id"])
    assert deal(browser, "Brand refresh") == own


def test_a_deals_name_and_its_lines_are_edited(browser: Browser) -> None:
    own = deal(browser, "Portfolio site")
    assert (
        browser.press("/do/edit", deal=own["id"], name="Portfolio", amount=own["amount"])["said"] == "Portfolio saved."
    )
    browser.press("/do/edit-line", line=own["lines"][0]["id"], name=own["lines"][0]["name"], quantity="13", price="170")
    assert Decimal(deal(browser, "Portfolio")["amount"]) == Decimal(2210)
    refused = browser.press("/do/edit-line", line=own["lines"][0]["id"], name="x", quantity="a few", price="170")
    assert refused["wrong"]


def test_the_deal_shows_its_invoice_under_the_same_names(browser: Browser, house: House) -> None:
    browser.press("/do/win", deal=deal(browser, "Brand refresh")["id"])
    house.work()
    made = invoice(browser, "Brand refresh")
    fields = deal(browser, "Brand refresh")["fields"]
    assert (fields["xero_invoice_number"], fields["xero_amount_due"]) == (made["number"], "5324.00")
    assert "5,324.00 due" in browser.look()

    browser.press("/do/pay", invoice=made["id"])
    house.work()
    paid = deal(browser, "Brand refresh")
    assert (paid["stage"], paid["won"], paid["fields"]["xero_amount_due"]) == ("Paid", True, "0.00")


def test_other_processes_win_a_deal_without_knowing_the_crm(browser: Browser, house: House) -> None:
    status, told = browser.send("/people/crm/win", {"args": [deal(browser, "Brand refresh")["id"]]})
    assert (status, told, deal(browser, "Brand refresh")["won"]) == (200, {"result": None}, True)
    assert browser.send("/people/crm/win", {"args": ["1"]})[0] == 400
    assert browser.send(f"/people/{house.crm}/delete", {"args": ["deal", deal(browser, "CMS licence")["id"]]})[0] == 200
    assert [each for each in browser.state()["deals"] if each["name"] == "CMS licence"] == []
    other = next(system for system in SELLING if system != house.crm)
    assert browser.send(f"/people/{other}/move", {"args": ["1", "Paid"]})[0] == 404


def test_the_answer_to_the_next_write_back_is_lost_from_the_strip(browser: Browser, house: House) -> None:
    assert browser.press("/faults", strip="3")["said"] == "Armed: lose answer."
    assert f"{SELLING[house.crm].name}: lose answer" in browser.look()
    browser.press("/do/win", deal=deal(browser, "Brand refresh")["id"])
    house.recover()
    assert not house.sales.double.faults.waiting
    assert (
        deal(browser, "Brand refresh")["fields"]["xero_invoice_number"] == invoice(browser, "Brand refresh")["number"]
    )
