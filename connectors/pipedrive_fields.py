"""Pipedrive's custom fields by the names people give them.

Their keys are forty characters that are others in every account and not ours to choose. A key is found once, or made,
and kept from then on: a field that somebody renames is the same field.
https://pipedrive.readme.io/docs/core-api-concepts-custom-fields
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Protocol

from connectors.pipedrive_reading import Field, Row, known_field, slug
from domain.money import strict_decimal

AS_TEXT = frozenset({"varchar", "text", "varchar_auto", "date"})


class Kept(Protocol):
    """Where the keys of one account are kept between runs; ``load`` is "" at first."""

    def load(self) -> str: ...

    def save(self, text: str) -> None: ...


class Nowhere:
    """For the life of one connection only."""

    def load(self) -> str:
        return ""

    def save(self, text: str) -> None: ...


class Fields:
    """The fields of one account; ``listed`` reads those of a kind ("deal", "organization", "person")."""

    def __init__(self, listed: Callable[[str], list[Row]], kept: Kept) -> None:
        self._read = listed
        self._store = kept
        self._listed: dict[str, list[Field]] = {}
        self._kept: dict[str, dict[str, Field]] = {
            kind: {name: Field(**each) for name, each in known.items()}
            for kind, known in json.loads(kept.load() or "{}").items()
        }

    def named(self, kind: str, name: str) -> list[Field]:
        """The account's own fields of this name or key."""
        known = self._kept.get(kind, {}).get(slug(name))
        if known is not None:
            return [known]
        own = [field for field in self._all(kind) if field.custom]
        by_key = [field for field in own if field.code == name]
        found = by_key or [field for field in own if slug(field.name) == slug(name)]
        if len(found) == 1:
            self._kept.setdefault(kind, {})[slug(name)] = found[0]
            self._save()
        return found

    def one(self, kind: str, name: str) -> Field | None:
        """A field to read: the account's own or, where it has none, Pipedrive's of this key."""
        own = self.named(kind, name)
        return own[0] if own else next((each for each in self._all(kind) if each.code == name), None)

    def all_of(self, kind: str, names: Mapping[str, str]) -> dict[str, Field]:
        """Those of these that there are, by what they hold."""
        return {what: found for what, name in names.items() if (found := self.one(kind, name))}

    def read_again(self, kind: str) -> bool:
        """List the fields afresh; whether one that was known is no longer there."""
        self._listed.pop(kind, None)
        there = {field.code: field for field in self._all(kind)}
        before = self._kept.get(kind, {})
        self._kept[kind] = {name: there[field.code] for name, field in before.items() if field.code in there}
        if self._kept[kind] != before:
            self._save()
        return len(self._kept[kind]) < len(before)

    def value(self, name: str, text: str) -> tuple[Field, Any]:
        """A field of ours on the deal and its value as its type wants it; ValueError says why there is none."""
        found = self.named("deal", name)
        if len(found) != 1:
            many = "has no field" if not found else "has several fields"
            raise ValueError(f'The deal {many} called "{name}" in Pipedrive.')
        field = found[0]
        if not text:
            return field, None
        if field.type in AS_TEXT:
            return field, text
        if field.type == "double":
            return field, float(strict_decimal(text))
        raise ValueError(f'The field "{field.name}" is of the type {field.type}: make it one of text, number or date.')

    def _all(self, kind: str) -> list[Field]:
        if kind not in self._listed:
            self._listed[kind] = [known_field(row) for row in self._read(kind)]
        return self._listed[kind]

    def _save(self) -> None:
        told = {kind: {name: asdict(field) for name, field in known.items()} for kind, known in self._kept.items()}
        self._store.save(json.dumps(told, sort_keys=True))
