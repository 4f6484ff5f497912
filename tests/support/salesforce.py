"""A Salesforce organisation, our connection to it, and deals that its people win."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors import salesforce
from connectors.oauth import Renewed
from connectors.salesforce import Salesforce
from connectors.salesforce_access import KeySignIn, SecretSignIn
from connectors.wire import Wire
from domain.records import Deal
from sandbox.clock import HandClock
from sandbox.company import seed
from sandbox.salesforce import CONSUMER_KEY, CONSUMER_SECRET, DOMAIN, ORG_ID, USERNAME, SalesforceDouble
from sandbox.wire import Call
from sandbox.world import World
from tests.support.connections import START, Line, MemoryStore, line_to
from tests.support.transport import WorldTransport

LINES: list[dict[str, Any]] = [{"name": "Design", "sku": "CONSULT-1", "quantity": 2, "price": "150.00"}]
API = f"https://{DOMAIN}/services/data/v68.0"


@dataclass
class Link:
    """One organisation with the demo's settings, and our connection to it."""

    clock: HandClock
    world: World
    salesforce: Salesforce
    line: Line
    heard: int = 0

    @property
    def double(self) -> SalesforceDouble:
        return self.world.salesforce

    def calls(self) -> list[Call]:
        """What reached its API since the last time this was asked, signing in left out."""
        log, self.heard = self.double.log[self.heard :], len(self.double.log)
        return [call for call in log if call.actor == "api" and "oauth2" not in call.path]

    def won(self, name: str = "Fit-out", lines: Any = LINES, **more: Any) -> str:
        """A won deal of an account of its own unless ``company`` or ``person`` says whose. Its id."""
        who = {} if {"company", "person"} & more.keys() else {"company": self.double.people.add_company(f"{name} Ltd")}
        told = {"pipeline": "New business", "stage": "Closed won", **who, **more}
        return self.double.people.add_deal(name, lines, **told)

    def deal(self, deal_id: str, *fields: str) -> Deal:
        (deal,) = self.salesforce.deals([deal_id], fields)
        return deal

    def noticed(self, cursor: str = "") -> tuple[list[str], str]:
        """The ids that a poll brings, and the cursor after it."""
        ids: list[str] = []
        for page in self.salesforce.changed_deals(cursor):
            ids += page.versions
            cursor = page.cursor
        return ids, cursor

    def value(self, deal_id: str, name: str) -> Any:
        """A field of a deal as the organisation holds it."""
        return self.double.objects["Opportunity"][deal_id].values.get(name)


def link(*, by_key: bool = False, account: str = ORG_ID) -> Link:
    """The demo's organisation, without its deals' changes being fresh; signed in by secret or by key."""
    clock = HandClock(START)
    world = World(clock)
    seed(world, "salesforce")
    for deal in list(world.salesforce.objects["Opportunity"]):
        world.salesforce.people.delete("deal", deal)
    clock.advance(3600)
    transport = WorldTransport(world)
    auth = sign_in(world, clock, transport, by_key=by_key, account=account)
    line = line_to(transport, base_url=API, system="salesforce", dialect=salesforce.DIALECT, auth=auth, clock=clock)
    connected = Salesforce(line.http, account, domain=DOMAIN, start=clock() - timedelta(minutes=5), now=clock)
    return Link(clock, world, connected, line)


def sign_in(
    world: World,
    clock: HandClock,
    transport: httpx.BaseTransport,
    *,
    by_key: bool = False,
    account: str = ORG_ID,
    private_key: str = "",
) -> Renewed:
    """As opening a pair does it."""
    wire = Wire(f"https://{DOMAIN}", now=clock, transport=transport)
    known: dict[str, Any] = {"account": account, "domain": DOMAIN, "client_id": CONSUMER_KEY, "now": clock}
    if not by_key:
        return SecretSignIn(wire, MemoryStore(), client_secret=CONSUMER_SECRET, sleep=clock.advance, **known)
    private, public = key_pair()
    world.salesforce.access.trust(public)
    return KeySignIn(
        wire, MemoryStore(), username=USERNAME, private_key=private_key or private, sleep=clock.advance, **known
    )


@functools.cache
def key_pair() -> tuple[str, bytes]:
    """A private RSA key and its public half, as PEM; made once a process."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public
