"""What only Pipedrive has: tax methods, discounts on a whole deal, instalments, archived deals, keys of fields.

What it shares with the other CRMs is held by ``test_crm_contract.py``; ``test_pipedrive_wire.py`` has its answers.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.contract import Changes, DealUpdate, FieldSpec
from connectors.errors import Rejected
from connectors.pipedrive import Pipedrive
from domain.gst import line_amount
from domain.records import Deal
from sandbox.pipedrive import COMPANY
from tests.support.crm_accounts import LOOK_BACK, SYDNEY, PipedriveAccount

DESIGN = {"name": "Design", "sku": "DESIGN", "price": "148.35", "quantity": "7.25"}
TRAVEL = {"name": "Travel", "sku": "TRAVEL", "price": "33.3350", "quantity": 3}
HOUR = 3600


@pytest.fixture
def at() -> PipedriveAccount:
    return PipedriveAccount()


def read(at: PipedriveAccount, deal: str) -> Deal:
    [found] = at.crm.deals([deal])
    return found


def net(deal: Deal) -> Decimal:
    lines = deal.lines
    return sum(
        (line_amount(x.quantity, x.unit_price, x.discount_percent, x.discount_amount) for x in lines), Decimal(0)
    )


def paths(at: PipedriveAccount) -> list[str]:
    """The calls since the last time this was asked."""
    calls = [call for call in at.double.log if call.actor == "api"]
    at.double.log.clear()
    return [f"{call.method} {call.path.removeprefix('/api/v2')}" for call in calls]


# ── what the prices mean ──


@pytest.mark.parametrize(
    ("method", "tax", "meaning"),
    [
        ("exclusive", 10, "tax exclusive"),
        ("inclusive", 10, "tax inclusive"),
        ("none", 10, "no tax"),
        ("exclusive", 0, ""),
        ("inclusive", 0, ""),
        ("none", 0, ""),
    ],
)
def test_a_deal_says_what_its_prices_mean_where_it_has_a_rate_of_tax(
    at: PipedriveAccount, method: str, tax: int, meaning: str
) -> None:
    deal = at.sell("x", [{**DESIGN, "tax": tax, "tax_method": method}, TRAVEL])
    assert read(at, deal).amounts_are == meaning


@pytest.mark.parametrize("on_top", [True, False])
@pytest.mark.parametrize("method", ["exclusive", "inclusive", "none"])
def test_a_deals_amount_is_meant_as_its_prices_are(at: PipedriveAccount, method: str, *, on_top: bool) -> None:
    at.double.switches.sum_holds_the_tax = on_top
    lines = [{**DESIGN, "tax": 10, "tax_method": method}, {**TRAVEL, "tax": 0}]
    found = read(at, at.sell("x", lines))
    assert found.amount is not None
    assert abs(found.amount - net(found)) <= Decimal("0.01")
    assert net(found) == Decimal("1175.55")


@pytest.mark.parametrize("for_one", [True, False])
def test_a_lines_discount_in_money_is_read_as_the_sum_has_it(at: PipedriveAccount, *, for_one: bool) -> None:
    at.double.switches.discount_is_for_one_unit = for_one
    found = read(at, at.sell("x", [{**DESIGN, "quantity": 4, "discount": "10.00", "tax": 10}]))
    assert found.lines[0].discount_amount == (40 if for_one else 10)
    assert found.amount == net(found)


def test_lines_that_do_not_count_are_not_read(at: PipedriveAccount) -> None:
    found = read(at, at.sell("x", [DESIGN, {**TRAVEL, "is_enabled": False}]))
    assert [line.product_code for line in found.lines] == ["DESIGN"]
    assert found.amount == net(found)


def test_the_sellers_comments_stay_with_the_sellers(at: PipedriveAccount) -> None:
    found = read(at, at.sell("x", [{**DESIGN, "comments": "They would have paid twice as much"}]))
    assert found.lines[0].description == ""


# ── discounts on the whole, instalments ──


@pytest.mark.parametrize(
    "discounts",
    [[("10", "percentage")], [("50.01", "amount")], [("10", "percentage"), ("50", "amount")], [("100", "percentage")]],
)
def test_a_discount_on_the_whole_deal_is_spread_over_its_lines_to_the_cent(
    at: PipedriveAccount, discounts: list[tuple[str, str]]
) -> None:
    deal = at.sell("x", [DESIGN, TRAVEL, {**TRAVEL, "discount_percent": "12.5"}])
    whole = net(read(at, deal))
    for amount, kind in discounts:
        at.double.people.add_discount(deal, amount, kind)
    found = read(at, deal)
    off = sum((whole * Decimal(a) / 100 if kind == "percentage" else Decimal(a) for a, kind in discounts), Decimal(0))
    assert abs(net(found) - (whole - off)) <= Decimal("0.005")
    assert abs((found.amount or 0) - net(found)) <= Decimal("0.01")
    assert found.unreadable == ""


def test_only_a_deal_that_does_not_add_up_is_asked_for_its_discounts(at: PipedriveAccount) -> None:
    deals = [at.sell(f"Deal {n}", [DESIGN]) for n in range(5)]
    at.double.people.add_discount(deals[2], "10")
    paths(at)
    at.crm.deals(deals)
    assert [call for call in paths(at) if "discounts" in call] == [f"GET /deals/{deals[2]}/discounts"]


def test_a_deal_that_is_billed_in_parts_says_so(at: PipedriveAccount) -> None:
    deal = at.sell("x", [DESIGN])
    at.double.people.add_instalments(deal, ("500", "2026-12-01"), ("575.54", "2027-01-01"))
    assert read(at, deal).instalments == 2


def test_a_plan_without_instalments_is_asked_once(at: PipedriveAccount) -> None:
    at.double.switches.plan_has_instalments = False
    deal = at.sell("x", [DESIGN])
    assert [read(at, deal).instalments for _ in range(2)] == [0, 0]
    assert paths(at).count("GET /deals/installments") == 1


# ── archived and deleted deals ──


def test_archived_deals_are_looked_at_once_an_hour(at: PipedriveAccount) -> None:
    deal = at.sell("x", [DESIGN])
    cursor = ""
    looked: list[bool] = []
    for minutes in (0, 15, 15, 15, 15, 15):
        at.clock.advance(60 * minutes)
        if len(looked) == 2:
            at.double.people.archive(deal)
        pages: list[Changes] = list(at.crm.changed_deals(cursor))
        cursor = pages[-1].cursor if pages else cursor
        looked.append("GET /deals/archived" in paths(at))
    assert looked == [True, False, False, False, True, False]
    assert read(at, deal).lines[0].product_code == "DESIGN"


def test_a_clock_of_ours_that_is_fast_hides_no_archived_deal(at: PipedriveAccount) -> None:
    fast = Pipedrive(
        at.line.http, COMPANY, timezone=SYDNEY, start=LOOK_BACK, now=lambda: at.clock() + timedelta(minutes=14)
    )
    at.sell("earlier")
    cursor = list(fast.changed_deals(""))[-1].cursor
    at.clock.advance(60)
    deal = at.sell("x", [DESIGN])
    at.double.people.archive(deal)
    at.clock.advance(2 * HOUR)
    assert deal in {id_ for page in fast.changed_deals(cursor) for id_ in page.versions}


def test_a_deleted_deal_is_told_as_changed(at: PipedriveAccount) -> None:
    deal = at.sell("x")
    cursor = list(at.crm.changed_deals(""))[-1].cursor
    at.clock.advance(HOUR)
    at.double.people.delete("deal", deal)
    [told] = [page for page in at.crm.changed_deals(cursor) if page.versions]
    assert list(told.versions) == [deal]
    assert at.crm.deals([deal]) == []


def test_owners_are_told_by_their_names(at: PipedriveAccount) -> None:
    jo = at.double.people.add_owner("jo@harbourline.example", "Jo", "Marsh")
    deal = at.sell("x", owner=jo)
    assert at.crm.owners([read(at, deal).owner, "7"]) == {jo: "Jo Marsh"}
    assert at.crm.owners([]) == {}


# ── fields ──


def test_a_field_is_found_by_its_name_however_it_is_written(at: PipedriveAccount) -> None:
    spec = FieldSpec("xero_invoice_number", "Xero invoice number", "text")
    for name in ("XERO Invoice-Number", "Xero  invoice number "):
        code = at.double.people.add_field("deal", name)
        assert at.crm.missing_fields([spec]) == []
        at.double.people.delete_field("deal", code)
    assert at.crm.missing_fields([spec]) == [spec]


def test_a_field_whose_label_says_something_else_is_made_under_its_name(at: PipedriveAccount) -> None:
    spec = FieldSpec("xero_total", "Xero invoice total", "number")
    at.crm.create_fields([spec])
    assert [field["field_name"] for field in at.double.account.own_fields("deals")] == ["Xero total"]
    assert at.crm.missing_fields([spec]) == []


def test_two_fields_of_one_name_are_never_chosen_between(at: PipedriveAccount) -> None:
    for _ in range(2):
        at.double.people.add_field("deal", "Xero total", "double")
    deal = at.sell("x")
    refused = at.crm.write_deals([DealUpdate(deal, {"xero_total": "1.00"})])
    assert refused[deal].words == 'The deal has several fields called "xero_total" in Pipedrive.'


@pytest.mark.parametrize(("kind", "sound"), [("double", True), ("varchar", True), ("text", True), ("monetary", False)])
def test_a_value_is_written_as_the_fields_type_wants_it(at: PipedriveAccount, kind: str, *, sound: bool) -> None:
    at.double.people.add_field("deal", "Xero total", kind)
    deal = at.sell("x")
    refused = at.crm.write_deals([DealUpdate(deal, {"xero_total": "1210.05"})])
    assert (refused == {}) is sound
    if not sound:
        assert "is of the type monetary" in refused[deal].words


def test_fields_of_any_type_are_read_as_people_see_them(at: PipedriveAccount) -> None:
    people = at.double.people
    region = people.add_field("deal", "Region", "enum", ["North", "South"])
    both = people.add_field("deal", "Both", "set", ["North", "South"])
    ids = {
        field["field_code"]: [option["id"] for option in field["options"] or ()]
        for field in at.double.account.own_fields("deals")
    }
    people.add_field("deal", "Budget", "monetary")
    budget = {"value": Decimal("200.50"), "currency": "AUD"}
    values: dict[str, Any] = {"budget": budget, "region": ids[region][1], "both": ids[both]}
    deal = at.sell("x", expected_close_date="2026-12-24", **values)
    [found] = at.crm.deals([deal], ["region", "both", "budget", "expected_close_date", "title"])
    assert found.fields == {
        "region": "South",
        "both": "North, South",
        "budget": "200.5",
        "expected_close_date": "2026-12-24",
        "title": "x",
    }


def test_a_cap_on_fields_is_told_in_pipedrives_words(at: PipedriveAccount) -> None:
    at.double.switches.most_own_fields = 0
    with pytest.raises(Rejected) as refusal:
        at.crm.create_fields([FieldSpec("xero_total", "Xero total", "number")])
    assert refusal.value.words == (
        "You have reached the custom fields limit of your plan",
        "Fields still missing: xero_total.",
    )


def test_the_deals_own_value_is_never_written(at: PipedriveAccount) -> None:
    at.crm.create_fields([FieldSpec("xero_total", "Xero total", "number")])
    deal = at.sell("x", [DESIGN])
    at.crm.write_deals([DealUpdate(deal, {"xero_total": "1.00"})])
    [body] = [json.loads(call.body) for call in at.double.log if call.method == "PATCH"]
    assert set(body) == {"custom_fields"}


def test_our_count_of_the_days_tokens_is_pipedrives_own(at: PipedriveAccount) -> None:
    people = at.double.people
    company = people.add_company("Acme Pty Ltd")
    person = people.add_person("ann@acme.example", firstname="Ann")
    deals = [at.sell("x", [DESIGN, TRAVEL], company=company), at.sell("y", person=person)]
    people.add_discount(deals[0], "10")
    crm = at.crm
    list(crm.changed_deals(""))
    list(crm.won_between(date(2026, 11, 1), date(2026, 11, 30)))
    crm.create_fields([FieldSpec("xero_total", "Xero total", "number")])
    found = crm.deals([*deals, "999"])
    crm.customers([deal.customer for deal in found if deal.customer])
    crm.owners([found[0].owner])
    crm.stages(deals)
    crm.pipelines()
    crm.write_deals([DealUpdate(deals[0], {"xero_total": "1.00"})])
    assert at.line.pace.cost == at.double.access.spent
