"""People told what they should know, and a sign of life given, as one task."""

from __future__ import annotations

from urllib.parse import urlsplit

from connectors.wire import Wire
from stages import notices
from stages.notify_settings import NotifySettings
from stages.opening import ledger_at
from stages.settings import Settings
from tasks.channels import channels
from tasks.stage import stage


def look(pair: str) -> str:
    """What became of it, in a sentence. Raises ``SettingsProblem`` or ``Unavailable``."""
    settings, own = Settings(), NotifySettings()
    ledger = ledger_at(settings.ledger_url)
    said, alive = notices.look(ledger, pair, own, channels(own))
    address = notices.address_to_ping(pair, own)
    if alive and address:
        url = urlsplit(address)
        base = f"{url.scheme}://{url.netloc}"
        plain = settings.allow_plain_http_on_loopback
        notices.say_alive(pair, own, Wire(base, now=ledger.now, allow_plain_http_on_loopback=plain))
    return said


# The next run is only five minutes away.
notify = stage(name="notify", task_run_name="notify about {pair}")(look).with_options(retries=0)
