"""Who is told at which address: the endpoints of the ledger, with the keys and accounts of their pairs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from desk.hooks.delivery import Key, Told, Vendor
from desk.hooks.vendors import VENDORS
from domain.rules import Rules
from ledger import connections, endpoints
from ledger.database import Ledger
from ledger.secrets import KeyProblem
from mappings.loader import MappingError, find_mapping, load_rules
from stages.hook_address import chosen_key
from stages.opening import seal_of
from stages.pair import field_specs
from stages.settings import Settings, SettingsProblem

PREFIX = "/hooks/"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listener:
    """One side of a pair. ``account`` is empty where only the vendor knows it; changes of ``own_fields`` are ours."""

    pair: str
    system: str
    account: str
    keys: tuple[Key, ...]
    own_fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """What an address leads to. ``others`` are the sides of other pairs in the same system."""

    endpoint: str
    vendor: Vendor
    listener: Listener
    others: tuple[Listener, ...] = ()

    def meant(self, told: Told, key: Key) -> Listener | None:
        """Whom an event concerns: this side, or another one with the same key, since an app has one address for all of
        its accounts; ``None`` for an account that is nobody's here.
        """
        if told.account in ("", self.listener.account) or not self.listener.account:
            return self.listener
        return next((o for o in self.others if o.account == told.account and key in o.keys), None)


@dataclass(slots=True)
class Directory:
    """The places by address, as they stood when last refreshed. A pair whose mapping is broken keeps its last one."""

    settings: Settings
    ledger: Ledger
    _places: Mapping[bytes, Place] = field(default_factory=dict[bytes, Place])
    _rules: dict[Path, tuple[tuple[int, int], Rules]] = field(default_factory=dict[Path, tuple[tuple[int, int], Rules]])
    _broken: set[str] = field(default_factory=set[str])
    _last: dict[tuple[str, str], Listener] = field(default_factory=dict[tuple[str, str], Listener])

    def at(self, path: str) -> Place | None:
        """What is at ``/hooks/<system>/<id>``. Looked up by hash: how long it takes says nothing about the ids."""
        return self._places.get(_digest(path))

    def pairs(self) -> set[str]:
        return {place.listener.pair for place in self._places.values()}

    def refresh(self) -> None:
        """Read endpoints, mappings and keys anew. Raises ``SQLAlchemyError``."""
        with self.ledger.read() as session:
            rows = [row for row in endpoints.everyone(session) if row.system in VENDORS]
            tenants = connections.tenants(session)
        found: dict[str, Listener] = {}
        for row in rows:
            if listener := self._listener(row.pair, row.system, row.id, tenants):
                found[row.id] = listener
        self._places = {
            _digest(address(row.system, row.id)): Place(
                row.id,
                VENDORS[row.system],
                found[row.id],
                tuple(o for o in set(found.values()) if o.system == row.system and o.pair != row.pair),
            )
            for row in rows
            if row.id in found
        }

    def _listener(self, pair: str, system: str, endpoint: str, tenants: Mapping[str, str]) -> Listener | None:
        try:
            rules = self._mapping(pair)
            tenant = tenants.get(rules.xero.credentials, "")
            listener = listener_of(rules, system, self.settings, endpoint, tenant)
        except (MappingError, SettingsProblem, KeyProblem, OSError) as problem:
            if pair not in self._broken:
                log.warning("the webhooks of %s can't be brought up to date (%s)", pair, type(problem).__name__)
            self._broken.add(pair)
            return self._last.get((pair, system))
        self._broken.discard(pair)
        self._last[pair, system] = listener
        return listener

    def _mapping(self, pair: str) -> Rules:
        """The rules, read again when the file changes."""
        path = find_mapping(pair, self.settings.mappings)
        stat = path.stat()
        version = (stat.st_mtime_ns, stat.st_size)
        known = self._rules.get(path)
        if known is None or known[0] != version:
            known = self._rules[path] = (version, load_rules(path))
        return known[1]


def address(system: str, endpoint_id: str) -> str:
    """The path of an endpoint."""
    return f"{PREFIX}{system}/{endpoint_id}"


def listener_of(rules: Rules, system: str, settings: Settings, endpoint: str, tenant: str = "") -> Listener:
    """One side of a pair with its keys, the current one first; ``tenant`` is the organisation picked at the desk.

    Raises ``SettingsProblem`` or ``KeyProblem``.
    """
    vendor = VENDORS[system]
    if system == "xero":
        name = rules.xero.credentials
        account = tenant or settings.optional(name, "tenant_id")["tenant_id"]
    else:
        name, account = rules.crm.credentials, vendor.account(rules.crm.account)
    own = {spec.name for spec in field_specs(rules.write_back)}
    keys = _keys(settings, name, vendor.secrets) if vendor.secrets else ((account,),)
    if vendor.chosen:
        keys = (*keys, chosen_key(seal_of(settings), endpoint))
    return Listener(rules.pair, system, account, keys, frozenset(own))


def _keys(settings: Settings, name: str, items: tuple[str, ...]) -> tuple[Key, ...]:
    """The key and, while vendors may still use it, the one before (``…_previous``); only those that are complete."""
    found: list[Key] = []
    for ending in ("", "_previous"):
        key = tuple(settings.optional(name, *(f"{item}{ending}" for item in items)).values())
        if all(key):
            found.append(key)
    return tuple(found)


def _digest(path: str) -> bytes:
    return sha256(path.encode(errors="surrogateescape")).digest()
