"""The settings that exist, read off the typed rules: names, choices, what belongs where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from domain.rules import Rule, Rules
from mappings.problems import Path


def settings(model: type[Rule]) -> dict[str, FieldInfo]:
    """The settings of a group by the name people write."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def group(field: FieldInfo) -> type[Rule] | None:
    """The group of settings that stands beneath this one, or in each entry of its list."""
    return next((part for part in _parts(field.annotation) if isinstance(part, type) and issubclass(part, Rule)), None)


def is_list(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple


def choices(field: FieldInfo) -> tuple[str, ...]:
    """The answers a setting allows; empty if it takes any text."""
    literal = next((part for part in _parts(field.annotation) if get_origin(part) is Literal), None)
    return get_args(literal)


def example(field: FieldInfo) -> str:
    """An answer as one may write it, "" for a group."""
    if field.examples:
        return str(field.examples[0])
    words = choices(field)
    return (f"[{', '.join(words)}]" if is_list(field) else words[0]) if words else ""


def field_at(path: Path) -> FieldInfo | None:
    """The setting at a path; entries of a list count as the list."""
    model: type[Rule] | None = Rules
    field: FieldInfo | None = None
    for step in path:
        if isinstance(step, int):
            continue
        field = settings(model).get(step) if model else None
        model = group(field) if field else None
    return field


def group_at(path: Path) -> type[Rule] | None:
    """The group of settings at a path."""
    field = field_at(path)
    return group(field) if field else (None if path else Rules)


def homes(name: str) -> list[str]:
    """The settings beneath which this name belongs; "" is the top of the file."""
    found = [above for above, field in settings(Rules).items() if (model := group(field)) and name in settings(model)]
    return ([""] if name in settings(Rules) else []) + found


def _parts(annotation: object) -> Iterator[object]:
    yield annotation
    if get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _parts(part)
