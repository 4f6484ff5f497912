"""Chance that repeats: a number for each name, the same whatever was thrown before it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dice:
    """The dice of one seed. What is thrown for one name stays when others are no longer thrown for."""

    seed: int

    def throw(self, name: str) -> float:
        """From 0 up to 1."""
        digest = hashlib.blake2b(f"{self.seed} {name}".encode(), digest_size=7).digest()
        return int.from_bytes(digest) / 2**56

    def between(self, name: str, low: float, high: float) -> float:
        return low + self.throw(name) * (high - low)

    def pick(self, name: str, choices: Sequence[T]) -> T:
        return choices[int(self.throw(name) * len(choices))]

    def happens(self, name: str, chance: float) -> bool:
        return self.throw(name) < chance
