"""Who may call, and how often: tokens, scopes, bursts, and the day's budget of tokens.

https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
"""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sandbox.consent import Consent
from sandbox.pipedrive.account import COMPANY
from sandbox.pipedrive.answers import Refusal, answer
from sandbox.pipedrive.asked import Ask
from sandbox.wire import Response

API_TOKEN = "sandbox-pipedrive-token"  # noqa: S105 - opens nothing but this double
CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN = "sandbox-client", "sandbox-secret", "sandbox-refresh"
TOKEN_LIFE = 3599

# What a call costs of the day's tokens: the OpenAPI files' x-token-cost. The first that fits counts; * is one part.
_COSTS = (
    ("GET v2 deals archived", 20),
    ("GET v2 deals products", 10),
    ("GET v2 deals installments", 10),
    ("GET v2 deals * products", 10),
    ("GET v2 deals * discounts", 10),
    ("POST v2 deals * products bulk", 25),
    ("GET v2 pipelines", 5),
    ("GET v2 stages", 5),
    ("GET v2 * search", 20),
    ("GET v2 itemSearch", 20),
    ("GET v2 itemSearch field", 20),
    ("GET v2 *", 10),
    ("GET v2 * *", 1),
    ("DELETE v2", 3),
    ("POST v2", 5),
    ("PATCH v2", 5),
    ("GET v1 notes", 20),
    ("GET v1 notes *", 2),
    ("DELETE v1", 6),
    ("PUT v1 deals * merge", 40),
    ("GET v1 users me", 2),
    ("GET v1 users *", 2),
    ("GET v1 users", 20),
    ("GET v1 currencies", 20),
    ("GET v1 deals * changelog", 20),
    ("GET v1", 10),
    ("PUT v1", 10),
    ("POST v1", 10),
)


@dataclass(slots=True)
class Limits:
    """What the lowest plan with one seat allows. OAuth tokens may burst four times as much."""

    burst: int = 20
    oauth_burst: int = 80
    searches: int = 10
    seconds: int = 2
    daily_tokens: int = 30_000
    time_zone: str = "UTC"


class Access:
    """The account's doorkeeper. ``spent`` is how much of today's budget is gone; no header ever tells it.

    ``admin``: the app was given that scope too, which webhooks need.
    """

    def __init__(self, rng: Random) -> None:
        self.limits = Limits()
        self.api_tokens = {API_TOKEN}
        self.missing_scopes = False
        self.admin = False
        self.spent = 0
        self._rng = rng
        self._tokens: dict[str, datetime] = {}
        self._expired: set[str] = set()
        self._calls: dict[str, deque[datetime]] = {}
        self._day = ""
        self.page = Consent("Pipedrive", CLIENT_ID, frozenset(), self._company, self._new_code)

    def _company(self) -> str:
        return f"{COMPANY}.pipedrive.com"

    def _new_code(self) -> str:
        return f"{self._rng.getrandbits(160):040x}"

    def admit(self, ask: Ask, now: datetime) -> dict[str, str]:
        """The headers that tell what is left of the burst; raises ``Refusal`` 401, 403 or 429."""
        token, by_oauth = self._known(ask, now)
        most = self.limits.oauth_burst if by_oauth else self.limits.burst
        if "search" in ask.parts or ask.parts[:1] == ("itemSearch",):
            most = self.limits.searches
            token = f"{token} searching"
        headers = self._counted(token, most, now)
        today = now.astimezone(ZoneInfo(self.limits.time_zone)).date().isoformat()
        self._day, self.spent = today, self.spent if self._day == today else 0
        if self.spent + cost(ask) > self.limits.daily_tokens:
            raise too_many(headers)
        self.spent += cost(ask)
        if by_oauth and (self.missing_scopes or (ask.parts[:1] == ("webhooks",) and not self.admin)):
            raise Refusal(403, "Scope and URL mismatch")
        return headers

    def _known(self, ask: Ask, now: datetime) -> tuple[str, bool]:
        """The token, and whether it came by OAuth. In the query it works in version 1 only."""
        sent = ask.request.headers
        bearer = sent.get("authorization", "").removeprefix("Bearer ")
        token = sent.get("x-api-token") or bearer or (ask.given("api_token") if ask.version == "v1" else "")
        if token in self._expired:
            self._expired.discard(token)
            raise Refusal(401, "unauthorized access")
        if bearer and token == bearer and self._tokens.get(token, now) > now:
            return token, True
        if token not in self.api_tokens or token == bearer:
            raise Refusal(401, "unauthorized access")
        return token, False

    def _counted(self, token: str, most: int, now: datetime) -> dict[str, str]:
        calls = self._calls.setdefault(token, deque())
        span = timedelta(seconds=self.limits.seconds)
        while calls and calls[0] <= now - span:
            calls.popleft()
        if len(calls) < most:
            calls.append(now)
            refused = False
        else:
            refused = True
        left = calls[0] + span - now
        headers = {
            "x-ratelimit-limit": str(most),
            "x-ratelimit-remaining": str(most - len(calls)),
            # Seconds left, not a moment: https://github.com/DavidRouyer/pipedrive-dotnet/issues/36
            "x-ratelimit-reset": str(max(1, round(left.total_seconds()))),
        }
        if refused:
            raise too_many(headers)
        return headers

    def expire(self) -> None:
        """Every access token in use ends now; an API token, which never ends, answers so just once."""
        self._expired |= self._tokens.keys() | self.api_tokens

    def token(self, ask: Ask, now: datetime) -> Response:
        """``POST /oauth/token``: the client's id and secret as HTTP Basic, the grant as a form.

        https://pipedrive.readme.io/docs/marketplace-oauth-authorization
        """
        basic = b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if ask.request.headers.get("authorization") != f"Basic {basic}":
            return answer({"success": False, "error": "invalid_client"}, 401)
        form = ask.request.form()
        by_code = form.get("grant_type") == "authorization_code" and self.page.exchanged(form, now) is not None
        renewed = form.get("grant_type") == "refresh_token" and form.get("refresh_token") == REFRESH_TOKEN
        if not (by_code or renewed):
            return answer({"success": False, "error": "invalid_grant", "message": "Invalid grant"}, 400)
        token = f"v1u:{self._rng.getrandbits(320):080x}"
        self._tokens[token] = now + timedelta(seconds=TOKEN_LIFE)
        return answer(
            {
                "access_token": token,
                "token_type": "Bearer",
                "refresh_token": REFRESH_TOKEN,
                "scope": "base,deals:full,contacts:full,products:read,deal-fields:full,contact-fields:full",
                "expires_in": TOKEN_LIFE,
                "api_domain": f"https://{COMPANY}.pipedrive.com",
            }
        )


def cost(ask: Ask) -> int:
    """Tokens of the day's budget."""
    call = (ask.method, ask.version, *ask.parts)
    for pattern, tokens in _COSTS:
        wanted = pattern.split()
        whole = wanted[0] == "GET" and len(wanted) > 2
        fits = all(want in {"*", part} for want, part in zip(wanted, call, strict=False))
        if fits and len(call) >= len(wanted) and (len(call) == len(wanted) or not whole):
            return tokens
    return 1


def too_many(headers: dict[str, str]) -> Refusal:
    """Burst and budget look alike but for what is left of the burst.

    https://github.com/pipedrive/client-nodejs/issues/725
    """
    return Refusal(429, "request over limit", headers=headers)
