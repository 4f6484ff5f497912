"""From a mapping file to the rules: everything that is wrong with it is found at once, and said in plain words."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from domain.rules import Rules
from mappings import meaning, wording
from mappings.problems import MappingError, Path, Place, Problem, did_you_mean, quoted
from mappings.reading import read, version_of

__all__ = ["MappingError", "Problem", "Reading", "find_mapping", "load_rules", "read_mapping", "version_of"]

ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: the rules, unless a problem keeps it from being used, and where each setting stands."""

    rules: Rules | None
    problems: tuple[Problem, ...] = ()
    places: Mapping[Path, Place] = field(default_factory=dict[Path, Place])
    file: str = ""
    version: str = ""


def read_mapping(path: pathlib.Path) -> Reading:
    """The rules of a file with every problem and warning, in the order of the file. Raises nothing."""
    written = read(path)
    rules: Rules | None = None
    if written.tree or not written.problems:
        try:
            rules = Rules.model_validate(written.tree, by_alias=True, by_name=False)
        except ValidationError as error:
            written.problems.extend(wording.problems_of(error, written))
        meaning.check(written)
    problems = tuple(sorted(dict.fromkeys(written.problems), key=lambda each: (each.line, each.column)))
    broken = any(not problem.warning for problem in problems)
    return Reading(None if broken else rules, problems, written.places, written.file, written.version)


def load_rules(path: pathlib.Path) -> Rules:
    """The rules of a file. Raises ``MappingError`` with all that is wrong; warnings don't count."""
    reading = read_mapping(path)
    if reading.rules is None:
        raise MappingError(problem for problem in reading.problems if not problem.warning)
    return reading.rules


def find_mapping(pair: str, folder: pathlib.Path) -> pathlib.Path:
    """The file of a pair in a folder. Raises ``MappingError`` that names the pairs there are."""
    files = {path.stem: path for path in sorted(folder.glob("*")) if path.suffix in ENDINGS and path.is_file()}
    if pair in files:
        return files[pair]
    hint = did_you_mean(pair, files) or f"Copy mappings/examples/hubspot.yaml to {folder / 'acme.yaml'} to begin with."
    raise MappingError([Problem(str(folder), 0, 0, f"There is no mapping for {quoted(pair)}.", hint)])
