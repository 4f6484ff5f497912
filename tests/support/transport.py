"""The doubles as an httpx transport: requests go to the sandbox world without a socket."""

from __future__ import annotations

from typing import Protocol

import httpx

from sandbox.wire import Request, Response


class World(Protocol):
    """What answers: a host name and a request in, a response out."""

    def handle(self, host: str, request: Request) -> Response: ...


class WorldTransport(httpx.BaseTransport):
    """Every host of the world, reached as by httpx; an answer that never arrives becomes httpx's own error."""

    def __init__(self, world: World) -> None:
        self._world = world

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._world.handle(request.url.host, asked(request))
        if response.refused:
            raise httpx.ConnectError("connection refused", request=request)
        if response.lost:
            raise httpx.ReadTimeout("timed out", request=request)
        return httpx.Response(response.status, headers=dict(response.headers), content=response.body)


def asked(request: httpx.Request) -> Request:
    """The same request in the doubles' words."""
    return Request(
        method=request.method,
        path=request.url.path,
        query=dict(request.url.params),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.read(),
    )
