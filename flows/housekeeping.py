"""Every night: the ledger is copied, and what has served its time is forgotten, here and in Prefect."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks import housekeeping as tasks
from tasks.report import Report, parking


@flow(name="housekeeping", flow_run_name="{pair}: housekeeping", persist_result=False)
def housekeeping(pair: str) -> State[Any] | None:
    """Copy the ledger, then forget what is older than the settings say; nothing unfinished, nothing of the trail."""
    report = Report(pair, "housekeeping")
    with parking(report):
        copied = tasks.copy_ledger()
        forgotten = tasks.forget(pair)
        trimmed = tasks.trim_runs()
        tasks.told(pair, forgotten, copied, trimmed)
        return Completed(message=copied)
    return report.state()
