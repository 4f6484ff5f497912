"""Held here: what the HubSpot double writes and refuses to write, as HubSpot's pages and users report."""

from __future__ import annotations

import pytest

from tests.support.hubspot_calls import OBJECTS, Caller, account, deal_with_lines


@pytest.fixture
def api() -> Caller:
    return account()


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
