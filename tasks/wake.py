"""Waking a pair: a run of its deployment at once, because something has changed.

Sooner, never surer: what has changed stands in the inbox already, where the schedule would find it. So a run that has
not begun yet covers everything up to now, and a failure to wake is worth a line in the log and no more.

Prefect is asked over plain HTTP (https://docs.prefect.io/v3/api-ref/rest-api): importing its client takes a second and
a hundred megabytes, which whoever only receives webhooks should not spend.
"""

import base64
import json
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import uuid4

Stream = Literal["deals", "invoices", "details"]

FLOWS: dict[Stream, str] = {
    "deals": "deals-to-invoices",
    "invoices": "invoices-to-deals",
    "details": "contacts-both-ways",
}

SOON = timedelta(seconds=10)
"""A run that begins within this time is as good as a new one."""

WAITING = ("SCHEDULED", "PENDING")

log = logging.getLogger(__name__)


class Silent(Exception):
    """Prefect's server can't be reached, or did not do what it was asked."""


@dataclass(frozen=True, slots=True)
class Server:
    """The address of Prefect's API and, where it wants one, its ``user:password``."""

    api_url: str
    auth: str = ""
    patience: float = 5.0

    def ask(self, path: str, body: Any = None) -> Any:
        """What the API answers, a POST where there is a body. Raises ``Silent``.

        503 is how Prefect says that two of its transactions met in SQLite, and that the call may be repeated.
        """
        for pause in (0.05, 0.2, 0.5, 1.0):
            status, content = self._asked(path, body)
            if status != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            time.sleep(pause)
        if not 200 <= status < 300:
            raise Silent(f"status {status}")
        return json.loads(content) if content else None

    def _asked(self, path: str, body: Any) -> tuple[int, bytes]:
        """Status and content of one call. Raises ``Silent``."""
        url = urlsplit(self.api_url)
        door = HTTPSConnection if url.scheme == "https" else HTTPConnection
        connection = door(url.hostname or "", url.port, timeout=self.patience)
        headers = {"Content-Type": "application/json"}
        if self.auth:
            headers["Authorization"] = f"Basic {base64.b64encode(self.auth.encode()).decode()}"
        try:
            sent = None if body is None else json.dumps(body)
            connection.request("GET" if sent is None else "POST", url.path.rstrip("/") + path, sent, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            raise Silent(type(error).__name__) from error
        finally:
            connection.close()


def server_here(environment: Mapping[str, str] = os.environ) -> Server:
    """The server that Prefect's own variables name, or the one at Prefect's usual place."""
    api_url = environment.get("PREFECT_API_URL") or "http://127.0.0.1:4200/api"
    return Server(api_url, environment.get("PREFECT_API_AUTH_STRING", ""))


def wake(pair: str, stream: Stream, server: Server | None = None) -> str | None:
    """The id of the run that will look at this stream: one that is about to begin, or else a new one.

    One that has begun may have looked already; the new one waits for its end. ``None`` when there is no such deployment
    or the server does not answer.
    """
    server = server or server_here()
    try:
        deployment = server.ask(f"/deployments/name/{FLOWS[stream]}/{pair}")["id"]
        waiting = about_to_begin(server, deployment)
        return waiting or server.ask(f"/deployments/{deployment}/create_flow_run", {})["id"]
    except Silent as trouble:
        log.warning("%s of %s could not be woken (%s)", stream, pair, trouble)
        return None


def announce(pair: str, stream: Stream, server: Server | None = None) -> str | None:
    """The same by an event, ``wonbooks.pair.woken``, of which the deployment's trigger makes a run: the event's id, or
    that of a run that is about to begin.

    ``None`` when there is no such deployment, or the server does not answer: the event would be lost.
    """
    server = server or server_here()
    event_id = str(uuid4())
    event = {
        "id": event_id,
        "occurred": datetime.now(UTC).isoformat(),
        "event": "wonbooks.pair.woken",
        "resource": {"prefect.resource.id": f"wonbooks.pair.{pair}", "wonbooks.stream": stream},
        "payload": {"pair": pair, "stream": stream},
    }
    try:
        deployment = server.ask(f"/deployments/name/{FLOWS[stream]}/{pair}")["id"]
        if waiting := about_to_begin(server, deployment):
            return waiting
        server.ask("/events", [event])
    except Silent as trouble:
        log.warning("%s of %s could not be announced (%s)", stream, pair, trouble)
        return None
    return event_id


def about_to_begin(server: Server, deployment: str) -> str | None:
    """A run of the deployment that waits to begin now; runs planned for later do not count."""
    soon = datetime.now(UTC) + SOON
    waiting = {
        "deployment_id": {"any_": [deployment]},
        "state": {"type": {"any_": WAITING}},
        "expected_start_time": {"before_": soon.isoformat()},
    }
    for run in server.ask("/flow_runs/filter", {"flow_runs": waiting}):
        # A retry keeps the time it was first expected at, and may begin much later.
        planned = run["next_scheduled_start_time"]
        if planned is None or datetime.fromisoformat(planned) <= soon:
            return run["id"]
    return None
