"""Held here: merges, properties, pipelines and owners of the HubSpot double."""

from __future__ import annotations

import pytest

from tests.support.hubspot_calls import OBJECTS, Caller, account, deal_with_lines


@pytest.fixture
def api() -> Caller:
    return account()


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
