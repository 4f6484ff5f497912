"""Whom to tell by which way; nobody unless ``WONBOOKS_NOTIFY_…`` variables say so."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from domain.emails import addresses
from stages.settings import FromVariables


class NotifySettings(FromVariables):
    """``mail_to`` are addresses parted by commas, ``urls`` webhooks parted by spaces: those of Slack and Teams as they
    are given out, any other as Apprise writes it (``jsons://host/path``). They are secrets.

    ``ping_url`` is called while the flows run, for a monitor that raises the alarm when it is not; ``{pair}`` in it is
    the pair. ``silent_after`` minutes without a run are silence: four times the schedule.
    """

    model_config = SettingsConfigDict(env_prefix="WONBOOKS_NOTIFY_")

    mail_to: str = ""
    urls: SecretStr = SecretStr("")
    ping_url: SecretStr = SecretStr("")
    silent_after: int = Field(default=60, ge=16)
    desk_url: str = Field(default="", validation_alias="WONBOOKS_DESK_URL")

    @property
    def people(self) -> list[str]:
        return list(addresses(self.mail_to))

    @property
    def webhooks(self) -> list[str]:
        return self.urls.get_secret_value().split()

    @property
    def desk(self) -> str:
        """Where the desk is reached."""
        return self.desk_url.rstrip("/") or "http://localhost:4280"

    @property
    def silence(self) -> timedelta:
        return timedelta(minutes=self.silent_after)
