"""Promises of ``connectors/contract.py``, stated once and kept for every CRM: gone records, writing, fields, names.

What differs between them is in the table of ``tests/support/crm_accounts.py``; nothing here knows a vendor.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.contract import DealNote, DealUpdate
from connectors.errors import OutcomeUnknown
from domain.records import CustomerRef
from sandbox.faults import Fault, Kind
from stages.checking import check
from tests.support.crm_accounts import FIELDS, VALUES, Account, changed, end, made, with_fields
from tests.support.house import House, mapping


def test_what_is_deleted_is_missing_and_nothing_else_is(at: Account) -> None:
    people = at.double.people
    firm, other = people.add_company("Gone Pty Ltd"), people.add_company("Here Pty Ltd")
    kept, gone = at.sell("kept"), at.sell("gone")
    people.delete("deal", gone)
    people.delete("company", firm)
    assert [deal.id for deal in at.crm.deals([gone, kept, "999999999"])] == [kept]
    assert set(at.crm.stages([gone, kept])) == {kept}
    assert [who.ref.id for who in at.crm.customers([CustomerRef("company", i) for i in (firm, other)])] == [other]


def test_a_merged_deal_leads_to_the_survivor_or_is_gone(at: Account) -> None:
    one, two = at.sell("one"), at.sell("two")
    survivor = at.double.people.merge_deals(one, two)
    found = at.crm.deals([one, two])
    assert {deal.id for deal in found} == {survivor}
    if at.tells_merges:
        assert set(found[0].merged_ids) >= {one, two} - {survivor}


def test_a_deal_that_was_put_away_is_still_read_and_refused_for_itself_alone(at: Account) -> None:
    with_fields(at)
    away, kept = at.sell("away", [{"name": "Design", "price": "100.00"}]), at.sell("kept")
    cursor = end(at)
    at.clock.advance(2 * 3600)
    at.win(away)
    at.put_away(away)
    assert away in changed(at, cursor)
    [found] = at.crm.deals([away])
    assert (found.won, len(found.lines), found.archived) == (True, 1, False)
    refused = at.crm.write_deals([DealUpdate(away, VALUES), DealUpdate(kept, VALUES)])
    assert set(refused) <= {away}
    assert all(refusal.words and not refusal.gone for refusal in refused.values())
    assert at.fields_of(kept) == VALUES


# ── writing ──


def test_what_is_written_is_there_and_written_twice_is_written_once(at: Account) -> None:
    with_fields(at)
    deal = at.sell("x", [{"name": "Design", "price": "1100.00"}])
    before = at.crm.deals([deal])[0]
    for _ in range(2):
        assert at.crm.write_deals([DealUpdate(deal, VALUES)]) == {}
        assert at.fields_of(deal) == VALUES
    [after] = at.crm.deals([deal], list(VALUES))
    assert after == replace(before, fields=VALUES, version=after.version)


def test_empty_text_clears_a_field_and_leaves_the_others(at: Account) -> None:
    with_fields(at)
    deal = at.sell("x")
    at.crm.write_deals([DealUpdate(deal, VALUES)])
    at.crm.write_deals([DealUpdate(deal, {"xero_paid_on": ""})])
    assert at.fields_of(deal) == {name: value for name, value in VALUES.items() if name != "xero_paid_on"}


def test_a_stage_is_moved_by_its_id(at: Account) -> None:
    [sales] = [pipeline for pipeline in at.crm.pipelines() if pipeline.label == "Sales"]
    paid = next(id_ for id_, label in sales.stages.items() if label == "Paid")
    deal = at.sell("x")
    at.win(deal)
    assert at.crm.write_deals([DealUpdate(deal, {}, paid)]) == {}
    assert at.stage_of(deal) == "Paid"
    assert at.crm.stages([deal]) == {deal: paid}
    assert at.crm.deals([deal])[0].won


def test_a_deal_is_marked_as_won_where_that_is_apart_from_its_stages(at: Account) -> None:
    [sales] = [pipeline for pipeline in at.crm.pipelines() if pipeline.label == "Sales"]
    deal, other = at.sell("x"), at.sell("y")
    here = at.crm.stages([deal])[deal]
    if sales.won:
        assert at.crm.write_deals([DealUpdate(deal, {}, sales.won)]) == {}
        assert at.crm.deals([deal])[0].won
        assert at.crm.write_deals([DealUpdate(other, {}, here, reopen=True)]) == {}
    assert at.crm.stages([deal, other]) == {deal: here, other: here}
    assert at.crm.stages([deal, other], marks=True) == {deal: sales.won or here, other: here}
    assert at.crm.write_deals([DealUpdate(deal, {}, here, reopen=True)]) == {}
    assert (at.crm.deals([deal])[0].won, at.crm.stages([deal], marks=True)) == (False, {deal: here})


def test_one_refused_deal_fails_itself_alone_and_in_words(at: Account) -> None:
    with_fields(at)
    good, bad, gone = at.sell("good"), at.sell("bad"), at.sell("gone")
    at.double.people.delete("deal", gone)
    updates = [DealUpdate(bad, {"xero_paid_on": "soon"}), DealUpdate(gone, VALUES), DealUpdate(good, VALUES)]
    refused = at.crm.write_deals(updates)
    assert {deal: refusal.gone for deal, refusal in refused.items()} == {bad: False, gone: True}
    assert refused[bad].words
    assert at.fields_of(good) == VALUES


def test_a_refused_move_leaves_the_fields_written(at: Account) -> None:
    with_fields(at)
    [sales] = [pipeline for pipeline in at.crm.pipelines() if pipeline.label == "Sales"]
    paid = next(id_ for id_, label in sales.stages.items() if label == "Paid")
    deal = at.sell("x")
    at.require("Paid", "xero_paid_on")
    told = {name: value for name, value in VALUES.items() if name != "xero_paid_on"}
    refused = at.crm.write_deals([DealUpdate(deal, told, paid)])
    assert refused[deal].words
    assert (at.stage_of(deal), at.fields_of(deal)) == ("Open", told)


# ── fields of ours ──


def test_missing_fields_are_named_made_once_and_found_again(at: Account) -> None:
    assert at.crm.missing_fields(FIELDS) == list(FIELDS)
    made(at, FIELDS[:2])
    assert at.crm.missing_fields(FIELDS) == list(FIELDS[2:])
    for _ in range(2):
        made(at, FIELDS)
    assert at.crm.missing_fields(FIELDS) == []
    assert sorted(at.field_names()) == sorted(field.name for field in FIELDS)


def test_fields_made_with_a_lost_answer_are_not_made_again(at: Account) -> None:
    at.crm.missing_fields(FIELDS)
    if not at.crm.makes_fields:
        return  # nothing is sent whose answer could be lost
    faults: tuple[Kind, ...] = ("lose answer", "500 after")
    for fault in faults:
        at.double.faults.add(Fault("POST", "*", fault))
        with pytest.raises(OutcomeUnknown):
            at.crm.create_fields(FIELDS)
    at.crm.create_fields(FIELDS)
    assert sorted(at.field_names()) == sorted(field.name for field in FIELDS)


def test_a_field_that_is_not_there_is_read_as_nothing(at: Account) -> None:
    deal = at.sell("x")
    assert at.crm.deals([deal], ["no_such_field"])[0].fields == {"no_such_field": ""}


def test_a_note_is_one_however_often_it_is_written_and_is_found_again_by_its_mark(at: Account) -> None:
    deal = at.sell("x")
    first = DealNote(deal, "inv-7", "Invoice inv-7 <b>&</b>\nTotal $5.00", at.clock())
    id_ = at.crm.put_note(first)
    assert bool(id_) == at.crm.takes_notes
    assert at.crm.put_note(replace(first, text="Invoice inv-7: Paid")) == id_
    assert at.crm.put_note(replace(first, text="Invoice inv-7: Voided", id=id_)) == id_
    other = at.crm.put_note(replace(first, mark="inv-8", text="Invoice inv-8"))
    assert (other != id_) == at.crm.takes_notes


# ── what a mapping names ──


def test_whatever_the_mapping_names_and_is_not_there_is_found_by_the_check(at: Account) -> None:
    house = House(crm=at.crm.system)
    assert check(house.open(), mapping(pair=house.pair)).sound
    house.edit_mapping(
        ("stage: Closed won", "stage: Shipped"),
        ("pipeline: Renewals", "pipeline: Exports"),
        ("move to stage when paid: Paid", "move to stage when paid: Settled"),
        ("create: authorised\n", "create: authorised\n    only if: [{field: sold_by, one of: [us]}]\n"),
        ("\nxero:", "  customer fields: {on hold: credit_hold}\n\nxero:"),
        ('account code: "210"', 'account code: "299"'),
        ("tax type: GST Free Exports", "tax type: VAT"),
    )
    checked = check(house.open(), mapping(*house.edits, pair=house.pair))
    said = " ".join(problem.sentence for problem in checked.problems)
    assert not checked.sound
    for name in ("Shipped", "Exports", "Settled", "sold_by", "credit_hold", "299", "VAT"):
        assert name in said


def test_owners_that_the_crm_does_not_have_are_found_by_the_check(at: Account) -> None:
    house = House(crm=at.crm.system)
    deal = house.open().crm.deals([house.company.deals["known_by_abn"]])[0]
    owner = deal.owner or next(iter(house.open().crm.owners(None)), "")
    house.edit_mapping(("create: authorised\n", f'create: authorised\n    owners: ["{owner}", Nobody]\n'))
    said = [p.sentence for p in check(house.open(), mapping(*house.edits, pair=house.pair)).problems]
    assert [sentence for sentence in said if "nobody called" in sentence][-1] == 'The CRM has nobody called "Nobody".'
