"""What happens to invoices shows on their deals: approved, paid, part paid, credited, unpaid again, voided."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.capture import capture_invoices
from tasks.report import report_of
from tasks.sync_back import settle_invoices, sync_back


@flow(name="invoices-to-deals", flow_run_name="{pair}", persist_result=False)
def invoices_to_deals(pair: str) -> State[Any] | None:
    """Tell the deals of a pair what their invoices say now, until nothing is left to tell."""
    with report_of(pair, "invoices-to-deals") as report:
        invoices = capture_invoices(pair, ask=True)
        while True:
            if invoices:
                report.add(settle_invoices(pair, invoices))
            sync_back(pair)
            if not invoices or not (invoices := capture_invoices(pair, ask=False)):
                break
    return report.state()
