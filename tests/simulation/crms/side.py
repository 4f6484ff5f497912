"""What every CRM of a history has: the same handles for its people, its hints and its judges."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from sandbox.wire import Call, Response
from sandbox.world import World
from tests.support.sales import SALES

CENT = Decimal("0.01")
FREE = ("TRAVEL", "EXPORT-DESIGN")
Picture = Mapping[str, Any]
"""A record as its double's log remembers it."""


class NoSuchThing(LookupError):
    """The CRM has nothing of the kind."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a deal, as the CRM holds it."""

    id: str
    code: str
    quantity: Decimal
    price: Decimal
    percent: Decimal
    recurs: str = ""

    @property
    def worth(self) -> Decimal:
        """What it comes to on an invoice, GST included, by our own arithmetic."""
        amount = (self.quantity * self.price * (100 - self.percent) / 100).quantize(CENT, ROUND_HALF_UP)
        return amount + (Decimal(0) if self.code in FREE else (amount / 10).quantize(CENT, ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Known:
    """What the CRM knows of a customer; ``phone`` is None where it has no place for one."""

    name: str
    abn: str
    email: str
    phone: str | None


class Side(ABC):
    """One CRM. ``kinds`` are its log's words for deals, companies and persons, ``theirs`` those for what is never ours.

    ``words`` are its own for what every deal has, ``fields`` those that the company adds to deals, ``lacks`` the events
    that it has no notion of, ``more`` those that nobody else has, each with how often; ``forged`` is the id of a deal
    that never was.
    """

    system: ClassVar[str]
    kinds: ClassVar[Mapping[str, str]]
    theirs: ClassVar[tuple[str, ...]]
    forged: ClassVar[str]
    words: ClassVar[Mapping[str, str]]
    fields: ClassVar[tuple[str, ...]] = ("insurer", "insurer_share")
    lacks: ClassVar[frozenset[str]] = frozenset()
    more: ClassVar[tuple[tuple[str, int], ...]] = ()

    def __init__(self, world: World) -> None:
        self.double: Any = getattr(world, self.system)
        self.sales = SALES[self.system](world)
        self.pair = self.sales.pair
        self.people: Any = self.double.people

    def behave(self, *, late: float, particular: bool) -> float:
        """Let its lists be ``late`` by so many seconds, as far as they ever are; by how many they are.

        ``particular``: also in the way that only some of its accounts are.
        """
        return 0.0

    @classmethod
    def field_named(cls, name: str) -> str:
        """What a mapping calls a field of deals."""
        return cls.words.get(name, name)

    @abstractmethod
    def add_field(self, name: str, kind: str = "deal") -> None:
        """A further field of deals or customers, with words."""

    def trade_in(self, *currencies: str) -> None:
        """Let deals be in these, the first of them the company's own."""
        self.double.account.currencies = list(currencies)

    @abstractmethod
    def add_stages(self, stages: Sequence[str]) -> None:
        """Further stages for deals that are won, in each pipeline."""

    @abstractmethod
    def guard(self, stage: str) -> None:
        """Let no deal into a stage that lacks a field nobody ever fills in."""

    # ── what people do ──

    def win(self, deal: str) -> None:
        self.sales.win(deal)

    @abstractmethod
    def unwin(self, deal: str) -> None:
        """Open again, at the stage before it was won."""

    @abstractmethod
    def lose(self, deal: str) -> None:
        """Lost, wherever it stood."""

    def stand_paid(self, deal: str) -> None:
        """Put at Paid by hand."""
        self.people.move(deal, "Paid")

    def edit_amount(self, deal: str) -> None:
        """State what the deal is worth, whatever its lines come to."""
        self.people.edit("deal", deal, amount="12345.67")

    def fill_in(self, deal: str, name: str, says: str) -> None:
        """Let a deal's further field say this."""
        self.people.edit("deal", deal, **{self.field_named(name): says})

    def date(self, deal: str, day: date) -> None:
        """Let a deal have been won on this day."""
        self.fill_in(deal, "day", f"{day}T02:00:00Z")

    def put_on_hold(self, kind: str, record: str, says: str) -> None:
        """Let a customer be on hold, or no longer."""
        self.people.edit(kind, record, **{self.field_named("on_hold"): says})

    def call(self, kind: str, record: str, number: str) -> None:
        """Type in a customer's new telephone number."""
        self.people.edit(kind, record, phone=number)

    def merge_deals(self, one: str, other: str) -> str:
        """The id of the deal that both are now."""
        return self.people.merge_deals(one, other)

    def act(self, do: str, deal: str) -> bool | None:
        """Something of ``more``; False where it can't be done."""
        raise NoSuchThing(do)

    # ── what is to be seen ──

    @abstractmethod
    def deals(self) -> Mapping[str, Any]:
        """Every deal by id, deleted ones among them."""

    @abstractmethod
    def gone(self, deal: str) -> bool:
        """Whether it was deleted."""

    def out_of_reach(self, deal: str) -> bool:
        """Whether nothing can be written to it."""
        return self.gone(deal)

    @abstractmethod
    def won(self, deal: str) -> bool:
        """Whether the CRM calls it won."""

    @abstractmethod
    def lost(self, deal: str) -> bool:
        """Whether the CRM calls it lost."""

    @abstractmethod
    def is_renewal(self, deal: str) -> bool:
        """Whether it is in the pipeline of that name."""

    @abstractmethod
    def label(self, picture: Picture) -> str:
        """The stage at which a deal stands in a picture of it, empty for one that is lost in no stage."""

    @abstractmethod
    def picture(self, deal: str) -> Picture:
        """A deal as it is now."""

    def stage(self, deal: str) -> str:
        return self.label(self.picture(deal))

    @abstractmethod
    def lines(self, deal: str) -> list[Line]:
        """In the order of its screen."""

    @abstractmethod
    def closed_on(self, deal: str) -> str:
        """The day it was won or lost, ISO, empty for none."""

    def says(self, deal: str, name: str) -> str:
        """What a field of a deal says."""
        return self.said(self.picture(deal), name)

    def said(self, picture: Picture, name: str) -> str:
        """What a field said in a picture of the deal."""
        return str(picture.get(self.field_named(name)) or "")

    @abstractmethod
    def owner(self, name: str) -> str:
        """The id of somebody whose deals there are."""

    @abstractmethod
    def files(self, deal: str) -> list[str]:
        """The names of the files that hang on a deal."""

    @abstractmethod
    def customers(self, deal: str) -> Iterator[tuple[str, str]]:
        """Everybody whose deal it is: company or person, and the id."""

    @abstractmethod
    def customer(self, kind: str, record: str) -> Known | None:
        """None for one that is gone."""

    def told(self, deal: str) -> dict[str, str]:
        """What the deal says of its invoice, by the names of the demo's mapping without their ``xero_``."""
        return {name.removeprefix("xero_"): value for name, value in self.sales.told(deal).items()}

    # ── what the log tells ──

    @abstractmethod
    def touched(self, kind: str, before: Picture, after: Picture) -> set[str]:
        """The fields that differ, without those that the CRM moves by itself; ours are called "ours", a deal's stage
        "stage", a telephone number "phone".
        """

    @abstractmethod
    def tellings(self, call: Call) -> Iterator[str]:
        """What a call writes to deals, deal by deal, in words that are the same for the same."""

    @abstractmethod
    def writes_to(self, method: str, path: str, body: bytes, deal: str) -> bool:
        """Whether a call writes to this deal."""

    @abstractmethod
    def hinted(self, event: Mapping[str, Any]) -> str:
        """The deal that a webhook's event is about, empty for anything else."""

    def is_too_many(self, call: Call) -> bool:
        """Whether it was refused for being one call too many."""
        return call.status == 429

    def read_to(self, cursor: str) -> list[str]:
        """The moments up to which a cursor of its says that all was read."""
        return cursor.split()

    def looks_in(self, cursor: str, now: datetime) -> float:
        """In how many seconds that is looked at which changed and is looked at less often than all else; 0 for none."""
        return 0.0

    def pause(self, response: Response) -> str:
        """The seconds that a refusal asks us to wait, as it says them."""
        return response.headers.get("Retry-After", "") if response.status == 429 else ""
