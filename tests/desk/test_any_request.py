"""Held: whatever is sent to any route of the desk, by its own description, is answered, and never by a fault of ours;
the page it answers with holds no markup but our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.desk.test_hostile_pages import no_fault
from tests.desk.test_roles import FILLED_IN, FORM_FIELDS
from tests.support.desks import ADDRESS, PASSWORD, Browser, Desk

EXAMPLES = 5
ODD = ["", "0", "-1", "9" * 30, "1e9", "null", "../..", "%00", "{{7*7}}", "<script>", "\u202e", "é" * 300, "a" * 5000]
TEXTS = st.one_of(st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
KINDS = st.sampled_from(
    ["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x", "text/plain", ""]
)


Asked = tuple[str, dict[str, str], str, bytes, bool]
WHERE = ("path", "query")


@dataclass(frozen=True)
class Operation:
    """One route as the description has it."""

    method: str
    path: str
    inside: tuple[str, ...]
    query: tuple[str, ...]
    form: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def operations(desk: Desk) -> list[Operation]:
    told: dict[str, Any] = desk.app.openapi()
    schemas = told["components"]["schemas"]
    found: list[Operation] = []
    for path, methods in told["paths"].items():
        for method, each in methods.items():
            given_in = {where: [p["name"] for p in each.get("parameters", []) if p["in"] == where] for where in WHERE}
            body = each.get("requestBody", {}).get("content", {}).values()
            refs = [content["schema"].get("$ref", "").rpartition("/")[2] for content in body]
            form = [name for ref in refs for name in schemas.get(ref, {}).get("properties", {})]
            found.append(
                Operation(method.upper(), path, tuple(given_in["path"]), tuple(given_in["query"]), tuple(form))
            )
    return found


@st.composite
def values(draw: st.DrawFn, names: tuple[str, ...], usual: dict[str, str]) -> dict[str, str]:
    """Some of these, each as it should be or as anything."""
    some = draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    return {name: usual[name] if name in usual and draw(st.booleans()) else draw(TEXTS) for name in some}


def request(operation: Operation) -> st.SearchStrategy[Asked]:
    """A path with its query, a form, its kind, a raw body, and whether it comes from a page of ours."""
    inside = {name.strip("{}"): value for name, value in FILLED_IN.items()}

    @st.composite
    def made(draw: st.DrawFn) -> Asked:
        path = operation.path
        for name in operation.inside:
            value = inside[name] if draw(st.booleans()) else draw(TEXTS)
            path = path.replace("{" + name + "}", quote(value, safe="") or "%20")
        query = "&".join(f"{k}={quote(v, safe='')}" for k, v in draw(values(operation.query, {})).items())
        form = draw(values(operation.form, FORM_FIELDS))
        raw = draw(st.binary(max_size=60))
        return f"{path}?{query}" if query else path, form, draw(KINDS), raw, draw(st.integers(0, 4)) > 0

    return made()


def send(browser: Browser, operation: Operation, asked: Asked) -> httpx.Response:
    path, form, kind, raw, ours = asked
    headers = {"Origin": ADDRESS} if ours else {"Origin": "https://evil.example"}
    if operation.method == "GET":
        return browser.client.get(path)
    if kind.startswith("application/x-www"):
        return browser.client.post(path, data={"form_key": browser.key, **form}, headers=headers)
    return browser.client.post(path, content=raw, headers=headers | ({"Content-Type": kind} if kind else {}))


def hold(browser: Browser, operation: Operation) -> None:
    """Any request to one route is answered as a page or a download, whoever it seems to come from."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(asked=request(operation))
    def check(asked: Asked) -> None:
        answer = send(browser, operation, asked)
        no_fault(answer, operation.name)

    check()


def test_no_request_that_any_route_could_be_sent_is_a_fault_of_ours(staffed: Desk) -> None:
    staffed.house.win("look_alikes")
    staffed.work()
    for operation in operations(staffed):
        staffed.house.clock.advance(3600)
        browser = staffed.browser("admin")
        browser.get("/")
        hold(browser, operation)
    staffed.house.clock.advance(3600)
    assert staffed.browser().send("/signin", name="admin", password=PASSWORD).status_code == 303
