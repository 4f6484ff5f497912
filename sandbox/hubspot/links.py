"""Associations: read in bulk, labelled, made and undone.

https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
"""

from __future__ import annotations

from typing import Any

from sandbox.hubspot import schema
from sandbox.hubspot.account import Account, Record
from sandbox.hubspot.answers import answer, bad_request, batch, not_found, nothing
from sandbox.hubspot.asked import Ask, kind
from sandbox.wire import Response

READ, CREATE, ARCHIVE = 1_000, 2_000, 100


def associations(account: Account, ask: Ask) -> Response:
    """Everything under ``/crm/associations/{version}/{from}/{to}``; the v3 form of it isn't served."""
    if ask.version == "v3" or len(ask.parts) < 3:
        raise not_found()
    one, other = kind(ask.parts[0]), kind(ask.parts[1])
    match (ask.method, *ask.parts[2:]):
        case ("POST", "batch", "read"):
            return _read(account, ask, one, other)
        case ("GET", "labels"):
            return answer({"results": [_spec(number, label) for number, label in _numbers(one, other)]})
        case ("POST", "batch", "associate", "default"):
            return _associate(account, ask, one, other)
        case ("POST", "batch", "create"):
            return _create(account, ask, one, other)
        case ("POST", "batch", "archive"):
            return _archive(account, ask, one, other)
        case _:
            raise not_found()


def of_one(account: Account, record: Record, to: str) -> Response:
    """The links of one record to another type."""
    return answer({"results": _targets(account, record, kind(to))})


def put_default(account: Account, record: Record, to: str, to_id: str) -> Response:
    """The plain association, safe to repeat; it marks nothing as primary."""
    other = _live(account, kind(to), to_id)
    account.link(record, other)
    return batch(account.now(), [row for pair in ((record, other), (other, record)) for row in [_made(*pair)]])


def put_labelled(account: Account, ask: Ask, record: Record, to: str, to_id: str) -> Response:
    """The association with the types listed in the body."""
    other = _live(account, kind(to), to_id)
    try:
        specs = ask.request.json()
    except ValueError:
        raise bad_request("Invalid input JSON") from None
    account.link(record, other, primary=_primary(record.kind, other.kind, specs))
    labels = [label for number, label in _numbers(record.kind, other.kind) if label and _holds(specs, number)]
    return answer(
        {
            "fromObjectTypeId": schema.TYPE_IDS[record.kind],
            "fromObjectId": record.id,
            "toObjectTypeId": schema.TYPE_IDS[other.kind],
            "toObjectId": other.id,
            "labels": labels,
        },
        201,
    )


def remove(account: Account, record: Record, to: str, to_id: str) -> Response:
    account.unlink(record, _live(account, kind(to), to_id))
    return nothing()


def _read(account: Account, ask: Ask, one: str, other: str) -> Response:
    """An id without links is an error in a 207, not an empty result."""
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for row in ask.inputs(READ):
        wanted = row.get("id")
        if not isinstance(wanted, str):
            raise bad_request("Invalid input JSON: inputs.id must be a string")
        record = account.get(one, wanted)
        targets = _targets(account, record, other) if record and not record.archived else []
        if not targets:
            errors.append(_unlinked(one, other, wanted))
            continue
        start, size = int(row.get("after") or 0), account.switches.links_per_page
        found: dict[str, Any] = {"from": {"id": wanted}, "to": targets[start : start + size]}
        if start + size < len(targets):
            found["paging"] = {"next": {"after": str(start + size)}}
        results.append(found)
    return batch(account.now(), results, errors)


def _targets(account: Account, record: Record, other: str) -> list[dict[str, Any]]:
    labels = dict(_numbers(record.kind, other))
    return [
        {"toObjectId": target, "associationTypes": [_spec(number, labels[number]) for number in sorted(types)]}
        for target, types in sorted(account.linked(record.kind, record.id, other).items())
    ]


def _unlinked(one: str, other: str, record_id: str) -> dict[str, Any]:
    from_name, to_name = schema.SINGULAR[one], schema.SINGULAR[other]
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {to_name} is associated with {from_name} {record_id}.",
        "context": {"fromObjectId": [record_id], "fromObjectType": [from_name], "toObjectType": [to_name]},
    }


def _associate(account: Account, ask: Ask, one: str, other: str) -> Response:
    pairs = [_pair(account, one, other, row) for row in ask.inputs(CREATE)]
    for record, target in pairs:
        account.link(record, target)
    return batch(account.now(), [_made(*pair) for pair in pairs])


def _create(account: Account, ask: Ask, one: str, other: str) -> Response:
    rows = ask.inputs(CREATE)
    pairs = [(_pair(account, one, other, row), _primary(one, other, row.get("types") or [])) for row in rows]
    for (record, target), primary in pairs:
        account.link(record, target, primary=primary)
    results = [
        {
            "fromObjectTypeId": schema.TYPE_IDS[one],
            "fromObjectId": record.id,
            "toObjectTypeId": schema.TYPE_IDS[other],
            "toObjectId": target.id,
            "labels": ["Primary"] if primary else [],
        }
        for (record, target), primary in pairs
    ]
    return batch(account.now(), results)


def _archive(account: Account, ask: Ask, one: str, other: str) -> Response:
    for row in ask.inputs(ARCHIVE):
        record = _live(account, one, str((row.get("from") or {}).get("id")))
        for target in row.get("to") or []:
            account.unlink(record, _live(account, other, str(target.get("id"))))
    return nothing()


def _pair(account: Account, one: str, other: str, row: dict[str, Any]) -> tuple[Record, Record]:
    ends = [str((row.get(end) or {}).get("id")) for end in ("from", "to")]
    return _live(account, one, ends[0]), _live(account, other, ends[1])


def _live(account: Account, object_type: str, record_id: str) -> Record:
    record = account.get(object_type, record_id)
    if record is None or record.archived:
        raise not_found()
    return record


def _made(record: Record, other: Record) -> dict[str, Any]:
    number = schema.PLAIN_LINK[record.kind, other.kind]
    return {
        "from": {"id": record.id},
        "to": {"id": other.id},
        "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number},
    }


def _spec(number: int, label: str | None) -> dict[str, Any]:
    return {"category": "HUBSPOT_DEFINED", "typeId": number, "label": label}


def _numbers(one: str, other: str) -> list[tuple[int, str | None]]:
    """The association types between two object types, each with its label."""
    if (one, other) not in schema.PLAIN_LINK:
        raise bad_request(f"No association types between {one} and {other}")
    primary = schema.PRIMARY_LINK.get((one, other))
    return [(schema.PLAIN_LINK[one, other], None), *([(primary, "Primary")] if primary else [])]


def _primary(one: str, other: str, specs: list[dict[str, Any]]) -> bool:
    """Whether the types of a request mark the link as primary; a type that doesn't exist is refused."""
    numbers = [number for number, _ in _numbers(one, other)]
    for spec in specs:
        if spec.get("associationTypeId") not in numbers:
            raise bad_request(f"Invalid association type {spec.get('associationTypeId')} from {one} to {other}")
    return _holds(specs, schema.PRIMARY_LINK.get((one, other), -1))


def _holds(specs: list[dict[str, Any]], number: int) -> bool:
    return any(spec.get("associationTypeId") == number for spec in specs)
