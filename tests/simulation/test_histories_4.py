"""A quarter of the histories: whatever goes wrong, no deal is lost or invoiced twice, and all comes to rest."""

from __future__ import annotations

import pytest

from tests.simulation import many

pytestmark = pytest.mark.timeout(900)
FIRST = 750


@pytest.mark.parametrize("number", many.FIXED)
def test_nothing_breaks_in_the_same_histories_as_always(number: int) -> None:
    many.played(many.fixed(FIRST, number))
