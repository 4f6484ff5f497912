"""A process is killed at every gate there is, and the next starts at once, in five minutes, in seven hours; what it was
sending may come later. At the end all looks as if nobody had been killed.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.crashes.databases import Rows, in_memory
from tests.crashes.ending import RESTARTS, Death, after, go_on
from tests.crashes.lives import Life
from tests.crashes.paths import PATHS, Path, before, seen

BY_NAME = {path.name: path for path in PATHS}


def deaths(path: Path) -> Iterator[Death]:
    """Every death there is on a path, with what may follow."""
    for leg in (n for n, leg in enumerate(path.legs) if leg.deadly):
        for number, gate in enumerate(walked(path, leg).gates):
            restarts = [list(RESTARTS)[number % 3]] if path.long else list(RESTARTS)
            for restart in restarts:
                if gate.fresh or path.long:
                    yield Death(leg, number, restart)
                if gate.sends is not None:
                    yield Death(leg, number, restart, arrives=True)


def ended(path: Path, death: Death, rows: Rows = in_memory) -> dict[str, Any]:
    """What is to be seen at the end of a path with a death on it."""
    gate = walked(path, death.leg).gates[death.gate]
    house = rows(before(path, death.leg), gate.left)
    after(house, path, death, gate.sends)
    return seen(house)


@functools.cache
def walked(path: Path, leg: int) -> Life:
    """A leg as it goes when nobody is killed."""
    life = Life(in_memory(before(path, leg)))
    life.run(path.legs[leg].job)
    return life


@functools.cache
def undisturbed(path: Path, leg: int) -> dict[str, Any]:
    """What is to be seen at the end of a leg, and of those after it that are not deadly, when nobody is killed."""
    house = in_memory(before(path, leg))
    path.legs[leg].job(house.open())
    go_on(house, path, leg)
    return seen(house)


@pytest.mark.parametrize("name", BY_NAME)
def test_whoever_is_killed_anywhere(name: str) -> None:
    path = BY_NAME[name]
    for death in deaths(path):
        assert ended(path, death) == undisturbed(path, death.leg), (
            death,
            walked(path, death.leg).gates[death.gate].name,
        )


def test_all_is_well_where_nobody_is_killed() -> None:
    """What the others are held against: every path has its invoices, its contacts, its questions."""
    ends = {name: undisturbed(path, len(path.legs) - 1) for name, path in BY_NAME.items()}
    money = {
        name: sorted((str(i[0]), i[1], i[2]) for made, *_ in end["deals"].values() for i in made)
        for name, end in ends.items()
    }
    total = {name: sum(amount for _, amount, _ in made) for name, made in money.items()}
    assert money["new customer, won to paid"] == [("PAID", Decimal("14146.00"), Decimal("14146.00"))]
    assert ends["files on the invoice"]["attached"] == ["order.pdf", "plan.pdf"]
    assert [status for status, *_ in money["batch of five"]] == ["AUTHORISED"] * 4 + ["DRAFT"]
    assert (total["batch of five"], total["question answered"]) == (Decimal("21125.50"), Decimal("3663.00"))
    assert (money["un-won in time"], ends["un-won in time"]["asked"]) == ([], [])
    assert (len(money["un-won too late"]), ends["un-won too late"]["asked"]) == (1, ["deal_unwon"])
    for name, end in ends.items():
        assert end["approved"] == len([status for status, *_ in money[name] if status != "DRAFT"]), name
        assert all(is_told for _, is_told, *_ in end["deals"].values()), name


def test_there_are_many_gates() -> None:
    counts = {name: [walked(path, leg).passed for leg in range(len(path.legs))] for name, path in BY_NAME.items()}
    assert min(counts["new customer, won to paid"][0], counts["batch of five"][0]) > 100
    assert sum(len(list(deaths(path))) for path in PATHS) > 450
