"""Which records changed, and what they say now."""

from __future__ import annotations

from stages import capture as stages
from stages.capture import Deals, Invoices
from stages.opening import opened
from tasks.stage import stage


@stage(name="capture", task_run_name="capture deals of {pair}")
def capture(pair: str) -> Deals:
    """Ask the CRM which deals changed, and read the next fifty of them."""
    with opened(pair) as at_work:
        stages.notice_deals(at_work)
        return stages.take_deals(at_work)


@stage(name="capture payments", task_run_name="capture invoices of {pair}")
def capture_invoices(pair: str) -> Invoices:
    """Ask Xero which of our invoices and payments changed, and read the next fifty invoices."""
    with opened(pair) as at_work:
        stages.notice_invoices(at_work)
        return stages.take_invoices(at_work)
