"""Connecting a pair's two systems at the desk, trying the connections, ending them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from connectors import consent
from connectors.consent import Asked, Tenant
from connectors.errors import ConnectorError, NotConnected
from connectors.oauth import XERO_TOKEN_PATH, Token
from ledger import audit, connections, reviews
from ledger.desk_tables import Connected
from stages.asking import OTHER
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
    trouble: ConnectorError | SettingsProblem | None = None


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
    except (ConnectorError, SettingsProblem) as trouble:
        return Tried(system, trouble=trouble)


def begin_xero(at: Connect, redirect_uri: str) -> Asked:
    """Where to send a person who is to consent. Raises ``SettingsProblem`` while the app's own keys are not set."""
    client = at.settings.credential(at.rules.xero.credentials, "client_id", "client_secret")
    url = f"{at.settings.xero_login_url}/connect/authorize"
    return consent.ask(url, client["client_id"], redirect_uri, consent.XERO_SCOPES)


def finish_xero(at: Connect, code: str, asked: Asked, by: str) -> list[Tenant]:
    """The person is back: keep the tokens; the organisations to choose from. Raises ``ConnectorError``."""
    name = at.rules.xero.credentials
    secret = at.settings.credential(name, "client_id", "client_secret")
    client = (secret["client_id"], secret["client_secret"])
    wire = at.wire(at.settings.xero_identity_url)
    body = consent.exchange("xero", wire, XERO_TOKEN_PATH, code, asked, client)
    if not body.get("refresh_token"):
        raise NotConnected("xero", f"POST {XERO_TOKEN_PATH}", "the app may not stay connected (offline_access)")
    now = at.around.now()
    expires = now + timedelta(seconds=int(body.get("expires_in", 1800)))
    at.tokens(name).save(Token(str(body["access_token"]), str(body["refresh_token"]), expires, now).to_text())
    with at.ledger.write() as session:
        connections.keep(session, Connected(name=name, system="xero", by=by, at=now))
    return xero_tenants(at)


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
    """Forget the token that was pasted; one from the environment counts again."""
    _forget(at, at.rules.crm.credentials, at.rules.crm.system, by)


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
