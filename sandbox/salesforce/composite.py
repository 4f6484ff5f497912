"""Many records or many requests in one call.

https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-composite-post.html
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections.html
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.salesforce import writing
from sandbox.salesforce.answers import Refusal, answer, not_found
from sandbox.salesforce.checks import understood
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import PREFIXES
from sandbox.wire import Request, Response

COLLECTION = 200
SUBREQUESTS = 25
QUERIES = 5
_REFERENCE = re.compile(r"@\{(\w+)\.([\w\[\].]+)\}")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """A call with several records: its method, what follows ``/composite/sobjects``, its body."""

    method: str
    rest: Sequence[str]
    body: Row
    query: Mapping[str, str]
    headers: Mapping[str, str]


def collection(org: Org, batch: Batch) -> Response:
    """Each record with a result of its own, in their order; 200 even where all of them fail."""
    match (batch.method, *batch.rest):
        case ("POST",):
            return _each(org, batch, lambda row: _created(org, row, batch.headers))
        case ("PATCH",):
            return _each(org, batch, lambda row: _updated(org, row, batch.headers))
        case ("PATCH", kind, key):
            return _each(org, batch, lambda row: _upserted(org, kind, key, row, batch.headers))
        case ("DELETE",):
            ids = [{"id": each} for each in batch.query.get("ids", "").split(",") if each]
            all_or_none = batch.query.get("allOrNone") == "true"
            inner = Batch(batch.method, (), {"records": ids, "allOrNone": all_or_none}, {}, batch.headers)
            return _each(org, inner, lambda row: _deleted(org, row))
        case _:
            raise not_found()


def _each(org: Org, batch: Batch, carry_out: Callable[[Row], Row]) -> Response:
    rows = batch.body.get("records")
    if not isinstance(rows, list):
        raise Refusal(400, "INVALID_ARGUMENT", "The records of a collection are a list", "records")
    if len(rows) > COLLECTION:
        message = f"record limit reached. cannot submit more than {COLLECTION} records into this call"
        raise Refusal(400, "EXCEEDED_ID_LIMIT", message)
    ids = [str(row.get("id")) for row in rows if row.get("id")]
    if len(set(ids)) < len(ids):
        raise Refusal(400, "DUPLICATE_VALUE", f"Duplicate id specified: {ids[0]}")
    for row in rows:  # what makes no sense in one of them fails them all
        if kind := (row.get("attributes") or {}).get("type"):
            understood(org, writing.known(org, kind), _values(row))
    before = copy.deepcopy(org.records) if batch.body.get("allOrNone") is True else None
    results: list[Row] = []
    for row in rows:
        try:
            results.append(carry_out(row))
        except Refusal as refusal:
            results.append(({"id": row["id"]} if row.get("id") else {}) | refusal.row())
    if before is not None and not all(result["success"] for result in results):
        org.records, org.changes = before, []
        rolled_back = Refusal(400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back because not all were valid")
        results = [result if not result["success"] else rolled_back.row() for result in results]
    return answer(results)


def _values(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in {"attributes", "id", "Id"}}


def _kind(row: Row) -> str:
    kind = (row.get("attributes") or {}).get("type", "")
    if kind not in PREFIXES:
        raise Refusal(400, "INVALID_TYPE", f"The type of a record is missing or unknown: {kind}")
    return kind


def _done(record_id: str, **more: Any) -> Row:
    return {"id": record_id, "success": True, "errors": [], **more}


def _created(org: Org, row: Row, headers: Mapping[str, str]) -> Row:
    return _done(writing.create(org, _kind(row), row, headers).id)


def _updated(org: Org, row: Row, headers: Mapping[str, str]) -> Row:
    kind = _kind(row)
    record = org.any(kind, row.get("id"))
    if record is None:
        raise Refusal(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if record.deleted:
        raise Refusal(400, "ENTITY_IS_DELETED", "entity is deleted")
    writing.update(org, record, row, headers)
    return _done(record.id)


def _upserted(org: Org, kind: str, key: str, row: Row, headers: Mapping[str, str]) -> Row:
    values = {name: value for name, value in row.items() if name not in {"attributes", key}}
    given = str(row.get(key, ""))
    record, new = writing.upsert(org, writing.known(org, kind), key, given, values, headers, only_update=False)
    return _done(record.id, created=new)


def _deleted(org: Org, row: Row) -> Row:
    kind = next((kind for kind, prefix in PREFIXES.items() if row["id"].startswith(prefix)), "")
    record = org.any(kind, row["id"]) if kind else None
    if record is None or record.deleted:
        raise Refusal(400, "ENTITY_IS_DELETED", "entity is deleted")
    writing.delete(org, record)
    return _done(record.id)


def several(org: Org, body: Row, serve: Callable[[Request], Response], headers: Mapping[str, str]) -> Response:
    """Up to 25 requests one after another, later ones naming what earlier ones answered: ``@{account.id}``.

    With ``allOrNone`` a failure undoes all of them; without, it stops those that name it.
    """
    asked = body.get("compositeRequest")
    if not isinstance(asked, list) or not 0 < len(asked) <= SUBREQUESTS:
        raise Refusal(400, "LIMIT_EXCEEDED", f"A composite has 1 to {SUBREQUESTS} requests")
    if sum("/query" in each.get("url", "") for each in asked) > QUERIES:
        raise Refusal(400, "LIMIT_EXCEEDED", f"A composite has up to {QUERIES} queries")
    before = copy.deepcopy(org.records) if body.get("allOrNone") is True else None
    known: dict[str, Any] = {}
    answers: list[Row] = []
    for each in asked:
        reference = str(each.get("referenceId", ""))
        try:
            response = serve(_request(each, known, headers))
        except KeyError:
            message = "The transaction was halted because another request it names failed"
            response = answer([{"errorCode": "PROCESSING_HALTED", "message": message}], 400)
        told = json.loads(response.body) if response.body else None
        if response.status < 300:
            known[reference] = told
        inner = {"body": told, "httpHeaders": {}, "httpStatusCode": response.status, "referenceId": reference}
        answers.append(inner)
    if before is not None and len(known) < len(asked):
        org.records, org.changes = before, []
        halted = [{"errorCode": "PROCESSING_HALTED", "message": "The transaction was rolled back"}]
        answers = [
            each if each["httpStatusCode"] >= 300 else each | {"body": halted, "httpStatusCode": 400}
            for each in answers
        ]
    return answer({"compositeResponse": answers})


def _request(each: Row, known: Mapping[str, Any], headers: Mapping[str, str]) -> Request:
    """One of the requests with its references filled in; ``KeyError`` for one that leads nowhere."""
    url = urlsplit(_filled(str(each.get("url", "")), known))
    content = json.dumps(each["body"]) if each.get("body") is not None else ""
    own = {name.lower(): str(value) for name, value in (each.get("httpHeaders") or {}).items()}
    return Request(
        str(each.get("method", "")).upper(),
        unquote(url.path),
        dict(parse_qsl(url.query, keep_blank_values=True)),
        {**headers, **own},
        _filled(content, known).encode(),
    )


def _filled(text: str, known: Mapping[str, Any]) -> str:
    return _REFERENCE.sub(lambda found: str(_followed(known[found[1]], found[2])), text)


def _followed(value: Any, path: str) -> Any:
    """``records[0].Id`` of an answer."""
    for step in re.findall(r"\w+", path):
        value = value[int(step)] if step.isdigit() and isinstance(value, list) else value[step]
    return value
