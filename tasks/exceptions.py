"""Proceed, ask or skip: every deal's decision, committed."""

from __future__ import annotations

from collections.abc import Mapping

from stages import exceptions as stages
from stages.capture import Deals
from stages.map_gst import Plan
from stages.match import Customers
from stages.opening import opened
from stages.outcome import Outcome
from tasks.stage import stage


@stage(name="route exceptions", task_run_name="route deals of {pair}")
def route_exceptions(pair: str, deals: Deals, customers: Customers, plans: Mapping[str, Plan]) -> list[Outcome]:
    with opened(pair) as at_work:
        return stages.route_exceptions(at_work, deals, customers, plans)
