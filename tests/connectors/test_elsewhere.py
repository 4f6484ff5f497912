"""Files at other addresses: fetched from the public network alone, once, and never further than that."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from connectors.elsewhere import Elsewhere, Public
from connectors.errors import Rejected, Unavailable

NOON = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
PLACE = "https://files.example/a?Signature=s3cret"


class Network(httpx.BaseTransport):
    """Answers everything with this status, and remembers what came."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.came: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.came.append(request)
        return httpx.Response(self.status, headers={"Location": "https://other.example/"}, content=b"the plan")


def fetch(network: Network, *addresses: str, url: str = PLACE, loopback: bool = False) -> bytes:
    public = Public(network, loopback=loopback, resolve=lambda _: addresses)
    return Elsewhere("hubspot", now=lambda: NOON, transport=public, allow_plain_http_on_loopback=loopback).fetch(url)


def test_the_address_that_was_looked_at_is_the_one_connected_to() -> None:
    network = Network()
    assert fetch(network, "93.184.215.14", "2606:2800:21f::1") == b"the plan"
    (request,) = network.came
    assert request.url.host == "93.184.215.14"
    assert request.headers["host"] == "files.example"
    assert request.extensions["sni_hostname"] == "files.example"


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.0.0.7",),
        ("169.254.169.254",),
        ("::1",),
        ("fd00::1",),
        ("::ffff:10.0.0.7",),
        ("93.184.215.14", "192.168.1.1"),
        (),
    ],
)
def test_nothing_of_our_own_network_is_fetched(addresses: tuple[str, ...]) -> None:
    network = Network()
    with pytest.raises(Rejected) as refused:
        fetch(network, *addresses)
    assert "not safe" in refused.value.words[0]
    assert not network.came


@pytest.mark.parametrize("url", ["http://files.example/a", "https://me:pw@files.example/a", "file:///etc/passwd", ""])
def test_what_is_no_https_is_not_fetched(url: str) -> None:
    network = Network()
    with pytest.raises(Rejected):
        fetch(network, "93.184.215.14", url=url)
    assert not network.came


def test_this_machine_is_fetched_from_where_the_setting_allows_it() -> None:
    assert fetch(Network(), "127.0.0.1", url="http://localhost:4200/a", loopback=True) == b"the plan"


@pytest.mark.parametrize(("status", "error"), [(302, Rejected), (403, Rejected), (503, Unavailable)])
def test_it_is_asked_once_and_goes_no_further_and_its_address_is_told_nobody(status: int, error: type) -> None:
    network = Network(status)
    with pytest.raises(error) as refused:
        fetch(network, "93.184.215.14")
    assert len(network.came) == 1
    assert "s3cret" not in str(refused.value)
