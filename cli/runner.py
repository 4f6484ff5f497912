"""The resident runner: one warm process that carries out every run of the work pool in its own threads.

An ordinary process worker starts a fresh interpreter for each run, which costs seconds. This one has the flows imported
already and only asks the server once a second what is due. The pool stays a plain process pool, so that
``prefect worker start`` may serve it too.
"""

import asyncio
import os
import pkgutil
import signal
import socket
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any, cast

import anyio.abc
from anyio import to_thread
from prefect import Flow, State
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import Abort, Pause
from prefect.flow_engine import run_flow
from prefect.logging.loggers import flow_run_logger
from prefect.states import AwaitingRetry, Cancelled, Crashed
from prefect.workers.base import BaseWorker
from prefect.workers.process import ProcessJobConfiguration, ProcessVariables, ProcessWorkerResult

import flows

POOL = "wonbooks"
AT_ONCE = 4
TRIES = 5


class ResidentRunner(BaseWorker[ProcessJobConfiguration, ProcessVariables, ProcessWorkerResult]):
    """A worker of a process pool that runs flows in threads of its own process."""

    type = "process"
    job_configuration = ProcessJobConfiguration
    job_configuration_variables = ProcessVariables

    @classmethod
    def __dispatch_key__(cls) -> str:
        """A name of its own in Prefect's register, so that Prefect's process worker keeps its place there."""
        return "resident"

    async def run(
        self,
        flow_run: FlowRun,
        configuration: ProcessJobConfiguration,  # noqa: ARG002  (Prefect passes it by name)
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> ProcessWorkerResult:
        if flow_run.deployment_id is None:
            raise ValueError("Only runs of a deployment can be carried out here.")
        deployment = await self.client.read_deployment(flow_run.deployment_id)
        flow = await to_thread.run_sync(flow_at, str(deployment.entrypoint))
        if task_status is not None:
            task_status.started(os.getpid())
        status = await to_thread.run_sync(carry_out, flow, flow_run)
        return ProcessWorkerResult(status_code=status, identifier=str(os.getpid()))


@cache
def flow_at(entrypoint: str) -> Flow[..., Any]:
    """The flow at ``flows/deals_to_invoices.py:deals_to_invoices``, imported once like any other module."""
    path, _, name = entrypoint.partition(":")
    module = import_module(path.removesuffix(".py").replace("/", "."))
    return getattr(module, name)


def carry_out(flow: Flow[..., Any], flow_run: FlowRun) -> int:
    """0 when the server knows how the run ended, well or badly; 1 when it may not, so that a crash is reported.

    A thread cannot be killed: a run cancelled in the UI goes on to its end, and only then counts as cancelled.
    """
    try:
        state = cast("State[Any]", run_flow(flow, flow_run=flow_run, return_type="state"))
        if state.is_cancelling():
            with get_client(sync_client=True) as client:
                client.set_flow_run_state(flow_run.id, Cancelled(message="Its work was finished first."), force=True)
    except (Abort, Pause):
        return 0
    except BaseException:  # noqa: BLE001  (a flow that calls sys.exit must not end the runner)
        flow_run_logger(flow_run, flow).exception("The run ended without a state of its own.")
        return 1
    return 0


async def take_up_again(client: PrefectClient, runner_name: str) -> None:
    """Let the runs that a killed runner of this name left half done run again, each under its own id.

    Any flow of ours may be repeated at any moment. A run taken, but not yet labelled with its worker, counts as ours.
    """
    unfinished = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
    runs = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=unfinished))),
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL])),
    )
    for run in runs:
        if run.labels.get("prefect.worker.name", runner_name) == runner_name:
            await client.set_flow_run_state(run.id, after_the_stop(run), force=True)


def after_the_stop(run: FlowRun) -> State[Any]:
    """What becomes of it: a run that may itself be what stops the runner is not tried for ever."""
    if run.state is not None and run.state.is_cancelling():
        return Cancelled(message="The runner stopped.")
    if run.run_count >= TRIES:
        return Crashed(message=f"The runner stopped while this run was under way, {TRIES} times.")
    return AwaitingRetry(message="The runner stopped while this run was under way.")


async def stay() -> None:
    """Serve the pool until SIGTERM or SIGINT; runs under way may finish first."""
    name = f"wonbooks on {socket.gethostname()}"
    runner = ResidentRunner(work_pool_name=POOL, name=name, limit=AT_ONCE, prefetch_seconds=0)
    here = asyncio.current_task()
    assert here is not None  # noqa: S101
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, here.cancel)
    async with get_client() as client:
        await take_up_again(client, name)
    await runner.start()


def main() -> None:
    for module in pkgutil.iter_modules(flows.__path__, "flows."):
        import_module(module.name)
    with suppress(asyncio.CancelledError):
        asyncio.run(stay())


if __name__ == "__main__":
    main()
