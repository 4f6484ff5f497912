"""Each seeded defect still fits the sources and names a story; ``make mutants`` shows that the story fails with it."""

from __future__ import annotations

import ast

import pytest

from tests.simulation.mutants.__main__ import MUTANTS, ROOT, seeded
from tests.simulation.mutants.mutant import Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_defect_still_fits(mutant: Mutant) -> None:
    source = (ROOT / mutant.path).read_text()
    changed = seeded(mutant, source)
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_its_story_is_there(mutant: Mutant) -> None:
    file, test = mutant.story.split("::")
    assert f"\ndef {test}(" in (ROOT / file).read_text()


def test_there_are_enough_of_them_and_each_has_a_name_of_its_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 24
