"""HubSpot's CRM API, for deals, their lines and customers. Its requests and words; the reading is next door.

https://developers.hubspot.com/docs/guides/crm/using-object-apis
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx

from connectors import hubspot_customers, hubspot_files, hubspot_notes
from connectors import hubspot_reading as reading
from connectors.contract import (
    Changes,
    Crm,
    CustomerUpdate,
    DealFile,
    DealNote,
    DealUpdate,
    FieldSpec,
    HeldFile,
    NewCustomer,
    Pipeline,
    Refused,
)
from connectors.elsewhere import Elsewhere
from connectors.errors import Gone, Rejected
from connectors.http import Dialect, Http
from connectors.hubspot_answers import errors, only_missing, refusals, results
from connectors.hubspot_reading import Links, Row
from connectors.own_fields import ABN, OwnFields, details_in
from connectors.wire import Json
from domain.records import Customer, CustomerKind, CustomerRef, Deal, DetailName

API = "https://api.hubapi.com"
APP = "https://app.hubspot.com"

# Versions come each March and September and last 18 months; from this one on, an administrator's rules about
# required properties hold for API writes too: a refused stage move is an answer, not a fault.
# https://developers.hubspot.com/changelog/crm-api-write-validation-enforcement
VERSION = "2026-09"

BATCH = 100
LINKS_BATCH = 1000
SEARCH_PAGE = 200
OWNERS_PAGE = "500"
OVERLAP_MS = 15 * 60 * 1000
GROUP = "wonbooks"

_KINDS = {"text": ("string", "text"), "link": ("string", "text"), "number": ("number", "number"), "date": ("date",) * 2}
_CUSTOMERS: Mapping[str, CustomerKind] = {"companies": "company", "contacts": "person"}
_UNKNOWN_PROPERTY = re.compile(r'Property "(\w{1,100})" does not exist')

T = TypeVar("T")


def _scopes(body: Json) -> str:
    errors = [error for error in body.get("errors") or () if isinstance(error, dict)]
    contexts = [error.get("context") for error in errors]
    found = [
        str(scope)
        for context in contexts
        if isinstance(context, dict)
        for name in ("requiredGranularScopes", "requiredScopes")
        for scope in context.get(name) or ()
    ]
    return ", ".join(dict.fromkeys(found))


def _daily(headers: httpx.Headers, body: Json) -> bool:  # noqa: ARG001 - only the body tells
    return body.get("policyName") == "DAILY" or "daily limit" in str(body.get("message", ""))


# Its countdown of the ten-second window is left alone: it is none of a minute.
# https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
DIALECT = Dialect(
    words=reading.sentences,
    scopes=_scopes,
    daily=_daily,
    day_left="x-hubspot-ratelimit-daily-remaining",
    day_most="x-hubspot-ratelimit-daily",
)


class HubSpot(Crm):
    """One HubSpot account.

    ``timezone`` is the Xero organisation's, for calendar days; ``start`` is how far back the first poll looks;
    ``own`` names the account's own properties for details, on companies and contacts.
    """

    system = "hubspot"
    takes_notes = True
    takes_files = True
    gives_files = True
    files_need = "files"

    def __init__(
        self,
        http: Http,
        account: str,
        *,
        timezone: str,
        start: datetime,
        own: OwnFields = ABN,
        app: str = APP,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.account = account
        self._http = http
        self._zone = ZoneInfo(timezone)
        self._begin = int(start.timestamp() * 1000)
        self._own = own
        self._app = app
        self._elsewhere = elsewhere
        self._named: dict[CustomerKind, frozenset[str]] = {}

    # ── deals ──

    def changed_deals(self, cursor: str) -> Iterator[Changes]:
        """The cursor is the newest change seen, in HubSpot's own milliseconds."""
        return self._changes("deals", cursor, str)

    def changed_customers(self, cursor: str, since: datetime | None = None) -> Iterator[Changes]:
        """The cursor is one of each kind."""
        begin = str(int(since.timestamp() * 1000)) if since else str(self._begin)
        read_to = dict(zip(_CUSTOMERS, cursor.split() or (begin, begin), strict=False))
        for kind, word in _CUSTOMERS.items():
            for page in self._changes(kind, read_to[kind], f"{word}:{{}}".format):
                read_to[kind] = page.cursor
                yield Changes(page.versions, " ".join(read_to.values()))

    def _changes(self, kind: str, cursor: str, named: Callable[[str], str]) -> Iterator[Changes]:
        """Search trails what was written, so each poll goes back 15 minutes.

        Each page starts anew at the last moment seen: nothing slips over a page's edge, and the limit of 10,000 results
        is never near. A moment that fills a whole page (HubSpot's own bulk updates) is walked by id.
        https://github.com/airbytehq/airbyte/issues/43317
        """
        newest = int(cursor) if cursor else self._begin
        modified = reading.modified(kind)
        seen: dict[str, str] = {}
        for rows in self._rows_since(kind, newest - OVERLAP_MS):
            fresh = {str(row.get("id")): reading.text(reading.properties(row), modified) for row in rows}
            fresh = {id_: version for id_, version in fresh.items() if seen.get(id_) != version}
            newest = max(newest, *(reading.milliseconds(row, modified) for row in rows))
            seen |= fresh
            if fresh:
                yield Changes({named(id_): version for id_, version in fresh.items()}, str(newest))
        if not (cursor or seen):
            yield Changes({}, str(newest))

    def _rows_since(self, kind: str, low: int) -> Iterator[list[Row]]:
        more, modified = True, reading.modified(kind)
        while more:
            rows, more = self._search(kind, modified, [_filter(modified, "GTE", low)])
            if rows:
                yield rows
            last = max((reading.milliseconds(row, modified) for row in rows), default=low)
            if more and last <= low:
                yield from self._rows_by_id(kind, [_filter(modified, "EQ", low)])
                last = low + 1
            low = last

    def _rows_by_id(self, kind: str, *groups: list[dict[str, str]]) -> Iterator[list[Row]]:
        last, more = "0", True
        while more:
            further = _filter("hs_object_id", "GT", last)
            rows, more = self._search(kind, "hs_object_id", *([*group, further] for group in groups))
            if rows:
                yield rows
                last = str(rows[-1].get("id"))

    def _search(self, kind: str, sort: str, *groups: list[dict[str, str]]) -> tuple[list[Row], bool]:
        """Rows that fit all filters of any group, and whether there are more."""
        path = f"/crm/objects/{VERSION}/{kind}/search"
        asked = {
            "filterGroups": [{"filters": group} for group in groups],
            "sorts": [sort],
            "properties": [reading.modified(kind)],
            "limit": SEARCH_PAGE,
        }
        body = self._http.read("POST", path, content=_bytes(asked))
        rows = results(body, path)
        return rows, bool(rows) and bool((body.get("paging") or {}).get("next"))

    def won_between(self, first: date, last: date) -> Iterator[list[str]]:
        """Close dates are instants there; the days are those of the organisation. 200 deals a call.

        A won deal may lack its close date, and then counts by the day on which it was made.
        """
        start, end = (datetime.combine(day, time(), self._zone) for day in (first, last + timedelta(days=1)))
        low, high = (round(moment.timestamp() * 1000) for moment in (start, end))
        won = _filter("hs_is_closed_won", "EQ", "true")
        undated = {"propertyName": "closedate", "operator": "NOT_HAS_PROPERTY"}
        closed, made = ([_filter(name, "GTE", low), _filter(name, "LT", high)] for name in ("closedate", "createdate"))
        for rows in self._rows_by_id("deals", [won, *closed], [won, undated, *made]):
            yield [str(row.get("id")) for row in rows]

    def deals(self, ids: Sequence[str], fields: Sequence[str] = ()) -> list[Deal]:
        """One call for up to 100 deals, two for their links, one for each 100 lines; persons only without company."""
        rows = self._read("deals", ids, (*reading.DEAL, *fields))
        found = [str(row.get("id")) for row in rows]
        lines = self._links("line_items", found)
        companies = self._links("companies", found)
        persons = self._links("contacts", [id_ for id_ in found if id_ not in companies])
        wanted = [line for links in lines.values() for line in links.ids]
        by_id = {str(row.get("id")): row for row in self._read("line_items", wanted, reading.LINE)}
        return [
            reading.deal(
                row,
                lines=[by_id.get(line) for line in lines.get(id_, Links()).ids],
                companies=companies.get(id_, Links()),
                persons=persons.get(id_, Links()),
                url=self._url("0-3", id_),
                zone=self._zone,
                fields=fields,
            )
            for id_, row in zip(found, rows, strict=True)
        ]

    def owners(self, ids: Sequence[str] | None) -> dict[str, str]:
        """All users of the account are listed, those who left too; they can't be asked for by id in one call."""
        path = f"/crm/owners/{VERSION}"
        found: dict[str, str] = {}
        for archived in ("false", "true"):
            params = {"limit": OWNERS_PAGE, "archived": archived}
            while ids is None or set(ids) - found.keys():
                body = self._http.read("GET", path, params=params)
                found |= {str(row.get("id")): reading.called(row) for row in results(body, path)}
                after = ((body.get("paging") or {}).get("next") or {}).get("after")
                if not after:
                    break
                params["after"] = str(after)
        return {id_: found[id_] for id_ in (found if ids is None else ids) if found.get(id_)}

    def stages(self, ids: Sequence[str], *, marks: bool = False) -> dict[str, str]:  # noqa: ARG002 - stages win
        rows = self._read("deals", ids, ("dealstage",))
        return {str(row.get("id")): reading.text(reading.properties(row), "dealstage") for row in rows}

    def customers(self, refs: Sequence[CustomerRef]) -> list[Customer]:
        """A merged one comes back under its surviving id."""
        companies = [ref.id for ref in refs if ref.kind == "company" and ref.id.isdigit()]
        persons = [ref.id for ref in refs if ref.kind == "person"]
        return [
            reading.company(row, url=self._url("0-2", str(row.get("id"))), own=self._own)
            for row in self._read("companies", companies, (*reading.COMPANY, *self._own.values()))
        ] + [
            reading.person(row, url=self._url("0-1", str(row.get("id"))), own=self._own)
            for row in self._read("contacts", persons, (*reading.PERSON, *self._own.values()))
        ]

    def write_deals(self, updates: Sequence[DealUpdate]) -> dict[str, Refused]:
        """Where a deal is refused with its stage, its fields are written all the same if HubSpot takes them so."""
        values: dict[str, dict[str, str]] = {}
        for update in updates:
            stage = {"dealstage": update.stage} if update.stage else {}
            values[update.deal_id] = {**values.get(update.deal_id, {}), **update.fields, **stage}
        refused = self._update("deals", values)
        kept = {
            id_: {name: value for name, value in values[id_].items() if name != "dealstage"}
            for id_, refusal in refused.items()
            if "dealstage" in values[id_] and not refusal.gone
        }
        self._update("deals", {id_: fields for id_, fields in kept.items() if fields})
        return refused

    def keeps(self, kind: CustomerKind) -> frozenset[DetailName]:
        """A company has no e-mail address of its own, a person's name is two there; the rest is the account's own."""
        return reading.PLACES[kind] | (details_in(self._own).keys() & self.own_fields(kind))

    def own_fields(self, kind: CustomerKind) -> frozenset[str]:
        path = f"/crm/properties/{VERSION}/{'companies' if kind == 'company' else 'contacts'}"
        if kind not in self._named:
            names = {str(row.get("name")) for row in results(self._http.read("GET", path), path)}
            self._named[kind] = frozenset(what for what, field in self._own.items() if field in names)
        return self._named[kind]

    def write_customers(self, updates: Sequence[CustomerUpdate]) -> dict[CustomerRef, Refused]:
        """A hundred of a kind in a call."""
        refused: dict[CustomerRef, Refused] = {}
        for kind, word in _CUSTOMERS.items():
            own = {each.ref.id: each for each in updates if each.ref.kind == word}
            values = {id_: reading.properties_of(each.details, self._own) for id_, each in own.items()}
            refused |= {own[id_].ref: problem for id_, problem in self._update(kind, values).items()}
        return refused

    def create_customers(self, news: Sequence[NewCustomer]) -> dict[str, CustomerRef | Refused]:
        """A hundred in a call, by a property of unique values."""
        found: dict[str, CustomerRef | Refused] = {}
        for kind, objects in hubspot_customers.OBJECTS.items():
            if some := [each for each in news if each.kind == kind]:
                path = f"/crm/properties/{VERSION}/{objects}"
                names = frozenset(str(row.get("name")) for row in results(self._http.read("GET", path), path))
                found |= hubspot_customers.made(self._http, VERSION, some, self._own, names)
        return found

    def _update(self, kind: str, values: Mapping[str, Mapping[str, str]]) -> dict[str, Refused]:
        refused: dict[str, Refused] = {}
        for some in _chunks(list(values), BATCH):
            refused |= self._update_batch(kind, {id_: values[id_] for id_ in some})
        return refused

    def _update_batch(self, kind: str, values: Mapping[str, Mapping[str, str]]) -> dict[str, Refused]:
        """A batch refused for one row's sake is sent again without it, or in halves where nothing names the row."""
        # With a trace id on every row a bad one fails alone.
        rows = [{"id": id_, "properties": own, "objectWriteTraceId": id_} for id_, own in values.items()]
        try:
            body = self._http.write(
                "POST", f"/crm/objects/{VERSION}/{kind}/batch/update", content=_bytes({"inputs": rows})
            )
        except Gone:
            problem = Refused("HubSpot no longer has this record.", gone=True)
        except Rejected as refusal:
            problem = Refused(" ".join(refusal.words) or "HubSpot refused it without saying why.")
        else:
            return refusals(body, values)
        if len(values) == 1:
            return dict.fromkeys(values, problem)
        missing = set(_UNKNOWN_PROPERTY.findall(problem.words))
        bad = [id_ for id_, own in values.items() if missing & own.keys()]
        good = [id_ for id_ in values if id_ not in bad]
        if bad:
            return dict.fromkeys(bad, problem) | self._update(kind, {id_: values[id_] for id_ in good})
        halves = good[: len(good) // 2], good[len(good) // 2 :]
        return {k: v for half in halves for k, v in self._update(kind, {id_: values[id_] for id_ in half}).items()}

    def put_note(self, note: DealNote) -> str:
        return hubspot_notes.put(self._http, VERSION, note)

    def put_file(self, file: DealFile) -> None:
        hubspot_files.put(self._http, VERSION, file)

    def files_of(self, deal_id: str) -> list[HeldFile]:
        return hubspot_files.of_deal(self._http, VERSION, deal_id)

    def read_file(self, file: HeldFile) -> bytes:
        return hubspot_files.read(self._http, self._elsewhere, file) if self._elsewhere else super().read_file(file)

    # ── settings ──

    def pipelines(self) -> list[Pipeline]:
        path = f"/crm/pipelines/{VERSION}/deals"
        return [
            Pipeline(
                str(row.get("id")),
                str(row.get("label")),
                {
                    str(stage["id"]): str(stage["label"])
                    for stage in row.get("stages") or ()
                    if not stage.get("archived")
                },
            )
            for row in results(self._http.read("GET", path), path)
            if not row.get("archived")
        ]

    def missing_fields(self, fields: Sequence[FieldSpec]) -> list[FieldSpec]:
        path = f"/crm/properties/{VERSION}/deals"
        names = {row.get("name") for row in results(self._http.read("GET", path), path)}
        return [field for field in fields if field.name not in names]

    def create_fields(self, fields: Sequence[FieldSpec]) -> None:
        """Create those that are missing, in a group of ours; raises ``Rejected`` if some are missing afterwards.

        How HubSpot answers for a name that is taken isn't documented, so what counts is what is there in the end.
        """
        missing = self.missing_fields(fields)
        if not missing:
            return
        try:
            group = {"name": GROUP, "label": "Wonbooks"}
            self._http.write("POST", f"/crm/properties/{VERSION}/deals/groups", content=_bytes(group))
        except Rejected as refusal:
            if refusal.status != 409 and "exist" not in " ".join(refusal.words):
                raise
        path = f"/crm/properties/{VERSION}/deals/batch/create"
        words: tuple[str, ...] = ()
        try:
            body = self._http.write("POST", path, content=_bytes({"inputs": [_property(field) for field in missing]}))
            words = tuple(text for error in errors(body) for text in reading.sentences(error))
        except Rejected as refusal:
            words = refusal.words
        if left := self.missing_fields(missing):
            names = ", ".join(field.name for field in left)
            raise Rejected("hubspot", f"POST {path}", words=(*words, f"Fields still missing: {names}."))

    # ── underneath ──

    def _read(self, kind: str, ids: Sequence[str], properties: Sequence[str]) -> list[Row]:
        """Records by id, each once; one that can't be seen is missing, and a merged one has its surviving id."""
        path = f"/crm/objects/{VERSION}/{kind}/batch/read"
        found: dict[str, Row] = {}
        for some in _chunks(list(dict.fromkeys(ids)), BATCH):
            asked = {"inputs": [{"id": id_} for id_ in some], "properties": list(dict.fromkeys(properties))}
            body = self._http.read("POST", path, content=_bytes(asked))
            only_missing(body, path)
            found |= {str(row.get("id")): row for row in results(body, path)}
        return list(found.values())

    def _links(self, to: str, ids: Sequence[str]) -> dict[str, Links]:
        """What these deals are linked to; one linked to nothing is missing."""
        path = f"/crm/associations/{VERSION}/deals/{to}/batch/read"
        found: dict[str, Links] = {}
        asked = [{"id": id_} for id_ in ids]
        while asked:
            now, asked = asked[:LINKS_BATCH], asked[LINKS_BATCH:]
            body = self._http.read("POST", path, content=_bytes({"inputs": now}))
            only_missing(body, path)
            for row in results(body, path):
                id_ = str((row.get("from") or {}).get("id"))
                found[id_] = found.get(id_, Links()) + Links.of(row.get("to") or ())
                after = ((row.get("paging") or {}).get("next") or {}).get("after")
                if after:
                    asked.append({"id": id_, "after": str(after)})
        return {id_: links for id_, links in found.items() if links.ids}

    def _url(self, kind: str, id_: str) -> str:
        return f"{self._app}/contacts/{self.account}/record/{kind}/{id_}"


def _property(field: FieldSpec) -> dict[str, str]:
    type_, field_type = _KINDS[field.kind]
    return {
        "name": field.name,
        "label": field.label,
        "type": type_,
        "fieldType": field_type,
        "groupName": GROUP,
    }


def _filter(name: str, operator: str, value: int | str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def _chunks(ids: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
