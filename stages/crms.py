"""How each CRM is connected: one entry a CRM, the only place where the stages name one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from connectors import hubspot, pipedrive, salesforce
from connectors.contract import Crm
from connectors.hubspot import HubSpot
from connectors.oauth import PIPEDRIVE_TOKEN_PATH, Auth, Bearer, Key, RefreshToken
from connectors.pipedrive import Pipedrive
from connectors.salesforce import Salesforce
from connectors.salesforce_access import KeySignIn, SecretSignIn, domain_of
from connectors.salesforce_queries import DATA
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


def _pipedrive_grant(at: Connect, token: str) -> Auth:
    name = at.rules.crm.credentials
    if not at.settings.optional(name, "client_id")["client_id"]:
        return Key("x-api-token", token or at.settings.credential(name, "token")["token"])
    secret = at.settings.credential(name, "client_id", "client_secret")
    return RefreshToken(
        "pipedrive",
        at.sign_in("pipedrive", at.settings.pipedrive_identity_url),
        at.tokens_begun(name),
        client_id=secret["client_id"],
        client_secret=secret["client_secret"],
        now=at.around.now,
        sleep=at.around.sleep,
        path=PIPEDRIVE_TOKEN_PATH,
    )


def _salesforce(at: Connect, timezone: str, token: str) -> Crm:  # noqa: ARG001 - its days have no time zone
    """In the name of a user made for it, at the organisation's own address."""
    rule = at.rules.crm
    given = at.settings.credential(rule.credentials, "domain")["domain"]
    domain = domain_of(given)
    if not domain:
        hint = "it looks like acme.my.salesforce.com, and Salesforce shows it under Setup, My Domain"
        raise SettingsProblem(f'The domain of the connection "{rule.credentials}" is none of Salesforce\'s: {hint}.')
    url = at.settings.salesforce_url.replace("{domain}", domain)
    http = at.http("salesforce", f"{url}{DATA}", salesforce.DIALECT, _salesforce_grant(at, url, domain))
    return Salesforce(http, rule.account, domain=domain, start=_start(at), now=at.around.now)


def _salesforce_grant(at: Connect, url: str, domain: str) -> Auth:
    """By a private key where there is one, else by the app's secret."""
    name, account = at.rules.crm.credentials, at.rules.crm.account
    known: dict[str, Any] = {
        "account": account,
        "domain": domain,
        "client_id": at.settings.credential(name, "client_id")["client_id"],
        "now": at.around.now,
        "sleep": at.around.sleep,
    }
    keys = at.settings.optional(name, "private_key", "private_key_file")
    if not any(keys.values()):
        secret = at.settings.credential(name, "client_secret")["client_secret"]
        return SecretSignIn(at.sign_in("salesforce", url), at.tokens(name), client_secret=secret, **known)
    key = keys["private_key"] or _key_in(Path(keys["private_key_file"]))
    username = at.settings.credential(name, "username")["username"]
    return KeySignIn(at.sign_in("salesforce", url), at.tokens(name), username=username, private_key=key, **known)


def _key_in(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsProblem(f"The private key {path} can't be read ({type(problem).__name__}).") from None


def _start(at: Connect) -> datetime:
    """How far back the first look goes."""
    return at.around.now() - timedelta(days=at.settings.look_back_days)


CRMS: Mapping[str, Builder] = {"hubspot": _hubspot, "pipedrive": _pipedrive, "salesforce": _salesforce}
