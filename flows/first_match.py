"""What both systems have already is paired; the desk and `wonbooks first-match` list it to be confirmed."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.first_match import first_match as pair_up
from tasks.report import Report, parking


@flow(name="first-match", flow_run_name="{pair}: first match", persist_result=False)
def first_match(pair: str) -> State[Any] | None:
    """Read both systems whole, pair customers and tie invoices; writes nothing outside, and may run again any time."""
    report = Report(pair, "first-match")
    with parking(report):
        came = pair_up(pair)
        said = ", ".join(f"{count} {word}" for word, count in sorted(came.items())) or "everybody is linked"
        return Completed(message=f"{said}. To confirm: the desk, or wonbooks first-match {pair}")
    return report.state()
