"""Salesforce's REST API, for deals (opportunities), their lines and customers. Its requests; the reading is next door.

https://developer.salesforce.com/docs/platform/api-rest/guide/intro-rest.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import httpx

from connectors import salesforce_customers, salesforce_files
from connectors import salesforce_reading as reading
from connectors.contract import (
    Changes,
    Crm,
    CustomerUpdate,
    DealFile,
    DealUpdate,
    FieldSpec,
    HeldFile,
    NewCustomer,
    Pipeline,
    Refused,
)
from connectors.errors import NotConnected, OutcomeUnknown, Rejected, Unavailable
from connectors.http import Dialect, Http
from connectors.own_fields import OwnFields, details_in
from connectors.salesforce_fields import asked_of, deal_fields, may_write, name_of, typed
from connectors.salesforce_queries import (
    Queries,
    as_bytes,
    chunks,
    describe_url,
    lacking,
    moment,
    query_url,
    records,
    select,
)
from connectors.salesforce_reading import MODIFIED, Fields, Row, text
from connectors.wire import Heard, Json
from domain.records import Customer, CustomerKind, CustomerRef, Deal, DetailName

BATCH = 200
OVERLAP = timedelta(minutes=15)
SETTLED = timedelta(seconds=2)
LOCK_TRIES = 4
MERGES = 5

ABN: OwnFields = {"tax number": "ABN__c"}
DEAL_SIDE = ("Opportunity", "OpportunityLineItem", "OpportunityContactRole", "Product2", "Account")
CUSTOMER_SIDE = ("Account", "Contact")
_LOCKED = "UNABLE_TO_LOCK_ROW"
_GONE = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"})
# By what it says, whatever its status: https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html
_AMOUNTS_TO = {
    "REQUEST_LIMIT_EXCEEDED": 429,
    _LOCKED: 423,
    "QUERY_TIMEOUT": 423,
    "UNSUPPORTED_API_VERSION": 400,
}
_USED = re.compile(r"(?:^|[;, ])api-usage=(\d{1,12})/(\d{1,12})")


def _status(heard: Heard, body: Json | None) -> int:
    if heard.status < 300:
        return heard.status
    said = reading.codes(body or {})
    return next((status for code, status in _AMOUNTS_TO.items() if code in said), heard.status)


def _daily(headers: httpx.Headers, body: Json) -> bool:  # noqa: ARG001 - only the body tells
    """One code for two limits: the day's, and that of long calls at the same time, whose message begins otherwise."""
    named = "REQUEST_LIMIT_EXCEEDED" in reading.codes(body)
    return named and not any(sentence.startswith("Concurrent") for sentence in reading.sentences(body))


def _scopes(body: Json) -> str:
    return '"API Enabled"' if any(code.startswith("API_") for code in reading.codes(body)) else ""


def _left(header: str) -> int | None:
    """What is left of the organisation's day, which all its programs share: ``api-usage=18/15000; …``."""
    found = _USED.search(header)
    return max(0, int(found[2]) - int(found[1])) if found else None


def _most(header: str) -> int | None:
    found = _USED.search(header)
    return int(found[2]) if found else None


DIALECT = Dialect(
    words=reading.sentences,
    scopes=_scopes,
    daily=_daily,
    day_left="sforce-limit-info",
    count=_left,
    day_most="sforce-limit-info",
    count_most=_most,
    status=_status,
    list_as="list",
)


class Salesforce(Crm):
    """One Salesforce organisation; ``account`` is its id, ``domain`` the host name of its own.

    Its record types are the contract's pipelines, its one list of stages is in each of them. ``start`` is how far
    back the first poll looks; ``own`` names the organisation's own fields for details, on accounts and contacts.
    """

    system = "salesforce"
    makes_fields = False
    takes_files = True
    gives_files = True
    tells_rhythm = False

    def __init__(
        self,
        http: Http,
        account: str,
        *,
        domain: str,
        start: datetime,
        now: Callable[[], datetime],
        own: OwnFields = ABN,
    ) -> None:
        self.account = account
        self._http = http
        self._queries = Queries(http)
        self._domain = domain
        self._start = start
        self._now = now
        self._own = own
        self._described: dict[str, Json] = {}

    # ── deals ──

    def changed_deals(self, cursor: str) -> Iterator[Changes]:
        """The cursor is the newest change seen; deleted deals are among the changed ones."""
        return self._changes("Opportunity", cursor)

    def changed_customers(self, cursor: str, since: datetime | None = None) -> Iterator[Changes]:
        """The cursor is the newest change seen of each kind; deleted ones are among the changed ones.

        An account may be a company or a person, which only a look at it tells: it is told as both.
        """
        begin = moment(since or self._start)
        read_to = dict(zip(CUSTOMER_SIDE, cursor.split() or (begin, begin), strict=False))
        for kind in CUSTOMER_SIDE:
            words = ("company", "person") if kind == "Account" else ("person",)
            for page in self._changes(kind, read_to[kind]):
                read_to[kind] = page.cursor
                told = {f"{word}:{id_}": version for id_, version in page.versions.items() for word in words}
                yield Changes(told, " ".join(read_to.values()))

    def _changes(self, kind: str, cursor: str) -> Iterator[Changes]:
        """A row carries the moment its transaction began and shows when that ends, so each poll goes back 15 minutes.

        https://developer.salesforce.com/docs/atlas.en-us.264.0.api.meta/api/sforce_api_calls_getupdated_getupdatedresult.htm
        """
        newest, empty = datetime.fromisoformat(cursor) if cursor else self._start, not cursor
        since = f"WHERE {MODIFIED} >= {moment(newest - OVERLAP)} ORDER BY {MODIFIED}, Id"
        for rows in self._queries.rows(select(("Id", MODIFIED), kind, since), deleted=True):
            newest = max([newest, *(at for row in rows if (at := reading.instant(row)))])
            if rows:
                empty = False
                yield Changes({text(row, "Id"): self._version(row) for row in rows}, moment(newest))
        if empty:
            yield Changes({}, moment(newest))

    def _version(self, row: Row) -> str:
        """The moment it changed, to the second; unknown while that second may bring another change."""
        moment = reading.instant(row)
        return text(row, MODIFIED) if moment and moment <= self._now() - SETTLED else ""

    def won_between(self, first: date, last: date) -> Iterator[list[str]]:
        won = f"WHERE IsWon = true AND CloseDate >= {first.isoformat()} AND CloseDate <= {last.isoformat()} ORDER BY Id"
        for rows in self._queries.rows(select(("Id",), "Opportunity", won)):
            if rows:
                yield [text(row, "Id") for row in rows]

    def deals(self, ids: Sequence[str], fields: Sequence[str] = ()) -> list[Deal]:
        """One call for up to 100 deals with lines and customer, one more for what must be described first.

        Long lists of lines come in pages, each a call.
        """
        if not ids:
            return []
        known = self._visible(*DEAL_SIDE)
        wanted = {name: name_of(known["Opportunity"], name) for name in fields}
        return [
            reading.deal(
                row,
                lines=self._queries.children(row, "OpportunityLineItems"),
                roles=self._queries.children(row, "OpportunityContactRoles"),
                url=self._url(text(row, "Id")),
                fields=wanted,
            )
            for row in self._queries.by_id(deal_fields(known, wanted.values()), "Opportunity", ids)
        ]

    def owners(self, ids: Sequence[str] | None) -> dict[str, str]:
        if ids is None:
            pages = self._queries.rows(select(("Id", "Name"), "User"))
            return {text(row, "Id"): text(row, "Name") for page in pages for row in page}
        return {text(row, "Id"): text(row, "Name") for row in self._queries.by_id(("Id", "Name"), "User", ids)}

    def stages(self, ids: Sequence[str], *, marks: bool = False) -> dict[str, str]:  # noqa: ARG002 - stages win
        rows = self._queries.by_id(("Id", "StageName"), "Opportunity", ids)
        return {text(row, "Id"): text(row, "StageName") for row in rows}

    def customers(self, refs: Sequence[CustomerRef]) -> list[Customer]:
        """A merged one comes back under its surviving id."""
        if not refs:
            return []
        known = self._visible(*CUSTOMER_SIDE)
        accounts = [ref.id for ref in refs if ref.id.startswith(reading.ACCOUNT)]
        contacts = [ref.id for ref in refs if not ref.id.startswith(reading.ACCOUNT)]
        return [
            replace(read(row, url=self._url(text(row, "Id")), own=self._seen(known[kind])), merged_ids=merged)
            for kind, ids, read in (("Account", accounts, reading.account), ("Contact", contacts, reading.contact))
            for row, merged in self._survivors(kind, known[kind], ids)
        ]

    def _survivors(self, kind: str, known: Fields, ids: Sequence[str]) -> list[tuple[Row, tuple[str, ...]]]:
        """Records by id, each with those that were merged into it.

        A merged one is in the recycle bin for a while and names the record that it became.
        """
        names = ("IsDeleted", *asked_of(kind, known, *self._own.values()))
        found: dict[str, Row] = {}
        became: dict[str, str] = {}
        wanted, asked = list(dict.fromkeys(ids)), set[str]()
        for _ in range(MERGES):
            asked.update(wanted)
            for row in self._queries.by_id(names, kind, wanted, merged=True):
                if row.get("IsDeleted") is not True:
                    found[text(row, "Id")] = row
                elif master := text(row, "MasterRecordId"):
                    became[text(row, "Id")] = master
            wanted = sorted({*became, *became.values()} - asked)
            if not wanted:
                break
        absorbed: dict[str, list[str]] = {id_: [] for id_ in found}
        for old in sorted(became):
            at = old
            for _ in range(MERGES):
                at = became.get(at, at)
            absorbed.get(at, []).append(old)
        return [(row, tuple(absorbed[id_])) for id_, row in found.items()]

    # ── writing ──

    def write_deals(self, updates: Sequence[DealUpdate]) -> dict[str, Refused]:
        """Up to 200 deals in a call. Where a deal is refused with its stage, its fields are written all the same."""
        if not updates:
            return {}
        values: dict[str, dict[str, str]] = {}
        for update in updates:
            stage = {"StageName": update.stage} if update.stage else {}
            values[update.deal_id] = {**values.get(update.deal_id, {}), **update.fields, **stage}
        known = self._visible("Opportunity")["Opportunity"]
        rows, refused = typed(known, values)
        refused |= self._update("Opportunity", rows)
        kept = {
            id_: {name: value for name, value in rows[id_].items() if name != "StageName"}
            for id_, refusal in refused.items()
            if "StageName" in rows.get(id_, {}) and not refusal.gone
        }
        self._update("Opportunity", {id_: own for id_, own in kept.items() if own})
        return refused

    def put_file(self, file: DealFile) -> None:
        salesforce_files.put(self._http, self._queries, file)

    def files_of(self, deal_id: str) -> list[HeldFile]:
        return salesforce_files.of_deal(self._queries, deal_id)

    def read_file(self, file: HeldFile) -> bytes:
        return self._http.fetch("/sobjects/ContentVersion/{id}/VersionData", ids={"id": file.id})

    def keeps(self, kind: CustomerKind) -> frozenset[DetailName]:
        """A person may be a contact or an account: what either has a place for. A person's name is two there."""
        known = self._visible(*CUSTOMER_SIDE)["Account" if kind == "company" else "Contact"]
        named: dict[DetailName, tuple[str, ...]] = {name: (field,) for name, field in details_in(self._own).items()}
        places: dict[DetailName, tuple[str, ...]] = {**reading.PLACES[kind], **named}
        return frozenset(name for name, fields in places.items() if all(may_write(known, field) for field in fields))

    def own_fields(self, kind: CustomerKind) -> frozenset[str]:
        return frozenset(self._seen(self._visible(*CUSTOMER_SIDE)["Account" if kind == "company" else "Contact"]))

    def write_customers(self, updates: Sequence[CustomerUpdate]) -> dict[CustomerRef, Refused]:
        """Up to 200 of a kind in a call."""
        refused: dict[CustomerRef, Refused] = {}
        for kind in CUSTOMER_SIDE if updates else ():
            known = self._visible(*CUSTOMER_SIDE)[kind]
            own = {
                each.ref.id: each for each in updates if each.ref.id.startswith(reading.ACCOUNT) == (kind == "Account")
            }
            values = {id_: reading.values_of(each.details, kind, each.ref, self._own) for id_, each in own.items()}
            rows, wrong = typed(known, values)
            refused |= {own[id_].ref: problem for id_, problem in (wrong | self._update(kind, rows)).items()}
        return refused

    def create_customers(self, news: Sequence[NewCustomer]) -> dict[str, CustomerRef | Refused]:
        """By an external id, up to 200 in a call. A person is a contact of no account."""
        found: dict[str, CustomerRef | Refused] = {}
        for kind, name in salesforce_customers.OBJECTS.items():
            some = [each for each in news if each.kind == kind]
            known = self._visible(*CUSTOMER_SIDE)[name] if some else {}
            if some and not may_write(known, salesforce_customers.KEY):
                found |= {each.key: Refused(salesforce_customers.LACKS) for each in some}
            elif some:
                rows, wrong = typed(known, {each.key: salesforce_customers.values_of(each, self._own) for each in some})
                sound = [each for each in some if each.key in rows]
                values = [rows[each.key] for each in sound]
                found |= {**wrong, **(salesforce_customers.made(self._http, sound, values) if sound else {})}
        return found

    def _update(self, kind: str, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Refused]:
        refused: dict[str, Refused] = {}
        for some in chunks(list(rows), BATCH):
            refused |= self._update_batch(kind, {id_: rows[id_] for id_ in some})
        return refused

    def _update_batch(self, kind: str, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Refused]:
        """Rows that others hold are sent again a few times; a batch that is refused whole is sent in halves."""
        refused: dict[str, Refused] = {}
        for attempt in range(1, LOCK_TRIES + 1):
            try:
                answers = self._patch(kind, rows)
            except Rejected as refusal:
                if len(rows) == 1:
                    words = " ".join(refusal.words) or "Salesforce refused it without saying why."
                    return refused | dict.fromkeys(rows, Refused(words))
                ids = list(rows)
                for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
                    refused |= self._update_batch(kind, {id_: rows[id_] for id_ in half})
                return refused
            locked = [id_ for id_, answer in answers.items() if _LOCKED in reading.codes(answer)]
            refused |= {
                id_: Refused(" ".join(reading.sentences(answer)), gone=bool(_GONE & set(reading.codes(answer))))
                for id_, answer in answers.items()
                if answer.get("success") is not True and id_ not in locked
            }
            if not locked:
                return refused
            rows = {id_: rows[id_] for id_ in locked}
            if attempt < LOCK_TRIES:
                self._http.rest(attempt)
        raise Unavailable("salesforce", "PATCH /composite/sobjects", "some records are held by other work")

    def _patch(self, kind: str, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Row]:
        """What is said of each row. Without ``allOrNone`` one refused row leaves the others alone.

        https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-update.html
        """
        records = [{"attributes": {"type": kind}, "id": id_, **own} for id_, own in rows.items()]
        path = "/composite/sobjects"
        body = self._http.write("PATCH", path, content=as_bytes({"allOrNone": False, "records": records}))
        answers = [row for row in body.get("list") or () if isinstance(row, dict)]
        if len(answers) != len(rows):  # they come in the order of the rows and don't always name them
            raise OutcomeUnknown("salesforce", f"PATCH {path}", "an answer without sense")
        return dict(zip(rows, answers, strict=True))

    # ── settings ──

    def pipelines(self) -> list[Pipeline]:
        """Record types, each with every active stage: which of them a type shows is a matter of its screens only."""
        stages = select(("ApiName", "MasterLabel"), "OpportunityStage", "WHERE IsActive = true ORDER BY SortOrder")
        answers = self._queries.together(
            {"Opportunity": describe_url("Opportunity"), "OpportunityStage": query_url(stages)}
        )
        described = answers["Opportunity"]
        if not all(answers.values()):
            raise lacking([name for name, answer in answers.items() if not answer])
        self._described["Opportunity"] = described
        labels = {text(row, "ApiName"): text(row, "MasterLabel") for row in records(answers["OpportunityStage"])}
        return [Pipeline(id_, label, labels) for id_, label in reading.record_types(described)]

    def missing_fields(self, fields: Sequence[FieldSpec]) -> list[FieldSpec]:
        """Those that are not there, hidden from us, or not ours to write: nobody outside can tell these apart.

        Asked afresh each time, since an administrator may have added them a minute ago.
        """
        self._described.pop("Opportunity", None)
        known = self._visible("Opportunity")["Opportunity"]
        return [field for field in fields if not may_write(known, field.name)]

    def create_fields(self, fields: Sequence[FieldSpec]) -> None:
        """Raises ``NotConnected`` naming every field that an administrator has to add or show to us.

        New fields need an administrator's rights over the whole organisation, which a link to the books shouldn't have.
        """
        if missing := self.missing_fields(fields):
            names = ", ".join(field.name for field in missing)
            detail = (
                f"the opportunity lacks these fields, or the connection may not write them: {names}. Add them and "
                "give the connection's permission set read and edit access to each"
            )
            raise NotConnected("salesforce", "the fields of the opportunity", detail)

    # ── underneath ──

    def _visible(self, *kinds: str) -> dict[str, Fields]:
        """The fields of these objects that we may see, described once; ``NotConnected`` names those that we lack."""
        if new := [kind for kind in kinds if kind not in self._described]:
            self._described |= self._queries.together({kind: describe_url(kind) for kind in new})
        found = {kind: reading.fields_of(self._described[kind]) for kind in kinds}
        if hidden := reading.hidden(found):
            raise lacking(hidden)
        return found

    def _seen(self, known: Fields) -> dict[str, str]:
        """The organisation's own fields for details that we see on such an object, as Salesforce writes them."""
        return {what: found for what, name in self._own.items() if (found := name_of(known, name))}

    def _url(self, id_: str) -> str:
        return f"https://{self._domain}/{id_}"
