"""Writing records: create, change, archive, merge, one at a time or up to a hundred.

https://developers.hubspot.com/docs/guides/crm/using-object-apis
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.hubspot import checks, schema
from sandbox.hubspot.account import Account, Record
from sandbox.hubspot.answers import Refusal, answer, bad_request, batch, not_found, nothing
from sandbox.hubspot.asked import Ask
from sandbox.hubspot.reading import BATCH, gone, located, show
from sandbox.wire import Response

Apply = Callable[[], dict[str, Any]]
"""A checked row, ready to be carried out; gives its line of ``results``."""


def create_one(account: Account, ask: Ask, object_type: str) -> Response:
    return answer(_creation(account, ask, object_type, ask.body())(), 201)


def update_one(account: Account, ask: Ask, object_type: str, object_id: str) -> Response:
    """Only the given properties change; empty text clears one; unknown or read-only names are refused."""
    record = located(account, object_type, object_id, ask.request.query.get("idProperty", ""))
    if record is None or record.archived:
        raise not_found()
    return answer(_update(account, ask, record, ask.body())())


def archive_one(account: Account, object_type: str, object_id: str) -> Response:
    """Into the recycle bin; to do so again does nothing."""
    record = account.objects[object_type].get(object_id)
    if record is None:
        raise not_found()
    if not record.archived:
        account.archive(record)
    return nothing()


def archive_batch(account: Account, ask: Ask, object_type: str) -> Response:
    for row in ask.inputs(BATCH):
        record = account.objects[object_type].get(str(row.get("id")))
        if record and not record.archived:
            account.archive(record)
    return nothing()


def merge(account: Account, ask: Ask, object_type: str) -> Response:
    body = ask.body()
    records = [account.get(object_type, str(body.get(name))) for name in ("primaryObjectId", "objectIdToMerge")]
    primary, other = records
    if primary is None or other is None or primary is other:
        raise bad_request("Unable to merge: both ids must be of different existing records")
    return answer(show(account, account.merge(object_type, primary, other), ()))


def create_batch(account: Account, ask: Ask, object_type: str) -> Response:
    return _carry_out(account, ask, lambda row: _creation(account, ask, object_type, row), status=201)


def update_batch(account: Account, ask: Ask, object_type: str) -> Response:
    _no_duplicates(ask)

    def checked(row: dict[str, Any]) -> Apply:
        record = located(account, object_type, str(row.get("id")), row.get("idProperty") or "")
        if record is None or record.archived:
            raise _Missing(object_type, str(row.get("id")))
        return _update(account, ask, record, row)

    return _carry_out(account, ask, checked)


def upsert_batch(account: Account, ask: Ask, object_type: str) -> Response:
    """By a unique property of one's own; with ``email`` a partial upsert is refused (the contacts guide)."""
    _no_duplicates(ask)

    def checked(row: dict[str, Any]) -> Apply:
        name, value = row.get("idProperty") or "", str(row.get("id"))
        if name == "email":
            raise bad_request("Partial upserts are not supported when using email as the idProperty")
        record = located(account, object_type, value, name)
        if record is not None:
            update = _update(account, ask, record, row)
            return lambda: {**update(), "new": False}
        if not name:
            raise bad_request("idProperty is required to create a record by upsert")
        row = {**row, "properties": {name: value, **checks.texts(row.get("properties"))}}
        creation = _creation(account, ask, object_type, row)
        return lambda: {**creation(), "new": True}

    return _carry_out(account, ask, checked)


class _Missing(Refusal):
    """A row whose record is not there: told in a 207 whether or not the rows are traced."""

    def __init__(self, object_type: str, record_id: str) -> None:
        row = gone(object_type, [record_id])
        super().__init__(404, row["message"], row["category"], context=row["context"])


def _carry_out(account: Account, ask: Ask, check: Callable[[dict[str, Any]], Apply], status: int = 200) -> Response:
    """Rows one by one, each in view of those before it.

    A refused row fails only itself where every row carries an ``objectWriteTraceId``, else the whole batch, and
    then only the first refusal is named: https://developers.hubspot.com/docs/api-reference/latest/error-handling
    (multi-status errors), https://github.com/HubSpot/hubspot-api-python/issues/51.
    """
    rows = ask.inputs(BATCH)
    traced = all(row.get("objectWriteTraceId") for row in rows)
    if not traced:
        for row in rows:
            try:
                check(row)
            except _Missing:
                continue
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for row in rows:
        trace = str(row.get("objectWriteTraceId") or "")
        try:
            done = check(row)()
            results.append(done | ({"objectWriteTraceId": trace} if trace else {}))
        except Refusal as refusal:
            errors.append(refusal.row(trace))
    return batch(account.now(), results, errors, status)


def _creation(account: Account, ask: Ask, object_type: str, row: dict[str, Any]) -> Apply:
    given = checks.texts(row.get("properties"))
    values = checks.complete(account, object_type, given)
    values = checks.accepted(account, object_type, values, ask.version)
    targets = _targets(account, object_type, row.get("associations") or [])

    def apply() -> dict[str, Any]:
        record = account.create(object_type, values)
        for other, primary in targets:
            account.link(record, other, primary=primary)
        return show(account, record, [*values, *schema.ALWAYS_RETURNED[object_type]])

    return apply


def _update(account: Account, ask: Ask, record: Record, row: dict[str, Any]) -> Apply:
    values = checks.accepted(account, record.kind, checks.texts(row.get("properties")), ask.version, record)

    def apply() -> dict[str, Any]:
        account.write(record, values)
        return show(account, record, [*values, *schema.ALWAYS_RETURNED[record.kind]])

    return apply


def _targets(account: Account, object_type: str, wanted: list[dict[str, Any]]) -> list[tuple[Record, bool]]:
    """The records that a new one is linked to as it is made, each with whether as its primary.

    The other side's type is known by the association's number alone: a wrong number is refused.
    """
    plain = {number: other for (one, other), number in schema.PLAIN_LINK.items() if one == object_type}
    marked = {number: other for (one, other), number in schema.PRIMARY_LINK.items() if one == object_type}
    found: list[tuple[Record, bool]] = []
    for association in wanted:
        for spec in association.get("types") or []:
            number = spec.get("associationTypeId")
            other = plain.get(number) or marked.get(number)
            if other is None or spec.get("associationCategory") != "HUBSPOT_DEFINED":
                raise bad_request(f"Invalid association type {number} for {object_type}")
            record = account.get(other, str((association.get("to") or {}).get("id")))
            if record is None or record.archived:
                raise bad_request(f"{schema.SINGULAR[other].upper()} to associate with does not exist")
            found.append((record, number in marked))
    return found


def _no_duplicates(ask: Ask) -> None:
    ids = [str(row.get("id")) for row in ask.inputs(BATCH)]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        message = f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique"
        raise Refusal(400, message, "VALIDATION_ERROR", context={"ids": twice})
