"""Waking a pair: a run of its deployment at once, because something has changed.

Sooner, never surer: what has changed stands in the inbox already, where the schedule would find it. So a run that has
not begun yet covers everything up to now, and a failure to wake is worth a line in the log and no more.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.events import emit_event

Stream = Literal["deals", "invoices"]

FLOWS: dict[Stream, str] = {"deals": "deals-to-invoices", "invoices": "invoices-to-deals"}

SOON = timedelta(seconds=10)
"""A run that begins within this time is as good as a new one."""

log = logging.getLogger(__name__)


def wake(pair: str, stream: Stream, client: SyncPrefectClient | None = None) -> UUID | None:
    """The id of the run that will look at this stream: one that is about to begin, or else a new one.

    ``None`` when there is no such deployment or the server does not answer. ``client`` is closed; without one, the
    settings say which server.
    """
    try:
        with client or get_client(sync_client=True) as server:
            deployment = server.read_deployment_by_name(f"{FLOWS[stream]}/{pair}").id
            return about_to_begin(server, deployment) or server.create_flow_run_from_deployment(deployment).id
    except Exception as error:  # noqa: BLE001  (the schedule will do it)
        log.warning("%s of %s could not be woken (%s)", stream, pair, type(error).__name__)
        return None


def announce(pair: str, stream: Stream) -> None:
    """Emit ``wonbooks.pair.woken``, which starts a run by the deployment's trigger: one for each event."""
    emit_event(
        "wonbooks.pair.woken",
        resource={"prefect.resource.id": f"wonbooks.pair.{pair}", "wonbooks.stream": stream},
        payload={"pair": pair, "stream": stream},
    )


def about_to_begin(server: SyncPrefectClient, deployment: UUID) -> UUID | None:
    """A run of the deployment that waits to begin now; runs planned for later do not count."""
    soon = datetime.now(UTC) + SOON
    waiting = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[deployment]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING])),
        expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": soon}),
    )
    for run in server.read_flow_runs(flow_run_filter=waiting):
        # A retry keeps the time it was first expected at, and may begin much later.
        if run.next_scheduled_start_time is None or run.next_scheduled_start_time <= soon:
            return run.id
    return None
