"""Whether this run can hold its exchanges against the vendors' own files at all."""

from __future__ import annotations

import pytest

from tests.support import specs


def test_the_vendors_own_files_are_here_to_hold_every_exchange_against() -> None:
    if specs.missing() and not specs.required():
        pytest.skip(specs.missing())
    assert not specs.missing()
