"""Webhooks as the vendors send them: what happened in a double, signed and posted to whoever asked for it.

Xero: https://developer.xero.com/documentation/guides/webhooks/configuring-your-server/
HubSpot: https://developers.hubspot.com/docs/api-reference/latest/webhooks/guide
Pipedrive: https://pipedrive.readme.io/docs/guide-for-webhooks-v2
Salesforce: https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_notifications.htm
"""

from __future__ import annotations

import base64
import hmac
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sandbox.pipedrive.webhooks import RETRIES, basic
from sandbox.salesforce import outbound_message
from sandbox.wire import Response
from sandbox.world import World

Event = Mapping[str, Any]
Post = Callable[[str, Mapping[str, str], bytes], Response | None]
"""Post a body with headers to an address; ``None`` when nobody answered within five seconds."""


@dataclass(slots=True)
class Switches:
    """What the way to us may do to deliveries; each a share of them, from 0 to 1."""

    twice: float = 0.0
    """Sent a second time though the first was accepted."""
    lost: float = 0.0
    """Never sent."""
    shuffled: bool = False
    """Events in any order."""


@dataclass(slots=True)
class Delivery:
    """One POST on its way: its events, how often it failed, when it is due."""

    events: list[Event]
    due: datetime
    attempt: int = 0
    first: int = 0


@dataclass(slots=True)
class Subscription:
    """One vendor's webhooks: where to, with which key, and how far it is.

    ``state``: "checking" (Xero's intent to receive is still to come), "ok", "disabled". ``seen`` counts the double's
    events that were taken up.
    """

    system: str
    url: str
    key: str
    state: str
    seen: int
    source: object
    sequence: int = 1
    waiting: list[Delivery] = field(default_factory=list[Delivery])
    accepted: int = 0
    failed: int = 0
    last_status: int = 0

    def picture(self) -> dict[str, Any]:
        """How it stands, for people."""
        return {
            "url": self.url,
            "state": self.state,
            "waiting": sum(len(delivery.events) for delivery in self.waiting),
            "accepted": self.accepted,
            "failed": self.failed,
            "last_status": self.last_status,
        }


@dataclass(frozen=True, slots=True)
class Sender:
    """How one vendor sends: the sandbox's own ``key``, what a delivery of up to ``most`` events and its headers look
    like, when a failed one is tried again. ``picky`` ones test an address first and want an empty answer without
    cookies; ``said`` is what the answer has to say.
    """

    key: str
    body: Callable[[Delivery, random.Random], bytes]
    headers: Callable[[Subscription, bytes, datetime], dict[str, str]]
    again: tuple[timedelta, ...]
    most: int = 100
    picky: bool = False
    said: bytes = b""


class Webhooks:
    """The deliveries of a world. ``step`` sends what is due; the clock is the world's, randomness is seeded."""

    def __init__(self, world: World, post: Post, seed: int = 0) -> None:
        self.world = world
        self.switches = Switches()
        self.subscriptions: dict[str, Subscription] = {}
        self._post = post
        self._random = random.Random(seed)

    def subscribe(self, system: str, url: str, key: str = "") -> None:
        """Somebody enters an address in the vendor's pages: events from now on go there. An empty one ends it.

        Raises ``LookupError`` for a system that sends none here.
        """
        sender = SENDERS[system]
        if not url:
            self.subscriptions.pop(system, None)
            return
        double = self._double(system)
        state = "checking" if sender.picky else "ok"
        self.subscriptions[system] = Subscription(system, url, key or sender.key, state, len(double.events), double)

    def picture(self) -> dict[str, Any]:
        """How they stand, for people."""
        return {name: subscription.picture() for name, subscription in self.subscriptions.items()}

    def gather(self) -> None:
        """Take up the doubles' new events. To be called while nothing else works on the world."""
        for subscription in self.subscriptions.values():
            double = self._double(subscription.system)
            if subscription.source is not double:
                # A world begun anew tells nothing of its beginning.
                subscription.source, subscription.seen = double, len(double.events)
            events = list(double.events[subscription.seen :])
            subscription.seen += len(events)
            if self.switches.shuffled:
                self._random.shuffle(events)
            most = SENDERS[subscription.system].most
            for start in range(0, len(events), most):
                self._enqueue(subscription, events[start : start + most])

    def send(self) -> int:
        """Post what is due, each delivery once; how many were posted."""
        posted = 0
        for subscription in list(self.subscriptions.values()):
            if subscription.state == "checking":
                subscription.state = "ok" if self._intends_to_receive(subscription) else "disabled"
            if subscription.state == "ok":
                posted += self._send_due(subscription)
        return posted

    def step(self) -> int:
        self.gather()
        return self.send()

    def _double(self, system: str) -> Any:
        return getattr(self.world, system)

    def _enqueue(self, subscription: Subscription, events: list[Event]) -> None:
        first = subscription.sequence
        subscription.sequence += len(events)
        if self._random.random() >= self.switches.lost:
            subscription.waiting.append(Delivery(events, self.world.clock(), first=first))

    def _send_due(self, subscription: Subscription) -> int:
        now = self.world.clock()
        due = [delivery for delivery in subscription.waiting if delivery.due <= now]
        for delivery in due:
            times = 2 if self._random.random() < self.switches.twice else 1
            if all(self._delivered(subscription, delivery) for _ in range(times)):
                subscription.waiting.remove(delivery)
            else:
                self._again(subscription, delivery, now)
        return len(due)

    def _delivered(self, subscription: Subscription, delivery: Delivery) -> bool:
        body = SENDERS[subscription.system].body(delivery, self._random)
        done = self._accepted(subscription, body, self._headers(subscription, body), good=True)
        subscription.accepted += done
        subscription.failed += not done
        return done

    def _again(self, subscription: Subscription, delivery: Delivery, now: datetime) -> None:
        sender = SENDERS[subscription.system]
        if delivery.attempt < len(sender.again):
            delivery.due = now + sender.again[delivery.attempt]
            delivery.attempt += 1
        else:
            subscription.waiting.remove(delivery)
            subscription.state = "disabled" if sender.picky else subscription.state

    def _intends_to_receive(self, subscription: Subscription) -> bool:
        """Xero's empty deliveries, some signed and some not quite: the first must be accepted, the others must not."""
        for good in (True, False, True, False):
            body = _xero_body(Delivery([], self.world.clock()), self._random)
            headers = self._headers(subscription, body)
            if not good:
                headers["X-Xero-Signature"] = _one_off(headers["X-Xero-Signature"])
            if not self._accepted(subscription, body, headers, good=good):
                return False
        return True

    def _accepted(self, subscription: Subscription, body: bytes, headers: Mapping[str, str], *, good: bool) -> bool:
        """Whether the answer is what the vendor hoped for."""
        answer = self._post(subscription.url, headers, body)
        subscription.last_status = 0 if answer is None else answer.status
        if answer is None:
            return False
        if not SENDERS[subscription.system].picky:
            return 200 <= answer.status < 300 and SENDERS[subscription.system].said in answer.body
        bare = not answer.body and "set-cookie" not in answer.headers
        return bare and (200 <= answer.status < 300 if good else answer.status == 401)

    def _headers(self, subscription: Subscription, body: bytes) -> dict[str, str]:
        made = SENDERS[subscription.system].headers(subscription, body, self.world.clock())
        return {"Content-Type": "application/json", **made}


def signed(key: str, source: bytes) -> str:
    """Base64 of the HMAC-SHA256 that both vendors use; the key is text."""
    return base64.b64encode(hmac.digest(key.encode(), source, sha256)).decode()


def _xero_body(delivery: Delivery, rng: random.Random) -> bytes:
    last = delivery.first + len(delivery.events) - 1 if delivery.events else 0
    content = {
        "events": [dict(event) for event in delivery.events],
        "firstEventSequence": delivery.first,
        "lastEventSequence": last,
        "entropy": "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=20)),
    }
    return json.dumps(content, default=str).encode()


def _hubspot_body(delivery: Delivery, _rng: random.Random) -> bytes:
    return json.dumps([{**event, "attemptNumber": delivery.attempt} for event in delivery.events]).encode()


def _xero_headers(subscription: Subscription, body: bytes, _now: datetime) -> dict[str, str]:
    return {"X-Xero-Signature": signed(subscription.key, body)}


def _hubspot_headers(subscription: Subscription, body: bytes, now: datetime) -> dict[str, str]:
    stamp = str(int(now.timestamp() * 1000))
    source = b"POST" + subscription.url.encode() + body + stamp.encode()
    return {"X-HubSpot-Signature-v3": signed(subscription.key, source), "X-HubSpot-Request-Timestamp": stamp}


def _pipedrive_body(delivery: Delivery, _rng: random.Random) -> bytes:
    (event,) = delivery.events
    return json.dumps({**event, "meta": {**event["meta"], "attempt": delivery.attempt + 1}}, default=float).encode()


def _pipedrive_headers(subscription: Subscription, _body: bytes, _now: datetime) -> dict[str, str]:
    return {"Authorization": basic(subscription.key)}


def _salesforce_body(delivery: Delivery, _rng: random.Random) -> bytes:
    return outbound_message(delivery.events)


def _salesforce_headers(_subscription: Subscription, _body: bytes, _now: datetime) -> dict[str, str]:
    """Nothing is signed."""
    return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}


def _one_off(signature: str) -> str:
    """The signature with one character changed."""
    return ("B" if signature[0] == "A" else "A") + signature[1:]


SENDERS = {
    "xero": Sender(
        "sandbox-xero-webhook-key",
        _xero_body,
        _xero_headers,
        # At once, then ever more seldom for a day; then the subscription is disabled.
        again=(timedelta(0), *(timedelta(minutes=15),) * 95),
        picky=True,
    ),
    "hubspot": Sender(
        "sandbox-hubspot-client-secret",
        _hubspot_body,
        _hubspot_headers,
        # Ten times, spread over a day, at moments of its own choosing.
        again=tuple(timedelta(seconds=s) for s in (30, 120, 600, 1800, 3600, 7200, 10800, 14400, 18000, 28800)),
    ),
    "pipedrive": Sender(
        "wonbooks:sandbox-pipedrive-webhook-password", _pipedrive_body, _pipedrive_headers, again=RETRIES, most=1
    ),
    "salesforce": Sender(
        "",
        _salesforce_body,
        _salesforce_headers,
        # For a day, with gaps that grow to two hours.
        again=tuple(timedelta(seconds=min(30 * 2**n, 7200)) for n in range(18)),
        said=b"<Ack>true</Ack>",
    ),
}
