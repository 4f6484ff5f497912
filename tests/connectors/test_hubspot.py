"""HubSpot: every change noticed, fields of ours made once, limits respected."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from connectors.contract import DealUpdate, FieldSpec
from connectors.errors import NotConnected, Rejected
from tests.support.connections import START, Vendors, vendors
from tests.support.won import noticed, one, won


@pytest.fixture(name="link")
def _link() -> Vendors:
    link = vendors()
    link.clock.advance(60)
    return link


# ── noticing ──


def test_a_change_is_noticed_with_its_version_and_again_within_the_overlap(link: Vendors) -> None:
    deal = won(link)
    link.clock.advance(10)
    (page,) = link.hubspot.changed_deals("")
    assert page.versions == {deal: one(link, deal).version}
    ids, cursor = noticed(link, page.cursor)
    assert ids == [deal]
    link.clock.advance(20 * 60)
    other = won(link, "Another")
    link.clock.advance(10)
    ids, cursor = noticed(link, cursor)
    assert ids == [deal, other]
    assert noticed(link, cursor)[0] == [other]


def test_what_search_shows_late_is_not_lost(link: Vendors) -> None:
    link.world.hubspot.switches.index_lag = 600
    early = won(link, "Early")
    link.clock.advance(590)
    link.world.hubspot.switches.index_lag = 0
    late = won(link, "Late")
    _, cursor = noticed(link)
    link.clock.advance(60)
    ids, _ = noticed(link, cursor)
    assert {early, late} <= set(ids)


def test_the_cursor_is_hubspots_own_time_and_never_goes_back(link: Vendors) -> None:
    won(link)
    link.clock.advance(3600)
    _, cursor = noticed(link)
    assert int(cursor) < int((link.clock() - timedelta(minutes=50)).timestamp() * 1000)
    assert int(noticed(link, cursor)[1]) == int(cursor)


def test_nothing_new_costs_one_call(link: Vendors) -> None:
    ids, cursor = noticed(link)
    assert (ids, noticed(link, cursor)) == ([], ([], cursor))
    assert len(link.calls()) == 2


def test_a_poll_looks_no_further_back_than_it_is_told(link: Vendors) -> None:
    won(link)
    link.clock.advance(10)
    later = link.clock() + timedelta(hours=1)
    hubspot = type(link.hubspot)(link.hubspot_line.http, "24680135", timezone="Australia/Sydney", start=later)
    assert [page.versions for page in hubspot.changed_deals("")] == [{}]


def test_thousands_of_changes_in_one_moment_are_all_noticed_once(link: Vendors) -> None:
    people = link.world.hubspot.people
    ids = [people.add_deal(f"Deal {n}") for n in range(450)]
    link.clock.advance(60)
    people.rename_stage("Sales pipeline", "Closed won", "Won")
    link.clock.advance(1)
    ids.append(people.add_deal("After it"))
    link.clock.advance(60)
    seen, _ = noticed(link)
    assert Counter(seen) == Counter(ids)


def test_a_deal_that_changes_while_we_read_pulls_no_other_over_the_edge(link: Vendors) -> None:
    people = link.world.hubspot.people
    ids: list[str] = []
    for n in range(300):
        ids.append(people.add_deal(f"Deal {n}"))
        link.clock.advance(1)
    link.clock.advance(60)
    pages = link.hubspot.changed_deals("")
    seen = set(next(pages).versions)
    for early in ids[:120]:
        people.edit("deal", early, description="changed")
    link.clock.advance(60)
    for page in pages:
        seen |= page.versions.keys()
    assert seen == set(ids)


# ── settings and limits ──


def test_pipelines_come_with_their_stages(link: Vendors) -> None:
    link.world.hubspot.people.add_pipeline("Renewals", {"Open": "open", "Renewed": "won"})
    sales, renewals = link.hubspot.pipelines()
    assert sales.stages["closedwon"] == "Closed won"
    assert list(renewals.stages.values()) == ["Open", "Renewed"]


FIELDS = [
    FieldSpec("xero_invoice_number", "Xero invoice number", "text"),
    FieldSpec("xero_invoice_link", "Xero invoice", "link"),
    FieldSpec("xero_amount_due", "Amount due", "number"),
    FieldSpec("xero_paid_on", "Paid on", "date"),
]


def test_missing_fields_are_created_once_and_can_be_written(link: Vendors) -> None:
    link.world.hubspot.people.add_property("deal", "xero_invoice_link", "Mine")
    assert [field.name for field in link.hubspot.missing_fields(FIELDS)] == [
        "xero_invoice_number",
        "xero_amount_due",
        "xero_paid_on",
    ]
    link.hubspot.create_fields(FIELDS)
    link.hubspot.create_fields([*FIELDS, FieldSpec("xero_status", "Status", "text")])
    assert link.hubspot.missing_fields(FIELDS) == []
    deal = won(link)
    values = {"xero_invoice_number": "INV-1", "xero_amount_due": "12.50", "xero_paid_on": "2026-11-25"}
    assert link.hubspot.write_deals([DealUpdate(deal, values)]) == {}
    assert one(link, deal, *values).fields == values


def test_a_field_that_cannot_be_made_is_said(link: Vendors) -> None:
    with pytest.raises(Rejected) as refusal:
        link.hubspot.create_fields([FieldSpec("Bad_Name", "Bad", "text"), FIELDS[0]])
    assert "Bad_Name" in refusal.value.words[-1]
    assert link.hubspot.missing_fields(FIELDS[:1]) == []


def test_a_missing_permission_is_named(link: Vendors) -> None:
    deal = won(link)
    link.world.hubspot.access.missing_scopes.add("crm.objects.deals.write")
    with pytest.raises(NotConnected, match=r"crm\.objects\.deals\.write"):
        link.hubspot.write_deals([DealUpdate(deal, {"description": "x"})])


def test_more_searches_than_a_second_allows_are_waited_out(link: Vendors) -> None:
    for _ in range(7):
        noticed(link)
    assert link.hubspot_line.slept
    assert link.clock() - START < timedelta(minutes=3)
