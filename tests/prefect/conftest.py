"""The mark of tests that need a Prefect server, and the one they share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.prefect.town import Town, built


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "prefect: needs a Prefect server, which takes some ten seconds to start")


# No longer than it is needed: a server that nobody asks anything is not idle.
@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with built(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("trial")) as town:
        yield town
