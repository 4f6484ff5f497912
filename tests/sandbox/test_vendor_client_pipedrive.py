"""Held here: Pipedrive's own client for Node.js, unchanged, works with the double over real HTTP.

It is installed once from its lock file into ``.cache``, outside git. Where there is no Node.js this can't be tried; the
build server has to have it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.company import seed
from sandbox.pipedrive import API_TOKEN
from sandbox.serve import SandboxServer
from sandbox.world import HandClock, World

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "tests" / "vendor-clients" / "pipedrive"
CACHE = ROOT / ".cache" / "vendor-clients"


@pytest.fixture(scope="session", name="client")
def _client() -> Path:
    """The folder where the client of the lock file is installed."""
    if shutil.which("npm") is None and os.environ.get("CI", "") != "true":
        pytest.skip("Node.js is not here to run Pipedrive's client with")
    lock = (CLIENT / "package-lock.json").read_bytes()
    folder = CACHE / f"pipedrive-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(CLIENT, folder)
        install = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        (folder / "ready").touch()
    return folder


@pytest.fixture(name="seen")
def _seen(client: Path) -> Any:
    """What the client saw and did in the demo's company."""
    world = World(HandClock(datetime(2026, 11, 25, 1, 0, tzinfo=UTC)))
    seed(world, "pipedrive")
    world.pipedrive.access.limits.burst = 1000
    shutil.copy(CLIENT / "story.cjs", client / "story.cjs")
    with SandboxServer(world.doors) as server:
        command = ("node", "story.cjs", f"{server.url}/pipedrive", API_TOKEN)
        done = subprocess.run(command, cwd=client, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.xdist_group("vendor clients")
def test_pipedrives_own_client_reads_writes_and_is_refused(seen: Any) -> None:
    assert len(seen["deals"]) == 13
    assert seen["deals"][0] == "Brand refresh"
    assert seen["more"] is None
    assert (seen["deal"]["value"], seen["deal"]["currency"], seen["deal"]["won_time"]) == (4880, "AUD", None)
    assert seen["lines"] == [
        [True, "Brand consulting, per hour", 24, 185, 4440],
        [True, "Travel to site", 2, 220, 440],
        [False, "Web design and build, per hour", 12.5, 165, 2062.5],
    ]
    assert set(seen["codes"]) == {"CONSULT-BRAND", "TRAVEL", "CONSULT-WEB"}
    assert seen["customer"] == ["Bellbird Café Pty Ltd", "Leichhardt", ["40 999 000 222"]]
    assert seen["changed"] == ["won", True, 1210.05]
    assert seen["refused"] == [
        "Validation failed: user_id: Parameter 'user_id' is not allowed for this request",
        "Deal not found",
        "unauthorized access",
    ]
    assert seen["notes"] == ["Invoiced"]
    assert seen["webhooks"] == [["https://desk.example/hooks", "2.0"]]
