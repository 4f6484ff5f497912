"""Which records changed, and what they say now."""

from __future__ import annotations

from stages import capture as stages
from stages import hooks
from stages.capture import Deals, Invoices
from stages.opening import opened
from tasks.stage import stage


@stage(name="capture", task_run_name="capture deals of {pair}")
def capture(pair: str, *, ask: bool) -> Deals:
    """Read the next fifty deals of the inbox; ``ask`` the CRM first which changed."""
    with opened(pair) as at_work:
        if ask:
            hooks.keep(at_work)
            stages.notice_deals(at_work)
        return stages.take_deals(at_work)


@stage(name="capture payments", task_run_name="capture invoices of {pair}")
def capture_invoices(pair: str, *, ask: bool) -> Invoices:
    """Read the next fifty invoices of the inbox; ``ask`` Xero first which changed, by their own or a payment's date."""
    with opened(pair) as at_work:
        if ask:
            stages.notice_invoices(at_work)
        return stages.take_invoices(at_work)
