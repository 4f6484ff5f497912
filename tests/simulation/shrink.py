"""A failing history made short: troubles and events are left out as long as the same judge still objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.simulation.history import History
from tests.simulation.judges import breaches
from tests.simulation.tape import Tape
from tests.simulation.trouble import Trouble

T = TypeVar("T")
MOST_PLAYED = 400


def judged(tape: Tape) -> tuple[Tape, list[str]]:
    """The tape as it was played, trouble by trouble, and what did not hold."""
    result = History(tape).play()
    assert result.struck is not None
    return result.struck, breaches(result)


def report(tape: Tape, breach: str, most_played: int = MOST_PLAYED) -> str:
    """How to play it again, and the shortest tape at which the first judge objects, to be kept in ``tapes/``."""
    written, _ = judged(tape)
    short = shrunk(written, breach.split(":", maxsplit=1)[0], most_played)
    how = "--short " if tape.setting.short else ""
    return f"python -m tests.simulation {how}{tape.seed}\n{short.text()}"


def shrunk(tape: Tape, judge: str, most_played: int = MOST_PLAYED) -> Tape:
    """The shortest tape found at which this judge objects; ``tape`` has its troubles written down."""
    played = 0

    def fails(candidate: Tape) -> bool:
        nonlocal played
        played += 1
        return played <= most_played and any(b.startswith(judge) for b in judged(candidate)[1])

    def with_troubles(some: Sequence[tuple[str, Trouble]]) -> Tape:
        return tape.but(tape.events, dict(some))

    if not fails(tape):
        return tape
    tape = with_troubles(fewest(list((tape.troubles or {}).items()), lambda some: fails(with_troubles(some))))
    events = fewest(list(tape.events), lambda some: fails(tape.but(tuple(some), tape.troubles or {})))
    tape = tape.but(tuple(events), tape.troubles or {})
    return with_troubles(fewest(list((tape.troubles or {}).items()), lambda some: fails(with_troubles(some))))


def fewest(things: list[T], fails: Callable[[Sequence[T]], bool]) -> list[T]:
    """Delta debugging: leave out halves, quarters, … and single ones, as long as it still fails."""
    size = max(1, len(things) // 2)
    while things:
        for start in range(0, len(things), size):
            fewer = things[:start] + things[start + size :]
            if fails(fewer):
                things = fewer
                break
        else:
            if size == 1:
                return things
            size = max(1, size // 2)
    return things
