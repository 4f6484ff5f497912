"""Who each deal's customer is in Xero."""

from __future__ import annotations

from stages import match as stages
from stages.capture import Deals
from stages.match import Customers
from stages.opening import opened
from tasks.stage import stage


@stage(name="match", task_run_name="match customers of {pair}")
def match(pair: str, deals: Deals) -> Customers:
    with opened(pair) as at_work:
        return stages.match(at_work, deals)
