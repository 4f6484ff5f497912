"""What vendors send us, what we make of it, and what we answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tasks.wake import Stream

Key = tuple[str, ...]
"""What proves a sender: one secret, or a name and a password."""


class Unreadable(Exception):
    """Signed, and still not what the vendor's pages describe."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST as it came: ``headers`` by lower-case name, ``body`` untouched.

    ``url`` is the address that the vendor was given, from our configuration; ``called`` the one the caller says it
    used, good for finding mistakes in the configuration and for nothing else.
    """

    headers: Mapping[str, str]
    body: bytes
    url: str
    called: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A record changed in an account; an empty ``record``: something did, look for yourself.

    ``account`` is the vendor's name for it, empty where it has none; ``fields`` are those that changed, ``at`` is when
    they did, where that is told.
    """

    account: str
    stream: Stream
    record: str = ""
    fields: frozenset[str] = frozenset()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What one delivery tells; ``first`` and ``last`` are its events' numbers where the vendor counts them."""

    told: tuple[Told, ...]
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor hears."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Vendor:
    """How one vendor proves itself and tells what changed.

    ``secrets``: the items of a key, as the credentials name them; none where the account itself is all there is to
    know. ``signed`` checks a delivery against a key, ``read`` raises ``Unreadable``. ``account``: the mapping's name of
    an account as deliveries write it. ``chosen``: of webhooks that we make
    the key is one that we chose. ``misdirected``: signed with the key, but for another address than ours.
    """

    secrets: tuple[str, ...]
    signed: Callable[[Delivery, Key], bool]
    read: Callable[[bytes], News]
    accepted: Answer = Answer(200)
    account: Callable[[str], str] = str
    chosen: bool = False
    misdirected: Callable[[Delivery, Key], bool] = lambda _delivery, _key: False
