"""Salesforce's double: queries and their pages, what is hidden, what people change, who may call and how often."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from sandbox.faults import Fault
from sandbox.salesforce import outbound_message
from tests.support.salesforce_calls import DATA, Caller

LINES = [
    {"name": "Design", "sku": "CONSULT-1", "quantity": 2, "price": "150.00"},
    {"name": "Travel", "sku": "TRAVEL", "quantity": "1.5", "price": "33.335", "discount_percent": 10},
]


@pytest.fixture(name="to")
def _to() -> Caller:
    return Caller()


# ── queries ──


def test_a_query_finds_fields_of_the_record_of_others_and_lists(to: Caller) -> None:
    company = to.people.add_company("O'Brien & Daughters", phone="02 5550 0000")
    deal = to.people.add_deal("Fit-out", LINES, company=company)
    (row,) = to.query(
        "SELECT Id, Name, Account.Name, Account.Owner.Email, IsWon, Description, "
        "(SELECT ProductCode, Product2.Name, TotalPrice, Discount FROM OpportunityLineItems ORDER BY SortOrder), "
        "(SELECT ContactId FROM OpportunityContactRoles) FROM Opportunity WHERE Account.Name = 'o\\'brien & daughters'"
    )
    assert row["attributes"] == {"type": "Opportunity", "url": f"{DATA}/sobjects/Opportunity/{deal}"}
    assert (row["Id"], row["Account"]["Name"], row["IsWon"]) == (deal, "O'Brien & Daughters", False)
    assert row["Account"]["Owner"]["Email"] == "jo@harbourline.example"
    assert (row["Description"], row["OpportunityContactRoles"]) == (None, None)
    lines = row["OpportunityLineItems"]
    assert (lines["totalSize"], lines["done"]) == (2, True)
    told = [(line["ProductCode"], line["Product2"]["Name"], line["TotalPrice"]) for line in lines["records"]]
    assert told == [("CONSULT-1", "Design", 300.0), ("TRAVEL", "Travel", 45.0)]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Name = 'B' OR Name = 'C'", ["B", "C"]),
        ("Name IN ('a', 'C') AND NOT Name = 'C'", ["A"]),
        ("Name NOT IN ('A')", ["B", "C"]),
        ("Name LIKE '%'", ["A", "B", "C"]),
        ("Amount > 100 AND (StageName = 'Closed Won' OR IsClosed = false)", ["C"]),
        ("Amount != null", ["B", "C"]),
        ("SystemModstamp >= 2026-11-25T01:02:13Z", ["B", "C"]),
        ("SystemModstamp > 2026-11-25T12:02:13+11:00", ["C"]),
        ("CloseDate < 2026-12-01", []),
    ],
)
def test_conditions_are_held(to: Caller, where: str, found: list[str]) -> None:
    for name, amount in (("A", None), ("B", "100"), ("C", "200.50")):
        to.people.add_deal(name, amount=amount)
        to.clock.advance(10)
    rows = to.query(f"SELECT Name FROM Opportunity WHERE {where} ORDER BY Name")
    assert [row["Name"] for row in rows] == found


def test_order_limit_and_offset(to: Caller) -> None:
    for name in "ACB":
        to.people.add_deal(name, amount=10 if name != "C" else None)
    rows = to.query("SELECT Name FROM Opportunity ORDER BY Amount, Name DESC LIMIT 2 OFFSET 1")
    assert [row["Name"] for row in rows] == ["B", "A"]


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Nope FROM Opportunity", "INVALID_FIELD"),
        ("SELECT Id FROM Deal", "INVALID_TYPE"),
        ("SELECT Id, (SELECT Id FROM Lines) FROM Opportunity", "INVALID_TYPE"),
        ("SELECT Nope.Name FROM Opportunity", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE SystemModstamp >= '2026-11-25T01:02:13Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE Name = Name", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE Id IN ('0065g00000010wpAAA', 'nonsense')", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id Opportunity", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE Name = 'it''s'", "MALFORMED_QUERY"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(to: Caller, soql: str, code: str) -> None:
    answer = to.get("/query", q=soql)
    assert (answer.status, answer.code) == (400, code)


def test_pages_are_cut_anywhere_lists_within_rows_too(to: Caller) -> None:
    deals = {to.people.add_deal(f"Deal {n}", LINES * 3) for n in range(5)}
    to.double.switches.page, to.double.switches.child_page = 2, 4
    body = to.get("/query", q="SELECT Id, (SELECT Id FROM OpportunityLineItems) FROM Opportunity").body
    seen: list[Any] = list(body["records"])
    assert (body["totalSize"], body["done"], len(seen)) == (5, False, 2)
    while not body["done"]:
        body = to.get(body["nextRecordsUrl"].removeprefix(DATA)).body
        seen += body["records"]
    assert {row["Id"] for row in seen} == deals
    lines = seen[0]["OpportunityLineItems"]
    assert (lines["done"], lines["totalSize"], len(lines["records"])) == (False, 6, 4)
    rest = to.get(lines["nextRecordsUrl"].removeprefix(DATA)).body
    assert (rest["done"], len(rest["records"])) == (True, 2)
    to.clock.advance(2 * 86_400 + 1)
    to.token = to.double.access.issue(to.clock())
    assert to.get(lines["nextRecordsUrl"].removeprefix(DATA)).code == "INVALID_QUERY_LOCATOR"


def test_a_long_transactions_rows_appear_late_with_an_early_stamp(to: Caller) -> None:
    to.double.switches.commit_lag = 600
    to.people.add_deal("Slow")
    to.clock.advance(60)
    to.double.switches.commit_lag = 0
    to.people.add_deal("Quick")
    soql = "SELECT Name FROM Opportunity ORDER BY SystemModstamp"
    assert [row["Name"] for row in to.query(soql)] == ["Quick"]
    to.clock.advance(600)
    assert [row["Name"] for row in to.query(soql)] == ["Slow", "Quick"]


def test_a_hidden_field_is_answered_like_one_that_is_not_there(to: Caller) -> None:
    deal = to.people.add_deal("Fit-out", LINES)
    to.people.hide("deal", "Amount")
    assert to.get("/query", q="SELECT Amount FROM Opportunity").code == "INVALID_FIELD"
    assert "Amount" not in {f["name"] for f in to.get("/sobjects/Opportunity/describe").body["fields"]}
    assert to.patch(f"/sobjects/Opportunity/{deal}", {"Amount": 5}).code == "INVALID_FIELD"
    to.people.hide("OpportunityLineItem")
    assert to.get("/sobjects/OpportunityLineItem/describe").status == 404
    assert to.get("/query", q="SELECT Id, (SELECT Id FROM OpportunityLineItems) FROM Opportunity").status == 400


def test_features_bring_their_fields(to: Caller) -> None:
    deal = to.people.add_deal("Fit-out", LINES)
    assert to.get("/query", q="SELECT CurrencyIsoCode FROM Opportunity").code == "INVALID_FIELD"
    assert to.get("/query", q="SELECT IsPersonAccount FROM Account").code == "INVALID_FIELD"
    to.people.enable_currencies("AUD", "NZD")
    to.people.enable_person_accounts()
    person = to.people.add_person_account("Siobhán", "O'Brien", "siobhan@example.com")
    (row,) = to.query("SELECT Id, CurrencyIsoCode, (SELECT CurrencyIsoCode FROM OpportunityLineItems) FROM Opportunity")
    assert (row["Id"], row["CurrencyIsoCode"]) == (deal, "AUD")
    (row,) = to.query("SELECT Id, Name, IsPersonAccount, PersonEmail FROM Account")
    assert (row["Id"], row["Name"], row["IsPersonAccount"]) == (person, "Siobhán O'Brien", True)
    assert to.patch(f"/sobjects/Opportunity/{deal}", {"CurrencyIsoCode": "USD"}).code == (
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    )


# ── what people do ──


def test_the_recycle_bin_keeps_what_was_deleted_with_its_lines(to: Caller) -> None:
    deal = to.people.add_deal("Fit-out", LINES)
    to.clock.advance(10)
    to.people.delete("deal", deal)
    assert to.query("SELECT Id FROM Opportunity") == []
    (row,) = to.query("SELECT IsDeleted, SystemModstamp FROM Opportunity", deleted=True)
    assert row["SystemModstamp"] == "2026-11-25T01:02:13.000+0000"
    assert to.get(f"/sobjects/Opportunity/{deal}").status == 404
    to.people.restore("deal", deal)
    (row,) = to.query("SELECT Amount, (SELECT Id FROM OpportunityLineItems) FROM Opportunity")
    assert (row["Amount"], row["OpportunityLineItems"]["totalSize"]) == (345.0, 2)


def test_merged_accounts_leave_one_that_names_the_survivor(to: Caller) -> None:
    kept, lost = to.people.add_company("Kept"), to.people.add_company("Lost")
    deal = to.people.add_deal("Fit-out", company=lost)
    assert to.people.merge_companies(kept, lost) == kept
    (row,) = to.query(f"SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = '{lost}'", deleted=True)
    assert (row["IsDeleted"], row["MasterRecordId"]) == (True, kept)
    assert to.query("SELECT Id, AccountId FROM Opportunity")[0]["AccountId"] == kept
    assert to.double.customer(deal) is to.double.objects["Account"][kept]


def test_a_lines_price_moves_its_deal_and_its_words_do_not(to: Caller) -> None:
    deal = to.people.add_deal("Fit-out", LINES)
    line = to.double.lines(deal)[0].id
    stamp = to.double.objects["Opportunity"][deal].values["SystemModstamp"]
    to.clock.advance(60)
    to.people.edit_line(line, description="Two rooms")
    assert to.double.objects["Opportunity"][deal].values["SystemModstamp"] == stamp
    to.people.edit_line(line, price="200")
    assert to.double.objects["Opportunity"][deal].values["SystemModstamp"] > stamp
    assert to.double.objects["Opportunity"][deal].values["Amount"] == Decimal("445.00")


def test_an_outbound_message_names_the_deals_that_changed_and_no_session(to: Caller) -> None:
    deal = to.people.add_deal("Fit-out")
    to.people.move(deal, "Closed Won")
    message = ET.fromstring(outbound_message(to.double.events))
    ids = [e.text for e in message.iter("{urn:sobject.enterprise.soap.sforce.com}Id")]
    assert ids == [deal, deal]
    (session,) = message.iter("{http://soap.sforce.com/2005/09/outbound}SessionId")
    assert session.text is None


# ── who may call ──


def test_a_session_ends_two_hours_after_its_last_call(to: Caller) -> None:
    for _ in range(3):
        to.clock.advance(7000)
        assert to.get("/limits").status == 200
    to.clock.advance(7300)
    answer = to.get("/limits")
    assert (answer.status, answer.code) == (401, "INVALID_SESSION_ID")


def test_every_answer_counts_the_day_which_ends_with_a_403(to: Caller) -> None:
    to.double.access.limits.daily = 2
    assert to.get("/limits").headers["Sforce-Limit-Info"] == "api-usage=1/2"
    assert to.get("/query", q="SELECT").headers["Sforce-Limit-Info"] == "api-usage=2/2"
    answer = to.get("/limits")
    assert (answer.status, answer.code) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert answer.body[0]["message"].startswith("TotalRequests")
    to.clock.advance(86_401)
    to.token = to.double.access.issue(to.clock())
    assert to.get("/limits").status == 200


@pytest.mark.parametrize(("version", "status"), [("v59.0", 200), ("v30.0", 410), ("v99.0", 404), ("latest", 404)])
def test_versions_that_are_retired_or_not_there_yet(to: Caller, version: str, status: int) -> None:
    assert to.send("GET", f"/services/data/{version}/limits").status == status


def test_a_query_too_long_for_an_address_is_refused(to: Caller) -> None:
    listed = ", ".join(["'0065g00000099ab'"] * 1000)
    assert to.get("/query", q=f"SELECT Id FROM Opportunity WHERE Id IN ({listed})").status == 414


# ── what goes wrong ──


def test_faults_strike_the_call_they_are_meant_for(to: Caller) -> None:
    deal = to.people.add_deal("Fit-out")
    for kind in ("500 before", "500 after", "lose answer", "429", "expire token"):
        to.double.faults.add(Fault("PATCH", "*/composite/sobjects", kind, status=503))
    row = {"id": deal, "NextStep": "Call"}
    assert to.update(row).status == 503
    assert "NextStep" not in to.double.objects["Opportunity"][deal].values
    assert to.update(row).status == 503
    assert to.double.objects["Opportunity"][deal].values["NextStep"] == "Call"
    body = {"records": [{"attributes": {"type": "Opportunity"}, **row}]}
    assert to.send("PATCH", f"{DATA}/composite/sobjects", body).lost
    limit = to.update(row)
    assert (limit.status, limit.body[0]["message"]) == (403, "ConcurrentPerOrgLongTxn Limit exceeded.")
    assert to.update(row).status == 401


def test_a_copy_goes_its_own_way_and_the_log_tells_who_changed_what(to: Caller) -> None:
    deal = to.people.add_deal("Fit-out")
    twin = copy.deepcopy(to.double)
    to.patch(f"/sobjects/Opportunity/{deal}", {"NextStep": "Call"})
    assert "NextStep" not in twin.objects["Opportunity"][deal].values
    call = to.double.log[-1]
    ((kind, id_, before, after),) = call.changes
    assert (call.actor, kind, id_, before.get("NextStep"), after["NextStep"]) == (
        "api",
        "Opportunity",
        deal,
        None,
        "Call",
    )
    assert to.double.log[-2].actor == "person"
    assert len(twin.log) == len(to.double.log) - 1
