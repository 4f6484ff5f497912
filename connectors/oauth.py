"""Authorisation as a plug for the HTTP client: the connectors never see a token.

An access token is renewed when less than five minutes are left, and once after it was refused. Rotating refresh
tokens are renewed by one worker at a time and saved before their first use.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

import httpx

from connectors.errors import NotConnected, Throttled, Unavailable
from connectors.http import Pace
from connectors.wire import UNSENT, Heard, Json, TooLarge, Wire, retry_after

Auth = httpx.Auth
"""A plug that authorises requests."""

XERO_IDENTITY = "https://identity.xero.com"
XERO_TOKEN_PATH = "/connect/token"  # noqa: S105 - an address
PIPEDRIVE_IDENTITY = "https://oauth.pipedrive.com"
PIPEDRIVE_TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
HUBSPOT_TOKEN_PATH = "/oauth/v3/token"  # noqa: S105 - an address

EARLY = timedelta(minutes=5)
DEFAULT_PAUSE = 60.0
WAITS = (0.0, 1.0, 3.0)  # seconds before each try
_CODE = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class Token:
    """What the token endpoint gave; ``refresh`` is empty where there is none. Never shown, not even by ``repr``."""

    access: str
    refresh: str
    expires_at: datetime
    rotated_at: datetime

    @staticmethod
    def is_one(text: str) -> bool:
        """Whether a text is one of these, and not a token that somebody pasted."""
        return text.startswith("{")

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at.isoformat()})"

    def to_text(self) -> str:
        """As text for the store, which encrypts it."""
        return json.dumps(
            {
                "access": self.access,
                "refresh": self.refresh,
                "expires_at": self.expires_at.isoformat(),
                "rotated_at": self.rotated_at.isoformat(),
            }
        )

    @classmethod
    def from_text(cls, text: str) -> Token:
        said = json.loads(text)
        return cls(
            said["access"],
            said["refresh"],
            datetime.fromisoformat(said["expires_at"]),
            datetime.fromisoformat(said["rotated_at"]),
        )


class TokenStore(Protocol):
    """Where the token of one connection rests between runs, and the lock that lets one worker at a time renew it."""

    def load(self) -> str | None: ...

    def save(self, text: str) -> None:
        """Kept for good once this returns."""
        ...

    def lock(self) -> AbstractContextManager[None]: ...


class SignIn(httpx.BaseTransport):
    """The way to where tokens are had: closed while its system pauses; its own limit pauses the system."""

    def __init__(self, system: str, pace: Pace, inner: httpx.BaseTransport, now: Callable[[], datetime]) -> None:
        self._system = system
        self._pace = pace
        self._inner = inner
        self._now = now

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._pace.spend(self._system, 0)  # signing in takes nothing of the day
        response = self._inner.handle_request(request)
        if response.status_code == 429:
            pause = retry_after(response.headers.get("retry-after"), self._now()) or DEFAULT_PAUSE
            self._pace.heard(self._system, day_left=None, day_most=None, minute_left=None, pause=pause, daily=False)
        return response

    def close(self) -> None:
        self._inner.close()


class Bearer(httpx.Auth):
    """A token that never changes (a HubSpot service key or a private app's)."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class Key(httpx.Auth):
    """A key that never changes, in a header of its own (a Pipedrive API token)."""

    def __init__(self, header: str, key: str) -> None:
        self._header = header
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[self._header] = self._key
        yield request


class Renewed(httpx.Auth, ABC):
    """An access token that runs out."""

    def __init__(
        self,
        system: str,
        wire: Wire,
        store: TokenStore,
        *,
        client_id: str,
        client_secret: str,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        path: str = XERO_TOKEN_PATH,
        in_form: bool = False,
    ) -> None:
        """``in_form``: the app's own keys go into the form instead of a header, as HubSpot wants them."""
        self._system = system
        self._wire = wire
        self._store = store
        self._now = now
        self._sleep = sleep
        self._path = path
        self._headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._own = {"client_id": client_id, "client_secret": client_secret} if in_form else {}
        if client_secret and not in_form:
            basic = b64encode(f"{client_id}:{client_secret}".encode()).decode()
            self._headers["Authorization"] = f"Basic {basic}"
        self._token: Token | None = None

    @abstractmethod
    def _renew(self, old: Token | None) -> Token:
        """Get a new token; called with the lock held. Raises ``NotConnected`` or ``TryLater``."""

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._current()
        request.headers["Authorization"] = f"Bearer {token.access}"
        response = yield request
        # Seen with both spellings: insufficient_scope and insufficent_scope. A new token wouldn't help.
        if response.status_code != 401 or "_scope" in response.headers.get("www-authenticate", ""):
            return
        request.headers["Authorization"] = f"Bearer {self._current(refused=token.access).access}"
        yield request

    def _current(self, refused: str = "") -> Token:
        self._token = self._token or self._stored()
        if self._token is None or not self._good(self._token, refused):
            with self._store.lock():
                old = self._stored()
                self._token = old if old and self._good(old, refused) else self._renew(old)
        return self._token

    def _good(self, token: Token, refused: str = "") -> bool:
        return token.access != refused and token.expires_at - self._now() > EARLY

    def _stored(self) -> Token | None:
        text = self._store.load()
        return Token.from_text(text) if text else None

    def _ask(self, form: dict[str, str]) -> Token | None:
        """One new token, saved; None when the grant is no longer valid. A lost answer is asked for again."""
        call, content = f"POST {self._path}", urlencode(form | self._own).encode()
        problem = "no answer"
        for wait in WAITS:
            if wait:
                self._sleep(wait)
            try:
                heard = self._wire.send("POST", self._path, content=content, headers=self._headers)
            except UNSENT:
                problem = "can't be reached"
                continue
            except (httpx.RequestError, TooLarge):
                continue
            body = heard.json() or {}
            if heard.status == 200 and body.get("access_token"):
                return self._kept(body, form.get("refresh_token", ""))
            if 400 <= heard.status < 500 and heard.status != 408:
                return self._refused(call, heard, body)
            problem = f"answered {heard.status}"
        raise Unavailable(self._system, call, problem)

    def _refused(self, call: str, heard: Heard, body: Json) -> None:
        if heard.status == 429:
            pause = retry_after(heard.headers.get("retry-after"), self._now())
            raise Throttled(self._system, call, pause=pause or DEFAULT_PAUSE)
        code = str(body.get("error", ""))
        if code == "invalid_grant":
            return
        code = code if _CODE.fullmatch(code) else str(heard.status)
        raise NotConnected(self._system, call, f"the sign-in was refused ({code}): connect again")

    def _kept(self, body: Json, old_refresh: str) -> Token:
        now, lasts = self._now(), body.get("expires_in")
        token = Token(
            access=str(body["access_token"]),
            refresh=str(body.get("refresh_token") or old_refresh),
            expires_at=now + timedelta(seconds=lasts if isinstance(lasts, int) else 1800),
            rotated_at=now,
        )
        self._store.save(token.to_text())
        return token

    def _ended(self) -> NotConnected:
        return NotConnected(self._system, f"POST {self._path}", "the authorisation has ended: connect again")


# https://developer.xero.com/documentation/guides/oauth2/scopes/
ATTACHMENTS = "accounting.attachments"


class ClientCredentials(Renewed):
    """A Xero custom connection: one organisation, no refresh token.

    https://developer.xero.com/documentation/guides/oauth2/custom-connections
    """

    scopes = "accounting.contacts accounting.invoices accounting.payments.read accounting.settings.read"

    def _renew(self, old: Token | None) -> Token:  # noqa: ARG002 - each one stands alone
        return self._granted(self.scopes)

    def _granted(self, scopes: str) -> Token:
        token = self._ask({"grant_type": "client_credentials", "scope": scopes})
        if token is None:
            raise self._ended()
        return token


class WithAttachments(ClientCredentials):
    """The same, where files are attached to invoices."""

    scopes = f"{ClientCredentials.scopes} {ATTACHMENTS}"

    def _renew(self, old: Token | None) -> Token:
        try:
            return super()._renew(old)
        except NotConnected:
            # The app may lack that permission alone: all else goes on, and the call that needs it says so.
            return self._granted(ClientCredentials.scopes)


class RefreshToken(Renewed):
    """An authorisation by a person, at Xero, HubSpot or Pipedrive: each renewal may replace the refresh token.

    Xero's replaced one stays good for 30 minutes, so after a lost answer, or a crash before saving, it is sent again.
    https://developer.xero.com/faq/oauth2
    """

    def _renew(self, old: Token | None) -> Token:
        if old is None or not old.refresh:
            raise self._ended()
        token = self._exchanged(old)
        if token is None:
            # Somebody may have rotated it without our lock: another installation on the same store, a restore.
            newer = self._stored()
            if newer is None or newer.refresh == old.refresh:
                raise self._ended()
            token = newer if self._good(newer) else self._exchanged(newer)
        if token is None:
            raise self._ended()
        return token

    def _exchanged(self, old: Token) -> Token | None:
        return self._ask({"grant_type": "refresh_token", "refresh_token": old.refresh})
