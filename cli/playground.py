"""The sandbox as a process of its own: its settings, what its people do, how its two systems stand."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from cli.processes import Program, ask
from stages.settings import Settings

PATIENCE = 20.0
ROOT = Path(__file__).resolve().parents[1]
# The sandbox's own keys: they open nothing else.
KEYS = {
    "demo-xero": {
        "client_id": "wonbooks-sandbox",
        "client_secret": "open-sesame",
        "webhook_key": "sandbox-xero-webhook-key",
    },
    "demo-hubspot": {"token": "sandbox-hubspot-token", "client_secret": "sandbox-hubspot-client-secret"},
    "demo-pipedrive": {
        "token": "sandbox-pipedrive-token",
        "webhook_user": "wonbooks",
        "webhook_password": "sandbox-pipedrive-webhook-password",
    },
    "demo-salesforce": {
        "domain": "harbourline.my.salesforce.com",
        "client_id": "sandbox-consumer-key",
        "client_secret": "sandbox-consumer-secret",
    },
}
# Where Wonbooks finds each vendor: the setting, and the sandbox's way to the double.
PLACES = {
    "xero_url": "xero",
    "xero_identity_url": "xero",
    "xero_login_url": "xero/identity",
    "hubspot_url": "hubspot",
    "hubspot_login_url": "hubspot",
    "pipedrive_url": "pipedrive",
    "pipedrive_identity_url": "pipedrive",
    "salesforce_url": "salesforce",
}


class Untold(Exception):
    """The sandbox would not do what its people were told to do."""


@dataclass(frozen=True, slots=True)
class Playground:
    """The sandbox at a port of this machine, with this CRM on its left."""

    port: int
    home: Path
    crm: str = "hubspot"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pair(self) -> str:
        """The demo's mapping for this CRM."""
        return "demo" if self.crm == "hubspot" else f"demo-{self.crm}"

    @property
    def mappings(self) -> Path:
        """The demo's mapping in a folder of its own, where the desk may change it."""
        folder = self.home / "mappings"
        if not folder.exists():
            folder.mkdir(parents=True)
            shutil.copy(ROOT / "mappings" / f"{self.pair}.yaml", folder)
        return folder

    def settings(self) -> Settings:
        """Wonbooks pointed at the sandbox."""
        return Settings(
            home=self.home,
            mappings=self.mappings,
            database="",
            **self._places(),
            allow_plain_http_on_loopback=True,
            connections={name: {k: SecretStr(v) for k, v in items.items()} for name, items in KEYS.items()},
        )

    def environment(self) -> Mapping[str, str]:
        """The same for a process of its own."""
        return {
            "WONBOOKS_HOME": str(self.home),
            "WONBOOKS_MAPPINGS": str(self.mappings),
            "WONBOOKS_DATABASE": "",
            **{f"WONBOOKS_{name.upper()}": url for name, url in self._places().items()},
            "WONBOOKS_ALLOW_PLAIN_HTTP_ON_LOOPBACK": "true",
            "WONBOOKS_CONNECTIONS": json.dumps(KEYS),
        }

    def shell_file(self) -> Path:
        """The same for a person's shell: a file to source before ``wonbooks …``."""
        path = self.home / "env.sh"
        lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(self.environment().items())]
        path.write_text("\n".join(lines) + "\n")
        return path

    def program(self, environment: Mapping[str, str], *more: str) -> Program:
        """The process to start; ``more`` are options of its own."""
        command = (sys.executable, "-m", "sandbox", "--port", str(self.port), "--crm", self.crm, *more)
        return Program("Sandbox", command, environment, partial(_answers, self.port), ROOT)

    def state(self) -> dict[str, Any]:
        """Deals, invoices and payments as they stand; money as text."""
        return json.loads(self._ask("/state"))

    def act(self, system: str, action: str, *args: str) -> Any:
        """Somebody does something in the screens of a system; "crm" is whichever it is."""
        return json.loads(self._ask(f"/people/{system}/{action}", {"args": args}))["result"]

    def tell(self, addresses: Mapping[str, str]) -> None:
        """Enter these addresses (by system) for webhooks in the systems' screens, and see them accepted."""
        self._ask("/webhooks", {system: {"url": url} for system, url in addresses.items()})
        end = time.monotonic() + PATIENCE
        while states := {each["state"] for each in json.loads(self._ask("/webhooks")).values()} - {"ok"}:
            if "disabled" in states or time.monotonic() > end:
                raise Untold("An address for webhooks was not accepted.")
            time.sleep(0.1)

    def arm(self, **fault: str | int) -> None:
        """Let something go wrong with a call to come."""
        self._ask("/faults", fault)

    def _places(self) -> dict[str, Any]:
        return {setting: f"{self.url}/{door}" for setting, door in PLACES.items()}

    def _ask(self, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        answer = ask(self.port, path, None if body is None else json.dumps(body))
        if answer is None:
            raise Untold(f"The sandbox did not answer {path}.")
        return answer


def _answers(port: int) -> bool:
    return ask(port, "/state") is not None
