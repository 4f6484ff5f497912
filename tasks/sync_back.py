"""What the deals are told about their invoices."""

from __future__ import annotations

from stages import sync_back as stages
from stages.capture import Invoices
from stages.opening import opened
from stages.outcome import Outcome
from tasks.stage import stage


@stage(name="sync back", task_run_name="sync back to the deals of {pair}")
def sync_back(pair: str) -> int:
    """Write to the deals what they don't know yet; returns how many were written."""
    with opened(pair) as at_work:
        return stages.sync_back(at_work).written


@stage(name="settle invoices", task_run_name="settle invoices of {pair}")
def settle_invoices(pair: str, invoices: Invoices) -> list[Outcome]:
    """Decide what the deals of these invoices are told."""
    with opened(pair) as at_work:
        return stages.settle_invoices(at_work, invoices)
