"""An identity provider: describes itself, trades codes for signed tokens, and lies where it is told to."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

ISSUER = "https://id.example"
CLIENT: dict[str, Any] = {"oidc_issuer": ISSUER, "oidc_client_id": "desk", "oidc_client_secret": "shh"}


@functools.cache
def _key() -> RSAKey:
    """Made once a process, which takes a while."""
    return RSAKey.generate_key(2048, {"kid": "k1"})


@dataclass
class Provider(httpx.BaseTransport):
    """Answers at ``id.example``; everything else goes to ``others``. ``claims`` change what its tokens say.

    Everybody signed in there two hours ago; ``asks_anew``: it does what ``max_age`` asks.
    """

    others: httpx.BaseTransport
    now: Callable[[], datetime]
    claims: dict[str, Any] = field(default_factory=dict[str, Any])
    groups: list[str] = field(default_factory=lambda: ["bookkeepers"])
    algorithm: str = "RS256"
    described_as: str = ISSUER
    key: RSAKey = field(default_factory=_key)
    signing: RSAKey | None = None
    asks_anew: bool = True
    asked: dict[str, str] = field(default_factory=dict[str, str])

    def sign_in(self, url: str) -> str:
        """What a person does at its page: the query the browser comes back with."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ISSUER}/authorize"
        self.asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return f"code=c1&state={self.asked['state']}"

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "id.example":
            return self.others.handle_request(request)
        match request.url.path:
            case "/.well-known/openid-configuration":
                names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
                urls = {name: f"{ISSUER}/{path}" for name, path in names.items()}
                return httpx.Response(200, json={"issuer": self.described_as, **urls})
            case "/keys":
                return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})
            case "/token":
                return self._token(parse_qs(request.read().decode()))
            case _:
                return httpx.Response(404)

    def _token(self, form: dict[str, list[str]]) -> httpx.Response:
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if form["code"] != ["c1"] or challenge != self.asked["code_challenge"]:
            return httpx.Response(400, json={"error": "invalid_grant"})
        moment = int(self.now().timestamp())
        claims = {
            "iss": ISSUER,
            "sub": "u-17",
            "aud": "desk",
            "exp": moment + 300,
            "iat": moment,
            "nonce": self.asked["nonce"],
            "auth_time": moment if self.asks_anew and self.asked.get("max_age") == "0" else moment - 7200,
            "email": "jo@harbourline.example",
            "groups": self.groups,
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        token = jwt.encode({"alg": self.algorithm, "kid": "k1"}, claims, self.signing or self.key)
        return httpx.Response(200, json={"access_token": "a", "token_type": "Bearer", "id_token": token})
