"""The mark of tests that need a Prefect server."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "prefect: needs a Prefect server, which takes some ten seconds to start")
