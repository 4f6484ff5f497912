"""What people are told without asking: new questions, and what keeps a pair from its work.

One message for everything there is to tell, and each cause at most once in a while.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

LEAST = timedelta(hours=1)
"""Between two messages about the same cause."""

AGAIN = timedelta(days=1)
"""After which a trouble that lasts is told again."""

LOOKS_APART = timedelta(minutes=20)
"""Looks further apart than this: nobody looked in between, so silence counts from the later one."""

QUESTIONS = "questions"
Kind = Literal["connection", "unsigned", "parked", "failing", "silent"]


@dataclass(frozen=True, slots=True)
class Open:
    """An open question: its number, its reason, the deals that wait for it."""

    number: int
    kind: str
    deals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beat:
    """How the last run of a flow ended: when, and how many in a row have failed since when."""

    flow: str
    at: datetime
    failures: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that lasts; ``about`` is a system or a flow, ``at`` when it began or, parked, when it ends.

    ``unsigned``: webhooks come, and none bears a good signature.
    """

    kind: Kind
    about: str = ""
    at: datetime | None = None
    times: int = 0

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.about}"


@dataclass(frozen=True, slots=True)
class Told:
    """When a cause was last told; ``newest`` is the last question told, ``over`` that a trouble has ended."""

    at: datetime
    newest: int = 0
    over: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """One message: questions that are new and how many are open in all, troubles, and those that are over."""

    pair: str
    new: tuple[Open, ...] = ()
    open: int = 0
    troubles: tuple[Trouble, ...] = ()
    over: tuple[Trouble, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.troubles or self.over)

    def reasons(self) -> list[tuple[str, int]]:
        """The new questions by their reason, the most frequent first."""
        return sorted(Counter(each.kind for each in self.new).items(), key=lambda each: (-each[1], each[0]))

    def deals(self) -> list[str]:
        """Whatever waits for the new ones."""
        return sorted({deal for each in self.new for deal in each.deals})


@dataclass(frozen=True, slots=True)
class Watch:
    """Since when somebody has been looking without a gap, and when last."""

    since: datetime
    last: datetime

    def looked(self, now: datetime) -> Watch:
        return Watch(now if now - self.last > LOOKS_APART else self.since, now)


def quiet(beats: Sequence[Beat], flows: Sequence[str], since: datetime) -> dict[str, datetime]:
    """When each flow last came to an end, but not before ``since``, from when on somebody has been looking."""
    ended = {beat.flow: beat.at for beat in beats}
    return {flow: max(ended.get(flow, since), since) for flow in flows}


def run_troubles(
    beats: Sequence[Beat], flows: Sequence[str], since: datetime, now: datetime, silent_after: timedelta
) -> list[Trouble]:
    """Flows that fail, and silence. ``flows`` run every few minutes: one failure of theirs may pass by itself."""
    failing = [
        Trouble("failing", beat.flow, beat.since, beat.failures)
        for beat in beats
        if beat.failures > (1 if beat.flow in flows else 0)
    ]
    silent = {flow: at for flow, at in quiet(beats, flows, since).items() if now - at > silent_after}
    if len(silent) == len(flows) > 0:
        return [*failing, Trouble("silent", "", max(silent.values()))]
    return [*failing, *(Trouble("silent", flow, at) for flow, at in silent.items())]


def plan_notice(
    pair: str, questions: Sequence[Open], troubles: Sequence[Trouble], told: Mapping[str, Told], now: datetime
) -> tuple[Notice, dict[str, Told]]:
    """What is to be told now, and what has been told once it was."""
    after = dict(told)
    known = told.get(QUESTIONS)
    new = tuple(each for each in questions if known is None or each.number > known.newest)
    if not new or not _rested(known, now):
        new = ()
    else:
        after[QUESTIONS] = Told(now, max(each.number for each in new))
    due = tuple(each for each in troubles if _is_due(told.get(each.key), now))
    after |= {each.key: Told(now) for each in due}
    lasting = {each.key for each in troubles}
    over = tuple(
        _named(key)
        for key, last in told.items()
        if key != QUESTIONS and key not in lasting and not last.over and _rested(last, now)
    )
    after |= {each.key: Told(now, over=True) for each in over}
    # That a day's calls are back needs no message: they come back every day.
    spoken = tuple(each for each in over if each.kind != "parked")
    return Notice(pair, new, len(questions), due, spoken), after


def _is_due(last: Told | None, now: datetime) -> bool:
    if last is None:
        return True
    return now - last.at >= (LEAST if last.over else AGAIN)


def _rested(last: Told | None, now: datetime) -> bool:
    return last is None or now - last.at >= LEAST


def _named(key: str) -> Trouble:
    kind, _, about = key.partition(":")
    return Trouble(cast("Kind", kind), about)
