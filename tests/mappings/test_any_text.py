"""Whatever a file holds, reading it ends in rules or in problems that can be shown, never in a crash."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.mappings import SOUND, reading_of

PIECES = ("\t", "  ", ":", ": ", "- ", *"{}[]#*&!|>%'\"", "{{", "---\n", "\n", "é", "\u202e")


def ends_well(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        reading = reading_of(Path(folder), text)
    mistakes = [problem for problem in reading.problems if not problem.warning]
    assert (reading.rules is None) == bool(mistakes)
    assert all(str(problem).isprintable() for problem in reading.problems)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    ends_well(text)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.integers(0, len(SOUND)), st.integers(0, 30), st.sampled_from(PIECES))
def test_a_sound_mapping_damaged_anywhere_is_read_or_refused(at: int, lost: int, piece: str) -> None:
    ends_well(SOUND[:at] + piece + SOUND[at + lost :])
