"""Webhooks as they come: true, late, doubled, out of order, lost, forged. Whatever they say, they are hints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ledger import inbox
from sandbox.world import World
from stages.pair import Pair
from tests.simulation.crms import Side
from tests.simulation.dice import Dice

FORGED = "00000000-0000-4000-a000-00000000beef"


@dataclass(slots=True)
class Hints:
    """``manner``: none comes, all come true, or wild. ``waiting`` are those that have arrived: stream and record."""

    world: World
    side: Side
    dice: Dice
    manner: str
    waiting: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    happened: Counter[str] = field(default_factory=Counter[str])
    _heard: list[int] = field(default_factory=lambda: [0, 0])

    def hear(self, now: datetime) -> None:
        """Take what the vendors would tell since the last time."""
        fresh = [
            *((inbox.DEALS, deal) for e in self._new(0) if (deal := self.side.hinted(e))),
            *((inbox.INVOICES, e["resourceId"]) for e in self._new(1) if e["eventCategory"] == "INVOICE"),
        ]
        if self.manner == "none":
            return
        for number, hint in enumerate(dict.fromkeys(fresh)):
            copies = 1 if self.manner == "true" else self.dice.pick(f"hint {now} {number}", (0, 1, 1, 3))
            self.waiting += [hint] * copies
            self.happened.update({0: ["hint lost"], 3: ["hint doubled"]}.get(copies, []))
        if self.manner == "wild":
            in_order = list(self.waiting)
            self.waiting.sort(key=lambda hint: self.dice.throw(f"order {now} {hint}"))
            self.happened["hints out of order"] += self.waiting != in_order
            if self.dice.happens(f"forged {now}", 0.2):
                self.waiting += [(inbox.DEALS, self.side.forged), (inbox.INVOICES, FORGED)]
                self.happened["hint forged"] += 1

    def _new(self, which: int) -> list[dict[str, Any]]:
        events = (self.side.double.events, self.world.xero.events)[which]
        fresh = events[self._heard[which] :]
        self._heard[which] = len(events)
        return list(fresh)

    def deliver(self, pair: Pair) -> None:
        """Put what has arrived into the inbox, as whoever receives it does."""
        arrived, self.waiting = self.waiting, []
        with pair.ledger.write() as session:
            for stream, record in arrived:
                inbox.notice(session, pair.name, stream, [record], pair.now())
