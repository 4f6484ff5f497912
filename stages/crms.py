"""How each CRM is connected: one entry a CRM, the only place where the stages name one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import httpx

from connectors import hubspot, pipedrive
from connectors.contract import Crm
from connectors.hubspot import HubSpot
from connectors.oauth import PIPEDRIVE_TOKEN_PATH, Bearer, Key, RefreshToken
from connectors.pipedrive import Pipedrive
from stages.settings import SettingsProblem

if TYPE_CHECKING:
    from stages.opening import Connect

Builder: TypeAlias = "Callable[[Connect, str, str], Crm]"
"""Takes the pair's connections, the organisation's time zone, and a token pasted at the desk or nothing."""

_HOST_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def _hubspot(at: Connect, timezone: str, token: str) -> Crm:
    """By a service key or a private app's token."""
    rule = at.rules.crm
    token = token or at.settings.credential(rule.credentials, "token")["token"]
    http = at.http("hubspot", at.settings.hubspot_url, hubspot.DIALECT, Bearer(token))
    return HubSpot(http, rule.account, timezone=timezone, start=_start(at))


def _pipedrive(at: Connect, timezone: str, token: str) -> Crm:
    """By a user's API token, or by the consent given to an app, at the company's own address."""
    rule = at.rules.crm
    if not _HOST_NAME.fullmatch(rule.account):
        hint = "write the first word of its address, acme in acme.pipedrive.com"
        raise SettingsProblem(f'"{rule.account}" is no Pipedrive account: {hint}.')
    url = at.settings.pipedrive_url.replace("{account}", rule.account)
    http = at.http("pipedrive", f"{url}{pipedrive.API_PATH}", pipedrive.DIALECT, _pipedrive_grant(at, token))
    return Pipedrive(http, rule.account, timezone=timezone, start=_start(at), now=at.around.now)


def _pipedrive_grant(at: Connect, token: str) -> httpx.Auth:
    name = at.rules.crm.credentials
    if not at.settings.optional(name, "client_id")["client_id"]:
        return Key("x-api-token", token or at.settings.credential(name, "token")["token"])
    secret = at.settings.credential(name, "client_id", "client_secret")
    return RefreshToken(
        "pipedrive",
        at.wire(at.settings.pipedrive_identity_url),
        at.tokens_begun(name),
        client_id=secret["client_id"],
        client_secret=secret["client_secret"],
        now=at.around.now,
        sleep=at.around.sleep,
        path=PIPEDRIVE_TOKEN_PATH,
    )


def _start(at: Connect) -> datetime:
    """How far back the first look goes."""
    return at.around.now() - timedelta(days=at.settings.look_back_days)


CRMS: Mapping[str, Builder] = {"hubspot": _hubspot, "pipedrive": _pipedrive}
