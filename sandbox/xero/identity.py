"""Xero's identity server and its list of connections.

https://developer.xero.com/documentation/guides/oauth2/auth-flow/ and …/custom-connections: access tokens live thirty
minutes; each refresh brings a new refresh token, and the one before it stays good for thirty minutes more in case the
answer was lost; a refresh token nobody uses dies after sixty days.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.consent import Consent
from sandbox.wire import Clock, Request, Response
from sandbox.xero.answers import at_the_door, json_answer
from sandbox.xero.books import Books
from sandbox.xero.records import Record, instant_text

# https://developer.xero.com/documentation/guides/oauth2/scopes/ (granular, and the broad one they replace)
SCOPES = frozenset(
    f"accounting.{name}{suffix}"
    for name in ("contacts", "invoices", "payments", "settings", "transactions", "attachments")
    for suffix in ("", ".read")
) | {"offline_access"}

_LIFE = timedelta(minutes=30)
_GRACE = timedelta(minutes=30)
_UNUSED = timedelta(days=60)


@dataclass(slots=True)
class Access:
    """An access token. ``custom``: of a custom connection, which knows its organisation without being told."""

    token: str
    scopes: frozenset[str]
    expires_at: datetime
    custom: bool

    def may(self, method: str, names: Sequence[str]) -> bool:
        """Whether any of these scopes is granted; reading is allowed by its ``.read`` form too."""
        granted = {*names, *(f"{name}.read" for name in names)} if method == "GET" else set(names)
        return not granted.isdisjoint(self.scopes)


@dataclass(slots=True)
class _Refresh:
    scopes: frozenset[str]
    issued_at: datetime
    rotated_at: datetime | None = None

    def good(self, now: datetime) -> bool:
        if self.rotated_at:
            return now - self.rotated_at <= _GRACE
        return now - self.issued_at <= _UNUSED


class Identity:
    """Tokens and connections of the one app, ``client_id``, to the one organisation."""

    def __init__(self, books: Books, clock: Clock) -> None:
        self.client_id = "wonbooks-sandbox"
        self.client_secret = "open-sesame"  # noqa: S105 - the sandbox has nothing to hide
        self.scopes = SCOPES
        self.connections: dict[str, Record] = {}
        self._books = books
        self._clock = clock
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, _Refresh] = {}
        self.page = Consent("Xero", self.client_id, SCOPES, self._organisation, self._new_token)
        self.connect()

    def _organisation(self) -> str:
        return str(self._books.organisation["Name"])

    # What people and tests do

    def connect(self) -> str:
        """Connect the organisation, if it is not; the connection's id."""
        for key in self.connections:
            return key
        now, key = instant_text(self._clock()), self._books.new_id()
        self.connections[key] = Record(
            id=key,
            authEventId=self._books.new_id(),
            tenantId=self._books.tenant_id,
            tenantType="ORGANISATION",
            tenantName=self._books.organisation["Name"],
            createdDateUtc=now,
            updatedDateUtc=now,
        )
        return key

    def issue(self, scopes: Iterable[str] = SCOPES, *, custom: bool = True) -> str:
        """A fresh access token, as if asked for."""
        token = self._new_token()
        self._access[token] = Access(token, frozenset(scopes), self._clock() + _LIFE, custom)
        return token

    def consent(self, scopes: Iterable[str] = SCOPES) -> str:
        """A fresh refresh token, as after a person's consent."""
        self.connect()
        token = self._new_token()
        self._refresh[token] = _Refresh(frozenset(scopes), self._clock())
        return token

    def expire_access(self) -> None:
        """Every access token ends now."""
        now = self._clock()
        for access in self._access.values():
            access.expires_at = min(access.expires_at, now)

    def revoke(self) -> None:
        """The person withdraws: no refresh token is good any more, and nothing is connected."""
        self._refresh.clear()
        self.connections.clear()

    # What the API asks

    def admitted(self, request: Request) -> Access | Response:
        """Who calls, or the 401 that turns them away."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        access = self._access.get(token.strip()) if scheme.lower() == "bearer" else None
        if not access:
            return at_the_door(self._books, 401, "Unauthorized", "AuthenticationUnsuccessful")
        if access.expires_at <= self._books.now:
            when = access.expires_at.strftime("%m/%d/%Y %H:%M:%S")
            return at_the_door(self._books, 401, "Unauthorized", f"TokenExpired: token expired at {when}")
        return access

    def tenant_known(self, request: Request, access: Access) -> bool:
        """A custom connection needs no tenant header; a wrong one is refused all the same."""
        tenant = request.headers.get("xero-tenant-id") or (self._books.tenant_id if access.custom else "")
        return any(each["tenantId"] == tenant for each in self.connections.values())

    def token(self, request: Request) -> Response:
        """POST /connect/token."""
        form = request.form()
        if not self._is_client(request, form):
            return _failed("invalid_client")
        grant = form.get("grant_type")
        if grant == "client_credentials":
            return self._client_credentials(form.get("scope", ""))
        if grant == "authorization_code":
            return self._consented(form)
        if grant == "refresh_token":
            return self._rotate(form.get("refresh_token", ""))
        return _failed("unsupported_grant_type")

    def revocation(self, request: Request) -> Response:
        """POST /connect/revocation: drops all connections of the person behind the refresh token."""
        form = request.form()
        if not self._is_client(request, form):
            return _failed("invalid_client")
        if form.get("token") in self._refresh:
            self.revoke()
        return Response(200)

    def connection_list(self, request: Request) -> Response:
        """GET /connections."""
        event = request.query.get("authEventId")
        return json_answer([each for each in self.connections.values() if not event or each["authEventId"] == event])

    def disconnect(self, key: str) -> Response:
        """DELETE /connections/{id}."""
        return Response(204 if self.connections.pop(key, None) else 404)

    def _client_credentials(self, asked: str) -> Response:
        scopes = frozenset(asked.split()) or self.scopes - {"offline_access"}
        # Refresh tokens are not for custom connections.
        if not scopes <= self.scopes - {"offline_access"}:
            return _failed("invalid_scope")
        return json_answer(_granted(self.issue(scopes), scopes))

    def authorize(self, request: Request) -> Response:
        """The login page: GET and POST /identity/connect/authorize."""
        return self.page.page(request, self._books.now)

    def _consented(self, form: dict[str, str]) -> Response:
        scopes = self.page.exchanged(form, self._books.now)
        if scopes is None:
            return _failed("invalid_grant")
        access = self.issue(scopes, custom=False)
        refresh = {"refresh_token": self.consent(scopes)} if "offline_access" in scopes else {}
        return json_answer({**_granted(access, scopes), **refresh})

    def _rotate(self, token: str) -> Response:
        refresh = self._refresh.get(token)
        if not refresh or not refresh.good(self._books.now):
            return _failed("invalid_grant")
        refresh.rotated_at = refresh.rotated_at or self._books.now
        following = self._new_token()
        self._refresh[following] = _Refresh(refresh.scopes, self._books.now)
        access = self.issue(refresh.scopes, custom=False)
        return json_answer({**_granted(access, refresh.scopes), "refresh_token": following})

    def _is_client(self, request: Request, form: dict[str, str]) -> bool:
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        scheme, _, code = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                name, _, secret = base64.b64decode(code, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return False
            given = (name, secret)
        return given == (self.client_id, self.client_secret)

    def _new_token(self) -> str:
        return f"{self._books.random.getrandbits(256):064x}"


def _granted(token: str, scopes: frozenset[str]) -> dict[str, str | int]:
    seconds = int(_LIFE.total_seconds())
    return {"access_token": token, "expires_in": seconds, "token_type": "Bearer", "scope": " ".join(sorted(scopes))}


def _failed(error: str) -> Response:
    return json_answer({"error": error}, 400)
