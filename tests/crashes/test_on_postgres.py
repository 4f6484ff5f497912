"""The same deaths with the ledger on a real PostgreSQL: all of the short paths, every eleventh of the long ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.database import Ledger, open_ledger
from sandbox.clock import HandClock
from tests.crashes.databases import elsewhere
from tests.crashes.ending import Death
from tests.crashes.test_every_gate import BY_NAME, deaths, ended, undisturbed, walked
from tests.support.house import NOON
from tests.support.postgres import postgres

SHORT = ("un-won in time", "un-won too late")


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    with postgres() as url:
        ledger = open_ledger(url, HandClock(NOON))
        yield ledger
        ledger.close()


@pytest.mark.parametrize("name", BY_NAME)
def test_whoever_is_killed(name: str, ledger: Ledger) -> None:
    path = BY_NAME[name]
    some: list[Death] = list(deaths(path))[:: 1 if name in SHORT else 11]
    for death in some:
        picture = ended(path, death, elsewhere(ledger.engine))
        assert picture == undisturbed(path, death.leg), (death, walked(path, death.leg).gates[death.gate].name)
