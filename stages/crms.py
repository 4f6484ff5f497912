"""How each CRM is connected: one entry a CRM, the only place where the stages name one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from connectors import hubspot, pipedrive, salesforce
from connectors.consent import HUBSPOT_SCOPES, XERO_SCOPES, Door
from connectors.contract import Crm
from connectors.elsewhere import Elsewhere
from connectors.hubspot import HubSpot
from connectors.oauth import (
    HUBSPOT_TOKEN_PATH,
    PIPEDRIVE_TOKEN_PATH,
    XERO_TOKEN_PATH,
    Auth,
    Bearer,
    Key,
    RefreshToken,
    Token,
)
from connectors.own_fields import OwnFields
from connectors.pipedrive import Pipedrive
from connectors.salesforce import Salesforce
from connectors.salesforce_access import KeySignIn, SecretSignIn, domain_of
from connectors.salesforce_queries import DATA
from ledger import memory
from stages.settings import Settings, SettingsProblem

if TYPE_CHECKING:
    from stages.opening import Connect

Builder: TypeAlias = "Callable[[Connect, str, str], Crm]"
"""Takes the pair's connections, the organisation's time zone, and what is kept of a connection made at the desk: a
pasted token, the tokens of a consent, or what signing in by a key takes; nothing while none was made there.
"""

_HOST_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def _hubspot(at: Connect, timezone: str, kept: str) -> Crm:
    """By a service key or a private app's token, or by the consent given to an app."""
    rule = at.rules.crm
    http = at.http("hubspot", at.settings.hubspot_url, hubspot.DIALECT, _hubspot_grant(at, kept))
    own, elsewhere = _own(at, hubspot.ABN), _elsewhere(at)
    return HubSpot(http, rule.account, timezone=timezone, start=_start(at), own=own, elsewhere=elsewhere)


def _elsewhere(at: Connect) -> Elsewhere:
    return Elsewhere(
        at.rules.crm.system,
        now=at.around.now,
        transport=at.around.transport,
        allow_plain_http_on_loopback=at.settings.allow_plain_http_on_loopback,
    )


def _hubspot_grant(at: Connect, kept: str) -> Auth:
    name = at.rules.crm.credentials
    if Token.is_one(kept):
        return _renewed(at, "hubspot")
    given = at.settings.optional(name, "token", "client_id")
    if given["client_id"] and not (kept or given["token"]):
        raise SettingsProblem(f'"{name}" is not connected yet: do so at the desk, under Connections.')
    return Bearer(kept or at.settings.credential(name, "token")["token"])


def _renewed(at: Connect, system: str) -> RefreshToken:
    """By the consent that a person gave to the app."""
    name, door = at.rules.crm.credentials, DOORS[system](at.settings)
    secret = at.settings.credential(name, "client_id", "client_secret")
    return RefreshToken(
        system,
        at.sign_in(system, door.token_url),
        at.tokens_begun(name),
        client_id=secret["client_id"],
        client_secret=secret["client_secret"],
        now=at.around.now,
        sleep=at.around.sleep,
        path=door.token_path,
        in_form=door.in_form,
    )


def _pipedrive(at: Connect, timezone: str, kept: str) -> Crm:
    """By a user's API token, or by the consent given to an app, at the company's own address."""
    rule = at.rules.crm
    if not _HOST_NAME.fullmatch(rule.account):
        hint = "write the first word of its address, acme in acme.pipedrive.com"
        raise SettingsProblem(f'"{rule.account}" is no Pipedrive account: {hint}.')
    url = at.settings.pipedrive_url.replace("{account}", rule.account)
    http = at.http("pipedrive", f"{url}{pipedrive.API_PATH}", pipedrive.DIALECT, _pipedrive_grant(at, kept))
    return Pipedrive(
        http,
        rule.account,
        timezone=timezone,
        start=_start(at),
        now=at.around.now,
        own=_own(at, pipedrive.ABN),
        kept=_Keys(at),
        elsewhere=_elsewhere(at),
    )


class _Keys:
    """The keys of an account's own fields, as the ledger keeps them."""

    def __init__(self, at: Connect) -> None:
        self._at = at
        self._name = f"fields of {at.rules.crm.account}"

    def load(self) -> str:
        with self._at.ledger.read() as session:
            known = memory.recall(
                session, self._at.rules.pair, self._name, now=self._at.ledger.now(), for_=memory.FOR_EVER
            )
        return known or ""

    def save(self, text: str) -> None:
        with self._at.ledger.write() as session:
            memory.remember(session, self._at.rules.pair, self._name, text, self._at.ledger.now())


def _pipedrive_grant(at: Connect, kept: str) -> Auth:
    name = at.rules.crm.credentials
    pasted = "" if Token.is_one(kept) else kept
    if not pasted and at.settings.optional(name, "client_id")["client_id"]:
        return _renewed(at, "pipedrive")
    return Key("x-api-token", pasted or at.settings.credential(name, "token")["token"])


def _salesforce(at: Connect, timezone: str, kept: str) -> Crm:  # noqa: ARG001 - its days have no time zone
    """In the name of a user made for it, at the organisation's own address."""
    rule, setup = at.rules.crm, json.loads(kept) if kept else {}
    given = setup.get("domain") or at.settings.credential(rule.credentials, "domain")["domain"]
    domain = domain_of(given)
    if not domain:
        hint = "it looks like acme.my.salesforce.com, and Salesforce shows it under Setup, My Domain"
        raise SettingsProblem(f'The domain of the connection "{rule.credentials}" is none of Salesforce\'s: {hint}.')
    url = at.settings.salesforce_url.replace("{domain}", domain)
    http = at.http("salesforce", f"{url}{DATA}", salesforce.DIALECT, _salesforce_grant(at, url, domain, setup))
    own = _own(at, salesforce.ABN)
    return Salesforce(http, rule.account, domain=domain, start=_start(at), now=at.around.now, own=own)


def _salesforce_grant(at: Connect, url: str, domain: str, setup: Mapping[str, str]) -> Auth:
    """By a private key where there is one, else by the app's secret."""
    name, account = at.rules.crm.credentials, at.rules.crm.account
    known: dict[str, Any] = {
        "account": account,
        "domain": domain,
        "client_id": setup.get("client_id") or at.settings.credential(name, "client_id")["client_id"],
        "now": at.around.now,
        "sleep": at.around.sleep,
    }
    keys = at.settings.optional(name, "private_key", "private_key_file") if not setup else dict(setup)
    if not setup and not any(keys.values()):
        secret = at.settings.credential(name, "client_secret")["client_secret"]
        return SecretSignIn(at.sign_in("salesforce", url), at.tokens(name), client_secret=secret, **known)
    key = keys["private_key"] or _key_in(Path(keys["private_key_file"]))
    username = setup.get("username") or at.settings.credential(name, "username")["username"]
    return KeySignIn(at.sign_in("salesforce", url), at.tokens(name), username=username, private_key=key, **known)


def _key_in(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsProblem(f"The private key {path} can't be read ({type(problem).__name__}).") from None


def _own(at: Connect, by_default: OwnFields) -> OwnFields:
    """The fields that the account has added to its customers."""
    return {**by_default, **at.rules.crm.customer_fields.named()}


def _start(at: Connect) -> datetime:
    """How far back the first look goes."""
    return at.around.now() - timedelta(days=at.settings.look_back_days)


DIALECTS = {"hubspot": hubspot.DIALECT, "pipedrive": pipedrive.DIALECT, "salesforce": salesforce.DIALECT}
CRMS: Mapping[str, Builder] = {"hubspot": _hubspot, "pipedrive": _pipedrive, "salesforce": _salesforce}

DOORS: Mapping[str, Callable[[Settings], Door]] = {
    "xero": lambda of: Door(
        f"{of.xero_login_url}/connect/authorize", of.xero_identity_url, XERO_TOKEN_PATH, XERO_SCOPES
    ),
    "hubspot": lambda of: Door(
        f"{of.hubspot_login_url}/oauth/authorize", of.hubspot_url, HUBSPOT_TOKEN_PATH, HUBSPOT_SCOPES, in_form=True
    ),
    # What an app may is set where it is registered: https://pipedrive.readme.io/docs/marketplace-oauth-authorization
    "pipedrive": lambda of: Door(
        f"{of.pipedrive_identity_url}/oauth/authorize", of.pipedrive_identity_url, PIPEDRIVE_TOKEN_PATH
    ),
}
"""Where each system asks a person for consent, of those that can be connected so."""
