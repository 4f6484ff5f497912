"""Where this installation keeps its things and how it reaches the vendors; all of it from ``WONBOOKS_…`` variables."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import PositiveInt, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from connectors.consent import HUBSPOT_LOGIN, XERO_LOGIN
from connectors.oauth import PIPEDRIVE_IDENTITY, XERO_IDENTITY


class SettingsProblem(Exception):
    """A setting or a credential is missing or makes no sense; the message says which and what to do."""


class FromVariables(BaseSettings):
    """Settings from variables, where one that makes no sense is told in a sentence without its value."""

    def __init__(self, **values: Any) -> None:
        """Raises ``SettingsProblem``."""
        try:
            super().__init__(**values)
        except ValidationError as wrong:
            prefix = self.model_config.get("env_prefix", "")
            told = [f"{prefix}{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in wrong.errors()]
            raise SettingsProblem(f"A setting makes no sense. {'. '.join(told)}.") from None
        except SettingsError as wrong:
            raise SettingsProblem(f"A setting makes no sense: {wrong}; it wants JSON.") from None


class Settings(FromVariables):
    """``home`` holds the ledger, its key and Prefect's files; ``mappings`` one YAML file per pair.

    ``{account}`` in an address is the account that the mapping names, ``{domain}`` what the connection's secrets say.

    Credentials come one by one from variables (``WONBOOKS_ACME_XERO_CLIENT_ID`` for the name ``acme-xero`` in the
    mapping), from ``connections`` (JSON, name → secrets) or from the TOML file ``secrets``, a table per name.

    ``hooks_url`` is the address under which vendors reach us, without ``/hooks/…``; ``hooks_proxy`` the addresses of
    proxies whose word on where a call comes from counts, parted by commas. ``wake_by``: a change begins a run, or an
    event that the deployment's trigger makes one of, for installations without the resident runner.

    ``keep_…``: days that what was sent, names last read and Prefect's runs are kept; how many copies of the ledger.
    """

    model_config = SettingsConfigDict(env_prefix="WONBOOKS_")

    home: Path = Path(".wonbooks")
    mappings: Path = Path("mappings")
    database: str = ""
    key: SecretStr = SecretStr("")
    secrets: Path | None = None
    connections: dict[str, dict[str, SecretStr]] = {}
    xero_url: str = "https://api.xero.com"
    xero_identity_url: str = XERO_IDENTITY
    xero_login_url: str = XERO_LOGIN
    hubspot_url: str = "https://api.hubapi.com"
    hubspot_login_url: str = HUBSPOT_LOGIN
    pipedrive_url: str = "https://{account}.pipedrive.com"
    pipedrive_identity_url: str = PIPEDRIVE_IDENTITY
    salesforce_url: str = "https://{domain}"
    abr_url: str = "https://abr.business.gov.au"
    allow_plain_http_on_loopback: bool = False
    look_back_days: int = 2
    hooks_url: str = ""
    hooks_proxy: str = ""
    wake_by: Literal["run", "event"] = "run"
    keep_sent_days: PositiveInt = 90
    keep_names_days: PositiveInt = 730
    keep_runs_days: PositiveInt = 30
    keep_backups: PositiveInt = 14

    @property
    def ledger_url(self) -> str:
        """The ledger's database: ``database`` where given, else a SQLite file in ``home``."""
        return self.database or f"sqlite:///{(self.home / 'ledger.db').resolve()}"

    def credential(self, name: str, *items: str) -> dict[str, str]:
        """The named secrets of one connection. Raises ``SettingsProblem`` naming what is missing, never a value."""
        found = self.optional(name, *items)
        missing = [item for item, value in found.items() if not value]
        if missing:
            wanted = " and ".join(variable(name, item) for item in missing)
            message = f'The connection "{name}" lacks its {" and ".join(missing)}. Set {wanted}.'
            raise SettingsProblem(message)
        return found

    def optional(self, name: str, *items: str) -> dict[str, str]:
        """The same, empty where nothing is set."""
        table = self._table(name)
        return {item: os.environ.get(variable(name, item)) or table.get(item, "") for item in items}

    def _table(self, name: str) -> dict[str, str]:
        if name in self.connections:
            return {item: value.get_secret_value() for item, value in self.connections[name].items()}
        if self.secrets is None:
            return {}
        if not self.secrets.exists():
            message = f"The secrets file {self.secrets} does not exist."
            raise SettingsProblem(message)
        if self.secrets.stat().st_mode & 0o077:
            message = f"The secrets file {self.secrets} can be read by others. Run: chmod 600 {self.secrets}"
            raise SettingsProblem(message)
        try:
            tables = tomllib.loads(self.secrets.read_text())
        except tomllib.TOMLDecodeError as mistake:
            message = f"The secrets file {self.secrets} is not TOML: {mistake}"
            raise SettingsProblem(message) from None
        return {item: str(value) for item, value in tables.get(name, {}).items()}


def variable(name: str, item: str) -> str:
    """The environment variable of one secret: ``acme-xero`` and ``client_id`` → ``WONBOOKS_ACME_XERO_CLIENT_ID``."""
    return f"WONBOOKS_{name}_{item}".upper().replace("-", "_")
