"""Desks to test at: one that lets everybody in, one with accounts of every role."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from desk.settings import ROLES
from tests.support.desks import RUNNING, Desk, desk_over
from tests.support.house import House


@pytest.fixture(scope="session", autouse=True)
def _browsers_closed() -> Generator[None]:  # pyright: ignore[reportUnusedFunction]
    yield
    RUNNING.close()


@pytest.fixture
def house() -> House:
    return House(watch=False)


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Generator[Desk]:
    """Nobody signs in."""
    with desk_over(house, tmp_path) as made:
        yield made


@pytest.fixture
def staffed(house: House, tmp_path: Path) -> Generator[Desk]:
    """Accounts named after their roles."""
    with desk_over(house, tmp_path, logins="accounts") as made:
        for role in ROLES:
            made.account(role, role)
        yield made
