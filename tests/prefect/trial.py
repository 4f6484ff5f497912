"""Flows of the tests' own: they write down what happens to them in the folder ``TRIAL``, and obey the files there."""

import os
import time
from decimal import Decimal
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from tasks.trail import emit, name_run, table


@task(cache_policy=NO_CACHE, persist_result=False)
def note(pair: str) -> None:
    """One line a run: the pair, the process and the run's id."""
    with (folder() / "noted").open("a") as file:
        file.write(f"{pair} {os.getpid()} {flow_run.get_id()}\n")


@flow(name="deals-to-invoices")
def trial(pair: str) -> None:
    """Note the run; then wait while there is a file ``wait``, and fail while there is a file ``fail``."""
    note(pair)
    while (folder() / "wait").exists():
        time.sleep(0.05)
    if (folder() / "fail").exists():
        raise ValueError("asked to fail")


@flow(name="trail")
def trail(pair: str) -> None:
    """Leave every kind of trail there is."""
    name_run(pair, ["101", "102"])
    emit(pair, "101", "invoiced", {"invoice_number": "INV-0101", "total": Decimal("110.00")})
    table("Deals of " + pair, [{"deal": "101", "total": Decimal("110.00")}], "What became of them")


@flow(name="exits")
def exits(pair: str) -> None:
    """Do what no flow should."""
    raise SystemExit(f"{pair} has had enough")


def folder() -> Path:
    return Path(os.environ["TRIAL"])
