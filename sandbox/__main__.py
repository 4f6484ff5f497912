"""``python -m sandbox``: the doubles and the play page on loopback, with the clock on the wall."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable
from typing import Any

from sandbox import company
from sandbox.clock import wall_clock
from sandbox.play import pages
from sandbox.serve import SandboxServer
from sandbox.world import World

SEEDS: dict[str, Callable[[World], Any]] = {"company": company.seed, "nothing": lambda _world: None}


def main() -> None:
    """Serve until interrupted; the address is the one line printed."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", choices=SEEDS, default="company", help="what the world begins with")
    parser.add_argument("--search-lag", type=float, help="seconds until HubSpot's search shows a change")
    options = parser.parse_args()
    world = World(wall_clock)
    if options.search_lag is not None:
        world.hubspot.switches.index_lag = options.search_lag
    SEEDS[options.seed](world)
    with SandboxServer(world.doors, pages=pages(world, SEEDS[options.seed]), port=options.port) as server:
        print(server.url, flush=True)  # noqa: T201 - what whoever started us waits for
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
