"""``python -m sandbox``: the doubles and the play page on loopback, with the clock on the wall."""

from __future__ import annotations

import argparse
import threading

from sandbox import company
from sandbox.clock import wall_clock
from sandbox.courier import Courier, post
from sandbox.play import pages
from sandbox.selling import SELLING
from sandbox.serve import SandboxServer
from sandbox.webhooks import Webhooks
from sandbox.world import World

SEEDS = ("company", "nothing")


def main() -> None:
    """Serve until interrupted; the address is the one line printed."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", choices=SEEDS, default="company", help="what the world begins with")
    parser.add_argument("--crm", choices=SELLING, default="hubspot", help="which CRM the company sells in")
    parser.add_argument("--search-lag", type=float, help="seconds until HubSpot's search shows a change")
    parser.add_argument(
        "--webhooks", default="", help="where they go: xero=URL,pipedrive=URL; or later: POST /webhooks"
    )
    parser.add_argument("--webhook-keys", default="", help="what they are signed with: xero=KEY,hubspot=SECRET")
    options = parser.parse_args()
    world = World(wall_clock)
    if options.search_lag is not None:
        world.hubspot.switches.index_lag = options.search_lag

    def seed(world: World) -> None:
        if options.seed == "company":
            company.seed(world, options.crm)

    seed(world)
    webhooks = Webhooks(world, post)
    keys = _by_system(options.webhook_keys)
    for system, url in _by_system(options.webhooks).items():
        webhooks.subscribe(system, url, keys.get(system, ""))
    shown = pages(world, seed, webhooks, options.crm)
    with (
        SandboxServer(world.doors, pages=shown, port=options.port) as server,
        Courier(webhooks, server.lock),
    ):
        print(server.url, flush=True)  # noqa: T201 - what whoever started us waits for
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


def _by_system(text: str) -> dict[str, str]:
    """``xero=…,hubspot=…`` as people write it."""
    return {system: value for system, _, value in (pair.partition("=") for pair in text.split(",") if pair)}


if __name__ == "__main__":
    main()
