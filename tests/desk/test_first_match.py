"""Held: what both systems had before is read, shown with its evidence and confirmed in bulk, by whoever may."""

from __future__ import annotations

import re

from ledger import gathered, links
from stages import first_match
from tests.stories.test_first_invoices import JOB, billed_by_hand
from tests.support.desks import Browser, Desk, seen
from tests.support.waiting import until

HERE = "/first-match/demo"


def read(desk: Desk, browser: Browser) -> str:
    desk.house.clock.advance(60)
    browser.get(HERE)
    answer = browser.send(f"{HERE}/look")
    assert answer.headers["location"] == f"{HERE}?done=read", seen(answer)
    return browser.text(answer.headers["location"])


def ticked(browser: Browser, show: str) -> list[str]:
    """What is ticked beforehand."""
    page = browser.get(f"{HERE}?show={show}").text
    return re.findall(r'name="item" value="([^"]+)" checked', page)


def test_customers_are_read_shown_and_linked_in_bulk(desk: Desk) -> None:
    browser = desk.browser()
    assert "Nothing was read yet" in browser.text(HERE)
    page = read(desk, browser)
    assert "Both systems were read." in page
    assert "Bellbird Café Pty Ltd Bellbird Cafe" in page
    assert "Meridian" not in page
    unclear = browser.text(f"{HERE}?show=unclear")
    assert "Meridian Partners Pty Ltd Meridian Partners" in unclear
    assert ticked(browser, "unclear") == []
    items = ticked(browser, "proven")
    answer = browser.send(f"{HERE}/confirm", item=items, show="proven")
    assert answer.headers["location"] == f"{HERE}?show=proven&linked={len(items)}"
    assert f"{len(items)} linked." in browser.text(answer.headers["location"])
    with desk.house.ledger.read() as session:
        made = links.customers(session, "demo", [item.partition(" ")[0] for item in items])
    assert [f"{ref} {contact}" for ref, contact in made.items()] == items
    assert list(desk.house.written()) == []
    assert until(lambda: desk.rung) == ["demo"]
    # Another one was slower.
    late = browser.send(f"{HERE}/confirm", item=items[:1], show="proven")
    assert "0 linked." in seen(late)
    assert "is linked already." in seen(late)


def test_a_deal_billed_by_hand_is_tied_with_a_reason(desk: Desk) -> None:
    number = billed_by_hand(desk.house, Reference="Signage")
    deal = desk.house.sell(JOB, name="Signage")
    browser = desk.browser()
    read(desk, browser)
    page = browser.text(f"{HERE}?show=invoices")
    assert f"Signage {number} Its reference is the deal's. Same amount." in page
    items = ticked(browser, "invoices")
    assert browser.send(f"{HERE}/confirm", item=items, show="invoices", note=" ").status_code == 422
    assert browser.send(f"{HERE}/confirm", item=items, show="invoices", note="Seen").status_code == 303
    desk.work()
    assert len(desk.house.invoices()) == 1
    story = browser.text(f"/deals/demo/{deal}")
    assert f"Invoice {number} was there before, and is this deal's $1,100.00 with $100.00 GST, “Seen” by " in story
    assert "Nothing to confirm here" in browser.text(f"{HERE}?show=invoices")


def test_nothing_ticked_and_a_reading_under_way_are_said(desk: Desk) -> None:
    browser = desk.browser()
    read(desk, browser)
    assert "Nothing was ticked" in seen(browser.send(f"{HERE}/confirm", show="proven"))
    with desk.house.ledger.write() as session:
        gathered.begin(session, "demo", first_match.WORK, "the flow", desk.office.now())
    assert "still being read" in browser.text(browser.send(f"{HERE}/look").headers["location"])
