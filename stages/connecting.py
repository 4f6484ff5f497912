"""Connecting a pair's two systems at the desk, trying the connections, ending them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from connectors import consent, salesforce_access
from connectors.consent import Asked, Tenant
from connectors.errors import ConnectorError, NotConnected
from connectors.oauth import ATTACHMENTS, Token
from connectors.wire import Json
from ledger import audit, connections, reviews
from ledger.connections import key_of, next_key_of
from ledger.desk_tables import Connected
from ledger.secrets import KeyProblem
from stages.asking import OTHER
from stages.crms import DOORS
from stages.opening import Connect
from stages.pair import distrust
from stages.settings import SettingsProblem

SUBJECT = "connection"
ANY_ZONE = "Etc/UTC"


class WrongOrganisation(Exception):
    """Another organisation than the mapping names; the message says both."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a call to one system: what answered, or why nothing did."""

    system: str
    answered: str = ""
    trouble: ConnectorError | SettingsProblem | KeyProblem | None = None


def try_out(at: Connect) -> list[Tried]:
    """One small call to each system."""
    return [
        _tried("xero", lambda: at.xero().organisation().name),
        _tried(at.rules.crm.system, lambda: _pipelines(at)),
    ]


def _pipelines(at: Connect) -> str:
    return ", ".join(p.label for p in at.crm(ANY_ZONE).pipelines())


def _tried(system: str, call: Callable[[], str]) -> Tried:
    try:
        return Tried(system, call())
    except (ConnectorError, SettingsProblem, KeyProblem) as trouble:
        return Tried(system, trouble=trouble)


def begin(at: Connect, system: str, redirect_uri: str) -> Asked:
    """Where to send a person who is to consent. Raises ``SettingsProblem`` while the app's own keys are not set."""
    client = at.settings.credential(name_of(at, system), "client_id", "client_secret")
    door = DOORS[system](at.settings)
    files = at.rules.attaches or (at.rules.write_back.pdf != "never" and system != "xero")
    more = {"xero": (ATTACHMENTS,), "hubspot": ("files",)}.get(system, ()) if files else ()
    return consent.ask(door.authorize_url, client["client_id"], redirect_uri, (*door.scopes, *more))


def finish(at: Connect, system: str, code: str, asked: Asked, by: str) -> None:
    """The person is back: keep the tokens. Raises ``ConnectorError`` or ``WrongOrganisation``."""
    name, door = name_of(at, system), DOORS[system](at.settings)
    secret = at.settings.credential(name, "client_id", "client_secret")
    client = (secret["client_id"], secret["client_secret"])
    wire = at.sign_in(system, door.token_url)
    body = consent.exchange(system, wire, door.token_path, code, asked, client, in_form=door.in_form)
    if not body.get("refresh_token"):
        raise NotConnected(system, f"POST {door.token_path}", "the app may not stay connected (offline_access)")
    opened = _account(system, body)
    if system != "xero" and opened and opened != at.rules.crm.account:
        raise WrongOrganisation(
            f'The mapping of {at.rules.pair} names the account "{at.rules.crm.account}", not "{opened}". '
            "Sign in to that one, or change the mapping first."
        )
    now = at.around.now()
    expires = now + timedelta(seconds=int(body.get("expires_in", 1800)))
    at.tokens(name).save(Token(str(body["access_token"]), str(body["refresh_token"]), expires, now).to_text())
    with at.ledger.write() as session:
        connections.keep(session, Connected(name=name, system=system, by=by, at=now))
    if system != "xero":
        _connected(at, system, by)


def _account(system: str, body: Json) -> str:
    """Whose tokens these are, as the mapping writes it, where the system says so.

    https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide
    https://pipedrive.readme.io/docs/marketplace-oauth-authorization
    """
    if system == "hubspot":
        return str(body.get("hub_id") or "")
    return (urlsplit(str(body.get("api_domain") or "")).hostname or "").partition(".")[0]


def name_of(at: Connect, system: str) -> str:
    """Under which name the credentials of a side are kept."""
    return at.rules.xero.credentials if system == "xero" else at.rules.crm.credentials


def xero_tenants(at: Connect) -> list[Tenant]:
    """The organisations the person's consent reaches. Raises ``ConnectorError``."""
    return consent.tenants(at.wire(at.settings.xero_url, at.xero_grant(by_consent=True)))


def choose_xero(at: Connect, tenant_id: str, by: str) -> Tenant:
    """Take one of them for this pair. Raises ``WrongOrganisation``, ``ConnectorError``."""
    tenant = next((t for t in xero_tenants(at) if t.tenant_id == tenant_id), None)
    if tenant is None:
        raise WrongOrganisation("This organisation is no longer among those you allowed. Connect again.")
    named = at.rules.xero.organisation
    if tenant.name != named:
        raise WrongOrganisation(
            f'The mapping of {at.rules.pair} names the organisation "{named}", not "{tenant.name}". '
            "Choose that one, or change the mapping first."
        )
    name, now = at.rules.xero.credentials, at.around.now()
    with at.ledger.write() as session:
        row = Connected(
            name=name,
            system="xero",
            tenant_id=tenant.tenant_id,
            tenant_name=tenant.name,
            connection_id=tenant.id,
            by=by,
            at=now,
        )
        connections.keep(session, row)
    _connected(at, "xero", by)
    return tenant


def disconnect_xero(at: Connect, by: str) -> None:
    """End the connection in Xero, then forget its tokens. Raises ``ConnectorError`` when Xero can't be asked."""
    name = at.rules.xero.credentials
    made = at.made(name)
    if made is not None and made.connection_id:
        try:
            wire = at.wire(at.settings.xero_url, at.xero_grant(by_consent=True))
            consent.disconnect(wire, made.connection_id)
        except NotConnected:
            pass  # it has ended already
    _forget(at, name, "xero", by)


# The CRMs that a person connects by pasting a token.
BY_TOKEN = ("hubspot", "pipedrive")


def keep_token(at: Connect, token: str, by: str) -> str:
    """Try a token of the CRM and keep it, encrypted; what answered. Raises ``ConnectorError``."""
    answered = ", ".join(p.label for p in at.crm(ANY_ZONE, token).pipelines())
    name, system = at.rules.crm.credentials, at.rules.crm.system
    at.tokens(name).save(token)
    with at.ledger.write() as session:
        connections.keep(session, Connected(name=name, system=system, by=by, at=at.around.now()))
    _connected(at, system, by)
    return answered


def forget_crm(at: Connect, by: str) -> None:
    """Forget what was kept of a connection made here; what the environment says counts again."""
    _forget(at, at.rules.crm.credentials, at.rules.crm.system, by)


# ── Salesforce by a key ──


def new_key(at: Connect, by: str) -> str:
    """Make a key to sign in with and keep it, encrypted, until it is tried; its certificate, to be uploaded."""
    key, certificate = salesforce_access.new_key(at.rules.pair, at.around.now())
    name = at.rules.crm.credentials
    at.tokens(next_key_of(name)).save(json.dumps({"private_key": key, "certificate": certificate}))
    with at.ledger.write() as session:
        details = {"system": at.rules.crm.system}
        audit.record(session, at.rules.pair, at.around.now(), SUBJECT, "key made", details, actor=by)
    return certificate


def certificate(at: Connect) -> str:
    """That of the key that waits to be tried, or of the one in use; empty where there is none."""
    name = at.rules.crm.credentials
    text = at.tokens(next_key_of(name)).load() or at.tokens(key_of(name)).load()
    return str(json.loads(text)["certificate"]) if text else ""


def keep_key(at: Connect, domain: str, client_id: str, username: str, by: str) -> str:
    """Sign in by the key with these, and keep all of it, encrypted; what answered.

    Raises ``ConnectorError`` or ``SettingsProblem``.
    """
    name, system = at.rules.crm.credentials, at.rules.crm.system
    text = at.tokens(next_key_of(name)).load() or at.tokens(key_of(name)).load()
    if not text:
        raise SettingsProblem("Make a key first, and upload its certificate in Salesforce.")
    setup = json.dumps(json.loads(text) | {"domain": domain, "client_id": client_id, "username": username})
    with at.ledger.write() as session:
        connections.forget_token(session, name)
    answered = ", ".join(p.label for p in at.crm(ANY_ZONE, setup).pipelines())
    at.tokens(key_of(name)).save(setup)
    with at.ledger.write() as session:
        connections.forget_token(session, next_key_of(name))
        connections.keep(session, Connected(name=name, system=system, by=by, at=at.around.now()))
    _connected(at, system, by)
    return answered


def _forget(at: Connect, name: str, system: str, by: str) -> None:
    with at.ledger.write() as session:
        connections.forget(session, name)
        audit.record(session, at.rules.pair, at.around.now(), SUBJECT, "disconnected", {"system": system}, actor=by)


def _connected(at: Connect, system: str, by: str) -> None:
    """Go on with whatever waited for the connection, on settings read afresh."""
    pair, now = at.rules.pair, at.around.now()
    distrust(at.ledger, pair)
    with at.ledger.write() as session:
        audit.record(session, pair, now, SUBJECT, "connected", {"system": system}, actor=by)
        for item in reviews.opened(session, pair):
            if item.kind in ("not_connected", OTHER) and reviews.question_of(item).facts.get("system") == system:
                reviews.answer(session, item, reviews.RETRY, by=by, now=now)
