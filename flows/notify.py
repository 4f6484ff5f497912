"""Every few minutes: people are told of what is new and what is wrong, and a monitor that the flows still run."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.notify import notify as told


@flow(name="notify", flow_run_name="{pair}: anything to tell?", persist_result=False)
def notify(pair: str) -> State[Any]:
    """Tell what there is to tell about a pair: each cause once in a while, however often this runs."""
    return Completed(message=told(pair))
