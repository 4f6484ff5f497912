"""All of Wonbooks on one machine, with the sandbox for the outside world."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import FlowRun
from rich.console import Console

from cli.playground import Playground
from cli.processes import free_port
from cli.up import Running, deploy, prefect_on_this_machine
from tests.support.waiting import until

PAIR = "demo"
TRIAL = Path(__file__).with_name("prefect.yaml")


@dataclass(frozen=True, slots=True)
class Town:
    """The sandbox, Prefect and the runner, each a process of its own.

    The flows of ``demo`` do the work; those of ``acme`` are the tests' own, and are told what to do in ``folder``.
    """

    sandbox: Playground
    running: Running
    client: SyncPrefectClient
    folder: Path

    def win(self, name: str) -> str:
        deal = self.deal(name)
        self.sandbox.act("hubspot", "move", deal["id"], "Closed won")
        return deal["id"]

    def deal(self, name: str) -> dict[str, Any]:
        return next(d for d in self.sandbox.state()["deals"] if d["name"] == name)

    def invoices_of(self, deal_id: str) -> list[dict[str, Any]]:
        return [i for i in self.sandbox.state()["invoices"] if f"/0-3/{deal_id}?" in i["marker"]]

    def start(self, flow: str, **parameters: Any) -> UUID:
        deployment = self.client.read_deployment_by_name(f"{flow}/{PAIR}").id
        return self.client.create_flow_run_from_deployment(deployment, parameters=parameters).id

    def shown(self, run: FlowRun) -> str:
        """What the run left to be read on its page."""
        of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]))
        return " ".join(str(each.data) for each in self.client.read_artifacts(artifact_filter=of_run))

    def ended(self, run_id: UUID, run_count: int = 1) -> FlowRun:
        def look() -> FlowRun | None:
            run = self.client.read_flow_run(run_id)
            return run if run.state and run.state.is_final() and run.run_count >= run_count else None

        run = until(look, 60)
        assert run is not None
        return run


@contextmanager
def built(home: Path, folder: Path) -> Generator[Town]:
    sandbox = Playground(free_port(), home)
    with (
        prefect_on_this_machine(
            home,
            pairs=[PAIR],
            environment={**sandbox.environment(), "TRIAL": str(folder)},
            programs=[sandbox.program(dict(os.environ), "--search-lag", "0")],
            port=free_port(),
            console=Console(file=StringIO()),
        ) as running,
        SyncPrefectClient(running.api_url) as client,
    ):
        deploy("acme", running.environment, TRIAL)
        yield Town(sandbox, running, client, folder)
