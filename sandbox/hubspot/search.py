"""Search: fast, bounded, and a little behind.

https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.hubspot import checks, schema
from sandbox.hubspot.account import Account
from sandbox.hubspot.answers import answer, bad_request
from sandbox.hubspot.asked import Ask
from sandbox.hubspot.reading import chosen, paging, record_url
from sandbox.wire import Response

PAGE = 200
MOST = 10_000
GROUPS, PER_GROUP, FILTERS = 5, 6, 18
QUERY = 3_000
_COMPARE = {"EQ", "NEQ", "LT", "LTE", "GT", "GTE"}

Row = dict[str, str]
Ordered = tuple[int, Decimal, str]


def search(account: Account, ask: Ask, object_type: str) -> Response:
    """Records as the index has them, which trails what was written."""
    body = ask.body()
    groups = _groups(account, object_type, body.get("filterGroups") or [])
    limit, after = _page(body)
    rows = [
        row
        for row in account.searchable(object_type).values()
        if (not groups or any(_fits(account, object_type, row, group) for group in groups))
        and _mentions(row, str(body.get("query") or ""))
    ]
    # Later sorts first: each stable sort keeps the order of those before it among equals.
    rows.sort(key=lambda row: int(row["hs_object_id"]))
    for name, descending in reversed(_sorts(account, object_type, body.get("sorts") or [])):
        rows.sort(key=lambda row: _ordered(account, object_type, name, row.get(name, "")), reverse=descending)
    page = rows[after : after + limit]
    shown = [_shown(account, object_type, row, body.get("properties") or ()) for row in page]
    more = paging(ask, str(after + limit)) if after + limit < len(rows) else {}
    return answer({"total": len(rows), "results": shown} | more)


def _page(body: dict[str, Any]) -> tuple[int, int]:
    limit, after = body.get("limit", 10), body.get("after") or "0"
    if not isinstance(limit, int) or not 1 <= limit <= PAGE:
        raise bad_request(f"limit must be between 1 and {PAGE}")
    if not str(after).isdigit():
        raise bad_request("after must be a number")
    if int(after) + limit > MOST:
        raise bad_request(f"The search paging cannot go past {MOST} results")
    if len(str(body.get("query") or "")) > QUERY:
        raise bad_request(f"query must not be longer than {QUERY} characters")
    return limit, int(after)


def _groups(account: Account, object_type: str, given: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    groups = [group.get("filters") or [] for group in given]
    if len(groups) > GROUPS or any(len(group) > PER_GROUP for group in groups) or sum(map(len, groups)) > FILTERS:
        raise bad_request(f"Too many filters: at most {GROUPS} groups of {PER_GROUP}, {FILTERS} in all")
    for one in (filter_ for group in groups for filter_ in group):
        name, operator = one.get("propertyName"), one.get("operator")
        if name not in account.properties[object_type]:
            raise bad_request(f"There was a problem with the request: property {name} does not exist")
        if operator in _COMPARE and not isinstance(one.get("value"), str):
            raise bad_request(f"{operator} on {name} needs a value, as text")
        if operator in {"IN", "NOT_IN"} and not one.get("values"):
            raise bad_request(f"{operator} on {name} needs values")
        if operator == "BETWEEN" and not (one.get("value") and one.get("highValue")):
            raise bad_request(f"BETWEEN on {name} needs a value and a highValue")
        known = {"HAS_PROPERTY", "NOT_HAS_PROPERTY", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN", "IN", "NOT_IN", "BETWEEN"}
        if operator not in _COMPARE | known:
            raise bad_request(f"Unknown operator {operator}")
    return groups


def _fits(account: Account, object_type: str, row: Row, filters: list[dict[str, Any]]) -> bool:
    return all(_holds(account, object_type, row, one) for one in filters)


def _holds(account: Account, object_type: str, row: Row, one: dict[str, Any]) -> bool:
    name, operator = one["propertyName"], one["operator"]
    value = row.get(name, "")
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return (value != "") == (operator == "HAS_PROPERTY")
    if operator in {"CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}:
        token = str(one.get("value", "")).lower().strip("*")
        return (token in value.lower()) == (operator == "CONTAINS_TOKEN")
    if operator in {"IN", "NOT_IN"}:
        return (value.lower() in {str(v).lower() for v in one["values"]}) == (operator == "IN")
    if value == "":
        return operator == "NEQ"
    have, want = (_ordered(account, object_type, name, text) for text in (value, one["value"]))
    if operator == "BETWEEN":
        return want <= have <= _ordered(account, object_type, name, one["highValue"])
    return {
        "EQ": have == want,
        "NEQ": have != want,
        "LT": have < want,
        "LTE": have <= want,
        "GT": have > want,
        "GTE": have >= want,
    }[operator]


def _ordered(account: Account, object_type: str, name: str, text: str) -> Ordered:
    """A value in the order of its type: instants by millisecond, numbers by size, text without case; unset first."""
    if text == "":
        return (0, Decimal(0), "")
    type_ = account.properties[object_type][name].type
    try:
        if type_ in {"date", "datetime"}:
            return (1, Decimal(checks.milliseconds(text)), "")
        if type_ == "number":
            return (1, Decimal(text), "")
    except (ValueError, InvalidOperation):
        raise bad_request(f"{text} is not a {type_}, which {name} is") from None
    return (1, Decimal(0), text.lower())


def _sorts(account: Account, object_type: str, given: list[Any]) -> list[tuple[str, bool]]:
    """``["name"]``, ``["-name"]`` or ``[{"propertyName", "direction"}]``: (property, descending)."""
    sorts: list[tuple[str, bool]] = []
    for sort in given:
        if isinstance(sort, dict):
            found = (str(sort.get("propertyName")), sort.get("direction") == "DESCENDING")
        else:
            found = (str(sort).removeprefix("-"), str(sort).startswith("-"))
        if found[0] not in account.properties[object_type]:
            raise bad_request(f"There was a problem with the request: property {found[0]} does not exist")
        sorts.append(found)
    return sorts


def _mentions(row: Row, query: str) -> bool:
    text = " ".join(row.values()).lower()
    return all(word in text for word in query.lower().split())


def _shown(account: Account, object_type: str, row: Row, names: Any) -> dict[str, Any]:
    return {
        "id": row["hs_object_id"],
        "properties": chosen(account, object_type, row, names),
        "createdAt": row["createdate"],
        "updatedAt": row[schema.modified_property(object_type)],
        "archived": False,
        "url": record_url(object_type, row["hs_object_id"]),
    }
