"""A quiet day costs two calls to Xero a look, whatever was done before and whatever is still open."""

from __future__ import annotations

from collections import Counter

from tests.support.house import Edit, House

NO_NOTES: Edit = ("history note: every invoice", "history note: when asked")
LOOKS = 52  # thirteen hours: what is remembered of accounts and tax rates has grown old


def test_while_nothing_happens_xero_is_asked_twice_in_a_quarter_of_an_hour_and_nothing_is_read_twice() -> None:
    house = House.settled(NO_NOTES, watch=False)
    for number in range(20):
        house.sell({"product": "LICENCE"}, name=f"Job {number}")
    house.win("look_alikes")
    house.work()
    assert (len(house.invoices()), len(house.questions())) == (20, 1)
    house.xero.log.clear()
    house.work(minutes=15)
    assert Counter(house.calls("xero")) == {"GET /Invoices": 1, "GET /Payments": 1}, "what was just made is known"
    house.xero.log.clear()
    for _ in range(LOOKS):
        house.work(minutes=15)
    assert Counter(house.calls("xero")) == {"GET /Invoices": LOOKS, "GET /Payments": LOOKS}
    assert all(b'"Invoices":[]' in c.answer for c in house.xero.api_calls("GET", "/Invoices"))


def test_a_change_after_long_quiet_is_still_seen() -> None:
    house = House.settled(NO_NOTES, watch=False)
    deal = house.win("known_by_abn")
    house.work()
    for _ in range(8):
        house.work(minutes=15)
    house.xero.list_lag = 9 * 60
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.xero.list_lag = 0
    for _ in range(2):
        house.work(minutes=5)
    house.work(minutes=15)
    assert house.told(deal)["amount_due"] == "0.00"
