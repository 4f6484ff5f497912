"""Webhooks of Slack, Teams and whatever else Apprise knows, by the notification blocks that Prefect ships.

https://docs.prefect.io/v3/automate/events/automations-triggers#sending-notifications-with-automations
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from prefect.blocks.abstract import NotificationError
from prefect.blocks.notifications import AppriseNotificationBlock, MicrosoftTeamsWebhook, SlackWebhook
from pydantic import SecretStr

from connectors.errors import Unavailable
from stages.notices import Channel, Letter, by_mail
from stages.notify_settings import NotifySettings

# What Apprise logs may hold the address, which is the secret.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Webhook:
    """One address that takes messages."""

    url: str
    name: str

    def send(self, letter: Letter, now: datetime) -> None:  # noqa: ARG002 - the receiver has a clock of its own
        """Raises ``Unavailable``."""
        try:
            block = _block(self.url)
            with block.raise_on_failure():
                block.notify(letter.text, letter.subject)
        except (NotificationError, ValueError):
            raise Unavailable(self.name, "sending a message", "did not take it, or its address is none") from None


def _block(url: str) -> AppriseNotificationBlock:
    """An address of Teams' workflows is one of Microsoft's hosts; all else Apprise tells apart itself."""
    kind = (
        SlackWebhook
        if "://hooks.slack" in url
        else MicrosoftTeamsWebhook
        if url.startswith("https://") and "/workflows/" in url
        else AppriseNotificationBlock
    )
    return kind(url=SecretStr(url))


def channels(settings: NotifySettings) -> list[Channel]:
    """Every way that is set up. Raises ``SettingsProblem``."""
    webhooks = [Webhook(url, f"webhook {number}") for number, url in enumerate(settings.webhooks, start=1)]
    return [*by_mail(settings), *webhooks]
