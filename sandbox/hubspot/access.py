"""Who may call, and how often: tokens, scopes, limits."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.consent import Consent
from sandbox.hubspot.account import PORTAL_ID
from sandbox.hubspot.answers import Refusal, answer
from sandbox.hubspot.asked import Ask, kind
from sandbox.hubspot.schema import ACTIVITIES
from sandbox.wire import Request, Response

STATIC_TOKEN = "sandbox-hubspot-token"  # noqa: S105 - opens nothing but this double
CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN = "sandbox-client", "sandbox-secret", "sandbox-refresh"
TOKEN_LIFE = 1800
_READING_POSTS = {"search", "read"}
# https://developers.hubspot.com/docs/apps/legacy-apps/authentication/scopes
SCOPES = frozenset(
    {
        *("oauth", "crm.objects.owners.read", "tax_rates.read"),
        *(
            f"crm.{what}.{kind}.{how}"
            for what in ("objects", "schemas")
            for kind in ("deals", "companies", "contacts", "line_items")
            for how in ("read", "write")
        ),
    }
)


@dataclass(slots=True)
class Limits:
    """What a Free or Starter account allows a private app.

    https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines; search has its own limit, per
    account and without headers: https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
    """

    burst: int = 100
    burst_seconds: int = 10
    daily: int = 250_000
    searches_per_second: int = 5
    time_zone: str = "Australia/Sydney"


class Access:
    """The account's doorkeeper."""

    def __init__(self, rng: Random) -> None:
        self.limits = Limits()
        self.static_tokens = {STATIC_TOKEN}
        self.missing_scopes: set[str] = set()
        self._rng = rng
        self._tokens: dict[str, datetime] = {}
        self._expired: set[str] = set()
        self._calls: deque[datetime] = deque()
        self._searches: deque[datetime] = deque()
        self._day = ("", 0)
        self.page = Consent("HubSpot", CLIENT_ID, SCOPES, self._portal, self._new_code)

    def _portal(self) -> str:
        return f"Account {PORTAL_ID}"

    def _new_code(self) -> str:
        return f"{self._rng.getrandbits(160):040x}"

    def admit(self, request: Request, ask: Ask, now: datetime) -> dict[str, str]:
        """The headers that tell what is left; raises ``Refusal`` 401, 403 or 429."""
        self._known(request, now)
        headers = self._counted(ask, now)
        scope = needed_scope(ask)
        if scope in self.missing_scopes:
            raise Refusal(
                403,
                "This app hasn't been granted all required scopes to make this call.",
                "MISSING_SCOPES",
                errors=[
                    {
                        "message": "One or more of the following scopes are required.",
                        "context": {"requiredGranularScopes": [scope]},
                    }
                ],
            )
        return headers

    def _known(self, request: Request, now: datetime) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        ends = self._tokens.get(token)
        if token in self._expired or (ends is not None and ends <= now):
            self._expired.discard(token)
            message = "The OAuth token used to make this call expired"
            raise Refusal(401, message, "EXPIRED_AUTHENTICATION", subCategory="OAUTH_TOKEN_EXPIRED")
        if ends is None and token not in self.static_tokens:
            message = "Authentication credentials not found. This API supports OAuth 2.0 authentication."
            raise Refusal(401, message, "INVALID_AUTHENTICATION")

    def _counted(self, ask: Ask, now: datetime) -> dict[str, str]:
        limits = self.limits
        if is_search(ask):
            self._within(self._searches, now, 1, limits.searches_per_second, "SECONDLY")
            return {}
        self._within(self._calls, now, limits.burst_seconds, limits.burst, "TEN_SECONDLY_ROLLING")
        today = now.astimezone(ZoneInfo(limits.time_zone)).date().isoformat()
        used = self._day[1] + 1 if self._day[0] == today else 1
        if used > limits.daily:
            raise too_many("DAILY")
        self._day = (today, used)
        return {
            "X-HubSpot-RateLimit-Max": str(limits.burst),
            "X-HubSpot-RateLimit-Remaining": str(limits.burst - len(self._calls)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(limits.burst_seconds * 1000),
            "X-HubSpot-RateLimit-Daily": str(limits.daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(limits.daily - used),
        }

    @staticmethod
    def _within(calls: deque[datetime], now: datetime, seconds: int, most: int, policy: str) -> None:
        while calls and calls[0] <= now - timedelta(seconds=seconds):
            calls.popleft()
        if len(calls) >= most:
            raise too_many(policy)
        calls.append(now)

    def expire(self) -> None:
        """Every access token in use ends now; a static one, which never ends, answers so just once."""
        self._expired |= self._tokens.keys() | self.static_tokens

    def token(self, ask: Ask, now: datetime) -> Response:
        """``POST /oauth/{version}/token``, parameters in the form.

        https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide; tokens may be long:
        https://developers.hubspot.com/changelog/upcoming-expiration-of-oauth-access-tokens-is-changing
        """
        form = ask.request.form()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise Refusal(400, "missing or invalid client id or secret", status="BAD_CLIENT_SECRET")
        if form.get("grant_type") == "authorization_code":
            if self.page.exchanged(form, now) is None:
                raise Refusal(400, "missing or unknown auth code", status="BAD_AUTH_CODE")
        elif form.get("grant_type") != "refresh_token" or form.get("refresh_token") != REFRESH_TOKEN:
            raise Refusal(400, "missing or invalid refresh token", status="BAD_REFRESH_TOKEN")
        token = f"sandbox-{self._rng.getrandbits(1200):0300x}"
        self._tokens[token] = now + timedelta(seconds=TOKEN_LIFE)
        body: dict[str, Any] = {"token_type": "bearer", "access_token": token, "refresh_token": REFRESH_TOKEN}
        return answer({**body, "hub_id": PORTAL_ID, "expires_in": TOKEN_LIFE})


def is_search(ask: Ask) -> bool:
    return ask.area == "objects" and ask.parts[-1:] == ("search",)


def too_many(policy: str, *, headers: Mapping[str, str] | None = None) -> Refusal:
    """A 429. Only a 477 is documented to carry ``Retry-After``, so none is sent unless a fault says so.

    https://developers.hubspot.com/docs/api-reference/latest/error-handling
    """
    message = f"You have reached your {policy.lower()} limit."
    refusal = Refusal(429, message, "RATE_LIMITS", errorType="RATE_LIMIT", policyName=policy)
    refusal.headers = dict(headers or {})
    return refusal


def needed_scope(ask: Ask) -> str:
    """https://developers.hubspot.com/docs/apps/legacy-apps/authentication/scopes"""
    if ask.area in {"owners", "tax-rates"} or not (ask.parts or ask.area == "files"):
        return {"owners": "crm.objects.owners.read", "tax-rates": "tax_rates.read"}.get(ask.area, "")
    if ask.area == "files":
        return "files"
    if ask.area == "pipelines":
        return "crm.objects.deals.read"
    name, reading = kind(ask.parts[0]), ask.method == "GET" or ask.parts[-1] in _READING_POSTS
    # https://developers.hubspot.com/docs/api-reference/latest/crm/activities/emails/guide
    if name == "emails" and ask.area == "objects" and reading:
        return "sales-email-read"
    # An activity hangs on the contacts' scope, whatever record it is about.
    object_type = "contacts" if name in ACTIVITIES else name
    if ask.area == "properties" and not reading:
        return f"crm.schemas.{object_type}.write"
    return f"crm.objects.{object_type}.{'read' if reading else 'write'}"
