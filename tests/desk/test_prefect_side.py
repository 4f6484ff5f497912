"""Held here: what Prefect knows of the runs is shown, and its silence or nonsense is no trouble of the desk."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cli.processes import free_port
from desk.prefect_side import PrefectSide
from tests.support.desks import Desk

RUN = {"id": "r1", "name": "demo: 17", "state_name": "Completed", "state_type": "COMPLETED"}
TIMES = {"start_time": "2026-11-25T01:00:00Z", "end_time": "2026-11-25T01:00:09Z"}
ANSWERS: dict[str, Any] = {
    "/api/deployments/filter": [{"id": "d1", "flow_id": "f1", "tags": ["pair:demo"]}],
    "/api/flows/filter": [{"id": "f1", "name": "deals-to-invoices"}],
    "/api/flow_runs/filter": [RUN | TIMES],
}


@contextmanager
def prefect(answers: dict[str, Any], status: int = 200) -> Generator[PrefectSide]:
    """A server that answers filters as Prefect's does."""

    class Exchange(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            answer = answers[self.path]
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield PrefectSide(f"http://127.0.0.1:{server.server_address[1]}/api")
    finally:
        server.shutdown()
        server.server_close()


def test_home_shows_the_last_run_of_each_flow_and_leads_to_it(desk: Desk) -> None:
    with prefect(ANSWERS) as side:
        desk.office.prefect = side
        browser = desk.browser()
        assert "Deals to invoices demo Completed" in browser.text("/")
        assert f'href="{side.ui_url}/runs/flow-run/r1"' in browser.get("/").text


def test_a_story_leads_to_the_run_that_did_it(desk: Desk) -> None:
    deal = desk.house.win("known_by_abn")
    desk.work()
    around = {"start_time": "2026-11-25T01:00:00Z", "end_time": "2026-11-25T02:00:00Z"}
    with prefect(ANSWERS | {"/api/flow_runs/filter": [RUN | around]}) as side:
        desk.office.prefect = side
        assert desk.browser().text(f"/deals/demo/{deal}").count("The run in Prefect") == 1


@pytest.mark.parametrize("body", [b"", b"not JSON", {"detail": "no"}])
def test_nonsense_counts_as_silence(desk: Desk, body: Any) -> None:
    with prefect(dict.fromkeys(ANSWERS, body)) as side:
        desk.office.prefect = side
        assert "Prefect does not answer just now" in desk.browser().text("/")


def test_a_failing_or_absent_server_is_said_and_the_page_is_shown(desk: Desk) -> None:
    with prefect(ANSWERS, status=503) as side:
        desk.office.prefect = side
        assert "Prefect does not answer just now" in desk.browser().text("/")
    desk.office.prefect = PrefectSide(f"http://127.0.0.1:{free_port()}/api")
    assert "Prefect does not answer just now" in desk.browser().text("/")
