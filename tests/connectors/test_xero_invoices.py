"""Invoices in Xero: always drafts first, matched by marker, approved and deleted by id, to the cent."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from connectors.errors import Gone, NotConnected, OutcomeUnknown, Rejected, Throttled
from connectors.xero import approve_element, draft_element, end_element, idempotency_key
from domain.records import Invoice, InvoicePlan, PlannedLine
from sandbox.faults import Fault, Kind
from tests.support.connections import Vendors, vendors
from tests.support.plans import draft_of, invoice_plan, marker, planned_line

NO_ID = "00000000-0000-4000-8000-00000000dead"


@pytest.fixture(name="link")
def _link() -> Vendors:
    return vendors()


@pytest.fixture(name="contact")
def _contact(link: Vendors) -> str:
    return link.world.xero.people.add_contact("Bellbird Café Pty Ltd")


def drafts(link: Vendors, contact: str, count: int) -> dict[str, Invoice]:
    answer = link.xero.create_drafts([draft_of(str(n), contact) for n in range(count)], "k1")
    assert answer.refused == ()
    return {invoice.marker: invoice for invoice in answer.done}


def test_a_batch_of_drafts_is_one_call_and_each_is_known_by_its_marker(link: Vendors, contact: str) -> None:
    made = drafts(link, contact, 50)
    assert set(made) == {marker(str(n)) for n in range(50)}
    assert {(each.status, each.total) for each in made.values()} == {("DRAFT", Decimal("110.00"))}
    (call,) = link.calls()
    assert (call.method, call.path) == ("PUT", "/api.xro/2.0/Invoices")
    assert call.query == {"summarizeErrors": "false", "unitdp": "4"}
    assert call.headers["idempotency-key"] == "k1"


def test_the_sent_bytes_are_the_frozen_elements(link: Vendors, contact: str) -> None:
    element = draft_of("7", contact)
    link.xero.create_drafts([element], "k1")
    (call,) = link.calls()
    assert call.body == b'{"Invoices":[' + element + b"]}"
    sent = json.loads(element)
    assert sent["Contact"] == {"ContactID": contact}
    assert "LineAmount" not in sent["LineItems"][0]
    assert "TaxAmount" not in sent["LineItems"][0]


LINES: dict[str, tuple[list[PlannedLine], str]] = {
    "plain": ([planned_line()], "tax exclusive"),
    "four decimals": ([planned_line("12", "83.3333")], "tax exclusive"),
    "a fraction of a unit": ([planned_line("0.0125", "8000.00"), planned_line("1.2345", "67.89")], "tax exclusive"),
    "half a cent of tax": ([planned_line("1", "19.85")], "tax exclusive"),
    "half a cent of a line": ([planned_line("3", "0.3350")], "tax exclusive"),
    "per cent": ([planned_line("3", "33.33", percent="10")], "tax exclusive"),
    "per cent of many digits": ([planned_line("7.5", "120.00", percent="33.3333")], "tax exclusive"),
    "per cent that Xero gets wrong as a rate": ([planned_line("1", "2120.44", percent="10")], "tax exclusive"),
    "per cent of half a cent": ([planned_line("3", "0.3350", percent="10")], "tax exclusive"),
    "all of a line": ([planned_line("2.25", "64.22", percent="100"), planned_line()], "tax exclusive"),
    "an amount off": ([planned_line("1", "500.00", amount="49.95")], "tax exclusive"),
    "an amount per unit": ([planned_line("3", "10.00", amount="0.9999")], "tax exclusive"),
    "tax inside": ([planned_line("1", "110.00", amounts_are="tax inclusive")], "tax inclusive"),
    "tax inside, discounted": (
        [planned_line("3", "99.95", percent="7.5", amounts_are="tax inclusive")],
        "tax inclusive",
    ),
    "taxed and free": ([planned_line(), planned_line("1", "50.00", tax_type="EXEMPTOUTPUT")], "tax exclusive"),
    "large": ([planned_line("1", "1234567.89")], "tax exclusive"),
}


@pytest.mark.parametrize(("lines", "amounts_are"), LINES.values(), ids=LINES.keys())
def test_xero_comes_to_our_own_figures(link: Vendors, contact: str, lines: list[PlannedLine], amounts_are: str) -> None:
    plan = invoice_plan(*lines, amounts_are=amounts_are)
    answer = link.xero.create_drafts([draft_element(plan, contact, marker("1"))], "k1")
    (draft,) = answer.done
    assert figures(draft) == figures(plan)
    assert [line.line_amount for line in draft.lines] == [line.line_amount for line in plan.lines]
    assert draft.amounts_are == amounts_are
    (approved,) = link.xero.update_invoices([approve_element(draft)]).done
    assert approved.status == "AUTHORISED"
    assert figures(approved) == figures(plan)
    assert [line.id for line in approved.lines] == [line.id for line in draft.lines]


def figures(invoice: Invoice | InvoicePlan) -> tuple[Decimal, Decimal, Decimal]:
    return invoice.subtotal, invoice.total_tax, invoice.total


def test_bad_ones_of_a_batch_are_refused_in_xeros_words_and_the_good_ones_made(link: Vendors, contact: str) -> None:
    archived = link.world.xero.people.add_contact("Old Pty Ltd")
    link.world.xero.people.archive_contact(archived)
    elements = [
        draft_of("1", contact),
        draft_of("2", archived),
        draft_of("3", contact, planned_line(tax_type="INPUT")),
        draft_of("4", contact),
    ]
    answer = link.xero.create_drafts(elements, "k1")
    assert {invoice.marker for invoice in answer.done} == {marker("1"), marker("4")}
    refused = dict(answer.refused)
    assert set(refused) == {marker("2"), marker("3")}
    assert "archived" in refused[marker("2")][0]
    assert "tax" in refused[marker("3")][0].lower()


def test_only_a_draft_with_a_marker_can_be_created(link: Vendors, contact: str) -> None:
    good = json.loads(draft_of("1", contact))
    for change in ({"Status": "AUTHORISED"}, {"Status": None}, {"Url": ""}, {"InvoiceID": NO_ID}):
        with pytest.raises(ValueError, match="draft"):
            link.xero.create_drafts([json.dumps({**good, **change}).encode()], "k1")
    del good["Status"]
    with pytest.raises(ValueError, match="draft"):
        link.xero.create_drafts([json.dumps(good).encode()], "k1")
    assert link.calls() == []


def test_a_marker_may_not_name_the_vendor() -> None:
    with pytest.raises(ValueError, match="vendor"):
        draft_element(invoice_plan(), NO_ID, "https://crm.example/xero/1")


@pytest.mark.parametrize("kind", ["lose answer", "500 after", "500 before", "garble"])
def test_a_create_without_a_sound_answer_is_unknown_and_not_repeated(link: Vendors, contact: str, kind: Kind) -> None:
    link.world.xero.faults.add(Fault("PUT", "*/Invoices", kind))
    with pytest.raises(OutcomeUnknown):
        link.xero.create_drafts([draft_of("1", contact)], "k1")
    assert len(link.calls()) == 1
    (page,) = list(link.xero.invoices_changed(None, ours_only=True)) or [[]]
    assert [each.marker for each in page] == ([] if kind == "500 before" else [marker("1")])


def test_a_lost_create_is_found_by_its_marker_among_ours_only(link: Vendors, contact: str) -> None:
    link.world.xero.people.add_invoice(contact, [{"Description": "By hand", "Quantity": 1, "UnitAmount": 5}])
    drafts(link, contact, 2)
    link.calls()
    (page,) = link.xero.invoices_changed(None, ours_only=True)
    assert {each.marker for each in page} == {marker("0"), marker("1")}
    assert all(len(each.lines) == 1 and each.lines[0].id for each in page)
    assert len(link.calls()) == 1
    (everything,) = link.xero.invoices_changed(None, ours_only=False)
    assert len(everything) == 3


def test_a_refused_request_for_one_is_its_refusal_and_for_several_nothing_is_known(link: Vendors, contact: str) -> None:
    drafts(link, contact, 1)
    answer = link.xero.create_drafts([draft_of("9", contact)], "k1")
    ((key, words),) = answer.refused
    assert key == marker("9")
    assert "different request" in words[0]
    with pytest.raises(Rejected):
        link.xero.create_drafts([draft_of("9", contact), draft_of("10", contact)], "k1")


def test_approving_and_deleting_go_by_id_in_one_call_without_a_key(link: Vendors, contact: str) -> None:
    made = drafts(link, contact, 3)
    link.calls()
    elements = [approve_element(made[marker("0")]), end_element(made[marker("1")].id, "DELETED")]
    answer = link.xero.update_invoices(elements)
    assert {each.marker: each.status for each in answer.done} == {marker("0"): "AUTHORISED", marker("1"): "DELETED"}
    (call,) = link.calls()
    assert call.method == "POST"
    assert "idempotency-key" not in call.headers
    assert call.query == {"summarizeErrors": "false", "unitdp": "4"}


def test_an_approval_keeps_prices_of_four_decimals_discounts_and_tax_inside(link: Vendors, contact: str) -> None:
    line = planned_line("12", "83.3333", percent="5", amounts_are="tax inclusive")
    answer = link.xero.create_drafts([draft_of("1", contact, line, amounts_are="tax inclusive")], "k1")
    element = approve_element(answer.done[0])
    assert json.loads(element)["LineAmountTypes"] == "Inclusive"
    (approved,) = link.xero.update_invoices([element]).done
    assert approved.lines[0].unit_amount == Decimal("83.3333")
    assert approved.lines == answer.done[0].lines
    assert approved.amounts_are == "tax inclusive"


def test_a_refused_approval_says_why_and_the_others_pass(link: Vendors, contact: str) -> None:
    made = drafts(link, contact, 2)
    link.world.xero.people.approve(made[marker("0")].id)
    answer = link.xero.update_invoices(
        [end_element(made[marker("0")].id, "DELETED"), approve_element(made[marker("1")])]
    )
    assert [each.id for each in answer.done] == [made[marker("1")].id]
    assert [key for key, _ in answer.refused] == [made[marker("0")].id]


def test_an_id_that_xero_never_issued_does_not_hold_up_the_others(link: Vendors, contact: str) -> None:
    made = drafts(link, contact, 4)
    elements = [approve_element(draft) for draft in made.values()]
    answer = link.xero.update_invoices([*elements[:2], end_element(NO_ID, "DELETED"), *elements[2:]])
    assert len(answer.done) == 4
    assert answer.refused == ((NO_ID, ("Xero does not know the record.",)),)


def test_an_update_without_id_or_an_approval_without_line_ids_is_a_mistake_of_ours(link: Vendors, contact: str) -> None:
    (draft,) = drafts(link, contact, 1).values()
    with pytest.raises(ValueError, match="names the invoice"):
        link.xero.update_invoices([b'{"Status":"AUTHORISED"}'])
    with pytest.raises(ValueError, match="lines"):
        approve_element(replace(draft, lines=()))
    with pytest.raises(ValueError, match="lines"):
        approve_element(replace(draft, lines=(replace(draft.lines[0], id=""),)))
    with pytest.raises(ValueError, match="dates"):
        approve_element(replace(draft, due_date=None))


def test_invoices_by_id_come_fifty_a_call_with_lines_and_without_unknown_ones(link: Vendors, contact: str) -> None:
    ids = [each.id for n in range(3) for each in drafts_of(link, contact, n)]
    link.calls()
    found = link.xero.invoices([*ids, ids[0], NO_ID])
    assert {each.id for each in found} == set(ids)
    assert all(each.lines for each in found)
    assert len(link.calls()) == 2


def drafts_of(link: Vendors, contact: str, batch: int) -> tuple[Invoice, ...]:
    elements = [draft_of(f"{batch}x{n}", contact) for n in range(20)]
    return link.xero.create_drafts(elements, f"key {batch}").done


def test_payments_and_credits_show_on_the_invoice_and_a_removed_payment_is_told(link: Vendors, contact: str) -> None:
    (draft,) = drafts(link, contact, 1).values()
    link.xero.update_invoices([approve_element(draft)])
    people = link.world.xero.people
    payment = people.pay(draft.id, "40.00")
    people.credit(draft.id, "10.00")
    (invoice,) = link.xero.invoices([draft.id])
    assert (invoice.paid, invoice.credited, invoice.due) == (Decimal(40), Decimal(10), Decimal(60))
    people.pay(draft.id)
    (invoice,) = link.xero.invoices([draft.id])
    assert (invoice.status, str(invoice.paid_on)) == ("PAID", "2026-11-25")
    people.remove_payment(payment)
    (page,) = link.xero.payments_changed(None)
    assert {(each.id == payment, each.status) for each in page if each.status == "DELETED"} == {(True, "DELETED")}
    assert {each.invoice_id for each in page} == {draft.id}
    (invoice,) = link.xero.invoices([draft.id])
    assert (invoice.status, invoice.paid_on) == ("AUTHORISED", None)


def test_a_note_goes_into_the_history_cut_to_what_xero_takes(link: Vendors, contact: str) -> None:
    (draft,) = drafts(link, contact, 1).values()
    link.calls()
    link.xero.add_history(draft.id, "é" * 3000)
    (call,) = link.calls()
    assert call.path.endswith(f"/Invoices/{draft.id}/History")
    assert json.loads(call.body) == {"HistoryRecords": [{"Details": "é" * 2500}]}
    with pytest.raises((Gone, Rejected)):
        link.xero.add_history(NO_ID, "note")


def test_a_daily_limit_parks_us_and_a_token_that_ends_in_mid_run_does_not(link: Vendors, contact: str) -> None:
    faults = link.world.xero.faults
    faults.add(Fault("PUT", "*/Invoices", "expire token"))
    drafts(link, contact, 1)
    assert [call.status for call in link.calls()] == [401, 200]
    faults.add(Fault("PUT", "*/Invoices", "429", retry_after=66975, daily=True))
    with pytest.raises(Throttled) as throttled:
        link.xero.create_drafts([draft_of("8", contact)], "k2")
    assert (throttled.value.pause, throttled.value.daily) == (66975, True)
    assert link.xero_line.pace.notes[-1][2:] == (66975, True)
    link.world.xero.people.disconnect()
    with pytest.raises(NotConnected):
        link.xero.invoices([NO_ID])


def test_a_missing_permission_is_not_a_dead_token(link: Vendors) -> None:
    link.world.xero.identity.scopes -= {"accounting.payments.read", "accounting.payments"}
    with pytest.raises(NotConnected):
        list(link.xero.payments_changed(None))


def test_the_idempotency_key_changes_with_organisation_body_and_epoch_only() -> None:
    keys = {idempotency_key(tenant, body, epoch) for tenant in "ab" for body in (b"1", b"2") for epoch in (1, 2)}
    assert len(keys) == 8
    assert idempotency_key("a", b"1", 1) in keys
    assert all(len(key) <= 128 and key.isascii() for key in keys)
