"""Accounts, tax types and totals of each deal's invoice."""

from __future__ import annotations

from stages import map_gst as stages
from stages.capture import Deals
from stages.map_gst import Plan
from stages.match import Customers
from stages.opening import opened
from tasks.stage import stage


@stage(name="map GST", task_run_name="map GST for {pair}")
def map_gst(pair: str, deals: Deals, customers: Customers) -> dict[str, Plan]:
    with opened(pair) as at_work:
        return stages.map_gst(at_work, deals, customers)
