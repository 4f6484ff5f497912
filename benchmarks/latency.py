"""How long from a deal won in the sandbox to its draft invoice in the Xero double, and where the time goes.

    python -m benchmarks.latency              the resident runner, as ``wonbooks up`` has it
    python -m benchmarks.latency --by event   by the deployments' triggers alone

Everything is real but the vendors: webhooks over HTTP, the receiver, Prefect's server and the runner as processes.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.hooks import hooks
from cli.playground import Playground
from cli.processes import ask, free_port
from cli.up import Running, prefect_on_this_machine, start_receiver
from sandbox.clock import wall_clock
from sandbox.company import Company, seed
from sandbox.courier import Courier, post
from sandbox.serve import SandboxServer
from sandbox.webhooks import Webhooks
from sandbox.wire import Response
from sandbox.world import World
from stages.opening import opened

PAIR = "demo"
PATIENCE = 120.0
HOPS = (
    "won → told by the CRM",
    "told → thanked",
    "thanked → run made",
    "run made → run begins",
    "run begins → draft in Xero",
)


@dataclass(slots=True)
class Posted:
    """A delivery of the CRM's webhooks: when it left and was answered, and what it said."""

    at: float
    answered: float
    body: bytes


@dataclass(slots=True)
class Watch:
    """Sends as the courier does, and remembers when."""

    posted: list[Posted] = field(default_factory=list[Posted])

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response | None:
        begun = time.time()
        answer = post(url, headers, body)
        self.posted.append(Posted(begun, time.time(), body))
        return answer


@dataclass(slots=True)
class Bench:
    """The world, its webhooks, and Prefect as they run here."""

    world: World
    company: Company
    server: SandboxServer
    watch: Watch
    running: Running
    rng: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - pauses

    def deal(self, number: int) -> str:
        """A deal that is not won yet."""
        with self.server.lock:
            return self.world.hubspot.people.add_deal(
                name=f"Job {number}",
                pipeline="Renewals",
                stage=self._first_stage(),
                company=self.company.companies["bellbird"],
                lines=[{"product": "CONSULT-BRAND"}],
            )

    def _first_stage(self) -> str:
        pipelines = self.world.hubspot.account.pipelines.values()
        return next(p.stages[0].label for p in pipelines if p.label == "Renewals")

    def win(self, deal: str) -> list[float] | None:
        """Win it and wait for its draft: seconds of each hop; ``None`` when it never came."""
        with self.server.lock:
            begun, seen = time.time(), len(self.world.xero.log)
            self.world.hubspot.people.move(deal, "Renewed")
        while (drafted := self._drafted(deal, seen)) is None:
            if time.time() - begun > PATIENCE:
                return None
            time.sleep(0.01)
        told = next(p for p in self.watch.posted if p.at >= begun and deal.encode() in p.body)
        made, ran = max((run for run in self._runs() if run[1] <= drafted), key=lambda run: run[1])
        # A run under way may have taken it along.
        moments = [begun, told.at, told.answered, max(told.answered, made), max(told.answered, ran), drafted]
        return [after - before for before, after in pairwise(moments)]

    def _drafted(self, deal: str, seen: int) -> float | None:
        with self.server.lock:
            for call in self.world.xero.log[seen:]:
                if call.method == "PUT" and call.path.endswith("/Invoices") and f"/{deal}?".encode() in call.body:
                    return call.at.timestamp()
        return None

    def _runs(self) -> list[tuple[float, float]]:
        """When the newest runs of the pair's deals were made, and when they began."""
        query = {"limit": 20, "sort": "START_TIME_DESC", "flows": {"name": {"any_": ["deals-to-invoices"]}}}
        found = json.loads(ask(self.running.port, "/api/flow_runs/filter", json.dumps(query)) or b"[]")
        moments = [(run["created"], run["start_time"]) for run in found if run["start_time"]]
        return [(_seconds(made), _seconds(began)) for made, began in moments]


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def measured(bench: Bench, deals: int, warm_up: int) -> list[list[float]]:
    """Hops of each deal, won one after another at moments of no pattern; the first few don't count."""
    found: list[list[float]] = []
    waiting = [bench.deal(n) for n in range(deals + warm_up)]
    time.sleep(10)
    for number, deal in enumerate(waiting):
        hops = bench.win(deal)
        if hops is None:
            raise SystemExit(f"no invoice within {PATIENCE:.0f} seconds")
        if number >= warm_up:
            found.append(hops)
        # Xero takes sixty calls a minute.
        time.sleep(bench.rng.uniform(3, 9))
    with bench.server.lock:
        calls = [call for call in bench.world.xero.log if call.actor == "api" and "token" not in call.path]
    print(f"{len(calls) / len(waiting):.1f} calls to Xero for each deal")  # noqa: T201
    return found


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def table(found: Sequence[Sequence[float]], title: str) -> Table:
    totals = [sum(hops) for hops in found]
    shown = Table(title=title)
    for heading in ("", "p50 s", "p95 s", "max s", "share"):
        shown.add_column(heading, justify="left" if not heading else "right")
    for n, hop in enumerate([*HOPS, "won → draft in Xero"]):
        values = totals if n == len(HOPS) else [hops[n] for hops in found]
        share = statistics.fmean(values) / statistics.fmean(totals)
        figures = (quantile(values, 0.5), quantile(values, 0.95), max(values))
        shown.add_row(hop, *(f"{figure:.2f}" for figure in figures), f"{share:.0%}")
    return shown


def bench(options: Any, console: Console) -> list[list[float]]:
    """Set everything up, measure, take it down."""
    world = World(wall_clock)
    company = seed(world)
    watch = Watch()
    webhooks = Webhooks(world, watch.post)
    with tempfile.TemporaryDirectory() as folder:
        playground = Playground(free_port(), Path(folder))
        around = {**playground.environment(), "WONBOOKS_WAKE_BY": options.by}
        with (
            SandboxServer(world.doors, port=playground.port) as server,
            Courier(webhooks, server.lock),
            prefect_on_this_machine(
                Path(folder), pairs=[PAIR], environment=around, port=free_port(), console=console
            ) as running,
            opened(PAIR, playground.settings()),
        ):
            door = free_port()
            addresses = hooks(PAIR, playground.settings(), door)
            start_receiver(running, around, door)
            for system, hook in addresses.items():
                webhooks.subscribe(system, hook.url)
            return measured(Bench(world, company, server, watch, running), options.deals, options.warm_up)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--by", choices=("run", "event"), default="run")
    parser.add_argument("--deals", type=int, default=30)
    parser.add_argument("--warm-up", type=int, default=3)
    options = parser.parse_args()
    console = Console(width=100)
    found = bench(options, console)
    way = "by the resident runner" if options.by == "run" else "by triggers alone"
    console.print(table(found, f"{len(found)} deals {way}"))


if __name__ == "__main__":
    main()
