"""What the schema found wrong, said to a bookkeeper: the place in the file, a sentence, and what to write."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mappings import schema
from mappings.problems import Path, Problem, did_you_mean, listed, nearest, quoted
from mappings.reading import Written

Said = tuple[str, str]
"""A sentence and a hint."""


def problems_of(error: ValidationError, written: Written) -> list[Problem]:
    """One problem for each error, without those that only follow from another."""
    details = error.errors(include_url=False)
    meant = {_meant(_loc(each)) for each in details if each["type"] == "extra_forbidden"}
    found: list[Problem] = []
    for each in details:
        path = _loc(each)
        if any(path[:depth] in written.spoiled for depth in range(len(path) + 1)):
            continue
        if each["type"] == "missing" and path in meant:
            continue
        sentence, hint = _say(each, path, written)
        unknown = each["type"] == "extra_forbidden"
        place = written.names[path] if unknown and path in written.names else written.place(path)
        if each["type"] == "missing" and len(path) == 1 and path not in written.names:
            place = (0, 0)
        found.append(Problem(written.file, *place, sentence, hint))
    return found


def where(path: Path) -> str:
    """A setting by name, with what it stands in: "create" in entry 2 of "invoices"."""
    if not path:
        return "the file"
    above, last = path[:-1], path[-1]
    if isinstance(last, int):
        return f"entry {last + 1} of {where(above)}"
    return f"{quoted(last)} in {where(above)}" if above else quoted(last)


def _loc(each: ErrorDetails) -> Path:
    return tuple(each["loc"])


def _meant(path: Path) -> Path:
    """The setting that was probably meant by an unknown one."""
    model = schema.group_at(path[:-1])
    return (*path[:-1], nearest(str(path[-1]), schema.settings(model))) if model else path


def _say(each: ErrorDetails, path: Path, written: Written) -> Said:
    value = each["input"]
    if each["type"] == "extra_forbidden":
        return _unknown(path)
    if each["type"] == "missing":
        return _missing(path, written)
    if shape := _wrong_shape(each, path, value):
        return shape
    if each["type"] == "literal_error":
        field = schema.field_at(path)
        words = schema.choices(field) if field else ()
        hint = f"Did you mean {quoted(close)}?" if (close := nearest(str(value), words)) else ""
        return f"{_cap(where(path))} can't be {quoted(str(value))}.", f"{hint} It is one of {listed(words)}.".strip()
    if each["type"] == "string_pattern_mismatch":
        return _not_a_name(path, str(value))
    say = _SAYINGS.get(each["type"])
    return say(path, str(value)) if say else (f"{_cap(where(path))} isn't right.", f"({each['msg']})")


def _unknown(path: Path) -> Said:
    name = str(path[-1])
    model = schema.group_at(path[:-1])
    words = schema.settings(model) if model else {}
    sentence = f"There is no setting {quoted(name)} in {where(path[:-1])}."
    if close := nearest(name, words):
        return sentence, f"Did you mean {quoted(close)}?"
    if homes := schema.homes(name):
        home = f"in {quoted(homes[0])}" if homes[0] else "at the left edge of the file"
        return sentence, f"It belongs {home}: check how far the line is indented."
    return sentence, did_you_mean(name, words)


def _missing(path: Path, written: Written) -> Said:
    name = str(path[-1])
    field = schema.field_at(path)
    if path in written.names:
        sentence = f"{_cap(where(path))} has no answer."
    else:
        sentence = f"{_cap(where(path[:-1]))} has no {quoted(name)}."
    if field and (model := schema.group(field)):
        inner = listed(name for name, each in schema.settings(model).items() if each.is_required())
        dash = ", the first of each entry after a dash" if schema.is_list(field) else ""
        hint = f'Write "{name}:" at the left edge and beneath it, indented by two spaces{dash}: {inner}.'
        return sentence, hint
    shown = schema.example(field) if field else ""
    words = schema.choices(field) if field else ()
    others = f" (or {' or '.join(words[1:])})" if len(words) > 1 else ""
    return sentence, f"Add the line `{name}: {shown}`{others} {_beside(path)}."


def _beside(path: Path) -> str:
    if len(path) == 1:
        return "at the left edge of the file"
    return f"to {where(path[:-1])}, indented like its other lines"


def _wrong_shape(each: ErrorDetails, path: Path, value: object) -> Said | None:
    """A list where text is wanted, text where a list or a group is wanted, and so on."""
    field = schema.field_at(path)
    if each["type"] == "tuple_type" and field:
        sample = schema.example(field)
        hint = f"Write it in brackets: {path[-1]}: {sample}." if sample else "Begin each entry with a dash and a space."
        return f"{_cap(where(path))} is a list.", hint
    if each["type"] in {"model_type", "model_attributes_type", "dict_type"}:
        model = schema.group_at(path)
        inner = listed(schema.settings(model)) if model else ""
        return f"{_cap(where(path))} has settings of its own.", f"They are {inner}, each on its line as name: answer."
    if isinstance(value, list | dict) and field and not schema.is_list(field):
        kind = "a list" if isinstance(value, list) else "settings of its own"
        shown = f"Write it on one line, as in {path[-1]}: {schema.example(field)}."
        return f"{_cap(where(path))} wants a single text, not {kind}.", shown
    return None


def _not_a_name(path: Path, value: str) -> Said:
    if path == ("pair",):
        rule = "A pair's name is at most 40 small letters, digits and hyphens and begins with a letter."
        return f"{quoted(value)} can't be the name of a pair.", rule
    if path[-1] == "milestone":
        rule = "A milestone's name is at most 30 letters, digits and spaces and begins with a letter."
        return f"{quoted(value)} can't be the name of a milestone.", rule
    if path[-1] == "payer":
        rule = "Give the internal name of the deal's field with the company's id, or the id itself."
        return f"{quoted(value)} is neither a field of the deal nor a company's id ({where(path)}).", rule
    rule = "Give the field's internal name: letters, digits and _, beginning with a letter."
    return f"{quoted(value)} can't be a field of the deal ({where(path)}).", rule


def _no_amount(path: Path, value: str) -> Said:
    return f"{quoted(value)} isn't an amount ({where(path)}).", "Write it like 10000.00."


_SAYINGS: Mapping[str, Callable[[Path, str], Said]] = {
    "string_too_short": lambda path, _: (f"{_cap(where(path))} is empty.", "Fill it in."),
    "too_short": lambda path, _: (f"{_cap(where(path))} has no entry.", "Add at least one, beginning with a dash."),
    "too_long": lambda path, _: (f"{_cap(where(path))} has too many entries.", "Keep the two that matter most."),
    "int_parsing": lambda path, value: (f"{quoted(value)} isn't a whole number ({where(path)}).", "Write it like 30."),
    "decimal_parsing": _no_amount,
    "decimal_type": _no_amount,
    "finite_number": _no_amount,
    "decimal_max_digits": _no_amount,
    "decimal_whole_digits": _no_amount,
    "decimal_max_places": lambda path, value: (
        f"{quoted(value)} has more than two decimals ({where(path)}).",
        "Amounts are dollars and cents, like 10000.00.",
    ),
    "greater_than_equal": lambda path, _: (f"{_cap(where(path))} can't be less than nothing.", "Write 0 or more."),
}


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
