"""What strikes at the gates: drawn by the dice of a seed, or played from a tape.

A gate is a call to a vendor (``xero PUT /Invoices #2``: the second such call of the history) or a commit of ours
(``commit create._begin #1``: by the function whose transaction it is).

==================  ==================================================================================================
at a call
refuse              no connection; the vendor sees nothing
reset               the connection breaks before the request is whole; the vendor sees nothing, we can't know
lose                done, and the answer is lost
late                arrives ``seconds`` later, the answer is lost
500 before, after   answered ``text`` (500, 502, 503), nothing or everything done
429                 nothing done; wait ``seconds`` (below 0: nothing said), ``text`` "day" for the day's limit
garble              done, the answer is ``text``, cut in half where that is empty
expire              the access tokens end, then the call goes on
die unsent          our process dies before a byte left; the request arrives ``seconds`` later unless that is below 0
die done            our process dies when the vendor has done its work
die heard           our process dies while it reads the answer
freeze, freeze done our process stands still for ``seconds``, before the request leaves or before it reads the answer
at a commit
fail                the commit fails, nothing is kept
unsure              the commit happens, and we hear that it failed
die before, after   our process dies, nothing or everything kept
freeze              our process stands still for ``seconds`` after it
==================  ==================================================================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.simulation.dice import Dice

DAY = 68_400.0
AT_CALLS = (
    "refuse", "reset", "lose", "late", "500 before", "500 after", "429", "garble", "expire",
    "die unsent", "die done", "die heard", "freeze", "freeze done",
)  # fmt: skip
AT_COMMITS = ("fail", "unsure", "die before", "die after", "freeze")
HTML = "<html><body>Bad gateway</body></html>"
PAUSES = (-1.0, 5.0, 30.0, 61.0, 600.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong at one gate."""

    kind: str
    seconds: float = 0.0
    text: str = ""


@dataclass(slots=True)
class Rates:
    """How often a gate is struck, and by what: each history has its own mix, so that each kind gets its room."""

    calls: float = 0.0
    commits: float = 0.0
    at_calls: tuple[str, ...] = ()
    at_commits: tuple[str, ...] = ()

    @classmethod
    def of(cls, dice: Dice) -> Rates:
        return cls(
            calls=dice.pick("rate of calls", (0.0, 0.03, 0.06, 0.1, 0.2)),
            commits=dice.pick("rate of commits", (0.0, 0.004, 0.01, 0.02)),
            at_calls=tuple(kind for kind in AT_CALLS if dice.happens(f"mix {kind}", 0.4)),
            at_commits=tuple(kind for kind in AT_COMMITS if dice.happens(f"mix commit {kind}", 0.5)),
        )


@dataclass(slots=True)
class Troubles:
    """Where trouble comes from. ``struck`` is the tape of what did strike, gate → trouble."""

    dice: Dice
    rates: Rates = field(default_factory=Rates)
    tape: Mapping[str, Trouble] | None = None
    calm: bool = False
    struck: dict[str, Trouble] = field(default_factory=dict[str, Trouble])
    gates: list[str] = field(default_factory=list[str])
    _numbers: Counter[str] = field(default_factory=Counter[str])

    def at_call(self, gate: str) -> Trouble | None:
        return self._at(gate, self.rates.calls, self.rates.at_calls)

    def at_commit(self, gate: str) -> Trouble | None:
        return self._at(gate, self.rates.commits, self.rates.at_commits)

    def gate(self, name: str) -> str:
        """The next gate of this name."""
        self._numbers[name] += 1
        gate = f"{name} #{self._numbers[name]}"
        self.gates.append(gate)
        return gate

    def _at(self, gate: str, rate: float, kinds: Sequence[str]) -> Trouble | None:
        if self.tape is not None:
            trouble = self.tape.get(gate)
        elif self.calm or not kinds or not self.dice.happens(gate, rate):
            return None
        else:
            trouble = drawn(self.dice, gate, kinds)
        if trouble is not None:
            self.struck[gate] = trouble
        return trouble


def drawn(dice: Dice, gate: str, kinds: Sequence[str]) -> Trouble:
    """Which of these kinds it is, and how bad."""
    kind = dice.pick(f"{gate} kind", kinds)
    match kind:
        case "late":
            return Trouble(kind, round(dice.between(f"{gate} late", 1, 1200), 1))
        case "die unsent":
            arrives = dice.happens(f"{gate} arrives", 0.5)
            return Trouble(kind, round(dice.between(f"{gate} late", 1, 1200), 1) if arrives else -1.0)
        case "freeze" | "freeze done":
            return Trouble(kind, dice.pick(f"{gate} long", (1.0, 40.0, 150.0, 700.0, 4800.0)))
        case "500 before" | "500 after":
            return Trouble(kind, text=dice.pick(f"{gate} status", ("500", "502", "503")))
        case "garble":
            return Trouble(kind, text=dice.pick(f"{gate} text", ("", HTML, "null", "[]")))
        case "429":
            if dice.happens(f"{gate} day", 0.1):
                return Trouble(kind, DAY, "day")
            return Trouble(kind, dice.pick(f"{gate} pause", PAUSES))
        case _:
            return Trouble(kind)
