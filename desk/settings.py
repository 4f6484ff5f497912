"""How the desk is reached and who may use it; all of it from ``WONBOOKS_DESK_…`` variables."""

from __future__ import annotations

import ipaddress
import os
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from stages.settings import FromVariables, SettingsProblem

Role = Literal["viewer", "operator", "approver", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "approver", "admin")
"""Each may do what those before it may."""

USUAL_PORT = 4280


class DeskSettings(FromVariables):
    """``url`` is the address people type, where that is not this machine's own; ``proxy`` the address TLS comes from.

    ``logins``: ``none`` on loopback only; ``accounts`` kept here; ``oidc`` at your identity provider; ``both``.
    ``oidc_roles`` says which value of the claim ``oidc_role_claim`` has which role; without a match nobody gets in.
    """

    model_config = SettingsConfigDict(env_prefix="WONBOOKS_DESK_")

    url: str = ""
    proxy: str = ""
    logins: Literal["none", "accounts", "oidc", "both"] = "none"
    require_totp: bool = False
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_scopes: str = "openid email profile"
    oidc_name_claim: str = "email"
    oidc_role_claim: str = "groups"
    oidc_roles: dict[str, Role] = Field(default_factory=dict[str, Role])
    prefect_url: str = ""

    @property
    def accounts(self) -> bool:
        return self.logins in {"accounts", "both"}

    @property
    def oidc(self) -> bool:
        return self.logins in {"oidc", "both"}

    @property
    def prefect(self) -> str:
        """The address of Prefect's API, ``""`` where there is none."""
        return self.prefect_url or os.environ.get("PREFECT_API_URL", "")


def address_of(settings: DeskSettings, host: str, port: int) -> str:
    """The address people type. Raises ``SettingsProblem`` where listening there would let anybody in."""
    loopback = _is_loopback(host)
    if settings.logins == "none" and not loopback:
        raise SettingsProblem(
            f"Without logins the desk listens on this machine only, not on {host}. "
            "Set WONBOOKS_DESK_LOGINS to accounts or oidc first: SECURITY.md says how."
        )
    if settings.logins == "none" and settings.url and not _is_loopback(urlsplit(settings.url).hostname or ""):
        raise SettingsProblem(
            "WONBOOKS_DESK_URL names a public address, but there are no logins: SECURITY.md says how."
        )
    if not loopback and not settings.url.startswith("https://"):
        raise SettingsProblem(
            f"Listening on {host} needs WONBOOKS_DESK_URL, the https address that your proxy serves the desk at."
        )
    if settings.oidc and not (settings.oidc_issuer and settings.oidc_client_id and settings.oidc_roles):
        raise SettingsProblem(
            "Logins by OIDC need WONBOOKS_DESK_OIDC_ISSUER, WONBOOKS_DESK_OIDC_CLIENT_ID and WONBOOKS_DESK_OIDC_ROLES."
        )
    return settings.url.rstrip("/") or f"http://localhost:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
