"""Who may call, and how often: the two ways to sign in without a person, sessions, the day's limit.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm
https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
"""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64decode
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from sandbox.salesforce.answers import Refusal, answer
from sandbox.salesforce.org import DOMAIN, INTEGRATION_USER, ORG_ID
from sandbox.salesforce.schema import long_id
from sandbox.wire import Request, Response

LOGIN = "login.salesforce.com"
TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - an address
CONSUMER_KEY, CONSUMER_SECRET = "sandbox-consumer-key", "sandbox-consumer-secret"
USERNAME = "wonbooks@harbourline.example"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(slots=True)
class Limits:
    """What a Developer Edition allows; all programs of the organisation share it.

    https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet/guide/salesforce-app-limits-platform-api.html
    """

    daily: int = 15_000
    session: timedelta = timedelta(hours=2)


class Access:
    """The doorkeeper: ``trust`` is the certificate uploaded to the app, ``approved`` the users who may use it."""

    def __init__(self, rng: Random) -> None:
        self.limits = Limits()
        self.approved = {USERNAME}
        self._trusted: bytes = b""
        self._rng = rng
        self._sessions: dict[str, datetime] = {}
        self._calls: deque[datetime] = deque()

    def trust(self, public_key: bytes) -> None:
        """Upload a certificate: here its public key, as PEM."""
        self._trusted = public_key

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────

    def admit(self, request: Request, now: datetime) -> dict[str, str]:
        """The header that tells what is used of the day; raises ``Refusal`` 401 or 403.

        A session ends when nobody has called for a while.
        https://developer.salesforce.com/docs/platform/pub-sub-api/guide/supported-auth.html
        """
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        last = self._sessions.get(token)
        if last is None or now - last > self.limits.session:
            raise Refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
        self._sessions[token] = now
        while self._calls and self._calls[0] <= now - timedelta(days=1):
            self._calls.popleft()
        if len(self._calls) >= self.limits.daily:
            raise too_many(daily=True)
        self._calls.append(now)
        return self.used()

    def used(self) -> dict[str, str]:
        return {"Sforce-Limit-Info": f"api-usage={len(self._calls)}/{self.limits.daily}"}

    def expire(self) -> None:
        """Every session ends now."""
        self._sessions.clear()

    def issue(self, now: datetime) -> str:
        """A session for the integration's user."""
        token = f"{ORG_ID[:15]}!AQ{self._rng.getrandbits(360):090x}"
        self._sessions[token] = now
        return token

    # ── signing in ────────────────────────────────────────────────────────────────────────────────────────────

    def sign_in(self, request: Request, now: datetime) -> Response:
        """``POST /services/oauth2/token``. The answer has neither a refresh token nor a time of expiry."""
        form = request.form()
        match form.get("grant_type"):
            case "client_credentials":
                problem = self._secret_problem(request, form)
            case grant if grant == GRANT:
                problem = self._assertion_problem(form.get("assertion", ""), now)
            case _:
                problem = ("unsupported_grant_type", "grant type not supported")
        if problem:
            return answer({"error": problem[0], "error_description": problem[1]}, 400)
        body = {
            "access_token": self.issue(now),
            "signature": f"{self._rng.getrandbits(256):064x}",
            "scope": "api",
            "instance_url": f"https://{DOMAIN}",
            "id": f"https://{LOGIN}/id/{ORG_ID}/{long_id(INTEGRATION_USER)}",
            "token_type": "Bearer",
            "issued_at": str(int(now.timestamp() * 1000)),
        }
        return answer(body)

    def _secret_problem(self, request: Request, form: dict[str, str]) -> tuple[str, str] | None:
        """Only at the organisation's own address; id and secret in a header or in the form."""
        if request.headers.get("host", "") == LOGIN:
            return "invalid_grant", "request not supported on this domain"
        given = (form.get("client_id"), form.get("client_secret"))
        kind, _, coded = request.headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            name, _, secret = b64decode(coded).decode().partition(":")
            given = (name, secret)
        if given[0] != CONSUMER_KEY:
            return "invalid_client_id", "client identifier invalid"
        if given[1] != CONSUMER_SECRET:
            return "invalid_client", "invalid client credentials"
        return None if self.approved else ("invalid_grant", "no client credentials user enabled")

    def _assertion_problem(self, assertion: str, now: datetime) -> tuple[str, str] | None:
        claims = self._signed(assertion)
        if claims is None:
            return "invalid_grant", "invalid assertion"
        if claims.get("iss") != CONSUMER_KEY:
            return "invalid_client_id", "client identifier invalid"
        if claims.get("aud") not in {f"https://{LOGIN}", f"https://{DOMAIN}"}:
            return "invalid_grant", "audience is invalid"
        # Some clients send it as text.
        ends = str(claims.get("exp", ""))
        if not ends.isdigit() or not 0 < int(ends) - now.timestamp() <= 300:
            return "invalid_grant", "expired authorization code"
        if claims.get("sub") not in self.approved:
            return "invalid_grant", "user hasn't approved this consumer"
        return None

    def _signed(self, assertion: str) -> dict[str, Any] | None:
        """What an assertion says, if it is signed with the key of the certificate: RS256 and nothing else."""
        told, _, signature = assertion.rpartition(".")
        try:
            header, claims = (json.loads(_decoded(part)) for part in told.split("."))
            key = serialization.load_pem_public_key(self._trusted)
            if header.get("alg") != "RS256" or not isinstance(key, RSAPublicKey):
                return None
            key.verify(_decoded(signature), told.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (ValueError, InvalidSignature):
            return None
        return claims


def too_many(*, daily: bool) -> Refusal:
    """One code for two limits, and no word of when to come back."""
    limit = "TotalRequests" if daily else "ConcurrentPerOrgLongTxn"
    return Refusal(403, "REQUEST_LIMIT_EXCEEDED", f"{limit} Limit exceeded.")


def too_often() -> Response:
    """One user signed in more often than allowed: https://github.com/restforce/restforce/issues/412"""
    return answer({"error": "invalid_grant", "error_description": "login rate exceeded"}, 400)


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
