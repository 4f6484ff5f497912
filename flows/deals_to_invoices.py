"""Won deals become invoices."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.capture import capture
from tasks.create import create
from tasks.exceptions import route_exceptions
from tasks.map_gst import map_gst
from tasks.match import match
from tasks.report import report_of
from tasks.sync_back import sync_back


@flow(name="deals-to-invoices", flow_run_name="{pair}", persist_result=False)
def deals_to_invoices(pair: str) -> State[Any] | None:
    """Take every changed deal of a pair through the six stages, fifty at a time, until nothing is left.

    May be run at any moment, and again after any failure: finished work is marked finished in the ledger.
    """
    with report_of(pair, "deals-to-invoices") as report:
        deals = capture(pair, ask=True)
        while True:
            if deals:
                customers = match(pair, deals)
                plans = map_gst(pair, deals, customers)
                report.add(route_exceptions(pair, deals, customers, plans))
            try:
                create(pair)
            finally:  # Xero's troubles keep no deal from being told what is known
                sync_back(pair)
            if not deals or not (deals := capture(pair, ask=False)):
                break
    return report.state()
