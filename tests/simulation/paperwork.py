"""What people do about papers: files, order numbers, regions, owners, currencies, days, customers on hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from tests.simulation.papers import OWNERS
from tests.simulation.script import Event

if TYPE_CHECKING:
    from tests.simulation.crowd import Crowd

# What a deal says by its fields, by the kind of paper; Tasmania is no option in Xero.
SAYS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "orders": {"po_number": ("4500-17", "4500-18", "")},
    "looks": {"region": ("NSW", "qld", "WA", "", "TAS"), "owner": OWNERS},
    "filters": {"owner": OWNERS},
    "currencies": {"currency": ("AUD", "AUD", "USD", "USD", "GBP")},
}
_SAYING = {"po_number": "state order", "region": "name region", "owner": "hand over", "currency": "change currency"}
# What may happen beside, to a deal or to the rest of the world.
_TO_DEALS = {"files": "attach file", "days": "won earlier"}
_TO_OTHERS = {
    "currencies": ("take up currency",),
    "looks": ("archive option",),
    "hold": ("put on hold", "put on hold", "take off hold"),
    "days": ("lock the past",),
}


def with_papers(seed: int, events: Sequence[Event], kinds: Sequence[str]) -> list[Event]:
    """The same, and deals say what the papers of these kinds need; people think again, and see to the rest."""
    random = Random(f"papers {seed}")
    end = max(event.at for event in events)
    won = {event.on: event.at for event in events if event.do == "win"}
    told: list[Event] = []
    for event in events:
        says: dict[str, str] = {}
        if event.do == "sell":
            for name, choices in _fields(kinds):
                says[name] = random.choice(choices)
                if random.random() < 0.4:
                    again = {name: random.choice(choices)}
                    told.append(Event(_at(random, event.at, end), _SAYING[name], event.on, {"says": again}))
        told.append(replace(event, more=event.more | ({"says": says} if says else {})))
        if event.do == "sell":
            told += _to_deal(random, kinds, event, won, end)
    customers = [event.more["customer"] for event in events if event.do == "sell"]
    for do in (do for kind in kinds for do in _TO_OTHERS.get(kind, ()) if random.random() < 0.5):
        told.append(Event(_at(random, 0, end), do, random.choice(customers)))
    return sorted(told, key=lambda event: event.at)


def _fields(kinds: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    return list({name: choices for kind in kinds for name, choices in SAYS.get(kind, {}).items()}.items())


def _to_deal(random: Random, kinds: Sequence[str], sold: Event, won: Mapping[str, float], end: float) -> list[Event]:
    """Files mostly hang on a deal before it is won; that it was won some days ago is said soon after."""
    found: list[Event] = []
    begins = won.get(sold.on, sold.at)
    if "files" in kinds:
        moments = [
            random.choice((sold.at, sold.at, _at(random, sold.at, end))) for _ in range(random.choice((0, 1, 2)))
        ]
        found += [Event(at, "attach file", sold.on, {"size": random.randrange(1, 4000)}) for at in moments]
    if "days" in kinds and random.random() < 0.7:
        found.append(Event(begins + random.choice((0.1, 0.1, 5.0, 600.0)), "won earlier", sold.on))
    return found


def told_of(crowd: Crowd, event: Event) -> dict[str, str]:
    """What a new deal is given beside what was sold."""
    says = {name: _as_said(crowd, name, value) for name, value in event.more.get("says", {}).items() if value}
    common = ("owner", "currency")
    return {name if name in common else crowd.side.field_named(name): value for name, value in says.items()}


def _as_said(crowd: Crowd, name: str, value: str) -> str:
    return crowd.side.owner(value) if name == "owner" else value


def _say(crowd: Crowd, event: Event) -> None:
    for name, value in event.more["says"].items():
        crowd.side.fill_in(crowd.deal(event), name, _as_said(crowd, name, value))


def _attach_file(crowd: Crowd, event: Event) -> None:
    size = event.more["size"]
    crowd.side.people.add_file(crowd.deal(event), f"page {size}.pdf", "x" * size)
    crowd.files.append((event.on, crowd.world.clock(), size))


def _won_earlier(crowd: Crowd, event: Event) -> bool | None:
    """By six days, as people put it that come late to it."""
    deal = crowd.deal(event)
    if not crowd.side.won(deal):
        return False
    crowd.side.date(deal, crowd.world.xero.books.today() - timedelta(days=6))
    return None


def _hold(says: str) -> Callable[[Crowd, Event], None]:
    def act(crowd: Crowd, event: Event) -> None:
        who = "person" if event.on == "rosa" else "company", crowd.ids[event.on]
        crowd.side.put_on_hold(*who, says)
        crowd.held.pop(who, None)
        if says:
            crowd.held[who] = crowd.world.clock()

    return act


def _take_up_currency(crowd: Crowd, _event: Event) -> None:
    crowd.world.xero.people.take_up_currency("GBP")


def _lock_the_past(crowd: Crowd, _event: Event) -> None:
    crowd.world.xero.people.set_lock_date(crowd.world.xero.books.today() - timedelta(days=3))


PAPERWORK: Mapping[str, Callable[[Crowd, Event], Any]] = {
    **dict.fromkeys(_SAYING.values(), _say),
    "attach file": _attach_file,
    "won earlier": _won_earlier,
    "put on hold": _hold("Yes"),
    "take off hold": _hold(""),
    "take up currency": _take_up_currency,
    "archive option": lambda crowd, _event: crowd.world.xero.people.archive_option("Region", "WA"),
    "lock the past": _lock_the_past,
}


def _at(random: Random, begins: float, end: float) -> float:
    return round(random.uniform(begins, max(end, begins + 600)), 1)
