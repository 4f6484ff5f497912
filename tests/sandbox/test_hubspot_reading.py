"""Held here: what the HubSpot double tells of records, links and search, late and bounded as HubSpot is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.hubspot import PORTAL_ID
from tests.support.hubspot_calls import OBJECTS, Caller, account, deal_with_lines

WATERMARK = [{"filters": [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "0"}]}]


@pytest.fixture
def api() -> Caller:
    return account()


def test_a_deal_comes_with_its_links_and_every_value_is_text_or_null(api: Caller) -> None:
    deal, company, person = deal_with_lines(api)
    asked = {"properties": "dealname,amount,closedate,no_such", "associations": "companies,contacts,line_items"}

    body = api.get(f"{OBJECTS}/deals/{deal}", **asked).body

    assert body["properties"]["dealname"] == "Site refresh"
    assert body["properties"]["amount"] == "2301"
    assert body["properties"]["closedate"] is None
    assert "no_such" not in body["properties"]
    assert body["url"] == f"https://app.hubspot.com/contacts/{PORTAL_ID}/record/0-3/{deal}"
    links = body["associations"]
    assert [row["type"] for row in links["companies"]["results"]] == ["deal_to_company", "deal_to_company_unlabeled"]
    assert {row["id"] for row in links["companies"]["results"]} == {company}
    assert links["contacts"]["results"] == [{"id": person, "type": "deal_to_contact"}]
    assert len(links["line items"]["results"]) == 2


def test_a_lines_amounts_are_worked_out_by_hubspot(api: Caller) -> None:
    deal, _, _ = deal_with_lines(api)

    first, second = api.double.lines(deal)

    assert (first.properties["hs_sku"], first.properties["price"]) == ("CONSULT-HR", "180.00")
    assert (first.properties["amount"], first.properties["hs_total_discount"]) == ("1620", "180")
    # ``discount`` is an amount per unit: two units at ten off.
    assert (second.properties["amount"], second.properties["hs_pre_discount_amount"]) == ("681", "701")


def test_a_taxed_line_knows_its_tax(api: Caller) -> None:
    gst = api.double.people.add_tax_rate("GST", "10.0")
    deal = api.double.people.add_deal("x", [{"name": "a", "price": "99.95", "tax_rate": gst}])
    line = api.double.lines(deal)[0].properties
    assert (line["hs_tax_amount"], line["hs_post_tax_amount"]) == ("10", "109.95")
    rates = api.get("/tax-rates/2026-09/tax-rates").body["results"]
    assert [(r["id"], r["percentageRate"]) for r in rates] == [(gst, "10.0")]


def test_a_batch_read_leaves_out_what_it_cannot_see_without_a_word(api: Caller) -> None:
    deal = api.double.people.add_deal("Here")
    gone = api.double.people.add_deal("Deleted")
    api.double.people.delete("deal", gone)

    answer = api.post(f"{OBJECTS}/deals/batch/read", {"inputs": [{"id": deal}, {"id": gone}, {"id": "7"}]})

    assert answer.status == 200
    assert [row["id"] for row in answer.body["results"]] == [deal]


def test_a_switch_makes_a_batch_read_name_what_it_cannot_see(api: Caller) -> None:
    api.double.switches.batch_read_names_missing = True
    answer = api.post(f"{OBJECTS}/deals/batch/read", {"inputs": [{"id": "7"}]})
    assert answer.status == 207
    assert answer.body["errors"][0]["context"] == {"ids": ["7"]}


@pytest.mark.parametrize("action", ["read", "update", "create", "upsert", "archive"])
def test_a_batch_holds_a_hundred(api: Caller, action: str) -> None:
    rows = [{"id": str(i), "properties": {}, "idProperty": "x"} for i in range(101)]
    answer = api.post(f"{OBJECTS}/deals/batch/{action}", {"inputs": rows})
    assert answer.status == 400
    assert answer.body["category"] == "VALIDATION_ERROR"


def test_pages_follow_each_other_by_after(api: Caller) -> None:
    made = [api.double.people.add_deal(f"Deal {i}") for i in range(5)]
    read: list[str] = []
    after = "0"
    while after:
        body = api.get(f"{OBJECTS}/deals", limit="2", after=after).body
        read += [row["id"] for row in body["results"]]
        after = body.get("paging", {}).get("next", {}).get("after", "")
    assert read == made


def test_an_archived_record_shows_only_when_asked_for_and_comes_back_whole(api: Caller) -> None:
    deal, company, _ = deal_with_lines(api)
    api.double.people.delete("company", company)
    asked = {"associations": "companies"}

    assert api.get(f"{OBJECTS}/companies/{company}").status == 404
    assert api.get(f"{OBJECTS}/companies/{company}", archived="true").body["archivedAt"]
    assert [r["id"] for r in api.get(f"{OBJECTS}/companies", archived="true").body["results"]] == [company]
    assert "associations" not in api.get(f"{OBJECTS}/deals/{deal}", **asked).body

    api.double.people.restore("company", company)
    assert "companies" in api.get(f"{OBJECTS}/deals/{deal}", **asked).body["associations"]


def test_values_come_with_their_history_and_source(api: Caller) -> None:
    deal = api.double.people.add_deal("Old name")
    api.patch(f"{OBJECTS}/deals/{deal}", dealname="New name")
    body = api.get(f"{OBJECTS}/deals/{deal}", propertiesWithHistory="dealname").body
    told = [(h["value"], h["sourceType"]) for h in body["propertiesWithHistory"]["dealname"]]
    assert told == [("New name", "INTEGRATION"), ("Old name", "CRM_UI")]


def test_an_association_read_tells_the_unlinked_as_errors(api: Caller) -> None:
    deal, company, _ = deal_with_lines(api)
    alone = api.double.people.add_deal("Alone")
    path = "/crm/associations/2026-09/deals/companies/batch/read"

    answer = api.post(path, {"inputs": [{"id": deal}, {"id": alone}]})

    assert answer.status == 207
    [found] = answer.body["results"]
    types = [(t["typeId"], t["label"]) for t in found["to"][0]["associationTypes"]]
    assert (found["from"]["id"], found["to"][0]["toObjectId"], types) == (deal, company, [(5, "Primary"), (341, None)])
    [error] = answer.body["errors"]
    assert error["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert error["context"]["fromObjectId"] == [alone]
    assert api.post(path, {"inputs": [{"id": deal}]}).status == 200
    assert api.post(path, {"inputs": [{"id": deal}] * 1001}).status == 400


def test_many_links_of_one_deal_are_paged(api: Caller) -> None:
    api.double.switches.links_per_page = 2
    deal = api.double.people.add_deal("x", [{"name": str(i), "price": 1} for i in range(3)])
    path = "/crm/associations/2026-09/deals/line_items/batch/read"

    [first] = api.post(path, {"inputs": [{"id": deal}]}).body["results"]
    [second] = api.post(path, {"inputs": [{"id": deal, "after": first["paging"]["next"]["after"]}]}).body["results"]

    assert [len(first["to"]), len(second["to"])] == [2, 1]
    assert "paging" not in second


def test_only_one_company_of_a_deal_is_primary(api: Caller) -> None:
    people = api.double.people
    one, two = people.add_company("One"), people.add_company("Two")
    deal = people.add_deal("x", company=one)
    people.attach(deal, "company", two)
    people.attach(deal, "company", two, primary=True)
    [found] = api.post("/crm/associations/2026-09/deals/companies/batch/read", {"inputs": [{"id": deal}]}).body[
        "results"
    ]
    held = {to["toObjectId"]: [t["typeId"] for t in to["associationTypes"]] for to in found["to"]}
    assert held == {one: [341], two: [5, 341]}
    back = api.post("/crm/associations/2026-09/companies/deals/batch/read", {"inputs": [{"id": one}]}).body
    assert [t["typeId"] for t in back["results"][0]["to"][0]["associationTypes"]] == [342]


def test_the_default_association_is_plain_and_safe_to_repeat(api: Caller) -> None:
    company, deal = api.double.people.add_company("A"), api.double.people.add_deal("x")
    for _ in range(2):
        made = api.call("PUT", f"{OBJECTS}/deals/{deal}/associations/default/companies/{company}")
        assert made.body["results"][0]["associationSpec"]["associationTypeId"] == 341
    labels = api.get("/crm/associations/2026-09/deals/companies/labels").body["results"]
    assert [(row["typeId"], row["label"]) for row in labels] == [(341, None), (5, "Primary")]
    assert list(api.double.account.linked("deals", deal, "companies")) == [company]


def test_search_trails_what_was_written(api: Caller) -> None:
    deal = api.double.people.add_deal("Fresh")
    assert api.search().body["total"] == 0
    api.clock.advance(api.double.switches.index_lag)
    assert [row["id"] for row in api.search().body["results"]] == [deal]
    api.patch(f"{OBJECTS}/deals/{deal}", dealname="Changed")
    assert api.search(properties=["dealname"]).body["results"][0]["properties"]["dealname"] == "Fresh"
    assert api.get(f"{OBJECTS}/deals/{deal}").body["properties"]["dealname"] == "Changed"


def test_search_filters_sorts_and_pages(api: Caller) -> None:
    for amount in ("90", "1000", "200"):
        api.double.people.add_deal(f"Worth {amount}", amount=amount)
    api.clock.advance(10)
    above = [{"filters": [{"propertyName": "amount", "operator": "GT", "value": "100"}]}]

    page = api.search(filterGroups=above, sorts=["-amount"], limit=1).body
    rest = api.search(filterGroups=above, sorts=["-amount"], limit=1, after=page["paging"]["next"]["after"]).body

    assert page["total"] == 2
    assert [r["properties"]["dealname"] for r in page["results"] + rest["results"]] == ["Worth 1000", "Worth 200"]
    api.clock.advance(1)
    either = [
        {"filters": [{"propertyName": "dealname", "operator": "EQ", "value": "worth 90"}]},
        {"filters": [{"propertyName": "amount", "operator": "BETWEEN", "value": "150", "highValue": "250"}]},
    ]
    assert api.search(filterGroups=either).body["total"] == 2


def test_search_by_the_moment_of_change_takes_milliseconds_and_includes_the_equal(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    at = api.double.objects["deals"][deal].updated
    api.clock.advance(10)
    for milliseconds, total in ((0, 1), (1, 0)):
        value = str(round((at + timedelta(milliseconds=milliseconds)).timestamp() * 1000))
        filters = [{"filters": [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": value}]}]
        assert api.search(filterGroups=filters).body["total"] == total


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 200, "after": "9900"},
        {"filterGroups": WATERMARK * 6},
        {"filterGroups": [{"filters": WATERMARK[0]["filters"] * 7}]},
        {"filterGroups": [{"filters": [{"propertyName": "no_such", "operator": "EQ", "value": "1"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "amount", "operator": "EQ", "value": 1}]}]},
        {"sorts": ["no_such"]},
        {"query": "x" * 3001},
    ],
)
def test_search_refuses_what_goes_beyond_its_bounds(api: Caller, body: dict[str, Any]) -> None:
    assert api.search(**body).status == 400


def test_search_takes_five_calls_a_second_and_says_nothing_of_it_beforehand(api: Caller) -> None:
    api.pace = 0
    answers = [api.search() for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert answers[5].body["policyName"] == "SECONDLY"
    assert not [name for name in answers[0].headers if name.startswith("X-HubSpot-RateLimit")]
    api.clock.advance(1)
    assert api.search().status == 200
