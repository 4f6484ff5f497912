"""Small plots as plain numbers: the templates draw them, so that they need neither a script nor colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 240, 44
GAP = 1.5


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``strong`` ones are drawn filled, the others as outlines."""

    x: float
    y: float
    width: float
    height: float
    words: str
    strong: bool = True


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars on one line; ``words`` say what they show to whoever can't see them."""

    bars: tuple[Bar, ...]
    words: str
    width: int = WIDTH
    height: int = HEIGHT


def plot(amounts: Sequence[tuple[str, Decimal]], words: str, weak: Sequence[int] = ()) -> Plot:
    """One bar for each amount, in order; ``weak`` are those drawn as outlines."""
    largest = max((amount for _, amount in amounts), default=Decimal(0))
    step = WIDTH / max(1, len(amounts))
    bars: list[Bar] = []
    for place, (label, amount) in enumerate(amounts):
        share = float(max(amount, Decimal(0)) / largest) if largest > 0 else 0.0
        height = max(2.0, round(share * (HEIGHT - 2), 1)) if amount > 0 else 0.8
        width = max(1.0, round(step - GAP, 1))
        bars.append(Bar(round(place * step, 1), round(HEIGHT - height, 1), width, height, label, place not in weak))
    return Plot(tuple(bars), words)
