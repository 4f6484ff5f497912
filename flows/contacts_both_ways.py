"""What somebody changes about a customer on one side shows on the other, as the mapping says."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.align import align
from tasks.report import Report, parking, publish_questions


@flow(name="contacts-both-ways", flow_run_name="{pair}: details", persist_result=False)
def contacts_both_ways(pair: str) -> State[Any] | None:
    """Keep the details of linked customers the same; does nothing where the mapping names none."""
    report = Report(pair, "contacts-both-ways")
    with parking(report):
        if align(pair):
            publish_questions(pair)
    return report.state()
