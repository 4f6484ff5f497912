"""Pipedrive's webhooks, made and looked after through its API: version 2 events, managed in version 1.

https://pipedrive.readme.io/docs/guide-for-webhooks-v2
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from connectors.contract import HookAddress
from connectors.errors import Gone, Rejected, Unavailable
from connectors.http import Http

PATH = "/v1/webhooks"
# Lines of a deal are told on their own; an account whose plan lacks them does with deals alone.
NEEDED, WANTED = "deal", ("deal", "deal_product")
VERSION = "2.0"


def kept(http: Http, address: HookAddress) -> int:
    """Make the webhooks that are missing and take away what leads to the same place otherwise; how many were made."""
    body = http.read("GET", PATH)
    rows = body.get("data")
    if body.get("success") is not True or not (rows is None or isinstance(rows, list)):
        raise Unavailable(http.system, f"GET {PATH}", "an answer without sense")
    there: set[str] = set()
    for row in (row for row in rows or () if isinstance(row, dict) and _ours(row, address)):
        thing = str(row.get("event_object"))
        if thing in WANTED and thing not in there and _sound(row, address):
            there.add(thing)
        else:
            with suppress(Gone):
                http.write("DELETE", f"{PATH}/{{id}}", ids={"id": str(row.get("id"))})
    return sum(_made(http, address, thing) for thing in WANTED if thing not in there)


def _ours(row: Mapping[str, Any], address: HookAddress) -> bool:
    """Whether it leads to our endpoint, whose path nobody else has, under whatever host."""
    return urlsplit(str(row.get("subscription_url", ""))).path.rpartition("/")[2] == address.url.rpartition("/")[2]


def _sound(row: Mapping[str, Any], address: HookAddress) -> bool:
    """Whether it still works and tells all that we want; its name is nobody's concern."""
    wanted = {**_said(address, str(row.get("event_object"))), "name": row.get("name"), "is_active": True}
    return all(row[name] == value for name, value in wanted.items() if name in row)


def _said(address: HookAddress, thing: str) -> dict[str, Any]:
    return {
        "subscription_url": address.url,
        "event_action": "*",
        "event_object": thing,
        "name": address.name,
        "version": VERSION,
        "http_auth_user": address.user,
        "http_auth_password": address.password,
    }


def _made(http: Http, address: HookAddress, thing: str) -> bool:
    try:
        http.write("POST", PATH, content=json.dumps(_said(address, thing)).encode())
    except Rejected:
        if thing == NEEDED:
            raise
        return False
    return True
