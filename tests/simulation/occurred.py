"""What happened in a history, in words: each trouble that struck, each thing people did, each hint that came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.simulation.crowd import ACTIONS
from tests.simulation.result import Result
from tests.simulation.trouble import AT_CALLS, AT_COMMITS, DAY, Trouble

IN_LEDGER = ("copy ledger", "restore ledger")
HINTS = ("hint lost", "hint doubled", "hints out of order", "hint forged")
OF_SETTINGS = ("clock skew", "several processes", "lists lag", "rotating tokens", "poisoned", "details both ways")
AT_LENGTH = (
    "429 for the day", "429 without a word", "late by more than ten minutes", "frozen for eighty minutes",
    "token lost after it rotated", "won again",
)  # fmt: skip
# Everything that the fixed seeds have to bring.
WANTED = (
    *(f"call: {kind}" for kind in AT_CALLS),
    *(f"commit: {kind}" for kind in AT_COMMITS),
    *ACTIONS,
    *IN_LEDGER,
    *HINTS,
    *OF_SETTINGS,
    *AT_LENGTH,
)  # fmt: skip


def occurred(result: Result) -> Counter[str]:
    """How often each of these happened."""
    assert result.struck is not None
    happened = Counter(result.done)
    for gate, trouble in (result.struck.troubles or {}).items():
        happened[f"{'commit' if gate.startswith('commit') else 'call'}: {trouble.kind}"] += 1
        happened.update(_at_length(gate, trouble))
    setting = result.tape.setting
    happened["clock skew"] += any(setting.skews)
    happened["several processes"] += setting.workers > 1
    happened["lists lag"] += bool(setting.list_lag)
    happened["rotating tokens"] += setting.refresh
    happened["details both ways"] += setting.details
    happened["poisoned"] += bool(setting.poisoned)
    return happened


def _at_length(gate: str, trouble: Trouble) -> Iterator[str]:
    if trouble.kind == "429" and trouble.seconds == DAY:
        yield "429 for the day"
    if trouble.kind == "429" and trouble.seconds < 0:
        yield "429 without a word"
    if trouble.kind == "late" and trouble.seconds > 600:
        yield "late by more than ten minutes"
    if trouble.kind.startswith("freeze") and trouble.seconds == 4800:
        yield "frozen for eighty minutes"
    if "/connect/token" in gate and trouble.kind in {"lose", "garble", "500 after", "die done", "die heard"}:
        yield "token lost after it rotated"
