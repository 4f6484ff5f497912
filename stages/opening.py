"""Opening a pair by name: its mapping, its credentials, its two connections, its ledger."""

from __future__ import annotations

import functools
import hashlib
import os
import random
import secrets
import socket
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.abn_lookup import AbnLookup
from connectors.contract import Crm
from connectors.errors import NoRoom
from connectors.http import Dialect, Http
from connectors.oauth import Auth, ClientCredentials, RefreshToken, SignIn, Token, WithAttachments
from connectors.wire import Transport, Wire, direct
from connectors.xero import DIALECT as XERO
from connectors.xero import Xero
from domain.rules import Rules
from ledger import connections, memory
from ledger.budget import Pace
from ledger.connections import key_of
from ledger.database import Ledger, open_ledger
from ledger.desk_tables import Connected
from ledger.restores import Mark, MarkFile
from ledger.secrets import Seal, key_from
from ledger.tokens import Tokens
from mappings.loader import find_mapping, read_mapping
from mappings.problems import MappingError
from stages.asking import to_connect_again
from stages.crms import CRMS, DIALECTS
from stages.hook_address import address_for
from stages.pair import Pair, books_of, distrust
from stages.settings import Settings, SettingsProblem
from stages.unreadable import asking_about

# https://developer.xero.com/documentation/guides/oauth2/limits: sixty a minute for each organisation.
PER_MINUTE = {"xero": 60}
# Opening wants no more of the books than name and time zone: a run that finds nothing to do asks for nothing.
OPENING_HOLDS_FOR = timedelta(days=30)
CONNECTED_AS = "connected as"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the world hands in: a clock, sleep, the HTTP transport (None for the real one), ids, the mark, jitter."""

    now: Callable[[], datetime] = _now
    sleep: Callable[[float], None] = time.sleep
    transport: Transport | None = None
    new_id: Callable[[], str] = lambda: secrets.token_hex(3)
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    mark: Mark | None = None
    jitter: Callable[[], float] = random.random


@functools.lru_cache(maxsize=8)
def ledger_at(url: str) -> Ledger:
    """The ledger at this address, opened and brought up to date once a process."""
    return open_ledger(url, _now)


@contextmanager
def opened(name: str, settings: Settings | None = None, around: Surroundings | None = None) -> Generator[Pair]:
    """The pair of this name, as this installation has it.

    Raises ``MappingError``, ``SettingsProblem``, ``KeyProblem`` or ``ConnectorError``.
    """
    settings = settings or Settings()
    mapping = read_mapping(find_mapping(name, settings.mappings))
    if mapping.rules is None:
        raise MappingError(problem for problem in mapping.problems if not problem.warning)
    seal, ledger = seal_of(settings), ledger_at(settings.ledger_url)
    around = around or Surroundings(mark=mark_of(settings))
    yield pair_of(mapping.rules, settings, ledger, seal, around, mapping.version)


def mark_of(settings: Settings) -> Mark:
    """What this installation remembers outside of its ledger."""
    return MarkFile(settings.home / "ledger.mark")


def seal_of(settings: Settings) -> Seal:
    """What encrypts this installation's tokens. Raises ``KeyProblem``."""
    return Seal(key_from(settings.key.get_secret_value(), settings.home / "key"))


def pair_of(
    rules: Rules, settings: Settings, ledger: Ledger, seal: Seal, around: Surroundings, mapping_version: str = ""
) -> Pair:
    """Connect both sides of a pair. Asks Xero who it is unless that is remembered."""
    with ledger.read() as session:
        install_id = memory.install_id(session)
        known = memory.recall(session, rules.pair, CONNECTED_AS, now=ledger.now(), for_=memory.FOR_EVER)
    if not install_id:
        with ledger.write() as session:
            install_id = memory.installation(session, around.new_id()).install_id
    connect = Connect(rules, settings, ledger, seal, around)
    xero = connect.xero()
    _notice_other_credentials(ledger, rules.pair, known, connect.xero_identity())
    with to_connect_again(ledger, rules.pair):
        organisation = books_of(ledger, rules.pair, xero, OPENING_HOLDS_FOR).organisation
    return Pair(
        name=rules.pair,
        rules=rules,
        crm=connect.crm(organisation.timezone),
        xero=xero,
        ledger=ledger,
        mark=around.mark or Mark(),
        install_id=install_id,
        worker=around.worker,
        organisation=organisation.name,
        mapping_version=mapping_version,
        register=connect.register(),
        hooks_at=functools.partial(address_for, rules.pair, rules.crm.system, settings, seal),
    )


def _notice_other_credentials(ledger: Ledger, pair: str, known: str | None, identity: str) -> None:
    """What is remembered of one organisation is not believed of another."""
    if known == identity:
        return
    if known is not None:
        distrust(ledger, pair)
    with ledger.write() as session:
        memory.remember(session, pair, CONNECTED_AS, identity, ledger.now())


@dataclass(frozen=True, slots=True)
class Connect:
    """The connections of one pair, with its credentials and its pace."""

    rules: Rules
    settings: Settings
    ledger: Ledger
    seal: Seal
    around: Surroundings
    _made: dict[str, Connected | None] = field(default_factory=dict[str, Connected | None], init=False)

    def xero(self) -> Xero:
        name = self.rules.xero.credentials
        more = self.settings.optional(name, "tenant_id", "refresh_token")
        made = self.made(name)
        if made is not None and not made.tenant_id:
            raise SettingsProblem(
                f'"{name}" is signed in to Xero, but no organisation was picked yet: do so at the desk.'
            )
        tenant = made.tenant_id if made else more["tenant_id"]
        http = self.http(
            "xero", f"{self.settings.xero_url}/api.xro/2.0", XERO, self.xero_grant(by_consent=bool(tenant))
        )
        return Xero(http, tenant, unreadable=asking_about(self.ledger, self.rules.pair))

    def xero_identity(self) -> str:
        """By what the ledger knows whether this is still the connection that it was."""
        name = self.rules.xero.credentials
        made = self.made(name)
        secret = self.settings.optional(name, "client_id", "tenant_id")
        of = f"{secret['client_id']} {made.tenant_id if made else secret['tenant_id']}"
        return hashlib.sha256(of.encode()).hexdigest()[:16]

    def xero_grant(self, *, by_consent: bool) -> Auth:
        """How access tokens are had: by a person's consent, or by the app alone (a custom connection)."""
        name = self.rules.xero.credentials
        secret = self.settings.credential(name, "client_id", "client_secret")
        alone = WithAttachments if self.rules.attaches else ClientCredentials
        grant = RefreshToken if by_consent else alone
        return grant(
            "xero",
            self.sign_in("xero", self.settings.xero_identity_url),
            self.tokens_begun(name),
            client_id=secret["client_id"],
            client_secret=secret["client_secret"],
            now=self.around.now,
            sleep=self.around.sleep,
        )

    def made(self, name: str) -> Connected | None:
        """The connection that somebody made at the desk under this name, as it was when it was first asked for."""
        if not self._made:
            names = (self.rules.xero.credentials, self.rules.crm.credentials)
            with self.ledger.read() as session:
                found = connections.of_names(session, names)
            self._made.update({each: found.get(each) for each in names})
        return self._made.get(name)

    def tokens(self, name: str) -> Tokens:
        return Tokens(self.ledger, self.seal, name, self.around.worker, self.around.sleep)

    def tokens_begun(self, name: str) -> Tokens:
        """The same, with the refresh token that somebody set by hand as the first."""
        tokens = self.tokens(name)
        first = self.settings.optional(name, "refresh_token")["refresh_token"]
        if first and tokens.load() is None:
            now = self.around.now()
            tokens.save(Token("", first, now, now).to_text())
        return tokens

    def sign_in(self, system: str, url: str) -> Wire:
        """A line to where a system's tokens are had."""
        inner = self.around.transport or direct()
        return self.wire(url, transport=SignIn(system, self.pace(), inner, self.around.now))

    def wire(self, url: str, auth: Auth | None = None, transport: Transport | None = None) -> Wire:
        """A line to one address."""
        return Wire(
            url,
            now=self.around.now,
            auth=auth,
            transport=transport or self.around.transport,
            allow_plain_http_on_loopback=self.settings.allow_plain_http_on_loopback,
        )

    def crm(self, timezone: str, token: str = "") -> Crm:
        """The CRM, by this token or by what is kept."""
        name, system = self.rules.crm.credentials, self.rules.crm.system
        if system not in CRMS:
            message = f"{system.capitalize()} can't be connected yet."
            raise SettingsProblem(message)
        return CRMS[system](self, timezone, token or self.kept(name))

    def register(self) -> AbnLookup | None:
        """The business register, where the mapping names a key of it and there is one: no invoice waits for it."""
        name = self.rules.contacts.abn_lookup
        guid = self.settings.optional(name, "guid")["guid"] if name else ""
        return AbnLookup(self.wire(self.settings.abr_url), guid) if guid else None

    def kept(self, name: str) -> str:
        """What was kept of the connection that somebody made at the desk; nothing where nobody did."""
        if self.made(name) is None:
            return ""
        return self.tokens(key_of(name)).load() or self.tokens(name).load() or ""

    def pace(self) -> Pace:
        """The calls that are left; those of the day are counted by us where nothing tells."""
        crm = self.rules.crm
        allowance = DIALECTS[crm.system].allowance and (crm.calls_a_day or DIALECTS[crm.system].allowance)
        per_day = {crm.system: allowance} if allowance else {}
        return Pace(self.ledger, self.rules.pair, per_minute=PER_MINUTE, per_day=per_day, throttled=_throttled)

    def http(self, system: str, base_url: str, dialect: Dialect, auth: Auth) -> Http:
        return Http(
            system,
            base_url,
            dialect=dialect,
            auth=auth,
            pace=self.pace(),
            sleep=self.around.sleep,
            now=self.around.now,
            transport=self.around.transport,
            jitter=self.around.jitter,
            allow_plain_http_on_loopback=self.settings.allow_plain_http_on_loopback,
        )


def _throttled(system: str, pause: float, daily: bool) -> NoRoom:  # noqa: FBT001 - the ledger calls it so
    return NoRoom(system, "our own count", pause=pause, daily=daily)
