"""The addresses that vendors are given for their webhooks, and what is still missing for them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console

from desk.hooks.directory import address, listener_of
from desk.hooks.vendors import VENDORS
from ledger import endpoints
from ledger.tables import Endpoint
from mappings.loader import find_mapping, load_rules
from stages.hooks import keep_now
from stages.opening import ledger_at, opened
from stages.settings import Settings, variable

HOOKS_PORT = 4220
NAMES = {"xero": "Xero", "hubspot": "HubSpot", "pipedrive": "Pipedrive", "salesforce": "Salesforce"}


@dataclass(frozen=True, slots=True)
class Hook:
    """One side's address, and the variables to set before anything sent there can be believed."""

    url: str
    missing: tuple[str, ...]
    endpoint: Endpoint


def hooks(pair: str, settings: Settings, port: int = HOOKS_PORT) -> Mapping[str, Hook]:
    """By system; addresses are made the first time. Without a public one in the settings, at this machine's port.

    Raises ``MappingError`` or ``SettingsProblem``.
    """
    rules = load_rules(find_mapping(pair, settings.mappings))
    found: dict[str, Hook] = {}
    ledger = ledger_at(settings.ledger_url)
    for system, name in (("xero", rules.xero.credentials), (rules.crm.system, rules.crm.credentials)):
        with ledger.write() as session:
            row = endpoints.ensure(session, pair, system, secrets.token_hex(16), ledger.now())
        known = listener_of(rules, system, settings, row.id).keys
        missing = () if known else tuple(variable(name, item) for item in VENDORS[system].secrets)
        url = (settings.hooks_url or f"http://127.0.0.1:{port}").rstrip("/") + address(system, row.id)
        found[system] = Hook(url, missing, row)
    return found


def show(console: Console, pair: str, found: Mapping[str, Hook]) -> None:
    """The addresses to copy, whole however narrow the terminal is."""
    for system, hook in found.items():
        console.print(f"{pair}  {NAMES[system]:10}  {hook.url}", soft_wrap=True)
        if hook.missing:
            wanted = " and ".join(hook.missing)
            console.print(f"[yellow]  not believed yet: set {wanted}[/]", soft_wrap=True)


def history(console: Console, found: Mapping[str, Hook]) -> None:
    """How deliveries have gone: counts since the address was made."""
    for system, hook in found.items():
        row = hook.endpoint
        last = f"last at {row.last_heard_at:%Y-%m-%d %H:%M} UTC" if row.last_heard_at else "none yet"
        line = f"{NAMES[system]}: {row.heard} accepted ({last}), {row.refused} without a good signature"
        more = {"that made no sense": row.unreadable, "of other accounts": row.foreign, "put off": row.failed}
        console.print(", ".join([line, *(f"{count} {what}" for what, count in more.items() if count)]), soft_wrap=True)


def keep(console: Console, pair: str, settings: Settings, found: Mapping[str, Hook]) -> None:
    """Make the webhooks that we can make ourselves, now; without a public address say that one is missing."""
    system = next((system for system in found if VENDORS[system].chosen), None)
    if system is None:
        return
    if not settings.hooks_url.startswith("https://"):
        console.print(f"{NAMES[system]}: set WONBOOKS_HOOKS_URL (https://…), and Wonbooks makes its webhooks.")
        return
    with opened(pair, settings) as at_work:
        trouble = keep_now(at_work)
    console.print(trouble or f"{NAMES[system]}: its webhooks are there and lead here.", soft_wrap=True)
