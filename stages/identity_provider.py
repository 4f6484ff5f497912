"""Signing in at an identity provider: what OpenID Connect needs of the network.

https://openid.net/specs/openid-connect-core-1_0.html, https://openid.net/specs/openid-connect-discovery-1_0.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors import consent
from connectors.consent import Asked
from connectors.errors import NotConnected
from connectors.wire import Wire
from stages.opening import Surroundings

SYSTEM = "identity provider"
KNOWN_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider as it describes itself."""

    issuer: str
    authorize_url: str
    token_url: str
    keys_url: str


@dataclass(frozen=True, slots=True)
class Client:
    """Us, as the provider knows us."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """The way to one provider."""

    issuer: str
    around: Surroundings
    allow_plain_http_on_loopback: bool = False

    def describe(self) -> Provider:
        """Read its description. Raises ``ConnectorError``; one of another issuer is not taken."""
        issuer = self.issuer.rstrip("/")
        found = self._fetch(f"{issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != issuer:
            raise NotConnected(SYSTEM, "GET /.well-known", "it says that it is another one")
        names = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
        return Provider(*(str(found.get(name, "")) for name in names))

    def ask(
        self, provider: Provider, client: Client, redirect_uri: str, scopes: Sequence[str], *, again: bool = False
    ) -> Asked:
        """Where a browser goes to sign in; ``again`` even if it is signed in there."""
        return consent.ask(provider.authorize_url, client.id, redirect_uri, scopes, prompt="login" if again else "")

    def exchange(self, provider: Provider, client: Client, code: str, asked: Asked) -> str:
        """The identity token for a code. Raises ``ConnectorError``."""
        wire, path = self._wire(provider.token_url)
        body = consent.exchange(SYSTEM, wire, path, code, asked, (client.id, client.secret))
        return str(body.get("id_token", ""))

    def keys(self, provider: Provider) -> dict[str, Any]:
        """The keys its tokens are signed with, as a JWK set. Raises ``ConnectorError``."""
        return self._fetch(provider.keys_url)

    def _fetch(self, url: str) -> dict[str, Any]:
        wire, path = self._wire(url)
        return consent.fetched(SYSTEM, wire, path)

    def _wire(self, url: str) -> tuple[Wire, str]:
        parts = urlsplit(url)
        wire = Wire(
            f"{parts.scheme}://{parts.netloc}",
            now=self.around.now,
            transport=self.around.transport,
            allow_plain_http_on_loopback=self.allow_plain_http_on_loopback,
        )
        return wire, f"{parts.path}{'?' if parts.query else ''}{parts.query}"


__all__ = ["Asked", "Client", "Provider", "ProviderLine"]
