"""The doubles over real HTTP: routes by prefix, connections kept alive, and answers that never arrive."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Generator
from typing import Any

import pytest

from connectors.elsewhere import Elsewhere
from sandbox.clock import HandClock
from sandbox.faults import Fault
from sandbox.hubspot.access import STATIC_TOKEN
from sandbox.pipedrive.access import API_TOKEN
from sandbox.serve import SandboxServer
from sandbox.wire import Request, Response
from sandbox.world import World
from sandbox.xero import XeroDouble
from tests.support.xero_calls import START


def play_page(request: Request) -> Response:
    shown = json.dumps([request.method, request.path, dict(request.query), request.body.decode()])
    return Response(200, shown.encode(), {"Content-Type": "application/json"})


@pytest.fixture
def xero() -> XeroDouble:
    return XeroDouble(HandClock(START))


@pytest.fixture
def server(xero: XeroDouble) -> Generator[SandboxServer]:
    with SandboxServer({"xero": xero}, pages=play_page) as running:
        yield running


@pytest.fixture
def connection(server: SandboxServer) -> Generator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    yield opened
    opened.close()


def headers(xero: XeroDouble) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {xero.identity.issue()}",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }


def test_the_first_part_of_the_path_names_the_double(xero: XeroDouble, connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/xero/api.xro/2.0/Organisation", headers=headers(xero))
    answer = connection.getresponse()

    assert (answer.status, answer.getheader("X-MinLimit-Remaining")) == (200, "59")
    assert json.load(answer)["Organisations"][0]["CountryCode"] == "AU"
    assert [call.path for call in xero.log] == ["/api.xro/2.0/Organisation"]


def signed(answer: http.client.HTTPResponse) -> str:
    return str(json.load(answer)["url"])


def sent_on(answer: http.client.HTTPResponse) -> str:
    return str(answer.getheader("Location"))


@pytest.mark.parametrize(
    ("crm", "path", "named"),
    [
        ("hubspot", "/hubspot/files/v3/files/{}/signed-url", signed),
        ("pipedrive", "/pipedrive/v1/files/{}/download", sent_on),
    ],
)
def test_a_file_is_where_a_served_double_says_that_it_is(
    crm: str, path: str, named: Callable[[http.client.HTTPResponse], str]
) -> None:
    world = World(HandClock(START))
    people: Any = getattr(world, crm).people
    file = people.add_file(people.add_deal("Job"), "plan.pdf", "the plan")
    keys = {"Authorization": f"Bearer {STATIC_TOKEN}", "x-api-token": API_TOKEN}
    with SandboxServer(world.doors) as running:
        host = running.url.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.request("GET", path.format(file or 1), headers=keys)
        answer = connection.getresponse()
        place = named(answer)
        answer.read()
        assert place.startswith(f"{running.url}/{crm}-files/signed/")
        connection.close()
        assert Elsewhere(crm, now=world.clock, allow_plain_http_on_loopback=True).fetch(place) == b"the plan"


def test_everything_else_is_a_page(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/play/win%20it?deal=7&empty=", body="yes")

    assert json.load(connection.getresponse()) == ["POST", "/play/win it", {"deal": "7", "empty": ""}, "yes"]


def test_without_pages_there_is_nothing_else(xero: XeroDouble) -> None:
    with SandboxServer({"xero": xero}) as running:
        opened = http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=10)
        opened.request("GET", "/")
        assert opened.getresponse().status == 404
        opened.close()


def test_a_connection_is_kept_for_many_calls(xero: XeroDouble, connection: http.client.HTTPConnection) -> None:
    connection.connect()
    socket = connection.sock
    for name in ("One", "Two", "Three"):
        body = json.dumps({"Name": name})
        connection.request("PUT", "/xero/api.xro/2.0/Contacts", body=body, headers=headers(xero))
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200

    assert connection.sock is socket
    assert len(xero.contacts) == 3


def test_a_lost_answer_closes_the_connection_without_a_word(
    xero: XeroDouble, connection: http.client.HTTPConnection
) -> None:
    xero.faults.add(Fault("PUT", "*/Contacts", "lose answer"))

    connection.request("PUT", "/xero/api.xro/2.0/Contacts", body=b'{"Name": "Acme"}', headers=headers(xero))
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()

    assert [each["Name"] for each in xero.contacts.values()] == ["Acme"]


def test_an_answer_without_content_ends_where_it_should(
    xero: XeroDouble, connection: http.client.HTTPConnection
) -> None:
    key = next(iter(xero.identity.connections))
    connection.request("DELETE", f"/xero/connections/{key}", headers=headers(xero))
    gone = connection.getresponse()
    gone.read()
    connection.request("GET", "/play")

    assert gone.status == 204
    assert connection.getresponse().status == 200


def test_callers_at_the_same_time_are_served_one_after_the_other(xero: XeroDouble, server: SandboxServer) -> None:
    xero.limits.a_minute = 1000
    sent = headers(xero)

    def add(worker: int) -> None:
        opened = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        for number in range(10):
            body = json.dumps({"Name": f"Contact {worker}.{number}"})
            opened.request("PUT", "/xero/api.xro/2.0/Contacts", body=body, headers=sent)
            opened.getresponse().read()
        opened.close()

    workers = [threading.Thread(target=add, args=(worker,)) for worker in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(xero.contacts) == 50
    assert [call.status for call in xero.log] == [200] * 50
