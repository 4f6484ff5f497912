"""YAML's complaints in plain words: what a person typed, not what a parser expected."""

from __future__ import annotations

import yaml
from yaml.reader import ReaderError

from mappings.problems import Problem

_COLON = "There is a second colon on this line."
_COLUMNS = "Settings of one entry begin in the same column; an entry of a list begins with a dash and a space."
_BRACES = 'Put quotes around the whole text, as in reference: "Deal {{ deal.name }}".'

# What YAML says, what is wrong, what to do. The first that fits is used; "start" marks those whose beginning matters.
_WORDS: tuple[tuple[str, str, str, str], ...] = (
    (
        "while scanning a quoted scalar",
        "A quote is opened here and never closed.",
        'Every text that begins with " ends with ".',
        "start",
    ),
    (
        "unknown escape character",
        "A backslash in double quotes has a meaning of its own.",
        "Use single quotes around the text.",
        "",
    ),
    ("expected ',' or ']'", "A [ is opened here and its ] or a comma is missing.", "Write [one, two, three].", "start"),
    (
        "expected ',' or '}'",
        "A { is opened here and its } or a comma is missing.",
        'Write {product: "A", account code: "200"}; a text with a comma or bracket needs quotes.',
        "start",
    ),
    (
        "mapping values are not allowed here",
        _COLON,
        "A text with a colon in it needs quotes around it.",
        "",
    ),
    (
        "could not find expected ':'",
        "A setting is begun here but has no colon.",
        'Write a name, a colon, a space and the answer: "pair: acme".',
        "start",
    ),
    (
        "cannot start any token",
        "A text may not begin with this sign unless it stands in quotes.",
        "Put quotes around the text.",
        "",
    ),
    (
        "while scanning an alias",
        "A text that begins with * must stand in quotes.",
        'Put quotes around it, as in "*".',
        "start",
    ),
    (
        "while scanning an anchor",
        "A text that begins with & must stand in quotes.",
        "Put quotes around it.",
        "start",
    ),
    ("sequence entries are not allowed", "A list can't begin on this line.", "Begin it on the next line.", ""),
    (
        "found '<scalar>'",
        "The text goes on after its closing quote or bracket.",
        "Put one pair of quotes around all of it; a quote inside a text in single quotes is written twice.",
        "",
    ),
    (
        "expected <block end>",
        "The line doesn't line up with the ones above it.",
        _COLUMNS,
        "",
    ),
)


def explain(error: yaml.YAMLError, file: str, text: str) -> Problem:
    """The problem behind an error of YAML's, at the line where the person has to look."""
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        hint = "Type the line again."
        return Problem(file, line, 0, "There is a character here that no keyboard types.", hint)
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(file, 0, 0, "The file can't be read as settings.", str(error))
    said = f"{error.context or ''}: {error.problem or ''}".strip(": ")
    found = next((each for each in _WORDS if each[0] in said), ("", "The line can't be understood.", f"({said})", ""))
    _, sentence, hint, where = found
    mark = (error.context_mark if where == "start" else None) or error.problem_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    typed = _line(text, line)
    if ": {{" in typed:
        hint = _BRACES
    elif sentence == _COLON and ": " not in typed[: column - 1]:
        sentence, hint = "This line or the one above it doesn't line up with the others.", _COLUMNS
    return Problem(file, line, column, sentence, hint)


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else ""
