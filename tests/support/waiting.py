"""Waiting for another process: the one place where tests look at a clock."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T], within: float = 30.0) -> T:
    """The first answer of ``look`` that is true in the sense of ``if``; fails after ``within`` seconds."""
    end = time.monotonic() + within
    while not (answer := look()):
        assert time.monotonic() < end, f"not so within {within:.0f} seconds; the last answer was {answer!r}"
        time.sleep(0.05)
    return answer
