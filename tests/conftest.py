"""What holds for the whole run."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.support import specs


@pytest.fixture(scope="session", autouse=True)
def _contracts_kept() -> Generator[None]:  # pyright: ignore[reportUnusedFunction]
    """No exchange of this run broke what the vendors' own files say."""
    yield
    found = list(dict.fromkeys(specs.VIOLATIONS))
    assert not found, f"{len(found)} breaches of the vendors' contracts:\n" + "\n".join(found[:20])
