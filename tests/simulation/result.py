"""What a history left behind, for its judges."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ledger.database import Ledger
from sandbox.world import World
from tests.simulation.crms import Side
from tests.simulation.crowd import Crowd
from tests.simulation.tape import Tape

# How long a calm world is watched at most.
WATCHED = timedelta(hours=48)


@dataclass(slots=True, eq=False)
class Result:
    """Everything there is to judge by: the world with its logs, the ledger, what was said and what happened when.

    ``answers`` are the questions' subjects and what people chose: a restored ledger may have forgotten it.
    """

    tape: Tape
    world: World
    side: Side
    ledger: Ledger
    crowd: Crowd
    began: datetime
    calm_at: datetime
    paused_until: datetime
    quiet_at: datetime | None = None
    healthy_at: datetime | None = None
    ended: datetime | None = None
    done: Counter[str] = field(default_factory=Counter[str])
    trace: list[str] = field(default_factory=list[str])
    told: list[str] = field(default_factory=list[str])
    mishaps: list[str] = field(default_factory=list[str])
    impatient: list[str] = field(default_factory=list[str])
    gates: list[str] = field(default_factory=list[str])
    watched: timedelta = WATCHED
    answers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    left: str = ""
    struck: Tape | None = None

    @property
    def pair(self) -> str:
        return self.side.pair


class Told(logging.Handler):
    """Everything the core logs, as it would be written."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))
