"""Mistakes in a mapping, as values with the place they were made at: collected and shown, never raised one by one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Where a setting stands: ("invoices", 1, "create") is "create" in the second entry of "invoices"."""

Place = tuple[int, int]
"""Line and column, counted from 1."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: what is wrong, where, and what to write instead. Line 0 is the file as a whole.

    A ``warning`` doesn't keep the file from being used.
    """

    file: str
    line: int
    column: int
    sentence: str
    hint: str = ""
    warning: bool = False

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{where}: {self.sentence} {self.hint}".rstrip()


class MappingError(Exception):
    """A mapping can't be used; ``problems`` says why, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def quoted(text: str) -> str:
    """Text of the file as a sentence may show it: at most 60 characters, unprintable ones as an escape."""
    shown = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
    return f'"{shown[:59]}…"' if len(shown) > 60 else f'"{shown}"'


def nearest(word: str, words: Iterable[str]) -> str:
    """The one of ``words`` that was probably meant, or ""."""
    known = {each.casefold(): each for each in words}
    close = difflib.get_close_matches(" ".join(word.replace("_", " ").split()).casefold(), known, n=1)
    return known[close[0]] if close else ""


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """A hint that names the nearest of ``words``, or else all of them if they are few."""
    words = list(words)
    if close := nearest(word, words):
        return f"Did you mean {quoted(close)}?"
    return f"There is: {listed(words)}." if 0 < len(words) <= 12 else ""


def listed(words: Iterable[str]) -> str:
    """Words in a row, each quoted, the last after "and"."""
    *most, last = [quoted(word) for word in words] or [""]
    return f"{', '.join(most)} and {last}" if most else last
