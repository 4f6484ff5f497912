"""A defect: one replacement in one file, and the story that must fail with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """``before`` stands exactly once in the file at ``path``; ``story`` is a test, ``tests/….py::test_…``."""

    name: str
    path: str
    before: str
    after: str
    story: str
