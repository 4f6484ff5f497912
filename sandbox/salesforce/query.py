"""Carrying out queries: what the user may see, in pages that are cut anywhere.

https://developer.salesforce.com/docs/platform/api-rest/guide/resources-query.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.salesforce import schema
from sandbox.salesforce.answers import DATA, Refusal, moment
from sandbox.salesforce.org import Org, Record, Values
from sandbox.salesforce.schema import FieldDef
from sandbox.salesforce.soql import Compare, Condition, Logic, Moment, Query, parse
from sandbox.wire import Clock

Row = dict[str, Any]
LIFE = timedelta(days=2)


@dataclass(slots=True)
class Pages:
    """The rows still to be fetched, by the locator that leads to them; it may be used more than once for two days.

    https://help.salesforce.com/apex/HTViewSolution?id=000004410
    """

    clock: Clock
    rest: dict[str, tuple[datetime, list[Row], int, int]] = field(
        default_factory=dict[str, tuple[datetime, list[Row], int, int]]
    )

    def first(self, rows: list[Row], size: int) -> Row:
        """The first page of these rows, and how to get the next."""
        return self._page(rows, size, len(rows))

    def further(self, locator: str) -> Row:
        made, rows, size, total = self.rest.get(locator, (self.clock() - 2 * LIFE, [], 0, 0))
        if self.clock() - made > LIFE:
            raise Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(rows, size, total)

    def _page(self, rows: list[Row], size: int, total: int) -> Row:
        page: Row = {"totalSize": total, "done": len(rows) <= size, "records": rows[:size]}
        if not page["done"]:
            locator = f"01g5g{len(self.rest):010d}AAA-{total - len(rows) + size}"
            self.rest[locator] = (self.clock(), rows[size:], size, total)
            page["nextRecordsUrl"] = f"{DATA}/query/{locator}"
        return page


def run(org: Org, pages: Pages, text: str, *, deleted: bool) -> Row:
    """The answer to a query; ``deleted`` looks into the recycle bin too."""
    query = parse(text)
    if query.names in (["COUNT"], ["count"]):
        raise Refusal(400, "MALFORMED_QUERY", "COUNT() is not served here")
    return _Search(org, pages, deleted=deleted).answer(query)


@dataclass(frozen=True, slots=True)
class _Search:
    """One query at work."""

    org: Org
    pages: Pages
    deleted: bool

    def answer(self, query: Query) -> Row:
        kind = _known_object(self.org, query.kind)
        rows = self._rows(query, kind, list(self.org.records[kind].values()))
        return self.pages.first(rows, self.org.switches.page)

    def _rows(self, query: Query, kind: str, among: Sequence[Record]) -> list[Row]:
        names = [_path(self.org, kind, name) for name in query.names]
        lists = [(inner, _list_of(self.org, kind, inner.kind)) for inner in query.lists]
        fits = self._test(kind, query.where) if query.where else _always
        found = [values for record in among if (values := self._seen(record)) and fits(values)]
        for name, falls in reversed(query.order):
            path = _path(self.org, kind, name)
            found.sort(key=lambda values, path=path: _sortable(self._value(values, path)), reverse=falls)
        found = found[query.offset :][: query.limit]
        return [self._row(kind, values, names, lists) for values in found]

    def _seen(self, record: Record) -> Values | None:
        values = self.org.seen(record)
        return None if values is None or (values["IsDeleted"] and not self.deleted) else values

    def _row(
        self, kind: str, values: Values, names: Sequence[Sequence[FieldDef]], lists: Sequence[tuple[Query, str]]
    ) -> Row:
        row: Row = {"attributes": attributes(kind, values["Id"])}
        for path in names:
            self._put(row, values, path)
        record = self.org.records[kind][values["Id"]]
        for inner, child in lists:
            back = schema.CHILDREN[kind, inner.kind][1]
            among = [each for each in self.org.records[child].values() if each.values.get(back) == record.id]
            rows = self._rows(inner, child, among)
            # No list where there is nothing in it.
            row[inner.kind] = self.pages.first(rows, self.org.switches.child_page) if rows else None
        return row

    def _put(self, row: Row, values: Values, path: Sequence[FieldDef]) -> None:
        """A field into the row; one of a related record into a row of its own there."""
        first, rest = path[0], path[1:]
        if not rest:
            row[first.name] = shown(values.get(first.name), first)
            return
        other = self._related(values, first)
        if other is None:
            row[first.relationship] = None
            return
        inner = row.setdefault(first.relationship, {"attributes": attributes(first.to, other["Id"])})
        self._put(inner, other, rest)

    def _related(self, values: Values, reference: FieldDef) -> Values | None:
        record = self.org.any(reference.to, values.get(reference.name))
        return self.org.seen(record) if record else None

    def _value(self, values: Values, path: Sequence[FieldDef]) -> Any:
        at: Values | None = values
        for step in path[:-1]:
            at = self._related(at, step) if at is not None else None
        return None if at is None else at.get(path[-1].name, False if path[-1].type == "boolean" else None)

    def _test(self, kind: str, condition: Condition) -> Callable[[Values], bool]:
        if isinstance(condition, Logic):
            tests = [self._test(kind, part) for part in condition.parts]
            match condition.word:
                case "AND":
                    return lambda values: all(test(values) for test in tests)
                case "OR":
                    return lambda values: any(test(values) for test in tests)
                case _:
                    return lambda values: not tests[0](values)
        path = _path(self.org, kind, condition.name)
        holds = _comparison(condition, path[-1])
        return lambda values: holds(self._value(values, path))


def attributes(kind: str, id_: str) -> Row:
    return {"type": kind, "url": f"{DATA}/sobjects/{kind}/{id_}"}


def shown(value: Any, field_: FieldDef) -> Any:
    """A value as JSON; what was never set is null, a box that was never ticked false."""
    if isinstance(value, datetime):
        return moment(value)
    return False if value is None and field_.type == "boolean" else value


def _known_object(org: Org, name: str) -> str:
    for kind in org.records:
        if kind.lower() == name.lower() and (kind, "") not in org.hidden:
            return kind
    message = f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append"
    raise Refusal(400, "INVALID_TYPE", f"{message} the '__c' after the entity name.")


def _list_of(org: Org, kind: str, name: str) -> str:
    found = schema.CHILDREN.get((kind, name))
    if found is None or (found[0], "") in org.hidden:
        message = f"Didn't understand relationship '{name}' in FROM part of query call."
        raise Refusal(400, "INVALID_TYPE", message)
    return found[0]


def _path(org: Org, kind: str, name: str) -> list[FieldDef]:
    """The fields that lead to the one named, ``Account.Owner.Name``; only those that the user may see."""
    *steps, last = name.split(".")
    path: list[FieldDef] = []
    for step in steps:
        fields = org.visible(kind).values()
        found = next((each for each in fields if each.relationship.lower() == step.lower() != ""), None)
        if found is None or (found.to, "") in org.hidden:
            raise Refusal(400, "INVALID_FIELD", f"Didn't understand relationship '{step}' in field path.")
        path.append(found)
        kind = found.to
    field_ = next((each for each in org.visible(kind).values() if each.name.lower() == last.lower()), None)
    if field_ is None:
        message = (
            f"\nSELECT {name} FROM {kind}\n       ^\nERROR at Row:1:Column:8\nNo such column '{last}' on entity "
            f"'{kind}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom "
            "field name. Please reference your WSDL or the describe call for the appropriate names."
        )
        raise Refusal(400, "INVALID_FIELD", message)
    return [*path, field_]


def _comparison(asked: Compare, field_: FieldDef) -> Callable[[Any], bool]:
    values = asked.value if isinstance(asked.value, list) else [asked.value]
    wanted = [_literal(value, field_) for value in values]
    match asked.sign:
        case "IN":
            return lambda value: any(_equal(value, each) for each in wanted)
        case "NOT IN":
            return lambda value: not any(_equal(value, each) for each in wanted)
        case "=":
            return lambda value: _equal(value, wanted[0])
        case "!=":
            return lambda value: not _equal(value, wanted[0])
        case "LIKE":
            pattern = re.escape(str(wanted[0])).replace("%", ".*").replace("_", ".")
            like = re.compile(pattern, re.IGNORECASE | re.DOTALL)
            return lambda value: bool(like.fullmatch(str(value or "")))
        case sign:
            order = _ORDERS[sign]
            return lambda value: value is not None and order(value, wanted[0])


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def _literal(value: Any, field_: FieldDef) -> Any:
    """A literal of the field's kind; dates, moments and numbers stand without quotes, texts within."""
    fits = value is None or {
        "datetime": isinstance(value, Moment),
        "date": isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None,
        "boolean": isinstance(value, bool),
    }.get(field_.type, isinstance(value, Decimal) == (field_.type in {"currency", "double", "percent", "int"}))
    if isinstance(value, str) and field_.type in {"id", "reference"} and not _is_id(value):
        raise Refusal(400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value}")
    if not fits:
        message = f"value of filter criterion for field '{field_.name}' must be of type {field_.type}"
        raise Refusal(400, "INVALID_FIELD", message)
    return value.at if isinstance(value, Moment) else value


def _is_id(text: str) -> bool:
    return text.isalnum() and len(text) in {15, 18} and schema.long_id(text[:15]).startswith(text)


def _equal(one: Any, other: Any) -> bool:
    """Text without regard to capitals; ids with 15 characters or 18."""
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower() if len(one) != 18 else schema.same_id(one, other) or one == other
    return one == other


def _sortable(value: Any) -> tuple[bool, Any]:
    """Nothing comes first."""
    return (value is not None, value.lower() if isinstance(value, str) else value or 0)


def _always(_: Values) -> bool:
    return True
