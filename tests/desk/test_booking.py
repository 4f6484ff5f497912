"""Held here: a product is booked at the desk by one line more in the mapping, seen before, and all its deals go on."""

from __future__ import annotations

import json

from ledger import audit
from mappings.loader import load_rules
from tests.support.desks import Browser, Desk, seen
from tests.support.waiting import until

WORKSHOP = {"product": "WORKSHOP", "account_code": "200", "tax_type": "GST on Income"}
LINE = '  - {product: "WORKSHOP", account code: "200", tax type: GST on Income}'


def forty_deals(desk: Desk, count: int = 40) -> str:
    """Deals that sell what nobody mapped; the address of their one question."""
    for number in range(count):
        desk.house.sell({"product": "WORKSHOP"}, name=f"Team day {number}")
    desk.work()
    return f"/questions/demo/{desk.house.asked('product_unmapped').id}"


def changed(browser: Browser, here: str, **form: str) -> tuple[str, dict[str, str]]:
    """The page that shows the change, and what its form sends back."""
    browser.get(here)
    answer = browser.send(f"{here}/book", **(WORKSHOP | form))
    assert answer.status_code == 200, seen(answer)
    version = answer.text.partition('name="version" value="')[2].partition('"')[0]
    return seen(answer), WORKSHOP | form | {"version": version}


def test_forty_deals_are_one_question_and_one_line_lets_them_all_go_on(desk: Desk) -> None:
    here, browser = forty_deals(desk), desk.browser()
    assert "40 deals wait for it · $96,000.00 at stake" in browser.text(here)
    before = desk.mapping.read_text()
    page, form = changed(browser, here)
    assert f"+ {LINE.strip()}" in page
    assert "Save it: 40 deals go on" in page
    assert "Team day 39 Approved invoice over $2,640.00 to Bellbird Cafe." in page
    assert desk.mapping.read_text() == before

    answer = browser.send(f"{here}/book/save", **form)
    assert "40 deals go on with the next run" in browser.text(answer.headers["location"])
    assert until(lambda: desk.rung) == ["demo"]
    added = before.replace("GST Free Exports}\n", f"GST Free Exports}}\n{LINE}\n")
    assert desk.mapping.read_text() == added
    desk.work()
    assert len(desk.house.invoices()) == 40
    assert desk.house.questions() == []


def test_the_old_file_is_kept_and_the_trail_says_who_changed_it(desk: Desk) -> None:
    here, browser = forty_deals(desk, 1), desk.browser()
    before = desk.mapping.read_bytes()
    _, form = changed(browser, here)
    browser.send(f"{here}/book/save", **form)
    (kept,) = (desk.folder / "versions").glob("demo-*.yaml")
    assert kept.read_bytes() == before
    with desk.house.ledger.read() as session:
        (entry,) = audit.story(session, "demo", "mapping")
    assert entry.event == "mapping changed"
    assert entry.actor != "wonbooks"
    assert json.loads(entry.details)["kept"] == kept.name
    assert kept.name in browser.text("/mapping/demo")
    assert load_rules(desk.mapping).products[-1].product == "WORKSHOP"


def test_a_file_changed_by_somebody_else_meanwhile_is_not_overwritten(desk: Desk) -> None:
    here, browser = forty_deals(desk, 1), desk.browser()
    _, form = changed(browser, here)
    desk.mapping.write_text(desk.mapping.read_text() + "# by hand\n")
    answer = browser.send(f"{here}/book/save", **form)
    assert answer.status_code == 422
    assert "demo.yaml was changed meanwhile" in seen(answer)
    assert "WORKSHOP" not in [product.product for product in load_rules(desk.mapping).products]


def test_what_xero_lacks_is_not_written(desk: Desk) -> None:
    here, browser = forty_deals(desk, 1), desk.browser()
    browser.get(here)
    for form, words in (
        ({"account_code": "999"}, "Xero has no account 999."),
        ({"account_code": "400"}, "is not an account for sales"),
        ({"tax_type": "GST on Incom"}, 'Did you mean "GST on Income"?'),
        ({"item_code": "NONE"}, 'Xero has no item "NONE".'),
        ({"product": "TRAVEL-*"}, "does not fit the product that is asked about"),
        ({"product": ""}, "Fill in the product"),
    ):
        answer = browser.send(f"{here}/book", **(WORKSHOP | form))
        assert answer.status_code == 422
        assert words in seen(answer), seen(answer)
        assert browser.send(f"{here}/book/save", **(WORKSHOP | form), version="x").status_code == 422
    assert "WORKSHOP" not in [product.product for product in load_rules(desk.mapping).products]


def test_a_pattern_may_book_more_than_the_one_product(desk: Desk) -> None:
    here, browser = forty_deals(desk, 1), desk.browser()
    _, form = changed(browser, here, product="WORK*")
    browser.send(f"{here}/book/save", **form)
    desk.work()
    assert len(desk.house.invoices()) == 1


def test_a_broken_mapping_is_said_and_left_alone(desk: Desk) -> None:
    here, browser = forty_deals(desk, 1), desk.browser()
    browser.get(here)
    desk.mapping.write_text(desk.mapping.read_text().replace("create: authorised", "create: approved"))
    answer = browser.send(f"{here}/book", **WORKSHOP)
    assert answer.status_code == 422
    assert '"create" in entry 1 of "invoices"' in seen(answer)
    page = seen(browser.get("/mapping/demo"))
    assert 'can\'t be "approved"' in page
    assert "The mapping of demo can't be used" in browser.text("/connections")
    assert browser.get(here).status_code == 200


def test_another_question_is_not_settled_by_a_product(desk: Desk) -> None:
    desk.house.win("look_alikes")
    desk.work()
    here, browser = f"/questions/demo/{desk.house.asked('customer_unclear').id}", desk.browser()
    browser.get(here)
    assert browser.send(f"{here}/book", **WORKSHOP).status_code == 422
