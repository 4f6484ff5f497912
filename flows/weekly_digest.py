"""Monday morning: what was won, invoiced and paid last week, what is due, what waits for a person."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.digest import digest
from tasks.report import Report, parking


@flow(name="weekly-digest", flow_run_name="{pair}: the week", persist_result=False)
def weekly_digest(pair: str) -> State[Any] | None:
    """Show the week of a pair, and send it to whoever its mapping names; at most once a week, however often it runs."""
    report = Report(pair, "weekly-digest")
    with parking(report):
        return Completed(message=digest(pair))
    return report.state()
