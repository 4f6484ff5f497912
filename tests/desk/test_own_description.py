"""Held: what Schemathesis makes of the desk's own description is answered without a fault of ours."""

from __future__ import annotations

from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode, openapi
from schemathesis.core.result import Err
from schemathesis.schemas import APIOperation

from tests.desk.test_hostile_pages import no_fault
from tests.support.desks import ADDRESS, Browser, Desk

EXAMPLES = 3


def send(browser: Browser, case: Case[Any]) -> httpx.Response:
    """The case as it was made, from a page of ours and with the key of its form."""
    if isinstance(case.body, dict):
        case.body["form_key"] = browser.key
    asked: dict[str, Any] = case.as_transport_kwargs(base_url=ADDRESS)
    del asked["cookies"]
    asked["headers"] = {"Origin": ADDRESS, **asked["headers"]}
    return browser.client.request(**asked)


def hold(browser: Browser, operation: APIOperation[Any, Any, Any, Any]) -> None:
    # A fault is told by its route; there is nothing to be made shorter.
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def check(case: Case[Any]) -> None:
        answer = send(browser, case)
        no_fault(answer, operation.label)

    check()


def test_whatever_its_description_allows_is_answered(staffed: Desk) -> None:
    staffed.house.win("look_alikes")
    staffed.work()
    browser = staffed.browser("admin")
    for found in openapi.from_dict(staffed.app.openapi()).get_all_operations():
        # Some routes end a session, and some try passwords.
        if browser.get("/me").status_code != 200:
            staffed.house.clock.advance(3600)
            browser = staffed.browser("admin")
            browser.get("/me")
        assert not isinstance(found, Err)
        hold(browser, found.ok())
