"""The plain script at work on a day: its clients pointed at the doubles, its token kept fresh, its sleep virtual."""

from __future__ import annotations

import base64
import json
import time
import urllib.parse
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hubspot import HubSpot
from urllib3.util import retry
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token

from benchmarks.plain_script import Script
from benchmarks.town import Hints, Town

ID, SECRET = "wonbooks-sandbox", "open-sesame"
HUBSPOT_TOKEN = "sandbox-hubspot-token"  # noqa: S105 - opens nothing but the sandbox


class ScriptSide:
    """The script with ``batch`` invoices in a call. Nothing is asked of people: what fails is tried again later."""

    again: float | None = None

    def __init__(self, town: Town, batch: int) -> None:
        self.name = "Script, one by one" if batch == 1 else f"Script, {batch} at a time"
        self._town = town
        self._token: dict[str, Any] = {}
        self._ends: datetime | None = None
        settings = Configuration(oauth2_token=OAuth2Token(client_id=ID, client_secret=SECRET))
        client = ApiClient(settings, oauth2_token_getter=self._fresh, oauth2_token_saver=self._token.update)
        xero = AccountingApi(client, base_url=f"{town.url}/xero/api.xro/2.0")
        hubspot: Any = HubSpot(access_token=HUBSPOT_TOKEN, host=f"{town.url}/hubspot")
        with virtual_sleep(town):
            self._script = Script(hubspot, xero, town.day.world.xero.tenant_id, town.day.clock, town.sleep, batch)

    def heed(self, hints: Hints) -> None:
        with virtual_sleep(self._town):
            self._script.deals_changed(hints.deals)
            self._script.invoices_changed(list(hints.invoices))

    def look(self) -> None:
        with virtual_sleep(self._town):
            self._script.quarter_hour()

    def asked(self) -> set[str]:
        return set()

    def close(self) -> None:
        """Nothing is open."""

    def _fresh(self) -> dict[str, Any]:
        """The access token, renewed a minute before its end. The client itself looks at the clock on the wall."""
        now = self._town.day.clock()
        if self._ends is None or now > self._ends - timedelta(minutes=1):
            basic = base64.b64encode(f"{ID}:{SECRET}".encode()).decode()
            form = urllib.parse.urlencode({"grant_type": "client_credentials"}).encode()
            asked = urllib.request.Request(  # noqa: S310 - the sandbox's own address
                f"{self._town.url}/xero/connect/token", data=form, headers={"Authorization": f"Basic {basic}"}
            )
            with urllib.request.urlopen(asked) as answer:  # noqa: S310
                granted = json.load(answer)
            self._ends = now + timedelta(seconds=granted["expires_in"])
            self._token = {**granted, "scope": granted["scope"].split(), "expires_at": time.time() + 86_400}
        return self._token


@contextmanager
def virtual_sleep(town: Town) -> Generator[None]:
    """Both clients sleep through urllib3, where an answer says Retry-After."""
    known: Any = retry
    real = known.time
    known.time = SimpleNamespace(sleep=town.sleep, time=lambda: town.day.clock().timestamp())
    try:
        yield
    finally:
        known.time = real
