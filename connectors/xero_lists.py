"""How Xero's lists are read and its batches written, whatever kind of record they are of.

Every write says ``summarizeErrors=false``: without it a batch answered 400 hides the elements it saved. Creating is
PUT, which refuses what exists; POST would overwrite a record of the same number or name, so it is used by id only.
https://developer.xero.com/documentation/api/accounting/overview
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from connectors import xero_reading as reading
from connectors.errors import Gone, Rejected, Unavailable
from connectors.http import Http
from connectors.wire import Json
from connectors.xero_reading import Row, Unreadable
from connectors.xero_writing import batch

IDS_A_CALL = 50
UNKNOWN = ("Xero does not know the record.",)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One kind of record: its path, the list's name in an answer, the field of its id, our word for it, its reader."""

    path: str
    list: str
    id: str
    word: str
    read: Callable[[Row], T]


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What became of a batch, by the key it was matched by (marker, contact number or invoice id).

    ``refused`` pairs a key with Xero's words. An element in neither is unknown: look before repeating it.
    """

    done: tuple[T, ...] = ()
    refused: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list: its records, whether more follow, and how many records the whole list has (if told)."""

    records: tuple[T, ...]
    more: bool
    of: int | None


def _all(row: Row) -> bool:  # noqa: ARG001 - whatever it says
    return True


class Lists:
    """One organisation's records. A record that can't be read is left out, and told to ``unreadable``."""

    def __init__(self, http: Http, tenant: str = "", *, unreadable: Callable[[str, str, str], None]) -> None:
        self._http = http
        self._tenant = {"xero-tenant-id": tenant}
        self._unreadable = unreadable
        self._listed_at: datetime | None = None

    @property
    def listed_at(self) -> datetime | None:
        """Xero's own time when the last list of changes was begun: what changed before it was listed, lag aside.

        None before the first list, and where Xero did not say.
        """
        return self._listed_at

    # ── reading ──

    def _get(self, kind: Kind[T], **params: str) -> tuple[T, ...]:
        return self._readable(kind, self._rows(kind, self._page(kind.path, None, params)))

    def _by_id(self, kind: Kind[T], ids: Sequence[str], **params: str) -> list[T]:
        unique = list(dict.fromkeys(ids))
        found: list[T] = []
        for start in range(0, len(unique), IDS_A_CALL):
            some = ",".join(unique[start : start + IDS_A_CALL])
            # Without ``page`` Xero answers in short: invoices without lines, contacts without MergedToContactID.
            found += self._get(kind, IDs=some, page="1", pageSize="100", **params)
        return found

    def _page(self, path: str, since: datetime | None, params: dict[str, str]) -> Json:
        # Any other format is ignored silently, and everything comes.
        # https://github.com/XeroAPI/xero-node/issues/272
        when = {"If-Modified-Since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")} if since else {}
        return self._http.read("GET", path, params=params, headers={**self._tenant, **when})

    def _rows(self, kind: Kind[Any], body: Json) -> list[Row]:
        rows = listed(body, kind.list)
        if rows is None:  # must not pass for "there are none"
            raise Unavailable("xero", f"GET {kind.path}", "an answer without sense")
        return rows

    def _changed(
        self, kind: Kind[T], since: datetime | None, size: int, wanted: Callable[[Row], bool] = _all, **params: str
    ) -> Iterator[list[T]]:
        """Pages of changed records, oldest change first.

        A record changed while we page moves to the end and pulls another one over the edge to a page already read.
        So each page starts anew at the last moment seen (less a second, whatever "since" includes), and only a
        moment that fills a whole page is paged through.
        """
        seen: set[tuple[str, str]] = set()
        page, begun = 1, None
        while True:
            body = self._page(kind.path, since, {**params, "page": str(page), "pageSize": str(size)})
            rows = self._rows(kind, body)
            begun = begun if seen else reading.said_at(body)
            marks = {(str(row.get(kind.id)), str(row.get("UpdatedDateUTC"))): row for row in rows}
            if fresh := [row for mark, row in marks.items() if mark not in seen and wanted(row)]:
                yield list(self._readable(kind, fresh))
            seen |= marks.keys()
            if not more(body, page, len(rows), size):
                self._listed_at = begun
                return
            newest = max((moment for row in rows if (moment := reading.updated(row))), default=None)
            restart = newest.replace(microsecond=0) - timedelta(seconds=1) if newest else None
            if restart and (since is None or restart > since):
                since, page = restart, 1
            else:
                page += 1

    def _readable(self, kind: Kind[T], rows: Sequence[Row]) -> tuple[T, ...]:
        found: list[T] = []
        for row in rows:
            try:
                found.append(kind.read(row))
            except Unreadable as problem:
                self._unreadable(kind.word, str(row.get(kind.id) or ""), str(problem))
        return tuple(found)

    # ── writing ──

    def _write(self, method: str, kind: Kind[Any], elements: Sequence[bytes], key: str = "", **params: str) -> Json:
        return self._http.write(
            method,
            kind.path,
            params={"summarizeErrors": "false", **params},
            content=batch(kind.list, elements),
            headers={**self._tenant, **({"Idempotency-Key": key} if key else {})},
        )

    def _update(self, kind: Kind[T], key_name: str, elements: Sequence[bytes], **params: str) -> Answer[T]:
        try:
            body = self._write("POST", kind, elements, **params)
        except (Gone, Rejected) as refusal:
            # One bad id takes the whole request down; halves find it, and the others get through.
            if len(elements) > 1:
                half = len(elements) // 2
                parts = (self._update(kind, key_name, some, **params) for some in (elements[:half], elements[half:]))
                first, second = parts
                return Answer(first.done + second.done, first.refused + second.refused)
            return Answer(refused=((_key(elements[0], key_name), _words(refusal)),))
        return self._answer(kind, key_name, elements, body)

    def _create_drafts(self, kind: Kind[T], marker: str, elements: Sequence[bytes], key: str) -> Answer[T]:
        """Create draft papers, matched by marker, never by position; see ``_create`` for what is raised.

        Anything but a draft with a marker is a mistake of ours and isn't sent.
        """
        for fields in map(json.loads, elements):
            if fields.get("Status") != "DRAFT" or not fields.get(marker) or kind.id in fields:
                raise ValueError("only a draft with a marker may be created")
        return self._create(kind, marker, elements, key, unitdp="4")

    def _update_papers(self, kind: Kind[T], elements: Sequence[bytes]) -> Answer[T]:
        """Change papers by id, matched by id. Safe to repeat, so without idempotency key.

        A key would be in the way: A, B, A again within six minutes would be answered from memory and leave B.
        """
        if not all(json.loads(element).get(kind.id) for element in elements):
            raise ValueError(f"an update names the {kind.word} it changes")
        return self._update(kind, kind.id, elements, unitdp="4")

    def _create(self, kind: Kind[T], key_name: str, elements: Sequence[bytes], key: str, **params: str) -> Answer[T]:
        """A request refused as a whole is that element's refusal when there is one.

        For several, ``Rejected`` or ``Gone`` goes to the caller, who knows nothing of any of them then: look, and
        send each alone.
        """
        try:
            body = self._write("PUT", kind, elements, key, **params)
        except (Gone, Rejected) as refusal:
            if len(elements) > 1:
                raise
            return Answer(refused=((_key(elements[0], key_name), _words(refusal)),))
        return self._answer(kind, key_name, elements, body)

    def _answer(self, kind: Kind[T], key_name: str, elements: Sequence[bytes], body: Json) -> Answer[T]:
        sent = {_key(element, key_name) for element in elements}
        rows = listed(body, kind.list) or []
        done: list[Row] = []
        refused: list[tuple[str, tuple[str, ...]]] = []
        for row in rows:
            key = str(row.get(key_name) or "")
            if not key and len(sent) == len(rows) == 1:
                (key,) = sent
            if key not in sent:
                self._unreadable(kind.word, str(row.get(kind.id) or ""), key_name)
            elif complaints := reading.complaints(row):
                refused.append((key, complaints))
            else:
                done.append(row)
        return Answer(self._readable(kind, done), tuple(refused))


def listed(body: Json, name: str) -> list[Row] | None:
    rows = body.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else None


def more(body: Json, page: int, rows: int, size: int) -> bool:
    said: Any = body.get("pagination")
    if isinstance(said, dict) and isinstance(said.get("pageCount"), int):
        return page < said["pageCount"]
    return rows >= size


def count(body: Json) -> int | None:
    said: Any = body.get("pagination")
    count = said.get("itemCount") if isinstance(said, dict) else None
    return count if isinstance(count, int) else None


def _key(element: bytes, name: str) -> str:
    return str(json.loads(element)[name])


def _words(refusal: Gone | Rejected) -> tuple[str, ...]:
    if isinstance(refusal, Rejected):
        return refusal.words or reading.NO_REASON
    return UNKNOWN
