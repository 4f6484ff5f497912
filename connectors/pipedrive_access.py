"""What Pipedrive's answers mean, how often it may be asked, and what each call costs of the day's tokens.

https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
"""

from __future__ import annotations

import httpx

from connectors.http import Dialect
from connectors.wire import Heard, Json

_SCOPES = (
    "deals:full, contacts:full, products:read, users:read, deal-fields:full, contact-fields:full "
    "and, for webhooks, admin"
)


def words(body: Json) -> tuple[str, ...]:
    return tuple(str(body[name]) for name in ("error", "message") if isinstance(body.get(name), str) and body[name])[:1]


def _missing_scopes(body: Json) -> str:
    return _SCOPES if "scope" in str(body.get("error", "")).lower() else ""


def _daily(headers: httpx.Headers, body: Json) -> bool:  # noqa: ARG001 - only the headers tell
    """Whether more than a short wait is called for.

    A page of HTML is the wall in front of Pipedrive, for whoever kept knocking. Nothing says how many of the day's
    tokens are left; but where the burst limit has calls left, it is not the burst that was refused.
    https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
    https://github.com/pipedrive/client-nodejs/issues/725
    """
    left = headers.get("x-ratelimit-remaining", "")
    return "html" in headers.get("content-type", "") or (left.isdigit() and int(left) > 0)


def _status(heard: Heard, body: Json | None) -> int:
    """403 says three things there: a wall in front, a scope that lacks, or no to this one record. 402: account closed.

    https://pipedrive.readme.io/docs/core-api-concepts-http-status-codes
    """
    if heard.status == 403:
        return 429 if body is None else 403 if _missing_scopes(body) else 422
    return {402: 401, 410: 422}.get(heard.status, heard.status)


# What a call costs of the tokens that the whole company has for a day, by Pipedrive's OpenAPI files (x-token-cost):
# a list costs the same whatever it brings. Those we don't make are not here; an unknown one is taken for a dear one.
_LISTS = {"deals/archived": 20, "pipelines": 5, "stages": 5}
_VERSION_1 = {
    "GET users": 20,
    "GET webhooks": 10,
    "POST webhooks": 10,
    "DELETE webhooks": 6,
    "GET deals": 10,
    "GET files": 20,
    "POST files": 10,
    "GET notes": 20,
    "POST notes": 10,
    "PUT notes": 10,
}
_BY_METHOD = {"POST": 5, "PATCH": 5, "DELETE": 3}
_UNKNOWN = 20


def cost(method: str, path: str) -> int:
    """The tokens that one call takes; ``path`` from ``/api`` on."""
    version, _, rest = path.removeprefix("/api/").partition("/")
    kind = rest.partition("/")[0]
    match version, method:
        case "v1", _:
            return _VERSION_1.get(f"{method} {kind}", _UNKNOWN)
        case "v2", "GET":
            return _LISTS.get(rest, 10)
        case _:
            return _BY_METHOD.get(method, _UNKNOWN)


# The lowest plan with one seat; the mapping tells of a larger one.
TOKENS_A_DAY = 30_000

# The lowest plan allows 20 calls in 2 seconds, and nothing tells the plan; two are left to others.
DIALECT = Dialect(
    words=words,
    scopes=_missing_scopes,
    daily=_daily,
    reset="x-ratelimit-reset",
    status=_status,
    burst=18,
    burst_seconds=2.0,
    allowance=TOKENS_A_DAY,
    cost=cost,
)
