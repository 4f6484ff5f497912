"""A history written down: its setting, what people do in it, what goes wrong. Played again it is the same history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tests.simulation.crms import SIDES
from tests.simulation.dice import Dice
from tests.simulation.papers import drawn
from tests.simulation.paperwork import with_papers
from tests.simulation.script import Event, over_month_end, with_calls, with_more, with_rhythm, with_shares, written
from tests.simulation.trouble import Trouble

DRAWN = ("plain", "plain", "proposals", "milestones", "stages", "split", "months", "templates")
# What there is to be told beside what happens anyway, by the words of ``Setting.rules``.
_MORE = {"split": with_shares, "months": over_month_end, "templates": with_rhythm}
KEPT = Path(__file__).parent / "tapes"


@dataclass(frozen=True, slots=True)
class Setting:
    """Which CRM it is, which ``RULES`` the mapping has and which kinds of ``papers`` it wants, how many processes work,
    how far their clocks are off, and how both vendors behave.
    """

    workers: int = 1
    skews: tuple[float, ...] = (0.0,)
    list_lag: float = 0.0
    index_lag: float = 3.0
    refresh: bool = False
    cold: bool = False
    hints: str = "none"
    keys_by_token: bool = False
    names_missing: bool = False
    poisoned: str = ""
    details: bool = False
    crm: str = "hubspot"
    rules: str = "plain"
    short: bool = False
    papers: tuple[str, ...] = ()

    @classmethod
    def of(cls, dice: Dice, crm: str = "", *, short: bool = False) -> Setting:
        workers = dice.pick("workers", (1, 2, 2) if short else (1, 1, 2, 2, 2, 2, 3, 4))
        skewed = dice.happens("skewed", 0.15)
        skews = tuple(round(dice.between(f"skew {i}", -900, 900)) if skewed else 0.0 for i in range(workers))
        return cls(
            workers=workers,
            skews=skews,
            list_lag=dice.pick("list lag", (0.0, 0.0, 0.0, 5.0, 60.0, 120.0)),
            index_lag=dice.pick("index lag", (3.0, 3.0, 60.0, 600.0, 870.0)),
            refresh=dice.happens("refresh", 0.4),
            cold=dice.happens("cold", 0.05),
            hints=dice.pick("hints", ("none", "none", "true", "wild")),
            keys_by_token=dice.happens("keys by token", 0.3),
            names_missing=dice.happens("names missing", 0.3),
            poisoned=dice.pick("poisoned", ("",) * 17 + ("invoice", "deal", "contact")),
            details=dice.happens("details", 0.2),
            crm=crm or dice.pick("crm", tuple(SIDES)),
            rules=dice.pick("rules", DRAWN),
            short=short,
            papers=drawn(dice),
        )


@dataclass(frozen=True, slots=True)
class Tape:
    """``troubles`` by gate; None for those that the dice of the seed bring."""

    seed: int
    setting: Setting
    events: tuple[Event, ...]
    troubles: Mapping[str, Trouble] | None = None
    says: str = field(default="", compare=False)

    @classmethod
    def of(cls, seed: int, crm: str = "", *, short: bool = False) -> Tape:
        """``crm`` for one of them only; else the dice say which. In a ``short`` one less happens."""
        setting = Setting.of(Dice(seed), crm, short=short)
        events = with_more(seed, written(seed, days=setting.rules == "stages", short=short), SIDES[setting.crm])
        events = with_calls(seed, events) if setting.details else events
        more = _MORE.get(setting.rules)
        events = more(seed, events) if more else events
        return cls(seed, setting, tuple(with_papers(seed, events, setting.papers) if setting.papers else events))

    def but(self, events: tuple[Event, ...], troubles: Mapping[str, Trouble]) -> Tape:
        return replace(self, events=events, troubles=dict(troubles))

    def text(self) -> str:
        told = asdict(self)
        if told["troubles"] is None:
            del told["troubles"]
        return json.dumps(told, indent=1)

    @classmethod
    def read(cls, text: str) -> Tape:
        told = json.loads(text)
        lists = {name: tuple(told["setting"].get(name, ())) for name in ("skews", "papers")}
        setting = Setting(**told["setting"] | lists)
        troubles = {gate: Trouble(**each) for gate, each in told["troubles"].items()} if "troubles" in told else None
        return cls(told["seed"], setting, tuple(Event(**each) for each in told["events"]), troubles, told["says"])


def kept() -> dict[str, Tape]:
    """The tapes of what went wrong once, by name."""
    return {path.stem: Tape.read(path.read_text()) for path in sorted(KEPT.glob("*.json"))}
