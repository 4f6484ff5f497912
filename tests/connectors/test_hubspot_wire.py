"""HubSpot's text read strictly: what can't be understood is said in the deal, and refusals find their row."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from connectors import hubspot_reading as reading
from connectors.contract import DealUpdate
from connectors.errors import Throttled, Unavailable
from connectors.hubspot import API, DIALECT, HubSpot
from connectors.hubspot_reading import Links
from domain.records import Deal
from tests.support.connections import START, Line, line_to

NOBODY = Links()
LINE = {"name": "Design", "quantity": "1", "price": "100"}


def read(*lines: dict[str, Any] | None, deal: dict[str, Any] | None = None, persons: Links = NOBODY) -> Deal:
    rows = [None if line is None else {"id": str(n), "properties": line} for n, line in enumerate(lines)]
    return reading.deal(
        {"id": "17", "properties": {"dealname": "Fit-out", **(deal or {})}},
        lines=rows,
        companies=NOBODY,
        persons=persons,
        url="",
        zone=ZoneInfo("Australia/Sydney"),
        fields=(),
    )


@pytest.mark.parametrize("text", ["12,50", "NaN", "Infinity", "1e309", "1_000", "ten", "0x10", "१२", "9" * 40])
@pytest.mark.parametrize("name", ["quantity", "price", "discount", "hs_discount_percentage"])
def test_a_number_that_is_none_makes_the_deal_unreadable(name: str, text: str) -> None:
    said = read({**LINE, name: text}).unreadable
    assert said.startswith('Its line "Design": the ')
    assert said.endswith("is not a number.")


@pytest.mark.parametrize("name", ["quantity", "price"])
def test_a_line_without_quantity_or_price_makes_the_deal_unreadable(name: str) -> None:
    assert read({**LINE, name: None}).unreadable.endswith(f"the {name} is missing.")


def test_a_line_needs_no_discount_and_must_not_have_two() -> None:
    assert read({**LINE, "discount": None, "hs_discount_percentage": ""}).unreadable == ""
    assert read({**LINE, "discount": "0", "hs_discount_percentage": "10"}).unreadable == ""
    assert "a discount in per cent and one" in read({**LINE, "discount": "1", "hs_discount_percentage": "1"}).unreadable


def test_a_line_that_could_not_be_read_makes_the_deal_unreadable() -> None:
    deal = read(LINE, None)
    assert "could not be read" in deal.unreadable
    assert len(deal.lines) == 1


@pytest.mark.parametrize("given", ["tomorrow", "2026-13-01", "99999999999999999"])
def test_a_close_date_that_is_none_is_said(given: str) -> None:
    deal = read(deal={"closedate": given})
    assert (deal.closed_on, deal.unreadable) == (None, "Its close date is not a date.")


@pytest.mark.parametrize("given", ["2026-11-25T13:30:00.000Z", "2026-11-26T00:30:00+11:00", "1795613400000"])
def test_a_close_date_is_read_in_each_of_its_forms(given: str) -> None:
    assert str(read(deal={"closedate": given}).closed_on) == "2026-11-26"


def test_an_amount_is_exact_or_absent_or_said_to_be_wrong() -> None:
    assert read(deal={"amount": "1234.5600"}).amount == Decimal("1234.56")
    assert read(deal={"amount": None}).amount is None
    assert read(deal={"amount": "lots"}).unreadable == "Its amount is not a number."


def test_lines_keep_the_order_of_the_quote_and_version_the_deal() -> None:
    lines = [
        {**LINE, "name": name, "hs_position_on_quote": at, reading.MODIFIED: f"2026-11-2{at}T00:00:00Z"}
        for name, at in (("c", "2"), ("a", "0"), ("b", "1"))
    ]
    deal = read(*lines, {**LINE, "name": "last"}, deal={reading.MODIFIED: "2026-11-21T12:00:00Z"})
    assert [line.name for line in deal.lines] == ["a", "b", "c", "last"]
    assert deal.version == "2026-11-22T00:00:00Z"


def test_a_primary_mark_counts_by_number_or_by_hubspots_own_label_only() -> None:
    def target(category: str, number: int, label: str | None) -> dict[str, Any]:
        spec = {"category": category, "typeId": number, "label": label}
        plain = {"category": "HUBSPOT_DEFINED", "typeId": 341, "label": None}
        return {"toObjectId": str(number), "associationTypes": [plain, spec]}

    links = Links.of(
        [
            target("HUBSPOT_DEFINED", 5, None),
            target("USER_DEFINED", 77, "Primary"),
            target("HUBSPOT_DEFINED", 341, None),
            {"toObjectId": "9"},
        ]
    )
    assert links.primary == ("5",)
    assert links.chosen() == "5"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"message": "Plain."}, ("Plain.",)),
        ({"message": 'Bad: [{"isValid":false,"message":"A"},{"message":"B"}]'}, ("A", "B")),
        ({"message": "Cut: [{"}, ("Cut: [{",)),
        ({"message": "Outer", "errors": [{"message": "A"}, {"message": "A"}, "odd"]}, ("A",)),
        ({}, ()),
    ],
)
def test_a_refusal_speaks_in_hubspots_words(error: dict[str, Any], words: tuple[str, ...]) -> None:
    assert reading.sentences(error) == words


# ── batches, where HubSpot may answer in more ways than one ──


def over(handler: Callable[[httpx.Request], httpx.Response]) -> tuple[HubSpot, Line]:
    line = line_to(handler, base_url=API, system="hubspot", dialect=DIALECT)
    return HubSpot(line.http, "1", timezone="Australia/Sydney", start=START), line


class WholeOrNothing:
    """Refuses a batch as a whole when a row is bad, and keeps what it took."""

    def __init__(self, bad: Callable[[str, dict[str, str]], str]) -> None:
        self.bad = bad
        self.taken: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        rows = json.loads(request.content)["inputs"]
        for row in rows:
            if message := self.bad(row["id"], row["properties"]):
                return httpx.Response(400, json={"message": message})
        self.taken += [row["id"] for row in rows]
        return httpx.Response(200, json={"results": [{"id": row["id"]} for row in rows]})


def test_a_batch_refused_for_one_row_is_halved_until_the_others_are_through() -> None:
    vendor = WholeOrNothing(lambda id_, _: "Not this one." if id_ == "37" else "")
    hubspot, line = over(vendor)
    refused = hubspot.write_deals([DealUpdate(str(n), {"x": "1"}) for n in range(50)])
    assert {id_: refusal.words for id_, refusal in refused.items()} == {"37": "Not this one."}
    assert sorted(vendor.taken, key=int) == [str(n) for n in range(50) if n != 37]
    assert len(line.pace.spent) <= 13


def test_a_field_that_is_gone_refuses_its_rows_at_once_and_not_one_by_one() -> None:
    vendor = WholeOrNothing(lambda _, fields: 'Property "gone" does not exist' if "gone" in fields else "")
    hubspot, line = over(vendor)
    updates = [DealUpdate(str(n), {"gone" if n % 2 else "there": "1"}) for n in range(50)]
    refused = hubspot.write_deals(updates)
    assert set(refused) == {str(n) for n in range(50) if n % 2}
    assert len(vendor.taken) == 25
    assert len(line.pace.spent) == 2


def test_a_row_without_a_word_about_it_counts_as_refused() -> None:
    hubspot, _ = over(
        lambda request: httpx.Response(207, json={"results": [{"id": "1"}], "errors": [{"message": "No."}]})
    )
    refused = hubspot.write_deals([DealUpdate("1", {"x": "1"}), DealUpdate("2", {"x": "1"})])
    assert {id_: refusal.words for id_, refusal in refused.items()} == {"2": "No."}
    silent, _ = over(lambda request: httpx.Response(200, json={"results": []}))
    assert set(silent.write_deals([DealUpdate("1", {"x": "1"})])) == {"1"}


def test_a_merged_deal_is_done_though_it_comes_back_under_another_id() -> None:
    hubspot, _ = over(lambda request: httpx.Response(200, json={"results": [{"id": "99"}]}))
    assert hubspot.write_deals([DealUpdate("1", {"x": "1"})]) == {}


@pytest.mark.parametrize("body", [{}, {"results": None}, {"results": [], "errors": [{"category": "INTERNAL_ERROR"}]}])
def test_a_read_without_its_list_or_with_a_failed_row_never_passes_for_gone(body: dict[str, Any]) -> None:
    hubspot, _ = over(lambda request: httpx.Response(200, json=body))
    with pytest.raises(Unavailable):
        hubspot.deals(["1"])


@pytest.mark.parametrize("body", [{}, {"results": [], "errors": [{"category": "INTERNAL_ERROR"}]}])
@pytest.mark.parametrize("silent", ["line_items", "companies", "contacts"])
def test_links_that_were_not_told_never_pass_for_none(silent: str, body: dict[str, Any]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        rows = [{"id": "1", "properties": {}}] if "/objects/" in request.url.path else []
        return httpx.Response(200, json=body if f"/{silent}/" in request.url.path else {"results": rows})

    hubspot, _ = over(answer)
    with pytest.raises(Unavailable):
        hubspot.deals(["1"])


@pytest.mark.parametrize(
    ("body", "daily"),
    [
        ({"policyName": "DAILY"}, True),
        ({"message": "You have reached your daily limit."}, True),
        ({"policyName": "TEN_SECONDLY_ROLLING", "message": "You have reached your ten_secondly_rolling limit."}, False),
    ],
)
def test_a_daily_limit_is_told_from_a_burst(body: dict[str, str], daily: bool) -> None:
    hubspot, _ = over(lambda request: httpx.Response(429, json=body))
    with pytest.raises(Throttled) as throttled:
        hubspot.write_deals([DealUpdate("1", {"x": "1"})])
    assert throttled.value.daily is daily
