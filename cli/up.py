"""``wonbooks up``: Prefect's server, the deployments of every pair and the resident runner, on one machine."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.hooks import HOOKS_PORT, hooks, show
from cli.processes import Children, NotUp, Program, alone_in, ask, ended_by_signals, free_port, last_lines
from stages.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
TRIES = 5
POOL = "wonbooks"
USUAL_PORT = 4200
DESK_PORT = 4280
CORE = "connectors,ledger,mappings,stages"


@dataclass(frozen=True, slots=True)
class Running:
    """Prefect as it runs here; ``environment`` is what a program needs to talk to it."""

    port: int
    data_dir: Path
    environment: Mapping[str, str]
    children: Children

    @property
    def ui_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.ui_url}/api"


def up(
    pairs: Sequence[str],
    data_dir: Path,
    *,
    environment: Mapping[str, str] | None = None,
    programs: Sequence[Program] = (),
    port: int | None = None,
    console: Console | None = None,
) -> None:
    """Run everything until Ctrl-C or SIGTERM. Arguments as in ``prefect_on_this_machine``."""
    console = console or Console()
    with (
        ended_by_signals(),
        suppress(KeyboardInterrupt),
        prefect_on_this_machine(
            data_dir, pairs=pairs, environment=environment, programs=programs, port=port, console=console
        ) as running,
    ):
        door = free_port(HOOKS_PORT)
        addresses = {pair: hooks(pair, Settings(), door) for pair in pairs}
        start_receiver(running, environment or {}, door)
        desk = start_desk(running, environment or {}, pairs)
        console.print(f"\nThe desk: {desk}")
        console.print(f"\nWebhooks, with a public name and TLS in front of port {door}:")
        for pair, found in addresses.items():
            show(console, pair, found)
        console.print(f"\nRuns and schedules: {running.ui_url}\nLogs: {data_dir / 'logs'}\nCtrl-C stops everything.")
        threading.Event().wait()


@contextmanager
def prefect_on_this_machine(
    data_dir: Path,
    *,
    pairs: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    programs: Sequence[Program] = (),
    port: int | None = None,
    console: Console | None = None,
) -> Generator[Running]:
    """Prefect's server and the resident runner, with the pairs deployed; stopped at the end of the block.

    ``programs`` start before them (the sandbox); ``environment`` is added to the runner's (connections, settings).
    Without ``port`` the server takes 4200, or any free one. Raises ``NotUp``.
    """
    data_dir = data_dir.resolve()
    console = console or Console()
    with alone_in(data_dir) as lock, Children(data_dir, console, lock) as children:
        for program in programs:
            children.start(program)
        running = start_prefect(data_dir, children, port)
        start_runner(running, environment or {})
        retire(running, pairs)
        for pair in pairs:
            with console.status(f"Deploying the flows of {pair}"):
                deploy(pair, running.environment)
        yield running


def start_prefect(data_dir: Path, children: Children, port: int | None = None) -> Running:
    """A Prefect server of our own on loopback, with its database under ``data_dir``. Raises ``NotUp``."""
    if port is not None and free_port(port) != port:
        raise NotUp(f"Port {port} is in use by another program. Choose another port, or none to have one chosen.")
    port = port or free_port(USUAL_PORT)
    running = Running(port, data_dir, prefect_environment(data_dir, port), children)
    command = (sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
    healthy = partial(answers, port, "/api/health")
    children.start(Program("Prefect server", command, running.environment, healthy, ROOT))
    return running


def start_runner(running: Running, environment: Mapping[str, str]) -> None:
    """The process that carries out the runs; up when the server has had a sign of life from it. Raises ``NotUp``."""
    command = (sys.executable, "-m", "cli.runner")
    healthy = partial(runner_seen, running.port, datetime.now(UTC))
    running.children.start(Program("Runner", command, ours(running, environment), healthy, Path.cwd()))


def start_receiver(running: Running, environment: Mapping[str, str], port: int) -> None:
    """The process that webhooks are sent to. It answers at once where addresses were made before. Raises ``NotUp``."""
    command = (sys.executable, "-m", "desk.hooks", "--port", str(port))
    healthy = partial(answers, port, "/health")
    running.children.start(Program("Receiver", command, ours(running, environment), healthy, Path.cwd()))


def start_desk(running: Running, environment: Mapping[str, str], pairs: Sequence[str]) -> str:
    """The pages for people; their address. Raises ``NotUp``."""
    port = free_port(DESK_PORT)
    command = (sys.executable, "-m", "desk", "--port", str(port), *pairs)
    running.children.start(
        Program("Desk", command, ours(running, environment), partial(answers, port, "/alive"), Path.cwd())
    )
    return os.environ.get("WONBOOKS_DESK_URL", "") or f"http://localhost:{port}"


def ours(running: Running, environment: Mapping[str, str]) -> dict[str, str]:
    """What a program of ours gets: Prefect's server, our settings, and on top of them ``environment``."""
    settings = {key: value for key, value in os.environ.items() if key.startswith("WONBOOKS_")}
    return {**running.environment, **settings, **environment}


def deploy(pair: str, environment: Mapping[str, str], file: Path = ROOT / "prefect.yaml") -> None:
    """Deploy every flow of ``prefect.yaml`` for this pair, or bring its deployments up to date. Raises ``NotUp``."""
    command = (sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file))
    done = subprocess.run(  # noqa: S603  (the command is ours)
        command, cwd=ROOT, env={**environment, "WONBOOKS_PAIR": pair}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise NotUp(f"The flows of {pair} could not be deployed:\n{last_lines(done.stdout + done.stderr)}")


def retire(running: Running, pairs: Sequence[str]) -> None:
    """Delete the deployments of pairs that are no longer ours, so that their schedules end with them."""
    ours = {f"pair:{pair}" for pair in pairs}
    for _ in range(TRIES):  # a server that has only just started may be slow to answer
        listed = ask(running.port, "/api/deployments/filter", "{}")
        theirs = [each["id"] for each in json.loads(listed or b"[]") if _of_others(each["tags"], ours)]
        if listed is not None and not theirs:
            return
        for deployment in theirs:
            ask(running.port, f"/api/deployments/{deployment}", method="DELETE")


def _of_others(tags: Sequence[str], ours: set[str]) -> bool:
    of_pairs = {tag for tag in tags if tag.startswith("pair:")}
    return bool(of_pairs) and not of_pairs & ours


def prefect_environment(data_dir: Path, port: int) -> dict[str, str]:
    """What Prefect's own programs get: no settings of another Prefect, none of our secrets, the server on this port."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "WONBOOKS_"))}
    home = data_dir / "prefect"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return inherited | {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        # Leases kept in memory would be lost with the server, and their runs cancelled at the next renewal.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "3",
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P3D",
        # Its own runs are trimmed by the flow housekeeping.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_LOGGING_EXTRA_LOGGERS": CORE,
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_LOGGING_COLORS": "false",
        "NO_COLOR": "1",
    }


def answers(port: int, path: str) -> bool:
    return ask(port, path) is not None


def runner_seen(port: int, since: datetime) -> bool:
    """Whether a worker of our pool has reported to the server since then."""
    workers: list[dict[str, Any]] = json.loads(ask(port, f"/api/work_pools/{POOL}/workers/filter", "{}") or b"[]")
    return any(datetime.fromisoformat(worker["last_heartbeat_time"]) >= since for worker in workers)
