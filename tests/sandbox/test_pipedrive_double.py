"""Held here: what the Pipedrive double reads, writes and refuses, as Pipedrive's pages and users report."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.support.pipedrive_calls import Caller, account, deal_with_lines


@pytest.fixture
def api() -> Caller:
    return account()


def test_a_page_ends_in_a_cursor_that_ties_in_one_second_do_not_confuse(api: Caller) -> None:
    made = [api.double.people.add_deal(f"Deal {n}") for n in range(7)]
    asked = {"sort_by": "update_time", "sort_direction": "asc", "limit": "3"}
    found: list[int] = []
    cursor = {}
    while True:
        page = api.get("/v2/deals", **asked, **cursor)
        found += page.ids
        # A deal that changes while we read moves to the end and pushes none out.
        if len(found) == 3:
            api.double.people.edit("deal", str(found[0]), title="Changed")
        after = page.body["additional_data"]["next_cursor"]
        if after is None:
            break
        cursor = {"cursor": after}
    assert sorted(set(found)) == sorted(map(int, made))
    assert found[-1] == found[0]


def test_a_list_since_a_moment_includes_that_very_second(api: Caller) -> None:
    deal = int(api.double.people.add_deal("x"))
    moment = api.get(f"/v2/deals/{deal}").data["update_time"]
    assert api.get("/v2/deals", updated_since=moment).ids == [deal]
    assert api.get("/v2/deals", updated_until=moment).ids == []
    later = moment.replace("00Z", "01Z")
    assert api.get("/v2/deals", updated_since=later).ids == []


@pytest.mark.parametrize(
    "moment", ["2026-11-25T01:00:00.000Z", "2026-11-25 01:00:00", "2026-11-25T01:00:00+11:00", "1"]
)
def test_a_moment_is_written_in_one_way_only(api: Caller, moment: str) -> None:
    assert api.get("/v2/deals", updated_since=moment).status == 400
    assert api.get("/v2/stages", updated_since="2026-11-25T01:00:00Z").status == 400


def test_ids_that_can_not_be_seen_are_left_out_without_a_word(api: Caller) -> None:
    people = api.double.people
    kept, deleted, archived = (people.add_deal(name) for name in ("kept", "deleted", "archived"))
    people.delete("deal", deleted)
    people.archive(archived)
    ids = f"{kept},{deleted},{archived},99999"
    assert api.get("/v2/deals", ids=ids).ids == [int(kept)]
    assert api.get("/v2/deals/archived", ids=ids).ids == [int(archived)]
    [gone] = api.get("/v2/deals", ids=ids, status="deleted").data
    assert (gone["id"], gone["status"], gone["is_deleted"]) == (int(deleted), "deleted", True)
    assert api.get("/v2/deals", ids=",".join(["1"] * 101)).status == 400


def test_only_what_is_given_changes_and_null_clears(api: Caller) -> None:
    field = api.double.people.add_field("deal", "PO number")
    deal = api.double.people.add_deal("x", po_number="PO 17")
    answer = api.patch(f"/v2/deals/{deal}", title="y")
    assert (answer.data["title"], answer.data["custom_fields"]) == ("y", {field: "PO 17"})
    assert api.patch(f"/v2/deals/{deal}", custom_fields={field: None}).data["custom_fields"] == {field: None}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"user_id": 1}, "Validation failed: user_id: Parameter 'user_id' is not allowed for this request"),
        ({"value": "12"}, "value: must be a number"),
        ({"stage_id": 99}, "stage_id: Stage not found"),
        ({"status": "done"}, "status: must be one of open, won, lost"),
        ({"won_time": "2026-11-25T01:00:00Z"}, "won_time: can be set for won deals only"),
        ({"currency": "XAU"}, "currency: is not a currency of this account"),
        ({"org_id": 99}, "org_id: Organization not found"),
        ({"custom_fields": {"0" * 40: "x"}}, "is not allowed for this request"),
        ({"0" * 40: "x"}, "is not allowed for this request"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_nothing_changes(api: Caller, body: dict[str, Any], says: str) -> None:
    deal = api.double.people.add_deal("x")
    before = copy.deepcopy(api.double.deal(deal))
    answer = api.call("PATCH", f"/v2/deals/{deal}", {"title": "y", **body})
    assert (answer.status, answer.body["code"]) == (400, "ERR_SCHEMA_VALIDATION_FAILED")
    assert says in answer.error
    assert api.double.deal(deal) == before
    assert api.double.log[-1].changes == ()


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("varchar", "x" * 255, "x" * 256),
        ("varchar", "12", 12),
        ("double", 12.5, "12.5"),
        ("date", "2026-11-25", "25/11/2026"),
        ("monetary", {"value": 12, "currency": "AUD"}, 12),
    ],
)
def test_a_custom_field_takes_its_type_only(api: Caller, kind: str, good: object, bad: object) -> None:
    field = api.double.people.add_field("deal", "Own", kind)
    deal = api.double.people.add_deal("x")
    assert api.patch(f"/v2/deals/{deal}", custom_fields={field: good}).data["custom_fields"][field] == good
    assert api.patch(f"/v2/deals/{deal}", custom_fields={field: bad}).status == 400


def test_options_go_by_id_and_an_empty_set_is_refused(api: Caller) -> None:
    field = api.double.people.add_field("deal", "Region", "set", ["North", "South"])
    options = {option["label"]: option["id"] for option in api.get(f"/v2/dealFields/{field}").data["options"]}
    deal = api.double.people.add_deal("x")
    path = f"/v2/deals/{deal}"
    assert api.patch(path, custom_fields={field: [options["South"]]}).data["custom_fields"][field] == [options["South"]]
    assert api.patch(path, custom_fields={field: []}).status == 400
    assert api.patch(path, custom_fields={field: ["North"]}).status == 400


def test_fields_get_a_key_nobody_chose_and_the_same_name_makes_a_second(api: Caller) -> None:
    keys = [api.post("/v2/dealFields", field_name="Xero total", field_type="double").data["field_code"] for _ in "12"]
    assert len({*keys}) == 2
    assert all(len(key) == 40 for key in keys)
    api.double.switches.most_own_fields = 2
    capped = api.post("/v2/dealFields", field_name="Third", field_type="double")
    assert (capped.status, capped.body["code"]) == (403, "feature_capping_custom_fields_limit")


def test_status_and_stage_are_independent(api: Caller) -> None:
    people = api.double.people
    people.add_pipeline("Sales", ["Open", "Invoiced"])
    deal = people.add_deal("x", pipeline="Sales")
    people.move(deal, "Invoiced")
    assert (api.double.stage(deal), api.double.deal(deal)["status"]) == ("Invoiced", "open")
    people.win(deal)
    won = api.double.deal(deal)
    assert (won["won_time"], won["local_won_date"]) == ("2026-11-25T01:00:00Z", "2026-11-25")
    people.lose(deal, "Open")
    assert (api.double.stage(deal), won["status"], won["won_time"]) == ("Open", "lost", None)


def test_the_value_follows_the_products_their_discounts_and_those_on_the_whole(api: Caller) -> None:
    deal = deal_with_lines(api)
    people = api.double.people
    assert api.get(f"/v2/deals/{deal}").data["value"] == 2301
    people.add_discount(deal, 10)
    people.add_discount(deal, "50.90", "amount")
    assert api.get(f"/v2/deals/{deal}").data["value"] == 2020
    assert [row["type"] for row in api.get(f"/v2/deals/{deal}/discounts").data] == ["percentage", "amount"]
    first = api.double.account.lines(int(deal))[0]
    people.edit_line(str(first["id"]), is_enabled=False)
    assert api.get(f"/v2/deals/{deal}").data["value"] == round(681 * 0.9 - 50.9, 2)


def test_a_tax_method_is_the_deals_and_the_sum_may_hold_the_tax(api: Caller) -> None:
    deal = deal_with_lines(api)
    first, second = api.double.account.lines(int(deal))
    path = f"/v2/deals/{deal}/products"
    assert api.patch(f"{path}/{first['id']}", tax=10).data["sum"] == 1782
    api.patch(f"{path}/{second['id']}", tax_method="inclusive")
    assert [row["tax_method"] for row in api.get(path).data] == ["inclusive", "inclusive"]
    assert [row["sum"] for row in api.get("/v2/deals/products", deal_ids=deal).data] == [1620, 681]
    assert api.patch(f"{path}/{first['id']}", tax_method="gst").status == 400


@pytest.mark.parametrize("touches", [True, False])
def test_whether_a_products_edit_moves_the_deals_date_is_a_switch(api: Caller, *, touches: bool) -> None:
    deal = deal_with_lines(api)
    api.double.switches.line_edit_touches_deal = touches
    before = api.double.deal(deal)["update_time"]
    line = api.double.account.lines(int(deal))[0]
    api.patch(f"/v2/deals/{deal}/products/{line['id']}", item_price=185)
    assert (api.double.deal(deal)["update_time"] > before) is touches


def test_instalments_are_for_some_plans_and_not_beside_what_recurs(api: Caller) -> None:
    deal = deal_with_lines(api)
    api.double.people.add_instalments(deal, ("1000", "2026-12-01"), ("1301", "2027-01-01"))
    assert [row["amount"] for row in api.get("/v2/deals/installments", deal_ids=deal).data] == [1000, 1301]
    body = {"amount": 5, "billing_date": "2026-12-01", "description": ""}
    recurring = api.double.people.add_deal("y", [{"name": "Hosting", "price": 9, "frequency": "monthly"}])
    assert api.post(f"/v2/deals/{recurring}/installments", **body).status == 400
    api.double.switches.plan_has_instalments = False
    assert api.get("/v2/deals/installments", deal_ids=deal).status == 403


def test_an_archived_deal_is_refused_any_edit_but_to_bring_it_back(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    api.double.people.archive(deal)
    assert api.patch(f"/v2/deals/{deal}", title="y").status == 403
    assert api.patch(f"/v2/deals/{deal}", is_archived=False).data["title"] == "x"


def test_a_create_sent_twice_is_there_twice(api: Caller) -> None:
    made = [api.post("/v2/organizations", name="Acme Pty Ltd").data["id"] for _ in "12"]
    assert api.get("/v2/organizations").ids == made


def test_a_merge_keeps_one_id_and_tells_where_the_other_went(api: Caller) -> None:
    people = api.double.people
    field = people.add_field("deal", "PO number")
    stays, goes = deal_with_lines(api), people.add_deal("Doubled", po_number="PO 17")
    answer = api.call("PUT", f"/v1/deals/{goes}/merge", {"merge_with_id": int(stays)})
    assert (answer.data["id"], answer.data["merge_what_id"]) == (int(stays), int(goes))
    kept = api.get(f"/v2/deals/{stays}").data
    assert (kept["title"], kept["custom_fields"]) == ("Site refresh", {field: "PO 17"})
    assert api.get("/v2/deals").ids == [int(stays)]
    told = {(event["meta"]["action"], event["meta"]["entity_id"]): event["meta"] for event in api.double.events}
    assert told["delete", goes]["merged_to_id"] == stays
    assert told["change", stays]["merged_from_id"] == goes


def test_a_merged_companys_deals_go_over_to_the_survivor(api: Caller) -> None:
    people = api.double.people
    one, two = people.add_company("One"), people.add_company("Two")
    deal = people.add_deal("x", company=two)
    people.merge_companies(one, two)
    assert api.get(f"/v2/deals/{deal}").data["org_id"] == int(one)
    assert api.get("/v2/organizations", ids=f"{one},{two}").ids == [int(one)]


def test_a_note_hangs_on_a_deal_and_is_changed_in_place(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    note = api.post("/v1/notes", content="<p>Invoiced</p>", deal_id=int(deal), pinned_to_deal_flag=1).data
    assert (note["deal"], note["pinned_to_deal_flag"]) == ({"title": "x"}, True)
    api.call("PUT", f"/v1/notes/{note['id']}", {"content": "Paid"})
    assert [row["content"] for row in api.get("/v1/notes", deal_id=deal).data] == ["Paid"]
    assert api.post("/v1/notes", content="Nowhere").status == 400


def test_a_copy_goes_its_own_way(api: Caller) -> None:
    deal = api.double.people.add_deal("x")
    twin = copy.deepcopy(api.double)
    twin.people.win(deal)
    assert (api.double.deal(deal)["status"], twin.deal(deal)["status"]) == ("open", "won")
    assert len(twin.log) == len(api.double.log) + 1
