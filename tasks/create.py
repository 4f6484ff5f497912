"""Contacts and invoices in Xero, each once."""

from __future__ import annotations

from connectors.errors import OutcomeUnknown
from stages import capture
from stages import create as stages
from stages.opening import opened
from tasks.stage import stage


@stage(name="create", task_run_name="create invoices of {pair}")
def create(pair: str) -> int:
    """Carry out what the outbox intends in Xero; returns how many invoices stand as intended.

    Raises ``OutcomeUnknown`` when an answer was lost, so that the next try looks before it repeats; not while other
    deals wait for their turn, after which it looks anyway.
    """
    with opened(pair) as at_work:
        made = stages.create(at_work)
        others = made.doubtful and capture.more_deals(at_work)
    if made.doubtful and not others:
        raise OutcomeUnknown("xero", "PUT /Invoices", f"{made.doubtful} answers were lost; looked for at the next try")
    return made.posted
