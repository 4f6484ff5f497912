"""Whatever people type into a deal goes over as text, cut where Xero has no room, and breaks nothing on the way."""

from __future__ import annotations

import json

import pytest

from tests.support.house import House

TYPED = [
    'Fit-out & "signage" for O\'Brien <b>bold</b>',
    "<script>alert(1)</script>",
    "{{ deal.name }} {% for x in range(10**9) %}{% endfor %}",
    '=HYPERLINK("http://example.org")',
    "Ⅷ. Größe 株式会社 עברית \u202egnp.exe",
    "zero\u200bwidth\u2028line\u0000null",
    "long " * 400,
    "'; DROP TABLE effect; --",
]


@pytest.mark.parametrize("typed", TYPED)
def test_a_deals_own_words_reach_the_invoice_as_they_are(typed: str) -> None:
    house = House.settled()
    deal = house.sell({"product": "LICENCE", "name": typed, "description": typed}, name=typed)
    house.work()
    invoice = house.invoice(deal)
    assert invoice["Status"] == "AUTHORISED"
    assert len(invoice["Reference"]) <= 255
    assert _letters(invoice["Reference"]) == _letters(typed)[: len(_letters(invoice["Reference"]))]
    assert _letters(invoice["LineItems"][0]["Description"])[:200] == _letters(typed)[:200]
    assert house.told(deal)["invoice_number"] == invoice["InvoiceNumber"]
    assert not house.questions()


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


@pytest.mark.parametrize("typed", TYPED)
def test_hostile_words_in_a_question_are_its_facts_and_nothing_more(typed: str) -> None:
    house = House.settled()
    deal = house.sell({"name": typed, "price": 10}, name=typed)
    house.work()
    item = house.asked("product_unmapped")
    assert json.loads(item.facts)["product"] == typed.strip()
    house.answer(item, "ignore")
    house.work()
    assert not house.invoices_of(deal)
    assert not house.questions()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", "1e400"),
        ("quantity", "NaN"),
        ("quantity", "-3"),
        ("quantity", "0"),
        ("price", "99999999999.99"),
        ("price", "1.00001"),
        ("hs_discount_percentage", "130"),
        ("hs_sku", ""),
        ("hs_line_item_currency_code", "USD"),
    ],
)
def test_figures_that_make_no_sense_are_asked_about_and_never_sent(field: str, value: str) -> None:
    house = House.settled()
    deal, sound = house.sell({"product": "LICENCE"}), house.sell({"product": "LICENCE"})
    (line,) = house.hubspot.lines(deal)
    line.properties[field] = value
    if field == "hs_sku":
        line.properties["name"] = ""
        line.properties.pop("description", None)
    house.hubspot.people.edit("deal", deal, amount="")
    house.work()
    assert not house.invoices_of(deal)
    assert house.invoice(sound)["Status"] == "AUTHORISED"
    assert {item.kind for item in house.questions()} <= {"line_invalid", "deal_unreadable", "product_unmapped"}
    assert house.questions()
