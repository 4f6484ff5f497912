"""Held: the real flows on a real Prefect server against the sandbox as a process; a failed run retried as in the UI
finishes the work and repeats none; reports and housekeeping; what a run leaves; nothing personal in Prefect's database.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from prefect.client.schemas.objects import StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import AwaitingRetry, Scheduled

from ledger import reviews
from stages.opening import opened
from tests.prefect.town import PAIR, Town
from tests.support.waiting import until

# The first of them waits for all of it to start.
pytestmark = [pytest.mark.prefect, pytest.mark.timeout(300)]

SYDNEY = ZoneInfo("Australia/Sydney")


def test_a_won_deal_becomes_an_invoice_and_can_be_found_by_its_id(town: Town) -> None:
    deal_id = town.win("Brand refresh")
    run = town.ended(town.start("deals-to-invoices"))
    assert run.state is not None
    assert run.state.is_completed()
    (invoice,) = town.invoices_of(deal_id)
    assert town.deal("Brand refresh")["fields"]["xero_invoice_number"] == invoice["number"]
    assert f"deal:{deal_id}" in run.tags
    assert deal_id in run.name
    assert deal_id in town.shown(run)


def test_a_failed_run_retried_as_in_the_ui_finishes_the_work_and_repeats_none(town: Town) -> None:
    deal_id = town.win("Membership site")
    town.sandbox.arm(system="hubspot", method="POST", path="*/deals/batch/update", kind="500 before", status=403)
    run = town.ended(town.start("deals-to-invoices"))
    assert run.state is not None
    assert run.state.is_failed()
    assert "xero_invoice_number" not in town.deal("Membership site")["fields"]
    before = town.invoices_of(deal_id)

    town.client.set_flow_run_state(run.id, AwaitingRetry())

    again = town.ended(run.id, run_count=2)
    assert again.state is not None
    assert again.state.is_completed()
    assert town.invoices_of(deal_id) == before
    assert len(before) == 1
    assert town.deal("Membership site")["fields"]["xero_invoice_number"] == before[0]["number"]


def test_a_payment_comes_back_to_the_deal(town: Town) -> None:
    deal_id = town.win("Portfolio site")
    town.ended(town.start("deals-to-invoices"))
    (invoice,) = town.invoices_of(deal_id)
    town.sandbox.act("xero", "pay", invoice["id"])
    town.ended(town.start("invoices-to-deals"))
    deal = town.deal("Portfolio site")
    assert (deal["stage"], deal["fields"]["xero_amount_due"]) == ("Paid", "0.00")


def test_a_question_is_answered_with_the_form_of_its_flow(town: Town) -> None:
    deal_id = town.win("Investor deck")
    town.ended(town.start("deals-to-invoices"))
    assert not town.invoices_of(deal_id)
    with opened(PAIR, town.sandbox.settings()) as pair, pair.ledger.read() as session:
        item = next(i for i in reviews.opened(session, PAIR) if i.kind == "customer_unclear")
        choice = next(c.id for c in reviews.question_of(item).choices if c.id.startswith("use:"))
    run = town.ended(town.start("answer-review", question=item.id, choice=choice, answered_by="bookkeeper"))
    assert run.state is not None
    assert run.state.is_completed()
    until(lambda: town.invoices_of(deal_id), 30)


def test_an_impossible_answer_fails_with_a_sentence(town: Town) -> None:
    run = town.ended(town.start("answer-review", question=4711, choice="use", answered_by="bookkeeper"))
    assert run.state is not None
    assert run.state.is_failed()
    assert "no question 4711" in str(run.state.message)


def test_the_month_is_reconciled_as_a_report_that_is_kept(town: Town) -> None:
    deal_id = town.win("Clinic wayfinding")
    town.ended(town.start("deals-to-invoices"))
    run = town.ended(town.start("reconcile-month", month=datetime.now(SYDNEY).strftime("%Y-%m")))
    assert run.state is not None
    assert run.state.is_completed()
    assert "Version 1" in str(run.state.message)
    page = Path(str(run.state.message).rsplit("Version 1: ", 1)[1])
    assert deal_id in page.read_text()


def test_the_week_is_shown_where_nobody_asked_for_mail(town: Town) -> None:
    run = town.ended(town.start("weekly-digest"))
    assert run.state is not None
    assert run.state.is_completed()
    assert "names nobody" in str(run.state.message)
    assert "Outstanding" in town.shown(run)


def test_housekeeping_copies_the_ledger_and_trims_the_runs_that_ended_long_ago(town: Town) -> None:
    old, young = (town.ended(town.start("invoices-to-deals")).id for _ in range(2))
    waiting = town.client.create_flow_run_from_deployment(
        town.client.read_deployment_by_name(f"weekly-digest/{PAIR}").id,
        state=Scheduled(scheduled_time=datetime.now(UTC) + timedelta(days=1)),
    )
    with closing(sqlite3.connect(Path(town.sandbox.home) / "prefect" / "prefect.db")) as prefect, prefect:
        for run_id in (old, waiting.id):
            prefect.execute("UPDATE flow_run SET end_time = '2020-01-01 00:00:00.000000' WHERE id = ?", [str(run_id)])
    run = town.ended(town.start("housekeeping"))
    assert run.state is not None
    assert run.state.is_completed()
    (copy,) = (Path(town.sandbox.home) / "backups").iterdir()
    assert copy.name in str(run.state.message)
    assert "runs in Prefect" in town.shown(run)
    with pytest.raises(ObjectNotFound):
        town.client.read_flow_run(old)
    assert town.client.read_flow_run(young).id == young
    assert town.client.read_flow_run(waiting.id).state_type == StateType.SCHEDULED


def test_prefect_is_told_nothing_personal(town: Town) -> None:
    """Names, addresses and keys of the sandbox's customers, looked for in everything Prefect and the logs keep."""
    canaries = ("Bellbird", "bellbirdcafe", "Surf Co-operative", "Siobh", "Meridian", "5550 1420", "open-sesame")
    kept = [p for p in Path(town.sandbox.home).rglob("*") if p.is_file() and "ui" not in p.parts]
    wanted = [p for p in kept if p.name.startswith("prefect.db") or p.suffix == ".log"]
    assert any(p.name == "prefect.db" for p in wanted)
    for file in wanted:
        content = file.read_bytes()
        found = [word for word in canaries if word.encode() in content]
        assert not found, f"{file.name} holds {found}"


def test_the_flow_that_tells_people_runs_and_says_that_nobody_is_named(town: Town) -> None:
    told = town.ended(town.start("notify"))
    assert told.state is not None
    assert (told.state.name, told.state.message) == ("Completed", "Nobody is named to be told.")
