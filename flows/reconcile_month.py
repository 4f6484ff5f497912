"""Month end: every won deal of a period beside its invoices and payments, as a report that doesn't change any more."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.reconcile import reconcile
from tasks.report import Report, parking


@flow(name="reconcile-month", flow_run_name="{pair}: report {month}", persist_result=False)
def reconcile_month(
    pair: str, month: str = "", first: date | None = None, last: date | None = None
) -> State[Any] | None:
    """Reconcile last month, or the period named; may be run at any moment, and again for the same period.

    Args:
        pair: The pair to reconcile.
        month: A month, like 2026-10; empty for the month before this one.
        first: Or the first day of any period,
        last: and its last day.
    """
    report = Report(pair, "reconcile-month")
    with parking(report):
        frozen = reconcile(pair, month, first, last)
        return Completed(message=f"{frozen.headline} Version {frozen.version}: {frozen.page}")
    return report.state()
