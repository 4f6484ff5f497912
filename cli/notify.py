"""``wonbooks notify``: people told without Prefect, or a test message by every way that is set up."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from connectors.errors import ConnectorError
from mappings.loader import find_mapping
from stages import notices
from stages.notify_settings import NotifySettings
from stages.opening import ledger_at
from stages.settings import Settings, SettingsProblem
from stages.troubles import outside
from tasks.channels import channels
from tasks.notify import look

HOW = "Set WONBOOKS_NOTIFY_MAIL_TO or WONBOOKS_NOTIFY_URLS; docs/notifications.md says how."


def tell(console: Console, pairs: Sequence[str]) -> int:
    """Look once at each pair. Raises ``MappingError``, ``SettingsProblem`` or ``Unavailable``."""
    settings = Settings()
    for pair in pairs:
        find_mapping(pair, settings.mappings)
    for pair in pairs:
        console.print(f"{pair}: {look(pair)}")
    return 0


def try_out(console: Console, pairs: Sequence[str]) -> int:
    """Send a test message by every channel and say what became of each; 1 if any failed."""
    own = NotifySettings()
    ways = channels(own)
    if not ways:
        raise SettingsProblem(f"Nobody is named to be told. {HOW}")
    now = ledger_at(Settings().ledger_url).now()
    failed = 0
    for way in ways:
        try:
            way.send(notices.trial(pairs, own, now), now)
        except ConnectorError as trouble:
            failed += 1
            console.print(f"[red]✗[/] {way.name}: {outside(trouble)}")
        else:
            console.print(f"[green]✓[/] {way.name}: sent")
    return 1 if failed else 0
