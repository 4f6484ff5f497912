"""A person's consent at another site's page: the authorisation-code flow with state and PKCE.

https://www.rfc-editor.org/rfc/rfc6749#section-4.1, https://www.rfc-editor.org/rfc/rfc7636
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from connectors.errors import NotConnected, Unavailable
from connectors.oauth import ClientCredentials
from connectors.wire import UNSENT, Json, TooLarge, Wire

# https://developer.xero.com/documentation/guides/oauth2/scopes/
XERO_SCOPES = ("offline_access", *ClientCredentials.scopes.split())
XERO_LOGIN = "https://login.xero.com/identity"
# https://developers.hubspot.com/docs/apps/legacy-apps/authentication/scopes
HUBSPOT_SCOPES = (
    "oauth",
    *(f"crm.objects.{kind}.{how}" for kind in ("deals", "companies", "contacts") for how in ("read", "write")),
    "crm.objects.line_items.read",
    "crm.objects.owners.read",
    *(f"crm.schemas.{kind}.{how}" for kind in ("deals", "companies") for how in ("read", "write")),
)
HUBSPOT_LOGIN = "https://app.hubspot.com"


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a browser is sent, and what must be known when it comes back. Never shown, not even by ``repr``."""

    url: str
    state: str
    verifier: str
    nonce: str
    redirect_uri: str

    def __repr__(self) -> str:
        return "Asked()"

    def to_text(self) -> str:
        """What has to be kept until then."""
        return json.dumps({"verifier": self.verifier, "nonce": self.nonce, "redirect_uri": self.redirect_uri})

    @classmethod
    def from_text(cls, text: str) -> Asked:
        kept = json.loads(text)
        return cls("", "", kept["verifier"], kept["nonce"], kept["redirect_uri"])


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organisation that somebody connected; ``id`` is the connection's own, by which it is ended."""

    id: str
    tenant_id: str
    name: str


def ask(authorize_url: str, client_id: str, redirect_uri: str, scopes: Sequence[str], prompt: str = "") -> Asked:
    """A fresh question, with a state, a verifier and a nonce nobody can guess.

    ``prompt`` "login", with a ``max_age`` that makes the provider say when they did:
    https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
    """
    state, verifier, nonce = (secrets.token_urlsafe(32) for _ in range(3))
    digest = hashlib.sha256(verifier.encode()).digest()
    more = {"scope": " ".join(scopes), "prompt": prompt, "max_age": "0" if prompt == "login" else ""}
    query = {name: value for name, value in more.items() if value} | {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in authorize_url else "?"
    return Asked(f"{authorize_url}{joint}{urlencode(query)}", state, verifier, nonce, redirect_uri)


@dataclass(frozen=True, slots=True)
class Door:
    """Where a system asks a person, and hands out tokens for the answer; ``in_form``: as ``oauth.Renewed`` says."""

    authorize_url: str
    token_url: str
    token_path: str
    scopes: tuple[str, ...] = ()
    in_form: bool = False


def exchange(
    system: str, wire: Wire, path: str, code: str, asked: Asked, client: tuple[str, str], *, in_form: bool = False
) -> Json:
    """The tokens for a code. Raises ``NotConnected`` where it is refused, ``Unavailable`` where nobody answers."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": asked.redirect_uri,
        "code_verifier": asked.verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if in_form:
        form |= {"client_id": client[0], "client_secret": client[1]}
    else:
        headers["Authorization"] = f"Basic {b64encode(f'{client[0]}:{client[1]}'.encode()).decode()}"
    status, body = _sent(system, wire, "POST", path, urlencode(form).encode(), headers)
    said = body if isinstance(body, dict) else {}
    if status >= 500:
        raise Unavailable(system, f"POST {path}", f"answered {status}")
    if status != 200 or not said.get("access_token"):
        raise NotConnected(system, f"POST {path}", "the sign-in was not accepted: start it again")
    return said


def tenants(wire: Wire) -> list[Tenant]:
    """The organisations this authorisation reaches: https://developer.xero.com/documentation/guides/oauth2/tenants."""
    status, body = _sent("xero", wire, "GET", "/connections", b"", {})
    if status != 200 or not isinstance(body, list):
        raise NotConnected("xero", "GET /connections", f"answered {status}")
    rows = [row for row in body if isinstance(row, dict) and row.get("tenantType") == "ORGANISATION"]
    return [Tenant(str(row["id"]), str(row["tenantId"]), str(row.get("tenantName", ""))) for row in rows]


def disconnect(wire: Wire, connection_id: str) -> None:
    """End a connection; one that is gone already counts as ended."""
    status, _ = _sent("xero", wire, "DELETE", f"/connections/{connection_id}", b"", {})
    if status not in {204, 404}:
        raise Unavailable("xero", "DELETE /connections/{id}", f"answered {status}")


def fetched(system: str, wire: Wire, path: str) -> Json:
    """A public document, such as an identity provider's own description. Raises ``Unavailable``."""
    status, body = _sent(system, wire, "GET", path, b"", {})
    if status != 200 or not isinstance(body, dict):
        raise Unavailable(system, f"GET {path}", f"answered {status}")
    return body


def _sent(
    system: str, wire: Wire, method: str, path: str, content: bytes, headers: Mapping[str, str]
) -> tuple[int, object]:
    call = f"{method} {path.rpartition('/')[0] or path}"
    try:
        heard = wire.send(method, path, content=content, headers=headers)
    except UNSENT:
        raise Unavailable(system, call, "can't be reached") from None
    except (httpx.RequestError, TooLarge):
        raise Unavailable(system, call, "no answer") from None
    try:
        return heard.status, json.loads(heard.body) if heard.body else None
    except (ValueError, RecursionError):
        return heard.status, None
