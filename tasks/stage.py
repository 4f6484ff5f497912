"""What all stages have in common as Prefect tasks: retries in minutes, nothing kept by Prefect, one opened pair."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from connectors.errors import OutcomeUnknown, Throttled, TryLater

P = ParamSpec("P")
R = TypeVar("R")

RETRY_DELAYS: list[float] = [20, 90, 300]
"""Seconds; longer pauses are the outbox's to wait out."""


def passes_soon(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001
    """Whether trying again within minutes makes sense. What was finished is marked finished in the ledger."""
    error = state.result(raise_on_failure=False)
    if isinstance(error, Throttled):
        return not error.daily and error.pause <= RETRY_DELAYS[-1]
    return isinstance(error, TryLater | OutcomeUnknown)


def stage(*, name: str, task_run_name: str) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Makes a stage a task. The truth is in the ledger, so Prefect keeps nothing and a repeated run repeats no work."""
    return task(
        name=name,
        task_run_name=task_run_name,
        cache_policy=NO_CACHE,
        persist_result=False,
        log_prints=False,
        retries=len(RETRY_DELAYS),
        retry_delay_seconds=RETRY_DELAYS,
        retry_condition_fn=passes_soon,
    )
