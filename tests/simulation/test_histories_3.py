"""A quarter of the histories: whatever goes wrong, no deal is lost or invoiced twice, and all comes to rest."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation import many
from tests.simulation.occurred import WANTED

pytestmark = pytest.mark.timeout(900)
FIRST = 500


@pytest.mark.parametrize("number", many.FIXED)
def test_nothing_breaks_in_the_same_histories_as_always(number: int) -> None:
    many.played(many.fixed(FIRST, number))


@pytest.mark.parametrize("number", many.FRESH)
def test_nothing_breaks_in_histories_that_nobody_played_before(number: int) -> None:
    many.played(many.fresh())


def test_everything_that_can_happen_happened_in_them() -> None:
    happened = sum((many.played(many.fixed(FIRST, number)) for number in many.FIXED), Counter[str]())
    assert {what: happened[what] for what in WANTED if happened[what] < many.ENOUGH} == {}
