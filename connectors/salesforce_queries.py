"""Asking Salesforce: SOQL with every page followed, and several questions in one call.

https://developer.salesforce.com/docs/platform/api-rest/guide/resources-query.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from connectors.errors import NotConnected, Rejected, Unavailable
from connectors.http import Http
from connectors.salesforce_access import is_id
from connectors.salesforce_reading import Row
from connectors.wire import Json

# A version lives three years or longer.
# https://developer.salesforce.com/docs/platform/api-tooling/guide/tooling-api-eol.html
VERSION = "v68.0"
DATA = f"/services/data/{VERSION}"

# A query travels in the address, and address and headers together may have 16,384 bytes.
READ_BATCH = 100
_MORE = re.compile(r"/query(?:All)?/([A-Za-z0-9_-]{1,200})$")

T = TypeVar("T")


class Queries:
    """What one organisation is asked. Answers that make no sense are ``Unavailable``, never "there are none"."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def rows(self, soql: str, *, deleted: bool = False) -> Iterator[list[Row]]:
        """The rows that a query finds, page by page; with ``deleted`` those in the recycle bin too."""
        body = self._http.read("GET", "/queryAll" if deleted else "/query", params={"q": soql})
        yield records(body)
        yield from self._further(body)

    def by_id(self, names: Iterable[str], kind: str, ids: Sequence[str], *, merged: bool = False) -> Iterator[Row]:
        """These records, each once; one that isn't there is missing, as is an id that can't be one of theirs.

        With ``merged`` those in the recycle bin as well, and what was merged into one of them.
        """
        for some in chunks([id_ for id_ in dict.fromkeys(ids) if is_id(id_)], READ_BATCH):
            listed = ", ".join(f"'{id_}'" for id_ in some)
            where = f"WHERE Id IN ({listed})" + (f" OR MasterRecordId IN ({listed})" if merged else "")
            for page in self.rows(select(names, kind, where), deleted=merged):
                yield from page

    def children(self, row: Row, name: str) -> list[Row]:
        """The rows of a list within a row, all of them; there is no list where there are none."""
        listed = row.get(name)
        if listed is None:
            return []
        if not isinstance(listed, dict):
            raise _senseless("/query")
        return [*records(listed), *(child for page in self._further(listed) for child in page)]

    def _further(self, body: Row) -> Iterator[list[Row]]:
        """The pages after this one, of a query or of a list within one of its rows.

        An answer may be cut anywhere, whatever its size: https://github.com/jsforce/jsforce/issues/577
        """
        while body.get("done") is not True:
            found = _MORE.search(str(body.get("nextRecordsUrl", "")))
            if not found:
                raise _senseless("/query")
            try:
                body = self._http.read("GET", "/query/{locator}", ids={"locator": found[1]})
            except Rejected:  # it lives for two days: https://help.salesforce.com/apex/HTViewSolution?id=000004410
                raise Unavailable("salesforce", "GET /query/{locator}", "the rest of a list was let go") from None
            yield records(body)

    def together(self, urls: Mapping[str, str]) -> dict[str, Json]:
        """Up to 25 GETs in one call, by name; empty for one that was refused.

        https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-composite-post.html
        """
        asked = [{"method": "GET", "url": url, "referenceId": name} for name, url in urls.items()]
        body = self._http.read("POST", "/composite", content=as_bytes({"compositeRequest": asked}))
        answers = {str(row.get("referenceId")): row for row in body.get("compositeResponse") or () if _is_object(row)}
        if answers.keys() != urls.keys() or any(_failed(row) for row in answers.values()):
            raise _senseless("/composite")
        return {
            name: row["body"] if row["httpStatusCode"] == 200 and _is_object(row.get("body")) else {}
            for name, row in answers.items()
        }


def describe_url(kind: str) -> str:
    """What this user may see of an object, as one of several questions."""
    return f"{DATA}/sobjects/{kind}/describe"


def query_url(soql: str) -> str:
    """A query as one of several questions."""
    return f"{DATA}/query?q={quote(soql)}"


def select(names: Iterable[str], kind: str, rest: str = "") -> str:
    """A query. Nothing of it comes from outside but ids, which are letters and digits."""
    return f"SELECT {', '.join(names)} FROM {kind} {rest}".rstrip()  # noqa: S608


def records(body: Row) -> list[Row]:
    """The rows of a page."""
    rows = body.get("records")
    if not isinstance(rows, list):
        raise _senseless("/query")
    return [row for row in rows if isinstance(row, dict)]


def chunks(ids: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def as_bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _failed(answer: Row) -> bool:
    status = answer.get("httpStatusCode")
    return not isinstance(status, int) or status >= 500


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _senseless(path: str) -> Unavailable:
    return Unavailable("salesforce", f"reading {path}", "an answer without sense")


def lacking(names: Sequence[str]) -> NotConnected:
    """What the connection may not read."""
    detail = f"its permission set lacks read access to {', '.join(names)}"
    return NotConnected("salesforce", "the objects and fields", detail)


def moment(at: datetime) -> str:
    """An instant as queries write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
