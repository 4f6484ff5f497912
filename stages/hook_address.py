"""Where a CRM is to send the webhooks that we make there, and what they show to be believed."""

from __future__ import annotations

from connectors.contract import HookAddress
from ledger.secrets import Seal
from stages.settings import Settings

USER = "wonbooks"


def chosen_key(seal: Seal, endpoint_id: str) -> tuple[str, str]:
    """The name and password of webhooks that we make: an installation's own, and another for each address."""
    return USER, seal.derived(f"webhooks to {endpoint_id}")


def address_for(pair: str, system: str, settings: Settings, seal: Seal, endpoint_id: str) -> HookAddress | None:
    """Where the CRM is to send them; ``None`` without an address that can be reached from outside, over TLS."""
    base = settings.hooks_url.rstrip("/")
    if not base.startswith("https://"):
        return None
    user, password = chosen_key(seal, endpoint_id)
    return HookAddress(f"{base}/hooks/{system}/{endpoint_id}", f"Wonbooks {pair}", user, password)
