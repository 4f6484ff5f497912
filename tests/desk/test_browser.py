"""What people do, done in a real browser: win, answer, map, connect, together, by keyboard alone, on a phone."""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from mappings.loader import load_rules
from tests.support.streets import Street, chromium, street
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("browser")
LOOK_ALIKES = "Which contact in Xero is Meridian Partners Pty Ltd?"
PAGES = (
    "/",
    "/questions",
    "/deals",
    "/connections",
    "/first-match/demo",
    "/reports",
    "/mapping/demo",
    "/people",
    "/me",
    "/nowhere",
)


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    program = chromium()
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def town(browser: Browser, tmp_path: Path) -> Generator[Street]:
    with street(browser, tmp_path) as made:
        yield made


@pytest.fixture
def staffed(browser: Browser, tmp_path: Path) -> Generator[Street]:
    with street(browser, tmp_path, logins="accounts") as made:
        made.account("anna", "approver")
        made.account("otto", "operator")
        yield made


def in_one_width(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} pixels too wide"


def test_a_deal_won_on_the_play_page_arrives_at_the_desk_by_itself(town: Street) -> None:
    desk, play = town.visitor(), town.visitor()
    desk.goto(town.url("/deals"))
    expect(desk.get_by_text("No deal yet")).to_be_visible()
    play.goto(town.sandbox.url)
    play.locator("article", has_text="Brand refresh").get_by_role("button", name="Win").click()
    town.work()
    row = desk.get_by_role("row", name="Brand refresh")
    expect(row).to_contain_text("INV-0001", timeout=15000)
    row.get_by_role("link").click()
    expect(desk.get_by_text("Invoice INV-0001 approved")).to_be_visible()
    desk.goto(town.url())
    expect(desk.locator(".figure", has_text="Invoiced")).to_contain_text("$5,324.00")


def test_what_happens_while_a_page_is_on_its_way_shows_on_it(town: Street) -> None:
    page = town.visitor()

    def won_meanwhile(route: Route) -> None:
        town.win("known_by_abn")
        route.continue_()

    page.route("**/static/desk.js", won_meanwhile)
    page.goto(town.url("/deals"))
    expect(page.get_by_role("row", name="Brand refresh")).to_contain_text("INV-0001", timeout=15000)


def test_a_look_alike_is_answered_with_one_click(town: Street) -> None:
    town.win("look_alikes")
    page = town.visitor()
    page.goto(town.url())
    page.get_by_role("link", name=LOOK_ALIKES).click()
    expect(page.get_by_role("table").first).to_contain_text("In Xero")
    choice = page.locator(".choice", has_text="Use Meridian Partners P/L")
    choice.get_by_text("The invoice as it would look").click()
    expect(choice.locator(".invoice")).to_contain_text("$3,663.00")
    choice.get_by_role("button", name="Use Meridian Partners P/L").click()
    expect(page.get_by_role("status").first).to_contain_text("Settled: Use Meridian Partners P/L")
    page.goto(town.url("/deals"))
    expect(page.get_by_role("row", name="Investor deck")).to_contain_text("INV-0001", timeout=20000)


def test_a_product_is_mapped_once_and_forty_deals_go_on(town: Street) -> None:
    with town.sandbox.lock:
        for number in range(40):
            town.world.hubspot.people.add_deal(
                f"Team day {number}",
                [{"product": "WORKSHOP"}],
                company=town.company.companies["bellbird"],
                pipeline="New business",
                stage="Closed won",
            )
    town.work()
    page = town.visitor()
    page.goto(town.url("/questions"))
    page.get_by_role("link", name="How is WORKSHOP booked?").click()
    page.get_by_label("Account").select_option("200")
    page.get_by_label("Tax rate").select_option("GST on Income")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator(".diff .plus")).to_have_text(re.compile("WORKSHOP.*200.*GST on Income"))
    expect(page.locator(".list > li")).to_have_count(40)
    page.get_by_role("button", name="Save it: 40 deals go on").click()
    expect(page.get_by_role("status").first).to_contain_text("40 deals go on")
    assert load_rules(town.folder / "demo.yaml").products[-1].product == "WORKSHOP"
    until(lambda: sum(i["Type"] == "ACCREC" for i in town.world.xero.invoices.values()) == 40, within=60)


def test_xero_is_connected_at_its_own_login_page(town: Street) -> None:
    page = town.visitor()
    page.goto(town.url("/connections"))
    page.get_by_role("button", name="Connect with Xero").click()
    expect(page.get_by_role("heading", name="Wonbooks wants access to")).to_be_visible()
    assert page.url.startswith(f"{town.sandbox.url}/xero/identity/connect/authorize?")
    page.get_by_role("button", name="Allow access").click()
    expect(page.get_by_role("status")).to_have_text("Connected. What waited for it goes on now.")
    assert page.url.startswith(town.url("/connections"))
    page.get_by_role("button", name="Test both").click()
    expect(page.get_by_text("Xero: answered. Harbourline Studio Pty Ltd")).to_be_visible()
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("status")).to_have_text("Disconnected.")


def test_of_two_operators_one_wins_and_the_other_sees_what_happened(staffed: Street) -> None:
    staffed.win("look_alikes")
    one, other = staffed.visitor(), staffed.visitor()
    staffed.sign_in(one, "anna")
    staffed.sign_in(other, "otto")
    for page in (one, other):
        page.goto(staffed.url("/questions"))
        page.get_by_role("link", name=LOOK_ALIKES).click()
    one.get_by_role("button", name="I am on it").click()
    expect(one.get_by_text("You are on it")).to_be_visible()
    expect(other.get_by_text("Something happened meanwhile.")).to_be_visible(timeout=15000)
    one.get_by_role("button", name="Create a new contact in Xero").click()
    other.get_by_role("button", name="I have put it right").click()
    expect(other.get_by_role("heading", name="Somebody was faster")).to_be_visible()
    expect(other.locator("main")).to_contain_text("anna settled it")
    expect(other.locator("main")).to_contain_text("Your answer was not taken")


def test_a_question_is_found_and_answered_by_keyboard_alone(town: Street) -> None:
    town.win("look_alikes", "unmapped")
    page = town.visitor()
    page.goto(town.url("/questions"))
    keys = page.keyboard
    keys.press("j")
    keys.press("j")
    expect(page.locator(".queue > li.at")).to_contain_text("How is WORKSHOP booked?")
    keys.press("k")
    expect(page.locator(".queue > li.at")).to_contain_text(LOOK_ALIKES)
    keys.press("Enter")
    expect(page.get_by_role("heading", name=LOOK_ALIKES)).to_be_visible()
    page.wait_for_load_state("load")
    keys.press("c")
    expect(page.get_by_text("You are on it")).to_be_visible()
    page.wait_for_load_state("load")
    keys.press("3")
    expect(page.locator(".choice.at")).to_contain_text("Create a new contact in Xero")
    keys.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Settled: Create a new contact in Xero")
    page.wait_for_load_state("load")
    keys.press("/")
    keys.type("nothing of the kind")
    keys.press("Enter")
    expect(page.get_by_text("None of the 1 open questions fits")).to_be_visible()


def test_the_desk_works_on_a_phone(town: Street) -> None:
    town.win("look_alikes", "unmapped", "known_by_abn")
    page = town.visitor(width=390, height=780, phone=True)
    deal = town.company.deals["known_by_abn"]
    for path in (*PAGES, town.report(), "/questions/demo/1", "/questions/demo/2", f"/deals/demo/{deal}"):
        page.goto(town.url(path))
        in_one_width(page)
        for entry in page.locator(".nav a").all():
            box = entry.bounding_box()
            assert box, path
            assert box["x"] + box["width"] <= 390, f"{entry.inner_text()} is cut off on {path}"
        small = page.evaluate(
            "[...document.querySelectorAll('main button, main select, main input')]"
            ".filter((e) => !['hidden', 'checkbox'].includes(e.type))"
            ".filter((e) => e.offsetHeight && e.offsetHeight < 40).map((e) => e.outerHTML)"
        )
        assert small == [], f"too small to tap on {path}"
    page.goto(town.url("/questions/demo/1"))
    page.get_by_role("button", name="Create a new contact in Xero").tap()
    expect(page.get_by_role("status").first).to_contain_text("Settled")


def test_everything_can_be_done_without_scripts(town: Street) -> None:
    town.win("look_alikes")
    page = town.visitor(scripts=False)
    page.goto(town.url("/questions"))
    page.get_by_role("link", name=LOOK_ALIKES).click()
    page.get_by_role("button", name="Create a new contact in Xero").click()
    expect(page.get_by_role("status").first).to_contain_text("Settled")


def test_no_page_breaks_its_own_policy_whatever_names_hold(town: Street) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202e{{7*7}}" + "x" * 4000
    with town.sandbox.lock:
        company = town.world.hubspot.people.add_company(hostile)
        for product in ("CONSULT-BRAND", "WORKSHOP"):
            town.world.hubspot.people.add_deal(
                hostile, [{"product": product}], company=company, pipeline="New business", stage="Closed won"
            )
    first = town.report()
    town.work()
    reports = (first, town.report())
    page = town.visitor()
    page.goto(town.url("/deals"))
    stories = [link.get_attribute("href") or "" for link in page.locator("th a").all()]
    page.goto(town.url("/questions"))
    questions = [link.get_attribute("href") or "" for link in page.locator(".what a").all()]
    assert stories
    assert questions
    for path in (*PAGES, *reports, *stories, *questions):
        page.goto(town.url(path))
        in_one_width(page)
        assert page.evaluate("window.broken") == []
        assert page.locator("main script, main img, main iframe").count() == 0


def test_every_field_has_a_name_and_every_page_one_heading(town: Street) -> None:
    town.win("look_alikes", "unmapped")
    page = town.visitor()
    for path in (*PAGES, "/questions/demo/1", "/questions/demo/2"):
        page.goto(town.url(path))
        assert page.locator("h1").count() <= 1
        nameless = page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]), select, button, svg[role=img]')].filter((e) =>"
            " !(e.labels && e.labels.length) && !e.getAttribute('aria-label') && !e.textContent.trim())"
            ".map((e) => e.outerHTML)"
        )
        assert nameless == [], path
