"""Held here: the HubSpot double answers and refuses as HubSpot's pages and users report, and logs what happened."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from sandbox.faults import Fault
from sandbox.hubspot import CLIENT_ID, CLIENT_SECRET, PORTAL_ID, REFRESH_TOKEN, Refusal
from sandbox.wire import Request
from tests.support.hubspot_calls import OBJECTS, START, Caller, account

WATERMARK = [{"filters": [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "0"}]}]


@pytest.fixture
def api() -> Caller:
    return account()


def deal_with_lines(api: Caller) -> tuple[str, str, str]:
    people = api.double.people
    company = people.add_company("Bellbird Café Pty Ltd", zip="2000")
    person = people.add_person("ann@bellbird.example", firstname="Ann", company=company)
    people.add_product("Consulting, per hour", "CONSULT-HR", "180.00")
    lines = [
        {"product": "CONSULT-HR", "quantity": 10, "discount_percent": 10},
        {"name": "Travel", "sku": "TRAVEL", "price": "350.50", "quantity": 2, "discount": "10"},
    ]
    return people.add_deal("Site refresh", lines, company=company, person=person), company, person


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── links ─────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── search ────────────────────────────────────────────────────────────────────────────────────────────────────


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
def test_search_refuses_what_goes_beyond_its_bounds(api: Caller, body: dict[str, object]) -> None:
    assert api.search(**body).status == 400


def test_search_takes_five_calls_a_second_and_says_nothing_of_it_beforehand(api: Caller) -> None:
    api.pace = 0
    answers = [api.search() for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert answers[5].body["policyName"] == "SECONDLY"
    assert not [name for name in answers[0].headers if name.startswith("X-HubSpot-RateLimit")]
    api.clock.advance(1)
    assert api.search().status == 200


# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_repeated_write_moves_the_date_and_tells_no_event(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    told = len(api.double.events)
    api.pace = 0
    moments = [api.patch(f"{OBJECTS}/deals/{deal}", dealname="y").body["updatedAt"] for _ in range(3)]
    assert len(set(moments)) == 3
    assert len(api.double.events) == told + 1


def test_empty_text_clears_a_value(api: Caller) -> None:
    deal = api.double.people.add_deal("x", description="to be cleared")
    api.patch(f"{OBJECTS}/deals/{deal}", description="")
    assert api.get(f"{OBJECTS}/deals/{deal}", properties="description").body["properties"]["description"] is None


@pytest.mark.parametrize(
    ("properties", "code", "name"),
    [
        ({"no_such": "x"}, "PROPERTY_DOESNT_EXIST", "no_such"),
        ({"hs_is_closed_won": "true"}, "READ_ONLY_VALUE", "hs_is_closed_won"),
        ({"amount": "twelve"}, "INVALID_DOUBLE", "amount"),
        ({"closedate": "soon"}, "INVALID_LONG", "closedate"),
        ({"dealstage": "Closed won"}, "INVALID_OPTION", "dealstage"),
        ({"pipeline": "New business"}, "INVALID_OPTION", "pipeline"),
        ({"deal_currency_code": "USD"}, "INVALID_OPTION", "deal_currency_code"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_nothing_changes(
    api: Caller, properties: dict[str, str], code: str, name: str
) -> None:
    deal = api.double.people.add_deal("x")
    before = api.double.objects["deals"][deal].picture()

    answer = api.patch(f"{OBJECTS}/deals/{deal}", dealname="y", **properties)

    assert answer.status == 400
    assert answer.body["category"] == "VALIDATION_ERROR"
    assert answer.body["message"].startswith('Property values were not valid: [{"isValid":false,')
    assert [(e["code"], e["context"]["propertyName"]) for e in answer.body["errors"]] == [(code, [name])]
    assert api.double.objects["deals"][deal].picture() == before
    assert api.double.log[-1].changes == ()


@pytest.mark.parametrize("value", [5, 5.5, True, None])
def test_anything_but_text_is_refused(api: Caller, value: object) -> None:
    deal = api.double.people.add_deal("x")
    assert api.patch(f"{OBJECTS}/deals/{deal}", amount=value).status == 400


def test_dates_are_days_and_instants_are_kept_in_utc(api: Caller) -> None:
    api.double.people.add_property("deal", "paid_on", "Paid on", "date")
    deal = api.double.people.add_deal("x")
    path = f"{OBJECTS}/deals/{deal}"
    api.patch(path, paid_on="2026-11-25", closedate="2026-11-25T10:00:00+11:00")
    kept = api.double.objects["deals"][deal].properties
    assert (kept["paid_on"], kept["closedate"]) == ("2026-11-25", "2026-11-24T23:00:00.000Z")
    assert api.patch(path, paid_on="1795564800000").status == 200
    assert api.patch(path, paid_on="1795564800001").status == 400


def test_a_batch_update_does_the_sound_rows_and_names_the_missing_one(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    rows = [{"id": "7", "properties": {"amount": "1"}}, {"id": deal, "properties": {"amount": "2"}}]

    answer = api.post(f"{OBJECTS}/deals/batch/update", {"inputs": rows})

    assert answer.status == 207
    assert [row["id"] for row in answer.body["results"]] == [deal]
    [error] = answer.body["errors"]
    assert (error["category"], error["context"]) == ("OBJECT_NOT_FOUND", {"ids": ["7"]})
    assert api.double.objects["deals"][deal].properties["amount"] == "2"


def test_one_bad_row_fails_the_batch_unless_every_row_is_traced(api: Caller) -> None:
    good, bad = api.double.people.add_deal("good"), api.double.people.add_deal("bad")
    rows = [{"id": good, "properties": {"amount": "2"}}, {"id": bad, "properties": {"amount": "x"}}]

    whole = api.post(f"{OBJECTS}/deals/batch/update", {"inputs": rows})
    assert whole.status == 400
    assert "amount" not in api.double.objects["deals"][good].properties

    traced = [{**row, "objectWriteTraceId": row["id"]} for row in rows]
    answer = api.post(f"{OBJECTS}/deals/batch/update", {"inputs": traced})
    assert answer.status == 207
    assert [row["objectWriteTraceId"] for row in answer.body["results"]] == [good]
    assert [row["context"]["objectWriteTraceId"] for row in answer.body["errors"]] == [[bad]]


def test_an_id_twice_in_a_batch_fails_it(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    answer = api.post(f"{OBJECTS}/deals/batch/update", {"inputs": [{"id": deal, "properties": {}}] * 2})
    assert answer.status == 400
    assert "IDs must be unique" in answer.body["message"]


def test_a_stage_may_demand_a_property_of_api_writes_since_2026_09(api: Caller) -> None:
    deal = api.double.people.add_deal("x", closedate="")
    api.double.people.require_on_stage("default", "closedwon", "closedate")

    answer = api.patch(f"{OBJECTS}/deals/{deal}", dealstage="closedwon")

    assert answer.status == 400
    assert (answer.body["category"], answer.body["errors"][0]["in"]) == ("VALIDATION_ERROR", "closedate")
    assert api.patch(f"{OBJECTS}/deals/{deal}", dealstage="closedwon", closedate="2026-11-25").status == 200
    older = api.double.people.add_deal("y")
    assert api.patch(f"/crm/objects/2026-03/deals/{older}", dealstage="closedwon").status == 200


def test_a_won_deal_is_won_by_its_stage_and_a_person_closing_it_dates_it(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    api.double.people.move(deal, "Closed won")
    asked = "hs_is_closed_won,hs_is_closed_lost,closedate,hs_v2_date_entered_closedwon"
    won = api.get(f"{OBJECTS}/deals/{deal}", properties=asked).body["properties"]
    assert (won["hs_is_closed_won"], won["hs_is_closed_lost"]) == ("true", "false")
    assert won["closedate"] == won["hs_v2_date_entered_closedwon"]
    api.double.people.move(deal, "Appointment scheduled")
    assert api.double.objects["deals"][deal].properties["hs_is_closed_won"] == "false"


def test_a_second_contact_with_the_same_address_conflicts_and_names_the_first(api: Caller) -> None:
    person = api.double.people.add_person("ann@x.example")
    answer = api.post(f"{OBJECTS}/contacts", {"properties": {"email": "Ann@x.example"}, "associations": []})
    assert answer.status == 409
    assert (answer.body["category"], answer.body["message"]) == (
        "CONFLICT",
        f"Contact already exists. Existing ID: {person}",
    )


def test_a_unique_property_finds_upserts_and_refuses_a_second_owner(api: Caller) -> None:
    api.double.people.add_property("company", "xero_contact_id", "Xero contact", unique=True)
    row = {"id": "c-1", "idProperty": "xero_contact_id", "properties": {"name": "A"}}
    path = f"{OBJECTS}/companies/batch/upsert"

    first = api.post(path, {"inputs": [row]}).body["results"][0]
    again = api.post(path, {"inputs": [row]}).body["results"][0]

    assert (first["new"], again["new"], first["id"]) == (True, False, again["id"])
    assert api.get(f"{OBJECTS}/companies/c-1", idProperty="xero_contact_id").body["id"] == first["id"]
    other = api.double.people.add_company("B")
    refused = api.patch(f"{OBJECTS}/companies/{other}", xero_contact_id="c-1")
    assert (refused.status, refused.body["errors"][0]["code"]) == (400, "CONFLICTING_UNIQUE_VALUE")


def test_two_companies_may_share_a_domain(api: Caller) -> None:
    for _ in range(2):
        body = {"properties": {"name": "A", "domain": "a.example"}, "associations": []}
        assert api.post(f"{OBJECTS}/companies", body).status == 201


def test_a_note_hangs_on_a_deal_and_needs_its_time(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 214}]
    body = {"properties": {"hs_note_body": "Invoiced"}, "associations": [{"to": {"id": deal}, "types": types}]}
    assert api.post(f"{OBJECTS}/notes", body).status == 400
    body["properties"]["hs_timestamp"] = "2026-11-25T01:00:00Z"  # type: ignore[index]
    note = api.post(f"{OBJECTS}/notes", body).body["id"]
    assert list(api.double.account.linked("deals", deal, "notes")) == [note]


# ── line items and the deal's date ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("touches", [True, False])
def test_whether_a_lines_edit_moves_the_deals_date_is_a_switch(api: Caller, touches: bool) -> None:
    deal, _, _ = deal_with_lines(api)
    api.double.switches.line_edit_touches_deal = touches
    before = api.double.objects["deals"][deal].updated
    line = api.double.lines(deal)[0].id
    api.patch(f"{OBJECTS}/line_items/{line}", price="185")
    assert (api.double.objects["deals"][deal].updated > before) is touches


def test_a_persons_edit_of_a_line_carries_on_to_the_deals_amount(api: Caller) -> None:
    deal, _, _ = deal_with_lines(api)
    api.double.people.edit_line(api.double.lines(deal)[0].id, price="200", discount_percent="")
    assert api.double.objects["deals"][deal].properties["amount"] == "2681"
    api.double.people.set_lines(deal, [{"name": "One thing", "price": "12.50", "quantity": 3}])
    assert api.double.objects["deals"][deal].properties["amount"] == "37.5"
    assert len(api.double.lines(deal)) == 1


# ── merges ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_merged_deals_live_on_under_a_new_id(api: Caller) -> None:
    deal, company, _ = deal_with_lines(api)
    other = api.double.people.add_deal("Same thing", amount="5", description="from the other")

    merged = api.double.people.merge_deals(deal, other)

    assert merged not in {deal, other}
    for old in (deal, other):
        body = api.get(f"{OBJECTS}/deals/{old}", properties="dealname,description,hs_merged_object_ids").body
        assert body["id"] == merged
        assert body["properties"]["hs_merged_object_ids"] == f"{deal};{other}"
        assert (body["properties"]["dealname"], body["properties"]["description"]) == ("Site refresh", "from the other")
    assert len(api.double.lines(merged)) == 2
    assert api.double.customer(merged) is api.double.objects["companies"][company]
    read = api.post(f"{OBJECTS}/deals/batch/read", {"inputs": [{"id": deal}, {"id": other}]}).body["results"]
    assert [row["id"] for row in read] == [merged]
    api.clock.advance(10)
    assert [row["id"] for row in api.search().body["results"]] == [merged]


def test_merged_companies_keep_their_deals_and_one_primary_mark(api: Caller) -> None:
    people = api.double.people
    one, two = people.add_company("One"), people.add_company("Two")
    first, second = people.add_deal("a", company=one), people.add_deal("b", company=two, other_companies=[one])
    merged = people.merge_companies(one, two)
    for deal in (first, second):
        assert api.double.account.linked("deals", deal, "companies") == {merged: {5, 341}}


# ── settings ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_property_is_created_once_and_a_second_time_conflicts(api: Caller) -> None:
    path = "/crm/properties/2026-09/deals"
    body = {"name": "xero_total", "label": "Total", "type": "number", "fieldType": "number", "groupName": "xero"}
    assert api.post(path, body).status == 400
    assert api.post(f"{path}/groups", {"name": "xero", "label": "Xero"}).status == 201
    assert api.post(path, body).status == 201
    assert api.post(path, body).status == 409
    assert api.get(f"{path}/xero_total").body["type"] == "number"
    read = {"archived": False, "dataSensitivity": "non_sensitive", "inputs": [{"name": "xero_total"}, {"name": "nope"}]}
    answer = api.post(f"{path}/batch/read", read)
    assert answer.status == 207
    assert [row["name"] for row in answer.body["results"]] == ["xero_total"]
    assert api.get(f"{path}/nope").status == 404


@pytest.mark.parametrize("change", [{"name": "Xero Total"}, {"fieldType": "select"}, {"groupName": "nope"}])
def test_a_property_must_be_well_formed(api: Caller, change: dict[str, str]) -> None:
    sound = {"name": "a", "label": "A", "type": "number", "fieldType": "number", "groupName": "dealinformation"}
    assert api.post("/crm/properties/2026-09/deals", sound | change).status == 400


def test_stages_have_ids_labels_and_metadata_as_text(api: Caller) -> None:
    made = api.double.people.add_pipeline("Renewals", {"Coming up": "open", "Renewed": "won"})
    pipelines = api.get("/crm/pipelines/2026-09/deals").body["results"]
    renewals = next(p for p in pipelines if p["id"] == made)
    won = renewals["stages"][1]
    assert (won["label"], won["metadata"]) == ("Renewed", {"isClosed": "true", "probability": "1.0"})
    assert won["id"].isdigit()


def test_editing_a_pipeline_moves_the_date_of_all_its_deals(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    before = api.double.objects["deals"][deal].updated
    api.double.people.rename_stage("default", "closedwon", "Won!")
    assert api.double.objects["deals"][deal].updated > before


def test_owners_are_listed_and_found_by_address(api: Caller) -> None:
    owner = api.double.people.add_owner("jo@harbourline.example", "Jo", "Marsh")
    api.double.people.add_owner("sam@harbourline.example", "Sam", "Lee")
    found = api.get("/crm/owners/2026-09", email="jo@harbourline.example").body["results"]
    assert [row["id"] for row in found] == [owner]
    assert api.get(f"/crm/owners/2026-09/{owner}").body["lastName"] == "Marsh"


# ── access ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hundred_calls_in_ten_seconds_and_not_one_more(api: Caller) -> None:
    api.pace = 0
    answers = [api.get(f"{OBJECTS}/deals") for _ in range(101)]
    assert answers[0].headers["X-HubSpot-RateLimit-Max"] == "100"
    assert answers[99].headers["X-HubSpot-RateLimit-Remaining"] == "0"
    assert (answers[99].status, answers[100].status) == (200, 429)
    assert answers[100].body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert "Retry-After" not in answers[100].headers
    api.clock.advance(10)
    assert api.get(f"{OBJECTS}/deals").status == 200


def test_the_days_calls_end_at_midnight_in_the_accounts_time_zone(api: Caller) -> None:
    api.double.access.limits.daily = 2
    assert [api.get(f"{OBJECTS}/deals").status for _ in range(3)] == [200, 200, 429]
    assert api.get(f"{OBJECTS}/deals").body["policyName"] == "DAILY"
    # 12:00 in Sydney; midnight there is twelve hours off, in UTC it is 23.
    api.clock.advance(12 * 3600)
    assert api.get(f"{OBJECTS}/deals").status == 200


def test_a_missing_scope_is_named(api: Caller) -> None:
    api.double.access.missing_scopes.add("crm.schemas.deals.write")
    answer = api.post("/crm/properties/2026-09/deals", {})
    assert (answer.status, answer.body["category"]) == (403, "MISSING_SCOPES")
    assert answer.body["errors"][0]["context"]["requiredGranularScopes"] == ["crm.schemas.deals.write"]
    assert api.get("/crm/properties/2026-09/deals").status == 200


def test_an_unknown_token_is_refused(api: Caller) -> None:
    api.token = "nonsense"
    answer = api.get(f"{OBJECTS}/deals")
    assert (answer.status, answer.body["category"]) == (401, "INVALID_AUTHENTICATION")


def test_an_oauth_token_lives_half_an_hour(api: Caller) -> None:
    form = f"grant_type=refresh_token&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&refresh_token={REFRESH_TOKEN}"
    answer = api.double.handle(Request("POST", "/oauth/2026-09/token", {}, {}, form.encode()))
    granted = Request("POST", "", {}, {}, answer.body).json()
    assert (granted["expires_in"], len(granted["access_token"]) > 300) == (1800, True)
    api.token = granted["access_token"]
    assert api.get(f"{OBJECTS}/deals").status == 200
    api.clock.advance(1800)
    assert api.get(f"{OBJECTS}/deals").body["category"] == "EXPIRED_AUTHENTICATION"


# ── faults ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_lost_answer_leaves_its_work_done(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    api.double.faults.add(Fault("PATCH", "/crm/objects/*", "lose answer"))
    assert api.send("PATCH", f"{OBJECTS}/deals/{deal}", {"properties": {"dealname": "y"}}).lost
    assert api.double.objects["deals"][deal].properties["dealname"] == "y"
    assert api.patch(f"{OBJECTS}/deals/{deal}", dealname="z").status == 200


def test_a_late_request_arrives_after_those_that_followed_it(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    api.double.faults.add(Fault("PATCH", "*", "late", delay=60))
    assert api.send("PATCH", f"{OBJECTS}/deals/{deal}", {"properties": {"dealname": "late"}}).lost
    api.patch(f"{OBJECTS}/deals/{deal}", dealname="in time")
    api.clock.advance(60)
    assert api.get(f"{OBJECTS}/deals/{deal}").body["properties"]["dealname"] == "late"


@pytest.mark.parametrize(("kind", "status", "name"), [("500 before", 500, "x"), ("500 after", 500, "y")])
def test_a_failure_before_or_after_the_work_looks_the_same(api: Caller, kind: str, status: int, name: str) -> None:
    deal = api.double.people.add_deal("x")
    api.double.faults.add(Fault("*", "*", kind))  # type: ignore[arg-type]
    assert api.patch(f"{OBJECTS}/deals/{deal}", dealname="y").status == status
    assert api.double.objects["deals"][deal].properties["dealname"] == name


def test_an_expired_token_and_a_throttle_can_be_switched_on(api: Caller) -> None:
    api.double.faults.add(Fault("*", "*", "expire token"))
    api.double.faults.add(Fault("*", "*", "429", retry_after=7, daily=True))
    expired = api.get(f"{OBJECTS}/deals")
    throttled = api.get(f"{OBJECTS}/deals")
    assert (expired.status, expired.body["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert (throttled.status, throttled.body["policyName"], throttled.headers["Retry-After"]) == (429, "DAILY", "7")
    assert api.get(f"{OBJECTS}/deals").status == 200


# ── what is remembered ────────────────────────────────────────────────────────────────────────────────────────


def test_the_log_tells_who_did_what_with_before_and_after(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    api.patch(f"{OBJECTS}/deals/{deal}", dealname="y")
    person, call = api.double.log
    assert (person.actor, person.path, call.actor, call.method, call.status) == (
        "person",
        "/people/add_deal",
        "api",
        "PATCH",
        200,
    )
    [(kind, record, before, after)] = call.changes
    assert (kind, record, before["dealname"], after["dealname"]) == ("deals", deal, "x", "y")
    assert person.changes[0][2] is None


def test_events_are_told_as_webhooks_tell_them_with_their_source(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    api.double.people.move(deal, "Closed won")
    api.patch(f"{OBJECTS}/deals/{deal}", dealname="y")
    stage = next(e for e in api.double.events if e.get("propertyValue") == "closedwon")
    own = api.double.events[-1]
    assert (stage["subscriptionType"], stage["objectTypeId"], stage["objectId"], stage["changeSource"]) == (
        "object.propertyChange",
        "0-3",
        int(deal),
        "CRM_UI",
    )
    assert stage["sourceId"].startswith("userId:")
    assert (own["changeSource"], own["sourceId"]) == ("INTEGRATION", str(own["appId"]))
    assert own["occurredAt"] > START.timestamp() * 1000


def test_the_same_seed_gives_the_same_account_and_a_copy_goes_its_own_way() -> None:
    one, two = account(seed=3), account(seed=3)
    for api in (one, two):
        deal_with_lines(api)
        api.search()
    assert one.double.log == two.double.log
    assert one.double.events == two.double.events
    assert list(account(seed=4).double.objects["deals"]) != list(one.double.objects["deals"])

    twin = copy.deepcopy(one.double)
    deal = next(iter(twin.objects["deals"]))
    twin.people.edit("deal", deal, dealname="Other")
    assert one.double.objects["deals"][deal].properties["dealname"] == "Site refresh"
    assert len(twin.log) == len(one.double.log) + 1


def test_a_person_is_refused_what_the_screen_would_refuse(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    with pytest.raises(Refusal, match="was not a valid number"):
        api.double.people.edit("deal", deal, amount="lots")
    with pytest.raises(LookupError, match="no stage"):
        api.double.people.move(deal, "Nowhere")
    assert api.get("/crm/objects/2020-01/deals").status == 404
