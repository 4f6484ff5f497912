"""Salesforce's double: records written one by one, by key and many at once, and refusals in its words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.salesforce_calls import DATA, Caller

LINES = [
    {"name": "Design", "sku": "CONSULT-1", "quantity": 2, "price": "150.00"},
    {"name": "Travel", "sku": "TRAVEL", "quantity": "1.5", "price": "33.335", "discount_percent": 10},
]


@pytest.fixture(name="to")
def _to() -> Caller:
    return Caller()


def test_the_amount_of_a_deal_with_lines_is_dropped_without_a_word(to: Caller) -> None:
    with_lines, without = to.people.add_deal("A", LINES), to.people.add_deal("B", amount=10)
    for deal in (with_lines, without):
        assert to.patch(f"/sobjects/Opportunity/{deal}", {"Amount": 99, "NextStep": "Call"}).status == 204
    amounts = {
        row["Id"]: (row["Amount"], row["NextStep"]) for row in to.query("SELECT Id, Amount, NextStep FROM Opportunity")
    }
    assert amounts == {with_lines: (345.0, "Call"), without: (99.0, "Call")}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"IsWon": True}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Name": "x" * 121}, "STRING_TOO_LONG"),
        ({"Name": None}, "REQUIRED_FIELD_MISSING"),
        ({"AccountId": "0035g00000010ab"}, "MALFORMED_ID"),
        ({"AccountId": "0015g00000099ab"}, "INVALID_CROSS_REFERENCE_KEY"),
    ],
)
def test_one_bad_record_fails_alone_in_a_collection(to: Caller, values: dict[str, Any], code: str) -> None:
    good, bad = to.people.add_deal("Good"), to.people.add_deal("Bad")
    assert to.refusals({"id": good, "NextStep": "Call"}, {"id": bad, **values}) == ["", code]
    assert to.double.objects["Opportunity"][good].values["NextStep"] == "Call"


@pytest.mark.parametrize("values", [{"Nope__c": 1}, {"Amount": "12.50"}, {"CloseDate": "25/11/2026"}, {"NextStep": 5}])
def test_a_value_that_makes_no_sense_fails_the_whole_collection(to: Caller, values: dict[str, Any]) -> None:
    good, bad = to.people.add_deal("Good"), to.people.add_deal("Bad")
    answer = to.update({"id": good, "NextStep": "Call"}, {"id": bad, **values})
    assert (answer.status, answer.code) == (400, "INVALID_FIELD" if "Nope__c" in values else "JSON_PARSER_ERROR")
    assert "NextStep" not in to.double.objects["Opportunity"][good].values


def test_a_collection_has_two_hundred_records_at_most_each_once(to: Caller) -> None:
    deal = to.people.add_deal("Fit-out")
    rows = [{"id": deal, "NextStep": str(n)} for n in range(201)]
    assert to.update(*rows).code == "EXCEEDED_ID_LIMIT"
    assert to.update(*rows[:2]).code == "DUPLICATE_VALUE"


def test_all_or_none_undoes_what_was_done(to: Caller) -> None:
    good, bad = to.people.add_deal("Good"), to.people.add_deal("Bad")
    answer = to.update({"id": good, "NextStep": "Call"}, {"id": bad, "Name": "x" * 121}, all_or_none=True)
    assert [row["errors"][0]["statusCode"] for row in answer.body] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "STRING_TOO_LONG",
    ]
    assert "NextStep" not in to.double.objects["Opportunity"][good].values


def test_a_deleted_a_purged_and_an_approved_deal(to: Caller) -> None:
    deleted, waiting = to.people.add_deal("Deleted"), to.people.add_deal("Waiting")
    to.people.delete("deal", deleted)
    to.people.submit_for_approval(waiting)
    rows = [{"id": id_, "NextStep": "Call"} for id_ in (deleted, waiting, "0065g00000099ab")]
    assert to.refusals(*rows) == ["ENTITY_IS_DELETED", "ENTITY_IS_LOCKED", "INVALID_CROSS_REFERENCE_KEY"]


def test_a_row_that_others_hold_is_locked_for_a_while(to: Caller) -> None:
    deal = to.people.add_deal("Busy")
    to.people.work_on(deal, times=2)
    assert [to.refusals({"id": deal, "NextStep": "Call"})[0] for _ in range(3)] == ["UNABLE_TO_LOCK_ROW"] * 2 + [""]


def test_a_stage_may_want_a_field_filled(to: Caller) -> None:
    deal = to.people.add_deal("Fit-out")
    to.people.require_at("Closed Won", "NextStep")
    assert to.refusals({"id": deal, "StageName": "Closed Won"}) == ["FIELD_CUSTOM_VALIDATION_EXCEPTION"]
    assert to.refusals({"id": deal, "StageName": "Closed Won", "NextStep": "Bill"}) == [""]


def test_an_unknown_stage_is_taken_unless_the_list_is_strict(to: Caller) -> None:
    deal = to.people.add_deal("Fit-out")
    assert to.refusals({"id": deal, "StageName": "Elsewhere"}) == [""]
    to.double.switches.restricted_stages = True
    assert to.refusals({"id": deal, "StageName": "Nowhere"}) == ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]


def test_a_duplicate_rule_blocks_or_warns_and_spells_its_details_wrong(to: Caller) -> None:
    known = to.people.add_company("Bellbird Café")
    to.people.add_duplicate_rule("company", "Name", blocks=False)
    answer = to.call("POST", "/sobjects/Account", {"Name": "bellbird café"})
    (error,) = answer.body
    assert (answer.status, error["errorCode"]) == (400, "DUPLICATES_DETECTED")
    (match,) = error["duplicateResut"]["matchResults"][0]["matchRecords"]
    assert match["record"]["Id"] == known
    allow = {"sforce-duplicate-rule-header": "allowSave=true"}
    assert to.call("POST", "/sobjects/Account", {"Name": "Bellbird Café"}, allow).status == 201
    to.people.add_duplicate_rule("company", "Name", blocks=True)
    assert to.call("POST", "/sobjects/Account", {"Name": "Bellbird Café"}, allow).code == "DUPLICATES_DETECTED"


def test_a_unique_key_belongs_to_one_record(to: Caller) -> None:
    to.people.add_field("company", "Xero_Contact_Id", "string(36)", key=True)
    made = to.patch("/sobjects/Account/Xero_Contact_Id__c/k-1", {"Name": "One"})
    again = to.patch("/sobjects/Account/Xero_Contact_Id__c/k-1", {"Phone": "5"})
    assert (made.status, again.status, again.body["created"]) == (201, 200, False)
    taken = to.call("POST", "/sobjects/Account", {"Name": "Two", "Xero_Contact_Id__c": "k-1"})
    assert taken.code == "DUPLICATE_VALUE"
    assert made.body["id"][:15] in taken.body[0]["message"]
    only = to.call("PATCH", "/sobjects/Account/Xero_Contact_Id__c/k-2", {"Name": "Three"}, updateOnly="true")
    assert only.status == 404
    rows = [{"attributes": {"type": "Account"}, "Xero_Contact_Id__c": f"k-{n}", "Name": f"No {n}"} for n in (1, 3)]
    many = to.patch("/composite/sobjects/Account/Xero_Contact_Id__c", {"records": rows})
    assert [row["created"] for row in many.body] == [False, True]


def test_a_change_on_condition_is_refused_if_somebody_was_faster(to: Caller) -> None:
    deal = to.people.add_deal("Fit-out")
    since = {"if-unmodified-since": "Wed, 25 Nov 2026 01:02:03 GMT"}
    to.clock.advance(5)
    to.people.edit("deal", deal, NextStep="Call")
    assert to.patch(f"/sobjects/Opportunity/{deal}", {"NextStep": "Wait"}, since).status == 412


def test_a_composite_stops_what_hangs_on_a_failure_or_undoes_everything(to: Caller) -> None:
    def ask(**more: bool) -> list[int]:
        requests = [
            {"method": "POST", "url": f"{DATA}/sobjects/Account", "referenceId": "a", "body": {"Name": "Firm"}},
            {"method": "POST", "url": f"{DATA}/sobjects/Contact", "referenceId": "b", "body": {"Email": "x"}},
            {"method": "GET", "url": f"{DATA}/sobjects/Contact/@{{b.id}}", "referenceId": "c"},
        ]
        body = to.call("POST", "/composite", {"compositeRequest": requests, **more}).body
        return [each["httpStatusCode"] for each in body["compositeResponse"]]

    assert ask() == [201, 400, 400]
    assert len(to.double.objects["Account"]) == 1
    assert ask(allOrNone=True) == [400, 400, 400]
    assert len(to.double.objects["Account"]) == 1
