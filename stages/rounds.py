"""The same flows without Prefect: for the command line, and for when its server is down."""

from __future__ import annotations

from stages import asking, born, capture, create, details, exceptions, hooks, map_gst, match, sync_back, write_details
from stages.aligning import Aligned
from stages.heartbeat import DEALS, INVOICES, beating
from stages.outcome import Outcome
from stages.pair import Pair


def deals_to_invoices(pair: Pair) -> list[Outcome]:
    """Take every changed deal through the six stages, fifty at a time; raises ``ConnectorError`` when stopped."""
    outcomes: dict[str, Outcome] = {}
    with beating(pair.ledger, pair.name, DEALS), asking.to_connect_again(pair.ledger, pair.name):
        hooks.keep(pair)
        capture.notice_deals(pair)
        deals = capture.take_deals(pair)
        while True:
            if deals:
                customers = match.match(pair, deals)
                plans = map_gst.map_gst(pair, deals, customers)
                routed = exceptions.route_exceptions(pair, deals, customers, plans)
                outcomes |= {o.deal_id: o for o in routed}
            try:
                create.create(pair)
            finally:  # Xero's troubles keep no deal from being told what is known
                sync_back.sync_back(pair)
            if not deals or not (deals := capture.take_deals(pair)):
                return list(outcomes.values())


def invoices_to_deals(pair: Pair) -> list[Outcome]:
    """Tell the deals what their invoices say now; raises ``ConnectorError`` when stopped."""
    outcomes: dict[str, Outcome] = {}
    with beating(pair.ledger, pair.name, INVOICES), asking.to_connect_again(pair.ledger, pair.name):
        capture.notice_invoices(pair)
        invoices = capture.take_invoices(pair)
        while True:
            if invoices:
                outcomes |= {o.deal_id: o for o in sync_back.settle_invoices(pair, invoices)}
            sync_back.sync_back(pair)
            if not invoices or not (invoices := capture.take_invoices(pair)):
                return list(outcomes.values())


def contacts_both_ways(pair: Pair) -> list[Aligned]:
    """Keep the details of linked customers the same; raises ``ConnectorError`` when stopped.

    Nothing is asked of anybody where the mapping keeps none the same.
    """
    found: list[Aligned] = []
    with asking.to_connect_again(pair.ledger, pair.name):
        born.take_up(pair)
        if not details.notice(pair):
            return found
        if details.rules_changed(pair):
            return compare_contacts(pair)
        while (decided := details.decide(pair)) is not None:
            found += decided
            write_details.deliver(pair)
    return found


def compare_contacts(pair: Pair) -> list[Aligned]:
    """Hold both sides of every link against each other, and mend what differs; what was found."""
    found: list[Aligned] = []
    if not pair.rules.details:
        return found
    with asking.to_connect_again(pair.ledger, pair.name):
        for decided in details.compare(pair):
            found += decided
            write_details.deliver(pair)
        while (decided := details.decide(pair)) is not None:
            found += decided
            write_details.deliver(pair)
    return found
