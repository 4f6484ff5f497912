"""``python -m desk``: the people's door as a process of its own."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

import uvicorn

from desk.app import desk_app
from desk.office import Office, Wake
from desk.prefect_side import PrefectSide
from desk.settings import USUAL_PORT, DeskSettings, address_of
from ledger.secrets import KeyProblem
from stages.opening import Surroundings, ledger_at, opened, seal_of
from stages.settings import Settings, SettingsProblem


def office_here(settings: Settings, own: DeskSettings, address: str, pairs: Sequence[str]) -> Office:
    """The desk of this installation. Raises ``KeyProblem``."""
    around = Surroundings()
    return Office(
        settings=settings,
        own=own,
        ledger=ledger_at(settings.ledger_url),
        seal=seal_of(settings),
        open=lambda pair: opened(pair, settings, around),
        wake=waking(own),
        address=address,
        prefect=PrefectSide(own.prefect),
        around=around,
        names=pairs,
    )


def waking(own: DeskSettings) -> Wake:
    """How a pair is woken: through Prefect where it is, or else by its next run."""

    def wake(pair: str) -> None:
        if own.prefect:
            # Prefect takes seconds to import; the pages don't wait for it.
            from tasks import wake as flows

            flows.wake(pair, "deals")
            flows.wake(pair, "invoices")
            flows.wake(pair, "details")

    return wake


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m desk", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; anything but loopback needs logins")
    parser.add_argument("--port", type=int, default=USUAL_PORT)
    parser.add_argument("pairs", nargs="*", metavar="PAIR", help="the pairs to show; none for every mapping")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings, own = Settings(), DeskSettings()
    try:
        address = address_of(own, options.host, options.port)
        app = desk_app(office_here(settings, own, address, options.pairs))
    except (SettingsProblem, KeyProblem) as problem:
        sys.exit(str(problem))
    print(address, flush=True)  # noqa: T201 - what whoever started us waits for
    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(own.proxy),
        forwarded_allow_ips=own.proxy or None,
    )


if __name__ == "__main__":
    main()
