"""Few calls to Xero: two a look while nothing happens, whatever was done before; one for many lost answers."""

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
    assert not [c for c in house.xero.api_calls("GET", "/Invoices") if "IDs" in c.query], "what was just made is known"
    house.work(minutes=15)
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


def test_the_lost_answer_to_many_new_contacts_is_looked_for_in_one_call() -> None:
    house = House.settled(NO_NOTES, watch=False)
    customers = [house.hubspot.people.add_company(f"Customer {n:02} Pty Ltd", zip=f"2{n:03}") for n in range(20)]
    deals = [house.sell({"product": "LICENCE"}, company=customer) for customer in customers]
    house.break_xero("PUT /Contacts", "lose answer")
    house.work()
    before = len(house.calls("xero"))
    house.recover()
    assert house.calls("xero")[before:].count("GET /Contacts") == 1
    assert len({house.invoice(deal)["Contact"]["ContactID"] for deal in deals}) == len(deals)
    assert not house.questions()
