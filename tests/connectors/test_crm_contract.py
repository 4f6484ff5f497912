"""Promises of ``connectors/contract.py``, stated once and kept by every CRM: changes, webhooks and reading.

What differs between them is in the table of ``tests/support/crm_accounts.py``; nothing here knows a vendor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cli.playground import KEYS
from connectors.contract import DealUpdate
from domain.records import CustomerRef
from sandbox.webhooks import Webhooks
from tests.support.crm_accounts import STAGES, Account, changed, end, with_fields
from tests.support.hooks import IDS, PUBLIC, Door
from tests.support.sales import SALES

HOSTILE = (
    "Smith & Sons \"Quality\" 'Meats'",
    "<script>alert('x')</script>",
    "{{ deal.name }} {% raw %} ${x} %s",
    "\u202eדוגמה בע\u05f4מ\u202c",
    "Robert'); DROP TABLE deals;--",
    "Æther Łódź Café — 株式会社 👩‍👩‍👧",
    "null",
    "0",
    "two\nlines\tand a tab",
)


def test_nothing_is_missed_where_a_page_ends_within_one_moment(at: Account) -> None:
    made = {at.sell(f"Deal {n}") for n in range(at.page + 5)}
    assert set(changed(at)) == made


def test_nothing_is_missed_that_changes_while_we_read(at: Account) -> None:
    made = [at.sell(f"Deal {n}") for n in range(at.page + 5)]
    at.clock.advance(at.lag)
    seen: set[str] = set()
    for page in at.crm.changed_deals(""):
        seen |= page.versions.keys()
        if len(seen) < len(made):
            at.clock.advance(1)
            at.rename(made[0], f"Changed at {at.clock()}")
            at.rename(made[-1], f"Changed at {at.clock()}")
    assert seen >= set(made[:-1])
    assert set(changed(at, end(at))) >= {made[0], made[-1]}


def test_a_cursor_in_the_past_now_and_in_the_future(at: Account) -> None:
    deal = at.sell("x")
    assert set(changed(at, at.cursor_at(at.clock() - timedelta(days=5)))) == {deal}
    assert set(changed(at, at.cursor_at(at.clock()))) == {deal}
    assert changed(at, at.cursor_at(at.clock() + timedelta(days=5))) == {}


def test_the_first_look_goes_back_a_while_and_no_further(at: Account) -> None:
    at.clock.advance(-90 * 24 * 3600)
    at.sell("an old one")
    at.clock.advance(90 * 24 * 3600)
    deal = at.sell("a new one")
    assert set(changed(at)) == {deal}


def test_from_where_a_poll_ended_only_the_same_versions_come_again(at: Account) -> None:
    deals = [at.sell("x"), at.sell("y")]
    first = changed(at)
    cursor = end(at)
    assert set(first) == set(deals)
    assert changed(at, cursor).items() <= first.items()
    at.clock.advance(24 * 3600)
    later = at.sell("z")
    cursor = end(at, cursor)
    at.clock.advance(24 * 3600)
    at.rename(later, "zz")
    assert set(changed(at, cursor)) == {later}


def test_one_poll_tells_each_version_once(at: Account) -> None:
    made = {at.sell(f"Deal {n}") for n in range(at.page + 5)}
    at.clock.advance(at.lag)
    told = Counter((i, v) for page in at.crm.changed_deals("") for i, v in page.versions.items())
    assert set(told.values()) == {1}
    assert {i for i, _ in told} == made


def test_two_changes_within_one_moment_are_two_versions(at: Account) -> None:
    deal = at.sell("x")
    first = changed(at)[deal]
    at.rename(deal, "y")
    second = changed(at)[deal]
    at.rename(deal, "z")
    assert len({first, second, changed(at)[deal]}) == 3


def test_an_edited_deal_is_told_whatever_was_edited(at: Account) -> None:
    deal = at.sell("x", [{"name": "Design", "price": "100.00"}])
    cursor, before = end(at), changed(at)[deal]
    at.clock.advance(60)
    at.win(deal)
    assert changed(at, cursor)[deal] != before


# ── webhooks ──


def test_a_forged_or_stale_webhook_is_refused(at: Account, tmp_path: Path) -> None:
    system = at.crm.system
    path = f"/hooks/{system}/{IDS[system]}"
    door = Door(tmp_path, keys=KEYS, ends={IDS[system]: (SALES[system].pair, system)})
    sent: list[tuple[Mapping[str, str], bytes]] = []
    webhooks = Webhooks(at.world, lambda _url, headers, body: sent.append((headers, body)))
    webhooks.subscribe(system, f"{PUBLIC}{path}")
    deal = at.sell("x")
    webhooks.step()
    headers, body = sent[0]
    forged_headers, forged_body = at.forged(headers, body)
    with door.receiver:
        assert door.call(path, forged_body, forged_headers).status == 401
        assert door.call(f"/hooks/{system}/{'f' * 32}", body, headers).status == 404
        assert door.noticed(pair=SALES[system].pair) == set()
        assert door.call(path, body, headers).status == 200
        door.clock.advance((at.hook_lasts or 24 * 3600) + 1)
        # Where nothing tells its age, a late one makes us look once more and does no other harm.
        assert door.call(path, body, headers).status == (401 if at.hook_lasts else 200)
        assert door.noticed(pair=SALES[system].pair) == {deal}


# ── reading ──


def test_what_is_read_twice_is_the_same(at: Account) -> None:
    company = at.double.people.add_company("Acme Pty Ltd")
    deals = [at.sell("x", [{"name": "Design", "price": "100.00"}], company=company), at.sell("y")]
    assert at.crm.deals(deals) == at.crm.deals(deals)
    refs = [CustomerRef("company", company)]
    assert at.crm.customers(refs) == at.crm.customers(refs)
    assert at.crm.pipelines() == at.crm.pipelines()
    assert at.crm.stages(deals) == at.crm.stages(deals)


def test_an_id_given_twice_is_read_once_and_none_reads_nothing(at: Account) -> None:
    deal = at.sell("x")
    assert [found.id for found in at.crm.deals([deal, deal])] == [deal]
    spent = len(at.line.pace.spent)
    assert (at.crm.deals([]), at.crm.customers([]), at.crm.stages([]), at.crm.write_deals([])) == ([], [], {}, {})
    assert len(at.line.pace.spent) == spent


@pytest.mark.parametrize(
    ("quantity", "price", "percent"),
    [("1", "148.35", "0"), ("7.25", "33.3350", "0"), ("0.1", "0.2", "0"), ("3", "1234567.89", "12.5"), ("1", "0", "0")],
)
def test_money_is_exact(at: Account, quantity: str, price: str, percent: str) -> None:
    deal = at.sell("x", [{"name": "Design", "price": price, "quantity": quantity, "discount_percent": percent}])
    [found] = at.crm.deals([deal])
    [line] = found.lines
    figures = (line.quantity, line.unit_price, line.discount_percent)
    assert figures == (Decimal(quantity), Decimal(price), Decimal(percent))
    total = (line.quantity * line.unit_price * (100 - line.discount_percent) / 100).quantize(Decimal("0.01"))
    assert found.amount is not None
    assert abs(found.amount - total) <= Decimal("0.01")
    assert (found.currency, found.unreadable) == ("AUD", "")


def test_a_discount_in_money_is_for_the_whole_line(at: Account) -> None:
    deal = at.sell("x", [{"name": "Design", "price": "100.00", "quantity": 1, "discount": "15.50"}])
    [line] = at.crm.deals([deal])[0].lines
    assert (line.quantity * line.unit_price - line.discount_amount, line.discount_percent) == (Decimal("84.50"), 0)
    assert line.discount_amount == (Decimal("15.50") if line.unit_price == 100 else 0)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 25, 12, 59, 59, tzinfo=UTC), date(2026, 11, 25)),
        (datetime(2026, 11, 25, 13, 0, 0, tzinfo=UTC), date(2026, 11, 26)),
        (datetime(2026, 7, 1, 14, 0, 0, tzinfo=UTC), date(2026, 7, 2)),
    ],
)
def test_a_deal_is_closed_on_the_organisations_day(at: Account, moment: datetime, day: date) -> None:
    at.clock.advance((moment - at.clock()).total_seconds())
    deal = at.sell("x")
    assert at.crm.deals([deal])[0].closed_on != day
    at.win(deal)
    [found] = at.crm.deals([deal])
    assert (found.closed_on, found.won) == (day, True)


def test_who_is_billed(at: Account) -> None:
    people = at.double.people
    company = people.add_company("Acme Pty Ltd", abn="53 004 085 616", address="14 Norton Street", city="Leichhardt")
    person = people.add_person("ann@acme.example", firstname="Ann", lastname="Ng", company=company)
    deals = [at.sell("a", company=company, person=person), at.sell("b", person=person), at.sell("c")]
    who = {deal.name: deal.customer for deal in at.crm.deals(deals)}
    assert who == {"a": CustomerRef("company", company), "b": CustomerRef("person", person), "c": None}
    firm, ann = at.crm.customers([CustomerRef("company", company), CustomerRef("person", person)])
    assert (firm.ref, firm.name, firm.tax_number) == (CustomerRef("company", company), "Acme Pty Ltd", "53 004 085 616")
    assert (firm.address.lines, firm.address.city) == (("14 Norton Street",), "Leichhardt")
    assert (ann.ref, ann.name, ann.email) == (CustomerRef("person", person), "Ann Ng", "ann@acme.example")


def test_a_deal_of_500_lines_is_read_whole_and_in_order(at: Account) -> None:
    at.double.people.add_product("Hour", "HOUR", "10.00")
    deal = at.sell("x", [{"product": "HOUR", "quantity": n} for n in range(1, 501)])
    [found] = at.crm.deals([deal])
    assert [line.quantity for line in found.lines] == list(range(1, 501))
    assert {line.product_code for line in found.lines} == {"HOUR"}
    assert found.unreadable == ""


def test_what_recurs_is_told_and_what_is_bought_once_is_not(at: Account) -> None:
    lines = [{"name": "Hosting", "price": "9.00", "frequency": "monthly"}, {"name": "Design", "price": "100.00"}]
    [found] = at.crm.deals([at.sell("x", lines)])
    assert [bool(line.billing_frequency) for line in found.lines] == [True, False]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_and_goes_as_it_is(at: Account, text: str) -> None:
    with_fields(at)
    company = at.double.people.add_company(text)
    deal = at.sell(text, [{"name": text, "price": "1.00"}], company=company)
    [found] = at.crm.deals([deal])
    assert (found.name, found.lines[0].name) == (text, text)
    assert at.crm.customers([CustomerRef("company", company)])[0].name == text
    assert at.crm.write_deals([DealUpdate(deal, {"xero_invoice_number": text})]) == {}
    assert at.crm.deals([deal], ["xero_invoice_number"])[0].fields == {"xero_invoice_number": text}


def test_pipelines_tell_their_stages_in_order(at: Account) -> None:
    [sales] = [pipeline for pipeline in at.crm.pipelines() if pipeline.label == "Sales"]
    assert tuple(sales.stages.values())[: len(STAGES)] == STAGES
    deal = at.sell("x")
    [found] = at.crm.deals([deal])
    assert (found.pipeline, sales.stages[found.stage]) == (sales.id, "Open")
    assert at.crm.stages([deal]) == {deal: found.stage}


def test_a_lost_deal_stands_at_no_stage_that_was_ever_won(at: Account) -> None:
    deal = at.sell("x", stage="Won")
    at.lose(deal)
    [sales] = [pipeline for pipeline in at.crm.pipelines() if pipeline.label == "Sales"]
    [found] = at.crm.deals([deal])
    assert sales.stages.get(found.stage) not in STAGES
    assert at.crm.stages([deal])[deal] == found.stage
    assert not found.won


def test_every_record_has_an_address_of_its_own(at: Account) -> None:
    company = at.double.people.add_company("Acme Pty Ltd")
    deal = at.sell("x", company=company)
    urls = [at.crm.deals([deal])[0].url, at.crm.customers([CustomerRef("company", company)])[0].url]
    assert deal in urls[0]
    assert company in urls[1]
    assert all(url.startswith("https://") and at.home in url for url in urls)
