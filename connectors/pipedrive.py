"""Pipedrive's API: deals, their products and customers. Its requests and words; the reading is next door.

All of it is version 2, but for users, notes, files and webhooks, which only version 1 has.

https://pipedrive.readme.io/docs/pipedrive-api-v2-migration-guide
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from connectors import pipedrive_access as access
from connectors import pipedrive_customers, pipedrive_files, pipedrive_hooks, pipedrive_notes
from connectors import pipedrive_reading as reading
from connectors.contract import (
    Changes,
    Crm,
    CustomerUpdate,
    DealFile,
    DealNote,
    DealUpdate,
    FieldSpec,
    HeldFile,
    HookAddress,
    NewCustomer,
    Pipeline,
    Refused,
)
from connectors.elsewhere import Elsewhere
from connectors.errors import Gone, NotConnected, Rejected, Unavailable
from connectors.http import Http
from connectors.own_fields import ABN, OwnFields, details_in
from connectors.pipedrive_customers import FIELDED
from connectors.pipedrive_fields import AS_TEXT, Fields, Kept, Nowhere
from connectors.pipedrive_reading import Row, Sold
from connectors.wire import Json
from domain.records import Customer, CustomerKind, CustomerRef, Deal, DetailName

API_PATH = "/api"
DIALECT = access.DIALECT

# What a call costs of the day's tokens does not depend on how much it brings, so a page is always full.
# https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
PAGE = "500"
BATCH = 100
OVERLAP = timedelta(minutes=5)
# Archived deals stand in a list of their own that costs twice as much; nothing about them is urgent.
LOOK_AT_ARCHIVED_EVERY = timedelta(hours=1)
# Deleted deals are listed for 30 days where asked for; several statuses may be asked for at once.
# https://github.com/airbytehq/airbyte/blob/master/airbyte-integrations/connectors/source-pipedrive/AGENTS.md
EVERY_STATUS = "open,won,lost,deleted"

_CUSTOMERS: Mapping[str, CustomerKind] = {"/v2/organizations": "company", "/v2/persons": "person"}
_TYPES = {"text": "varchar", "link": "varchar", "number": "double", "date": "date"}
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"

T = TypeVar("T")


class Pipedrive(Crm):
    """One Pipedrive company; keeps the ``Crm`` contract.

    ``account`` is the first word of its address. ``timezone`` is the Xero organisation's, for calendar days; ``start``
    is how far back the first poll looks; ``own`` names the account's own fields for details, on organisations and
    persons. A field is named as people see it, in small letters with underscores: its key in the API
    is another in every account, so ``kept`` remembers those that were found or made.
    """

    system = "pipedrive"
    hides_merges = True
    makes_hooks = True
    takes_notes = True
    takes_files = True
    gives_files = True

    def __init__(
        self,
        http: Http,
        account: str,
        *,
        timezone: str,
        start: datetime,
        now: Callable[[], datetime],
        own: OwnFields = ABN,
        kept: Kept | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.account = account
        self._http = http
        self._zone = ZoneInfo(timezone)
        self._start = start
        self._now = now
        self._own = own
        self._fields = Fields(lambda kind: self._all(f"/v2/{kind}Fields"), kept or Nowhere())
        self._has_instalments = True
        self._elsewhere = elsewhere

    # ── deals ──

    def changed_deals(self, cursor: str) -> Iterator[Changes]:
        """The cursor is the newest change seen, what it was when archived deals were last looked at, and when.

        That moment is by our clock and says only when to look again. A version is the whole record's, since two
        changes may share a second. An edited product may leave the deal's own date alone, which nothing here can see.
        """
        parts: list[str | None] = [*cursor.split(), *(None,) * 3]
        newest, archived, last_look = (_moment(each or "") for each in parts[:3])
        newest, now = newest or self._start, self._now()
        seen: dict[str, str] = {}
        for rows in self._changed("/v2/deals", newest, status=EVERY_STATUS):
            newest = max(newest, *(reading.moment(row) or newest for row in rows))
            if fresh := _fresh(rows, seen):
                yield Changes(fresh, _cursor(newest, archived, last_look))
        if last_look is None or now - last_look >= LOOK_AT_ARCHIVED_EVERY:
            until = newest  # a later moment of theirs says nothing of the live ones, which were read before
            for rows in self._changed("/v2/deals/archived", archived or self._start, status=EVERY_STATUS):
                until = max(until, *(reading.moment(row) or until for row in rows))
                if fresh := _fresh(rows, seen):
                    yield Changes(fresh, _cursor(newest, archived, last_look))
            yield Changes({}, _cursor(newest, until, now))

    def changed_customers(self, cursor: str, since: datetime | None = None) -> Iterator[Changes]:
        """The cursor is the newest change seen of each kind. Those that were deleted or merged away are not told."""
        read_to = [_moment(each) or since or self._start for each in (cursor.split() or ["", ""])]
        for place, (path, word) in enumerate(_CUSTOMERS.items()):
            seen: dict[str, str] = {}
            for rows in self._changed(path, read_to[place]):
                read_to[place] = max(read_to[place], *(reading.moment(row) or read_to[place] for row in rows))
                if fresh := _fresh(rows, seen):
                    yield Changes({f"{word}:{id_}": version for id_, version in fresh.items()}, _cursor(*read_to))

    def _changed(self, path: str, since: datetime, **more: str) -> Iterator[list[Row]]:
        asked = {"sort_by": "update_time", "sort_direction": "asc", **more}
        for rows in self._pages(path, {**asked, "updated_since": (since - OVERLAP).strftime(_MOMENT)}):
            if rows:
                yield rows

    def won_between(self, first: date, last: date) -> Iterator[list[str]]:
        """There is no list by the day of winning: won deals changed since then are read and looked through."""
        since = datetime.combine(first, time(), self._zone).astimezone(UTC).strftime(_MOMENT)
        for path in ("/v2/deals", "/v2/deals/archived"):
            for rows in self._pages(path, {"status": "won", "updated_since": since}):
                won = [row for row in rows if (day := reading.won_on(row, self._zone)) and first <= day <= last]
                if ids := [reading.text(row.get("id")) for row in won if not reading.gone(row)]:
                    yield ids

    def deals(self, ids: Sequence[str], fields: Sequence[str] = ()) -> list[Deal]:
        """Three calls for up to 100 deals, and one for each 100 products' codes.

        A discount on the deal as a whole takes a call a deal, made only where its value isn't the sum of its products.
        """
        rows = self._deals(ids)
        found = [reading.text(row.get("id")) for row in rows]
        # Before the products: if those are read, a refusal here was about the plan and not about us.
        instalments = self._instalments(found)
        products: dict[str, list[Row]] = defaultdict(list)
        for product in self._of_deals("/v2/deals/products", found):
            products[reading.text(product.get("deal_id"))].append(product)
        codes = self._codes([each for listed in products.values() for each in reading.enabled(listed)])
        wanted = {name: self._fields.one("deal", name) for name in fields}
        return [
            reading.deal(
                row,
                Sold(products[id_], self._discounts(id_, row, products[id_]), instalments[id_]),
                codes=codes,
                fields=wanted,
                url=self._url("deal", id_),
                zone=self._zone,
            )
            for id_, row in zip(found, rows, strict=True)
        ]

    def owners(self, ids: Sequence[str] | None) -> dict[str, str]:
        """All users of the company come in one list, those who left too."""
        path = "/v1/users"
        names = {
            reading.text(row.get("id")): reading.text(row.get("name"))
            for row in (_rows(self._http.read("GET", path), path) if ids != [] else ())
        }
        return {id_: names[id_] for id_ in (names if ids is None else ids) if names.get(id_)}

    def stages(self, ids: Sequence[str], *, marks: bool = False) -> dict[str, str]:
        """Archived deals are missing: nothing can be written to them."""
        rows = self._by_id("/v2/deals", ids)
        return {reading.text(row.get("id")): reading.mark(row) if marks else reading.stage(row) for row in rows}

    def customers(self, refs: Sequence[CustomerRef]) -> list[Customer]:
        """A merged one is gone: its deals were moved to the survivor."""
        companies = self._by_id("/v2/organizations", [ref.id for ref in refs if ref.kind == "company"])
        persons = self._by_id("/v2/persons", [ref.id for ref in refs if ref.kind == "person"])
        of_company = self._fields.all_of("organization", self._own) if companies else {}
        of_person = self._fields.all_of("person", self._own) if persons else {}
        return [
            reading.company(row, url=self._url("organization", reading.text(row.get("id"))), own=of_company)
            for row in companies
        ] + [
            reading.person(row, url=self._url("person", reading.text(row.get("id"))), own=of_person) for row in persons
        ]

    def write_deals(self, updates: Sequence[DealUpdate]) -> dict[str, Refused]:
        """One call a deal: there is no batch. Where one is refused with its stage, its fields are written all the same.

        Only the keys that change are sent, never the deal's own value, which a careless write is known to reset.
        https://github.com/pipedrive/client-nodejs/issues/626
        """
        values: dict[str, dict[str, str]] = defaultdict(dict)
        stages: dict[str, Mapping[str, Any]] = {}
        for update in updates:
            values[update.deal_id] |= update.fields
            if update.stage:
                stages[update.deal_id] = reading.moved(update.stage, reopen=update.reopen)
        refused: dict[str, Refused] = {}
        for id_, fields in values.items():
            problem = self._write(id_, fields, stages.get(id_, {}))
            if problem:
                refused[id_] = problem
                if id_ in stages and fields and not problem.gone:
                    self._write(id_, fields, {})
        return refused

    def keeps(self, kind: CustomerKind) -> frozenset[DetailName]:
        """Organisations have no telephone and no e-mail; what the account has fields of its own for comes beside."""
        own = self._fields.all_of(FIELDED[kind], self._own)
        fit = {what for what, field in own.items() if field.custom and field.type in AS_TEXT}
        return reading.PLACES[kind] | (details_in(self._own).keys() & fit)

    def own_fields(self, kind: CustomerKind) -> frozenset[str]:
        return frozenset(self._fields.all_of(FIELDED[kind], self._own))

    def write_customers(self, updates: Sequence[CustomerUpdate]) -> dict[CustomerRef, Refused]:
        """One call a customer. Lists of addresses and numbers are replaced there as a whole: the others go along."""
        listed = [
            each.ref.id for each in updates if each.ref.kind == "person" and {"email", "phone"} & set(each.details)
        ]
        persons = {reading.text(row.get("id")): row for row in self._by_id("/v2/persons", listed)}
        refused: dict[CustomerRef, Refused] = {}
        for each in updates:
            problem = self._write_customer(each, persons.get(each.ref.id, {}))
            if problem and not problem.gone and self._fields.read_again(FIELDED[each.ref.kind]):
                problem = self._write_customer(each, persons.get(each.ref.id, {}))
            if problem:
                refused[each.ref] = problem
        return refused

    def create_customers(self, news: Sequence[NewCustomer]) -> dict[str, CustomerRef | Refused]:
        found: dict[str, CustomerRef | Refused] = {}
        for kind, word in FIELDED.items():
            if some := [each for each in news if each.kind == kind]:
                own = self._fields.all_of(word, self._own)
                found |= pipedrive_customers.made(self._http, self._fields, own, some, self._pages)
        return found

    def _write_customer(self, update: CustomerUpdate, row: Row) -> Refused | None:
        kind = FIELDED[update.ref.kind]
        body = reading.body_of(update.details, row, self._fields.all_of(kind, self._own))
        return self._patch(f"/v2/{kind}s/{{id}}", update.ref.id, body)

    def _write(self, id_: str, fields: Mapping[str, str], move: Mapping[str, Any]) -> Refused | None:
        problem = self._write_once(id_, fields, move)
        if problem and not problem.gone and fields and self._fields.read_again("deal"):
            problem = self._write_once(id_, fields, move)
        return problem

    def _write_once(self, id_: str, fields: Mapping[str, str], move: Mapping[str, Any]) -> Refused | None:
        try:
            values = {known.code: value for known, value in (self._fields.value(*item) for item in fields.items())}
        except ValueError as problem:
            return Refused(str(problem))
        body: dict[str, Any] = {"custom_fields": values} if values else {}
        return self._patch("/v2/deals/{id}", id_, {**body, **move})

    def _patch(self, path: str, id_: str, body: Mapping[str, Any]) -> Refused | None:
        try:
            answer = self._http.write("PATCH", path, ids={"id": id_}, content=_bytes(body))
        except Gone:
            return Refused("Pipedrive no longer has this record.", gone=True)
        except Rejected as refusal:
            return Refused(" ".join(refusal.words) or "Pipedrive refused it without saying why.")
        if answer.get("success") is not True:
            return Refused(" ".join(access.words(answer)) or "Pipedrive refused it without saying why.")
        return None

    def put_note(self, note: DealNote) -> str:
        return pipedrive_notes.put(self._http, note)

    def put_file(self, file: DealFile) -> None:
        pipedrive_files.put(self._http, file)

    def files_of(self, deal_id: str) -> list[HeldFile]:
        return pipedrive_files.of_deal(self._http, deal_id)

    def read_file(self, file: HeldFile) -> bytes:
        return pipedrive_files.read(self._http, self._elsewhere, file) if self._elsewhere else super().read_file(file)

    # ── settings ──

    def pipelines(self) -> list[Pipeline]:
        stages: dict[str, dict[str, str]] = defaultdict(dict)
        for row in sorted(self._all("/v2/stages"), key=_order):
            stages[reading.text(row.get("pipeline_id"))][reading.text(row.get("id"))] = reading.text(row.get("name"))
        return [
            Pipeline(
                id_ := reading.text(row.get("id")), reading.text(row.get("name")), stages[id_], f"{id_}{reading.WON}"
            )
            for row in sorted(self._all("/v2/pipelines"), key=_order)
        ]

    def missing_fields(self, fields: Sequence[FieldSpec]) -> list[FieldSpec]:
        self._fields.read_again("deal")
        return [field for field in fields if not self._fields.named("deal", field.name)]

    def create_fields(self, fields: Sequence[FieldSpec]) -> None:
        """Create those that are missing, named so that they are found; raises ``Rejected`` if some lack in the end.

        Pipedrive would make a second field of the same name, so what is there is listed right before.
        """
        words: tuple[str, ...] = ()
        for field in self.missing_fields(fields):
            label = field.label if reading.slug(field.label) == reading.slug(field.name) else ""
            asked = {"field_name": label or field.name.replace("_", " ").strip().capitalize()}
            try:
                self._http.write("POST", "/v2/dealFields", content=_bytes({**asked, "field_type": _TYPES[field.kind]}))
            except Rejected as refusal:
                words = refusal.words
        if left := self.missing_fields(fields):
            names = ", ".join(field.name for field in left)
            raise Rejected(self.system, "POST /v2/dealFields", words=(*words, f"Fields still missing: {names}."))

    def keep_hooks(self, address: HookAddress) -> int:
        """One call where all is as it should be. The same one may be there twice, and would tell everything twice.

        After three days without success Pipedrive takes them away without a word.
        https://pipedrive.readme.io/docs/guide-for-webhooks-v2
        """
        return pipedrive_hooks.kept(self._http, address)

    # ── underneath ──

    def _deals(self, ids: Sequence[str]) -> list[Row]:
        """Deals by id; those that the list of live ones leaves out may be archived, or gone."""
        live = self._by_id("/v2/deals", ids)
        there = {reading.text(row.get("id")) for row in live}
        return live + self._by_id("/v2/deals/archived", [id_ for id_ in ids if id_ not in there])

    def _by_id(self, path: str, ids: Sequence[str]) -> list[Row]:
        sound = [id_ for id_ in dict.fromkeys(ids) if id_.isascii() and id_.isdigit()]
        pages = (self._pages(path, {"ids": ",".join(some)}) for some in _chunks(sound, BATCH))
        return [row for each in pages for rows in each for row in rows if not reading.gone(row)]

    def _of_deals(self, path: str, ids: Sequence[str]) -> list[Row]:
        pages = (self._pages(path, {"deal_ids": ",".join(some)}) for some in _chunks(ids, BATCH))
        return [row for each in pages for rows in each for row in rows]

    def _codes(self, products: Sequence[Row]) -> dict[str, str]:
        """The code of each product: a deal's product has its name only."""
        rows = self._by_id("/v2/products", [reading.text(each.get("product_id")) for each in products])
        return {reading.text(row.get("id")): reading.text(row.get("code")) for row in rows}

    def _instalments(self, ids: Sequence[str]) -> Counter[str]:
        """In how many parts each deal is billed. Lower plans don't have them and refuse the call.

        https://developers.pipedrive.com/docs/api/v1/DealInstallments
        """
        if ids and self._has_instalments:
            try:
                rows = self._of_deals("/v2/deals/installments", ids)
            except (Rejected, NotConnected):
                self._has_instalments = False
            else:
                return Counter(reading.text(row.get("deal_id")) for row in rows)
        return Counter()

    def _discounts(self, id_: str, row: Row, products: Sequence[Row]) -> list[Row]:
        if reading.adds_up(row, products):
            return []
        path = "/v2/deals/{id}/discounts"
        return _rows(self._http.read("GET", path, ids={"id": id_}), path)

    def _all(self, path: str) -> list[Row]:
        return [row for rows in self._pages(path, {}) for row in rows if row.get("is_deleted") is not True]

    def _pages(self, path: str, asked: Mapping[str, str]) -> Iterator[list[Row]]:
        cursor = ""
        while True:
            params = {**asked, "limit": PAGE, **({"cursor": cursor} if cursor else {})}
            body = self._http.read("GET", path, params=params)
            yield _rows(body, path)
            after = reading.text((body.get("additional_data") or {}).get("next_cursor"))
            if not after or after == cursor:
                return
            cursor = after

    def _url(self, kind: str, id_: str) -> str:
        return f"https://{self.account}.pipedrive.com/{kind}/{id_}"


def _rows(body: Json, path: str) -> list[Row]:
    """The rows of a list, which may be null for none; anything else must not pass for none."""
    rows = body.get("data")
    if body.get("success") is not True or not (rows is None or isinstance(rows, list)):
        raise Unavailable("pipedrive", f"reading {path}", "an answer without sense")
    return [row for row in rows or () if isinstance(row, dict)]


def _fresh(rows: Sequence[Row], seen: dict[str, str]) -> dict[str, str]:
    """The rows not yet seen at this version, which are then noted as seen."""
    versions = {reading.text(row.get("id")): reading.version(row) for row in rows}
    fresh = {id_: version for id_, version in versions.items() if seen.get(id_) != version}
    seen |= fresh
    return fresh


def _cursor(*moments: datetime | None) -> str:
    return " ".join(each.astimezone(UTC).strftime(_MOMENT) for each in moments if each)


def _moment(text: str) -> datetime | None:
    return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC) if text else None


def _order(row: Row) -> int:
    order = row.get("order_nr")
    return order if isinstance(order, int) else 0


def _chunks(ids: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
