"""SOQL read into a query: the part of the language that programs commonly use.

``SELECT names and (SELECT … FROM list) FROM object WHERE … ORDER BY … LIMIT … OFFSET …``
https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.salesforce.answers import Refusal

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^'\\]|\\.)*')
    | (?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:?\d\d))
    | (?P<day>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?\d+(?:\.\d+)?)
    | (?P<name>[A-Za-z]\w*(?:\.\w+)*)
    | (?P<sign><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Moment:
    """A literal date and time, which stands without quotes."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Compare:
    """``field sign value``; the sign may be IN, NOT IN or LIKE."""

    name: str
    sign: str
    value: Any


@dataclass(frozen=True, slots=True)
class Logic:
    """Conditions joined by AND or OR, or one turned round by NOT."""

    word: str
    parts: tuple[Condition, ...]


Condition = Compare | Logic


@dataclass(slots=True)
class Query:
    """A query; ``lists`` are those within a row. ``order`` holds a name and whether it falls."""

    names: list[str] = field(default_factory=list[str])
    lists: list[Query] = field(default_factory=list["Query"])
    kind: str = ""
    where: Condition | None = None
    order: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])
    limit: int | None = None
    offset: int = 0


def parse(text: str) -> Query:
    """Raises ``Refusal`` MALFORMED_QUERY."""
    reader = _Reader(text)
    query = reader.query()
    if reader.ahead != ("end", ""):
        raise reader.unexpected()
    return query


class _Reader:
    """Reads one token after another; ``ahead`` is the next: its kind and its text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.ahead = ("end", "")
        self._step()

    def _step(self) -> None:
        if not self._text[self._at :].strip():
            self.ahead = ("end", "")
            return
        found = _TOKEN.match(self._text, self._at)
        if not found or not found.lastgroup:
            raise self.unexpected()
        self._at = found.end()
        self.ahead = (found.lastgroup, found[found.lastgroup])

    def unexpected(self) -> Refusal:
        token = self.ahead[1] or self._text[self._at : self._at + 10]
        message = f"unexpected token: '{token}' (Only aliasing expressions are supported here)"
        return Refusal(400, "MALFORMED_QUERY", message)

    def _word(self) -> str:
        return self.ahead[1].upper() if self.ahead[0] == "name" else ""

    def _take(self, *wanted: str) -> bool:
        """Pass over these words or signs, if they stand here; the first decides."""
        if self._word() != wanted[0] and self.ahead[1] != wanted[0]:
            return False
        for each in wanted:
            self._need(each)
        return True

    def _need(self, wanted: str) -> None:
        if wanted not in {self._word(), self.ahead[1]}:
            raise self.unexpected()
        self._step()

    def _name(self) -> str:
        kind, text = self.ahead
        if kind != "name":
            raise self.unexpected()
        self._step()
        return text

    def query(self) -> Query:
        self._need("SELECT")
        query = Query()
        while True:
            if self._take("("):
                query.lists.append(self.query())
                self._need(")")
            else:
                query.names.append(self._name())
            if not self._take(","):
                break
        self._need("FROM")
        query.kind = self._name()
        if self._take("WHERE"):
            query.where = self._any()
        if self._take("ORDER", "BY"):
            query.order = self._orders()
        if self._take("LIMIT"):
            query.limit = int(self._value())
        if self._take("OFFSET"):
            query.offset = int(self._value())
        return query

    def _orders(self) -> list[tuple[str, bool]]:
        found: list[tuple[str, bool]] = []
        while True:
            name = self._name()
            falls = self._take("DESC")
            if not falls:
                self._take("ASC")
            if self._take("NULLS"):
                self._name()
            found.append((name, falls))
            if not self._take(","):
                return found

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._take("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Logic("OR", tuple(parts))

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._take("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Logic("AND", tuple(parts))

    def _one(self) -> Condition:
        if self._take("NOT"):
            return Logic("NOT", (self._one(),))
        if self._take("("):
            inside = self._any()
            self._need(")")
            return inside
        name = self._name()
        for sign in (("NOT", "IN"), ("IN",)):
            if self._take(*sign):
                return Compare(name, " ".join(sign), self._values())
        sign = "LIKE" if self._take("LIKE") else self._sign()
        return Compare(name, sign, self._value())

    def _sign(self) -> str:
        kind, text = self.ahead
        if kind != "sign" or text in "(),":
            raise self.unexpected()
        self._step()
        return "!=" if text == "<>" else text

    def _values(self) -> list[Any]:
        self._need("(")
        found = [self._value()]
        while self._take(","):
            found.append(self._value())
        self._need(")")
        return found

    def _value(self) -> Any:
        kind, text = self.ahead
        words = {"TRUE": True, "FALSE": False, "NULL": None}
        if kind == "name" and text.upper() not in words:
            raise self.unexpected()
        if kind in {"sign", "end"}:
            raise self.unexpected()
        self._step()
        match kind:
            case "text":
                return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1])
            case "moment":
                return Moment(datetime.fromisoformat(text))
            case "day":
                return text
            case "number":
                return Decimal(text)
            case _:
                return words[text.upper()]
