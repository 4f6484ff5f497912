"""Housekeeping as tasks: the ledger forgets and is copied, Prefect forgets its own old runs."""

from __future__ import annotations

from datetime import datetime, timedelta

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import TERMINAL_STATES

from stages import housekeeping
from stages.opening import ledger_at
from stages.settings import Settings
from tasks import trail
from tasks.stage import stage

POOL = "wonbooks"
PAGE = 100
# A night's work; what is left is the next night's.
MOST = 5000


@stage(name="forget", task_run_name="forget {pair}")
def forget(pair: str) -> housekeeping.Forgotten:
    settings = Settings()
    return housekeeping.forget(ledger_at(settings.ledger_url), pair, settings)


@stage(name="copy the ledger", task_run_name="copy the ledger")
def copy_ledger() -> str:
    """What became of the copy, in a sentence."""
    settings = Settings()
    return housekeeping.copied(housekeeping.copy_tonight(ledger_at(settings.ledger_url), settings))


@stage(name="trim runs", task_run_name="trim runs")
def trim_runs() -> int:
    """Delete what ended longer ago than runs are kept, with its artifacts; how many runs that were."""
    settings = Settings()
    before = ledger_at(settings.ledger_url).now() - timedelta(days=settings.keep_runs_days)
    trimmed = 0
    with get_client(sync_client=True) as client:
        while trimmed < MOST and (page := _trim(client, before)):
            trimmed += page
    return trimmed


def _trim(client: SyncPrefectClient, before: datetime) -> int:
    ended = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(TERMINAL_STATES))),
        end_time=FlowRunFilterEndTime.model_validate({"before_": before}),
    )
    of_ours = WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL]))
    runs = [run.id for run in client.read_flow_runs(flow_run_filter=ended, work_pool_filter=of_ours, limit=PAGE)]
    if runs:
        shown = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=runs))
        for artifact in client.read_artifacts(artifact_filter=shown):
            client.delete_artifact(artifact.id)
    for run in runs:
        client.delete_flow_run(run)
    return len(runs)


def told(pair: str, forgotten: housekeeping.Forgotten, copied: str, trimmed: int) -> None:
    """Show what was done in the run's page."""
    rows = [
        {"what": "requests sent", "forgotten": forgotten.bodies},
        {"what": "tellings of deals", "forgotten": forgotten.tellings},
        {"what": "names", "forgotten": forgotten.names},
        {"what": "reports broken off", "forgotten": forgotten.reports},
        {"what": "runs in Prefect", "forgotten": trimmed},
    ]
    trail.table(f"housekeeping {pair}", rows, copied)
