"""Each night both sides of every link are held against each other, whether or not anybody told of a change."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.align import compare
from tasks.report import Report, parking, publish_questions


@flow(name="compare-contacts", flow_run_name="{pair}: compare details", persist_result=False)
def compare_contacts(pair: str) -> State[Any] | None:
    """Find customers whose details have drifted apart, and mend them by the same rules."""
    report = Report(pair, "compare-contacts")
    with parking(report):
        if compare(pair):
            publish_questions(pair)
    return report.state()
