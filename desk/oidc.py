"""Whom an identity provider says that somebody is, once it has proved it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from desk.settings import ROLES, DeskSettings, Role

# Symmetric algorithms and "none" are left out on purpose.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY = 60  # seconds between their clock and ours


class NotProven(Exception):
    """The token proves nothing; the message says why, and nothing of what it holds."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody the provider vouches for; ``anew``: it asked them who they are since we sent them there."""

    name: str
    role: Role
    anew: bool


def proven(
    token: str, keys: Mapping[str, Any], settings: DeskSettings, nonce: str, now: datetime, sent_at: datetime
) -> Identity:
    """Who signed in: signature, issuer, audience, times and nonce all fit. Raises ``NotProven``."""
    options = {
        "iss": {"essential": True, "value": settings.oidc_issuer},
        "aud": {"essential": True, "value": settings.oidc_client_id},
        "nonce": {"essential": True, "value": nonce},
    }
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(dict(keys)), algorithms=ALGORITHMS)  # pyright: ignore[reportArgumentType]
        params = {"nonce": nonce, "client_id": settings.oidc_client_id}
        claims = CodeIDToken(decoded.claims, decoded.header, options, params)
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise NotProven(type(error).__name__) from None
    name = str(claims.get(settings.oidc_name_claim) or claims.get("sub") or "")
    role = role_of(claims.get(settings.oidc_role_claim), settings.oidc_roles)
    if not name or role is None:
        raise NotProven("no role")
    return Identity(name[:200], role, _anew(claims.get("auth_time"), sent_at))


def _anew(auth_time: object, sent_at: datetime) -> bool:
    """Whether they were asked for it after that: https://openid.net/specs/openid-connect-core-1_0.html#IDToken."""
    return isinstance(auth_time, int) and auth_time >= sent_at.timestamp() - LEEWAY


def role_of(claim: object, roles: Mapping[str, Role]) -> Role | None:
    """The highest role that any value of the claim has."""
    values = claim if isinstance(claim, list) else [claim]
    held = {roles[str(value)] for value in values if str(value) in roles}
    return next((role for role in reversed(ROLES) if role in held), None)
