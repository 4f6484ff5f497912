"""Kill it for real: ``python -m tests.soak --minutes 3 --database sqlite``.

The sandbox over HTTP, Prefect's server, the runner and the receiver as ``wonbooks up`` starts them; deals are won and
paid, and every few seconds one process is killed (kill -9) or stopped for a while (SIGSTOP, SIGCONT). Then it is
quiet, until nothing is left to do. What came of it is judged by what the doubles hold and by their logs.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlmodel import col, select

from cli.hooks import hooks
from cli.playground import Playground
from cli.processes import free_port
from cli.up import prefect_on_this_machine, start_receiver
from ledger import inbox, reviews
from ledger.tables import Effect
from sandbox.clock import wall_clock
from sandbox.company import seed
from sandbox.courier import Courier, post
from sandbox.serve import SandboxServer
from sandbox.webhooks import Webhooks
from sandbox.world import World
from stages.opening import opened
from stages.pair import Pair
from tasks.wake import Server, wake
from tests.soak.killing import Killer
from tests.soak.trade import Found, Trade
from tests.support.postgres import postgres

PAIR = "demo"
# A lease of a killed process lasts ten minutes, and a doubt three.
DRAINS_WITHIN = 20 * 60.0


@dataclass(frozen=True, slots=True)
class Soaked:
    """What was found, who was killed how often, and the seconds until the rest was done; None: not in time."""

    found: Found
    killed: Mapping[tuple[str, str], int]
    drained: float | None


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    asked.add_argument("--minutes", type=float, default=3)
    asked.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    asked.add_argument("--seed", type=int, default=1)
    told = asked.parse_args()
    console = Console(width=100)
    with postgres() if told.database == "postgres" else nullcontext("") as url:
        soaked = soak(console, told.minutes * 60, url, random.Random(told.seed))
    console.print(table(told.database, told.minutes, soaked))
    return 0 if soaked.found.is_well and soaked.drained is not None else 1


def soak(console: Console, seconds: float, database: str, rng: random.Random) -> Soaked:
    """Let it all go on for so many seconds while processes are killed, and then come to rest."""
    world = World(wall_clock)
    company = seed(world)
    webhooks = Webhooks(world, post)
    with tempfile.TemporaryDirectory() as folder:
        playground = Playground(free_port(), Path(folder))
        around = {**playground.environment(), "WONBOOKS_DATABASE": database}
        settings = playground.settings().model_copy(update={"database": database})
        with (
            SandboxServer(world.doors, port=playground.port) as server,
            Courier(webhooks, server.lock),
            prefect_on_this_machine(
                Path(folder), pairs=[PAIR], environment=around, port=free_port(), console=console
            ) as running,
            opened(PAIR, settings) as pair,
        ):
            door = free_port()
            addresses = hooks(PAIR, settings, door)
            start_receiver(running, around, door)
            for system, hook in addresses.items():
                webhooks.subscribe(system, hook.url)
            trade = Trade(world, company, server, rng)
            killer = Killer(running.children, rng)
            _trade_on(trade, killer, seconds)
            drained = _drained(trade, pair, Server(running.api_url))
            with pair.ledger.read() as session:
                questions = len(reviews.opened(session, PAIR))
            return Soaked(trade.found(questions), killer.done, drained)


def _trade_on(trade: Trade, killer: Killer, seconds: float) -> None:
    end = time.monotonic() + seconds
    with killer:
        while time.monotonic() < end:
            trade.go_on()
            time.sleep(1)


def _drained(trade: Trade, pair: Pair, server: Server) -> float | None:
    """Seconds until all is done; runs begin every so often, as they do by schedule."""
    begun = time.monotonic()
    while time.monotonic() < begun + DRAINS_WITHIN:
        for stream in ("deals", "invoices"):
            wake(PAIR, stream, server)
        time.sleep(10)
        if trade.is_done() and not _waits(pair):
            return time.monotonic() - begun
    return None


def _waits(pair: Pair) -> bool:
    """Whether anything waits for something else than a person."""
    with pair.ledger.read() as session:
        noticed = any(inbox.waiting(session, PAIR, stream) for stream in (inbox.DEALS, inbox.INVOICES))
        open_ = select(Effect.id).where(col(Effect.state).in_(("planned", "sending", "unknown", "chosen")))
        return noticed or session.exec(open_).first() is not None


def table(name: str, minutes: float, soaked: Soaked) -> Table:
    """What happened, in two columns."""
    shown = Table(title=f"{name}, {minutes:g} minutes")
    shown.add_column("")
    shown.add_column("", justify="right")
    for (program, how), times in sorted(soaked.killed.items()):
        shown.add_row(f"{program} {how}", str(times))
    shown.add_section()
    for what, count in asdict(soaked.found).items():
        shown.add_row(what.replace("_", " "), str(count))
    shown.add_row("drained in", "not in time" if soaked.drained is None else f"{soaked.drained:.0f} s")
    return shown


if __name__ == "__main__":
    sys.exit(main())
