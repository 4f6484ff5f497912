"""Links follow what was merged, and a circle leads nowhere."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.records import XeroContact
from ledger import customers, links
from ledger.database import ledger_in_memory
from ledger.tables import Alias

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def test_a_merged_customer_lives_on_in_the_last_of_the_chain() -> None:
    with ledger_in_memory(lambda: NOW).write() as session:
        links.merge_customers(session, "p", ["company:1"], "company:2")
        links.merge_customers(session, "p", ["company:2"], "company:3")
        assert links.living(session, "p", ["company:1", "company:2", "company:3", "company:9"]) == {
            "company:1": "company:3",
            "company:2": "company:3",
        }


def test_a_circle_of_merges_leads_nowhere() -> None:
    with ledger_in_memory(lambda: NOW).write() as session:
        for old, new in (("company:1", "company:2"), ("company:2", "company:1")):
            session.add(Alias(pair="p", kind=links.CUSTOMER, old_id=old, survivor=new))
        session.flush()
        assert links.living(session, "p", ["company:1", "company:2"]) == {}
        circle = [
            XeroContact("x1", "A", "ARCHIVED", merged_to="x2"),
            XeroContact("x2", "B", "ARCHIVED", merged_to="x1"),
        ]
        customers.put(session, "p", circle)
        assert customers.invoiceable(session, "p", ["x1", "x2"]) == {}


def test_the_survivor_is_the_contact_that_the_merged_one_was_unless_it_is_one_itself() -> None:
    with ledger_in_memory(lambda: NOW).write() as session:
        for ref, xero in (("company:1", "x1"), ("company:2", "x2"), ("company:3", "x1")):
            links.link(session, "p", links.CUSTOMER, ref, xero, now=NOW, how="email")
        assert not links.merge_customers(session, "p", ["company:1"], "company:2")
        assert not links.merge_customers(session, "p", ["company:1", "company:2"], "company:4")
        assert links.merge_customers(session, "p", ["company:3"], "company:5")
        assert links.customers(session, "p", ["company:5", "company:4", "company:2"]) == {
            "company:5": "x1",
            "company:2": "x2",
        }
