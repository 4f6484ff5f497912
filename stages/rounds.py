"""The same two flows without Prefect: for the command line, and for when its server is down."""

from __future__ import annotations

from stages import asking, capture, create, exceptions, hooks, map_gst, match, sync_back
from stages.heartbeat import DEALS, INVOICES, beating
from stages.outcome import Outcome
from stages.pair import Pair


def deals_to_invoices(pair: Pair) -> list[Outcome]:
    """Take every changed deal through the six stages, fifty at a time; raises ``ConnectorError`` when stopped."""
    outcomes: dict[str, Outcome] = {}
    with beating(pair.ledger, pair.name, DEALS), asking.to_connect_again(pair):
        hooks.keep(pair)
        capture.notice_deals(pair)
        while True:
            deals = capture.take_deals(pair)
            if deals:
                customers = match.match(pair, deals)
                plans = map_gst.map_gst(pair, deals, customers)
                routed = exceptions.route_exceptions(pair, deals, customers, plans)
                outcomes |= {o.deal_id: o for o in routed}
            try:
                create.create(pair)
            finally:  # Xero's troubles keep no deal from being told what is known
                sync_back.sync_back(pair)
            if not deals:
                return list(outcomes.values())


def invoices_to_deals(pair: Pair) -> list[Outcome]:
    """Tell the deals what their invoices say now; raises ``ConnectorError`` when stopped."""
    outcomes: dict[str, Outcome] = {}
    with beating(pair.ledger, pair.name, INVOICES), asking.to_connect_again(pair):
        capture.notice_invoices(pair)
        while True:
            invoices = capture.take_invoices(pair)
            if invoices:
                outcomes |= {o.deal_id: o for o in sync_back.settle_invoices(pair, invoices)}
            sync_back.sync_back(pair)
            if not invoices:
                return list(outcomes.values())
