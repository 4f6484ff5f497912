"""Somebody in front of the sandbox's page, without a socket."""

from __future__ import annotations

import json
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from sandbox.company import seed
from sandbox.play import pages
from sandbox.wire import Request, Response
from sandbox.world import World


class Browser:
    """Looks at the page and presses its buttons."""

    def __init__(self, world: World, crm: str = "hubspot") -> None:
        self._pages = pages(world, partial(seed, crm=crm), crm=crm)

    def look(self, path: str = "/", **query: str) -> str:
        return self.get(path, **query).body.decode()

    def get(self, path: str, **query: str) -> Response:
        return self._pages(Request("GET", path, query, {}))

    def state(self) -> Any:
        return json.loads(self.get("/state").body)

    def press(self, path: str, **form: str) -> dict[str, str]:
        """What the page says after the click: said or wrong."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        response = self._pages(Request("POST", path, {}, headers, urlencode(form).encode()))
        assert response.status == 303
        told = parse_qs(urlsplit(response.headers["Location"]).query)
        return {name: values[0] for name, values in told.items()}

    def send(self, path: str, body: Any) -> tuple[int, Any]:
        headers = {"content-type": "application/json"}
        response = self._pages(Request("POST", path, {}, headers, json.dumps(body).encode()))
        return response.status, json.loads(response.body)
