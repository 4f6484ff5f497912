"""The ``where`` language, as far as Xero answers it quickly.

``Field == value`` joined by AND, OR between InvoiceIDs; text in double quotes, a quote inside it doubled;
``guid("…")`` for ids and ``DateTime(2026,11,01)`` for days. Fields that Xero has not optimised are refused here, as it
refuses them where there is much to search: https://github.com/freakboy3742/pyxero/issues/373,
https://developer.xero.com/documentation/api/accounting/invoices, …/contacts
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from sandbox.xero.records import BadQuery, Record, day_of


class Test(Protocol):
    """Whether a record is meant."""

    def __call__(self, record: Record, /) -> bool: ...


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<compare>==|!=|>=|<=|>|<)
    | (?P<and>&&|AND\b)
    | (?P<or>\|\||OR\b)
    | (?P<guid>guid\("[^"]*"\))
    | (?P<day>DateTime\(\s*\d{4}\s*,\s*\d{1,2}\s*,\s*\d{1,2}\s*\))
    | (?P<text>"(?:[^"]|"")*")
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*)
    | (?P<paren>[()])
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field one may ask for: where its value is, what it is, and whether ranges and OR are quick on it."""

    path: tuple[str, ...]
    kind: str = "text"
    ranges: bool = False
    either: bool = False

    def value(self, record: Record) -> Any:
        found: Any = record
        for name in self.path[:-1]:
            found = found.get(name) or {}
        if self.kind == "day":
            return day_of(found, self.path[-1])
        value = found.get(self.path[-1])
        return folded(value) if self.kind == "name" else value


def folded(value: Any) -> str:
    """Text without case and accents, as contacts are compared."""
    text = unicodedata.normalize("NFKD", str(value or ""))
    return "".join(letter for letter in text if not unicodedata.combining(letter)).casefold()


def parse(text: str, fields: Mapping[str, Field]) -> Test:
    """The condition as a function; ``fields`` are by lower-case name. ``BadQuery`` where Xero can't read it."""
    reader = _Reader(_tokens(text), fields, text)
    test = reader.either()
    if reader.peek():
        raise BadQuery(f"Syntax error in '{text}'")
    return test


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if not match:
            raise BadQuery(f"Unterminated string literal or unknown character in '{text}'")
        found.append((str(match.lastgroup), match[0].strip()))
        at = match.end()
    return found


class _Reader:
    """Reads conditions from the left; OR binds weakest."""

    def __init__(self, tokens: list[tuple[str, str]], fields: Mapping[str, Field], text: str) -> None:
        self._tokens = tokens
        self._fields = fields
        self._text = text
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def either(self) -> Test:
        start = self._at
        tests = [self._all()]
        while self.peek() == "or":
            self._at += 1
            tests.append(self._all())
        if len(tests) == 1:
            return tests[0]
        words = [token for kind, token in self._tokens[start : self._at] if kind == "word"]
        if not all(self._field(word).either for word in words):
            raise BadQuery("Your request is not filtering efficiently: OR is only quick between ids.")
        return lambda record: any(test(record) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self.peek() == "and":
            self._at += 1
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda record: all(test(record) for test in tests)

    def _one(self) -> Test:
        if self.peek() == "paren":
            self._take("paren")
            test = self.either()
            if self._take("paren") != ")":
                raise BadQuery(f"')' expected in '{self._text}'")
            return test
        field = self._field(self._take("word"))
        sign = self._take("compare")
        if sign != "==" and not field.ranges:
            raise BadQuery("Your request is not filtering efficiently: only == is quick on this field.")
        value = self._value(field)
        compare = _COMPARE[sign]

        def test(record: Record, /) -> bool:
            found = field.value(record)
            return found is not None and compare(found, value)

        return test

    def _field(self, name: str) -> Field:
        field = self._fields.get(name.lower())
        if not field:
            raise BadQuery(f"Your request is not filtering efficiently: no quick way to search by {name}.")
        return field

    def _take(self, kind: str) -> str:
        if self.peek() != kind:
            raise BadQuery(f"Syntax error in '{self._text}'")
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _value(self, field: Field) -> Any:
        kind = {"text": "text", "name": "text", "id": "guid", "day": "day", "number": "number"}[field.kind]
        token = self._take(kind)
        if kind == "number":
            return Decimal(token)
        if kind == "guid":
            return token[6:-2].lower()
        if kind == "day":
            year, month, day = (int(part) for part in re.findall(r"\d+", token))
            return _date(year, month, day, token)
        text = token[1:-1].replace('""', '"')
        return folded(text) if field.kind == "name" else text


def _date(year: int, month: int, day: int, token: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise BadQuery(f"{token} is no date") from None
