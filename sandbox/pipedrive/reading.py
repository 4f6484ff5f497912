"""Lists of records: filters, order, pages by cursor.

https://pipedrive.readme.io/docs/core-api-concepts-pagination
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.pipedrive.account import FIELDED, Account, Row
from sandbox.pipedrive.answers import done, invalid, not_found
from sandbox.pipedrive.asked import Ask, whole
from sandbox.pipedrive.schema import SINGULAR
from sandbox.wire import Response

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_FILTERS = {
    "deals": ("owner_id", "person_id", "org_id", "pipeline_id", "stage_id"),
    "persons": ("owner_id", "org_id"),
    "organizations": ("owner_id",),
    "products": ("owner_id",),
    "stages": ("pipeline_id",),
    "pipelines": (),
}
_ORDERS = ("id", "update_time", "add_time", "order_nr", "deal_id", "billing_date")
MOST_CHOSEN_FIELDS = 15


def read_list(account: Account, ask: Ask, kind: str, *, archived: bool = False) -> Response:
    """Ids that can't be seen are left out without a word; so are deleted records, unless a status asks for them."""
    fits = _filter(ask, kind, archived=archived)
    chosen = _chosen(ask)
    return page(ask, filter(fits, account.rows[kind].values()), lambda row: show(account, kind, row, chosen))


def read_one(account: Account, ask: Ask, kind: str, record_id: str) -> Response:
    """A deleted deal is still shown for 30 days, marked so."""
    row = account.rows[kind].get(whole("id", record_id))
    if row is None or (row.get("is_deleted") and kind != "deals"):
        raise not_found(SINGULAR.get(kind, kind).capitalize())
    return done(show(account, kind, row, _chosen(ask)))


def page(ask: Ask, rows: Iterable[Row], shown: Callable[[Row], Row] = dict) -> Response:
    """One page, and a cursor that names the last row on it: a row that moves meanwhile pushes no other out.

    Where nothing follows, the cursor is null.
    """
    order = ask.given("sort_by") or "id"
    falling = ask.given("sort_direction") == "desc"
    if order not in _ORDERS or ask.given("sort_direction") not in {"", "asc", "desc"}:
        raise invalid("sort_by", "is not a field to sort by")

    def place(row: Row) -> tuple[Any, Any]:
        return row[order], row["id"]

    found = sorted(rows, key=place, reverse=falling)
    if cursor := ask.given("cursor"):
        last = _read_cursor(cursor)
        found = [row for row in found if (place(row) < last if falling else place(row) > last)]
    limit = ask.limit()
    after = found[limit - 1] if len(found) > limit else None
    return done([shown(row) for row in found[:limit]], next_cursor=_cursor(ask, order, after) if after else None)


def show(account: Account, kind: str, row: Row, chosen: set[str] | None = None) -> Row:
    """A record as JSON: every custom field of the account by its key, null where it is empty."""
    if kind not in FIELDED:
        return dict(row)
    codes = [field["field_code"] for field in account.own_fields(kind)]
    own = {code: row["custom_fields"].get(code) for code in codes if chosen is None or code in chosen}
    return {**row, "custom_fields": own}


def _filter(ask: Ask, kind: str, *, archived: bool) -> Callable[[Row], bool]:
    """Which rows are asked for; what is asked wrongly is refused before any is looked at.

    Archived deals are in their own list only:
    https://developers.pipedrive.com/changelog/post/breaking-change-archived-deals-and-leads-will-not-be-returned-in-existing-endpoints-and-will-not-be-editable
    """
    ids = set(ask.ids("ids"))
    same = {name: whole(name, ask.given(name)) for name in _FILTERS[kind] if ask.given(name)}
    since, until = _moment(ask, kind, "updated_since"), _moment(ask, kind, "updated_until")
    statuses = ask.listed("status") if kind == "deals" else []
    if not set(statuses) <= {"open", "won", "lost", "deleted"}:
        raise invalid("status", "must be one of open, won, lost, deleted")

    def fits(row: Row) -> bool:
        return (
            (not ids or row["id"] in ids)
            and all(row.get(name) == value for name, value in same.items())
            and row["update_time"] >= since
            and (not until or row["update_time"] < until)
            and bool(row.get("is_archived")) == archived
            and (row["status"] in statuses if statuses else not row.get("is_deleted"))
        )

    return fits


def _moment(ask: Ask, kind: str, name: str) -> str:
    """Inclusive, whole seconds, and no other way of writing them; pipelines and stages don't take it."""
    given = ask.given(name)
    if given and (kind in {"pipelines", "stages"} or not _MOMENT.fullmatch(given)):
        raise invalid(name, "must be a time, YYYY-MM-DDTHH:MM:SSZ")
    return given


def _chosen(ask: Ask) -> set[str] | None:
    chosen = ask.listed("custom_fields")
    if len(chosen) > MOST_CHOSEN_FIELDS:
        raise invalid("custom_fields", f"must contain less than or equal to {MOST_CHOSEN_FIELDS} items")
    return set(chosen) or None


def _cursor(ask: Ask, order: str, row: Row) -> str:
    named = {"field": order, "fieldValue": row[order], "sortDirection": ask.given("sort_direction") or "asc"}
    return b64encode(json.dumps({**named, "id": row["id"]}).encode()).decode()


def _read_cursor(given: str) -> tuple[Any, Any]:
    try:
        named = json.loads(b64decode(given, validate=True))
        return named["fieldValue"], named["id"]
    except (ValueError, KeyError, TypeError):
        raise invalid("cursor", "is not a cursor") from None
