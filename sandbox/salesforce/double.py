"""Salesforce as a function from request to response, with a log of everything that happened to it."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

from sandbox.faults import REFUSED, UNHEARD, Fault, Faults, garbled
from sandbox.salesforce import composite, files, schema, writing
from sandbox.salesforce.access import LOGIN, TOKEN_PATH, Access, too_many, too_often
from sandbox.salesforce.answers import DATA, VERSION, Refusal, answer, not_found, nothing
from sandbox.salesforce.org import DOMAIN, INTEGRATION_USER, ORG_ID, Org, Record, Switches
from sandbox.salesforce.people import People
from sandbox.salesforce.query import Pages, run
from sandbox.wire import Call, Clock, Request, Response

_LONGEST_URL = 16_384
_OLDEST, _RETIRED = 31.0, 21.0


class SalesforceDouble:
    """One Salesforce organisation. ``people`` work in its screens, ``switches`` and ``limits`` say how it behaves.

    ``log`` grows by one line for each call that reached it and each action of a person; ``events`` by one for each
    notification that its outbound message would carry. A copy (``copy.deepcopy``) goes its own way.
    """

    def __init__(self, clock: Clock, *, seed: int = 0) -> None:
        self._org = Org(clock, seed)
        self._access = Access(self._org.rng)
        self._pages = Pages(clock)
        self.log: list[Call] = []
        self.faults = Faults()
        self.people = People(self._org, self._person_acted)

    def __deepcopy__(self, memo: dict[int, Any]) -> SalesforceDouble:
        """What has happened never changes, so a copy shares the lines of log and events, not the lists."""
        memo[id(self.log)] = list(self.log)
        memo[id(self._org.events)] = list(self._org.events)
        memo[id(self)] = twin = object.__new__(SalesforceDouble)
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    @property
    def org_id(self) -> str:
        return ORG_ID

    @property
    def domain(self) -> str:
        return DOMAIN

    @property
    def switches(self) -> Switches:
        return self._org.switches

    @property
    def access(self) -> Access:
        """Sessions, the app's certificate, the day's limit."""
        return self._access

    @property
    def org(self) -> Org:
        """Settings and records; to be read, not written."""
        return self._org

    @property
    def objects(self) -> dict[str, dict[str, Record]]:
        """Object → id → record, those in the recycle bin among them; to be read, not written."""
        return self._org.records

    @property
    def events(self) -> list[dict[str, Any]]:
        """What its outbound message would tell, oldest first."""
        return self._org.events

    def lines(self, deal_id: str) -> list[Record]:
        """A deal's live lines in the order of its screen."""
        deal = self._org.records["Opportunity"][deal_id]
        found = self._org.children(deal, "OpportunityLineItems")
        return sorted(found, key=lambda line: (line.values.get("SortOrder", 0), line.id))

    def customer(self, deal_id: str) -> Record | None:
        """The deal's account, else its first contact."""
        deal = self._org.records["Opportunity"][deal_id]
        if account := self._org.get("Account", deal.values.get("AccountId")):
            return account
        roles = self._org.children(deal, "OpportunityContactRoles")
        roles.sort(key=lambda role: (not role.values.get("IsPrimary"), role.id))
        return self._org.get("Contact", roles[0].values["ContactId"]) if roles else None

    def url(self, record: Record) -> str:
        """Where a person finds the record."""
        return f"https://{DOMAIN}/{record.id}"

    def handle(self, request: Request) -> Response:
        """Answer a call, after those that were under way have arrived."""
        now = self._org.clock()
        for then, late in self.faults.arrivals(now):
            self._serve(late, then)
        fault = self.faults.strike(request, now)
        return self._serve(request) if fault is None else self._struck(request, fault, now)

    def _struck(self, request: Request, fault: Fault, now: datetime) -> Response:
        broken = Refusal(fault.status, "SERVER_UNAVAILABLE", "An unexpected error occurred").response()
        match fault.kind:
            case "refuse connection":
                return REFUSED
            case "late":
                self.faults.hold(request, now, fault.delay)
                return UNHEARD
            case "expire token":
                self._access.expire()
                return self._serve(request)
            case "429":
                signing_in = request.path == TOKEN_PATH
                return self._logged(request, too_often() if signing_in else too_many(daily=fault.daily).response())
            case "500 before":
                return self._logged(request, broken)
            case "500 after":
                self._serve(request)
                return broken
            case "lose answer":
                return replace(self._serve(request), lost=True)
            case "garble":
                return garbled(self._serve(request), fault)

    def _serve(self, request: Request, at: datetime | None = None) -> Response:
        self._org.act(INTEGRATION_USER, at)
        headers: dict[str, str] = {}
        try:
            response = self._open(request)
            if response is None:
                headers = self._access.admit(request, self._org.clock())
                response = self._answer(request)
        except Refusal as refusal:
            response = refusal.response()
            headers = self._access.used()
        dated = {"Date": format_datetime(self._org.clock(), usegmt=True)}
        return self._logged(request, replace(response, headers={**response.headers, **headers, **dated}))

    def _open(self, request: Request) -> Response | None:
        """What needs no session: signing in and the list of versions."""
        match (request.method, request.path.rstrip("/")):
            case ("POST", path) if path == TOKEN_PATH:
                return self._access.sign_in(request, self._org.clock())
            case ("GET", "/services/data"):
                return answer([{"label": "Winter '27", "url": DATA, "version": VERSION.removeprefix("v")}])
            case _:
                if request.headers.get("host", "") == LOGIN:
                    raise not_found()
                return None

    def _answer(self, request: Request) -> Response:
        # https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/
        sent = len(request.path) + sum(map(len, request.query.values())) + sum(map(len, request.headers.values()))
        if sent > _LONGEST_URL:
            raise Refusal(414, "URI_TOO_LONG", "URI Too Long")
        match tuple(part for part in request.path.split("/") if part):
            case ("services", "oauth2", "userinfo"):
                return answer({"organization_id": ORG_ID, "user_id": schema.long_id(INTEGRATION_USER)})
            case ("services", "data", version, area, *rest):
                _supported(version)
                return self._area(request, area, rest)
            case _:
                raise not_found()

    def _area(self, request: Request, area: str, rest: Sequence[str]) -> Response:
        match (request.method, area, *rest):
            case ("GET", "query" | "queryAll"):
                text = request.query.get("q", "")
                return answer(run(self._org, self._pages, text, deleted=area == "queryAll"))
            case ("GET", "query" | "queryAll", locator):
                return answer(self._pages.further(locator))
            case ("GET", "limits"):
                used = self._access.used()["Sforce-Limit-Info"].partition("=")[2].partition("/")
                left = {"Max": int(used[2]), "Remaining": int(used[2]) - int(used[0])}
                return answer({"DailyApiRequests": left})
            case (_, "sobjects", name, *more):
                return self._sobjects(request, writing.known(self._org, name), more)
            case ("POST", "composite"):
                return composite.several(self._org, _body(request), self._within, request.headers)
            case (method, "composite", "sobjects", *more):
                body = _body(request) if request.body else {}
                batch = composite.Batch(method, more, body, request.query, request.headers)
                return composite.collection(self._org, batch)
            case _:
                raise not_found()

    def _within(self, request: Request) -> Response:
        """One of several requests of a call, which counts as none of its own."""
        try:
            return self._answer(request)
        except Refusal as refusal:
            return refusal.response()

    def _sobjects(self, request: Request, kind: str, rest: Sequence[str]) -> Response:
        org = self._org
        match (request.method, *rest):
            case ("POST",):
                made = writing.create(org, kind, _body(request), request.headers)
                if kind == "ContentVersion":
                    files.publish(org, made)
                return answer({"id": made.id, "success": True, "errors": []}, 201)
            case ("GET", "describe"):
                return answer(_described(org, kind))
            case ("GET", record_id, "VersionData") if kind == "ContentVersion":
                return files.content(org, record_id)
            case ("GET", record_id):
                record = writing.located(org, kind, record_id)
                return answer(writing.read(org, kind, record, request.query.get("fields", "")))
            case ("PATCH", record_id):
                writing.update(org, writing.located(org, kind, record_id), _body(request), request.headers)
                return nothing()
            case ("DELETE", record_id):
                return writing.delete(org, writing.located(org, kind, record_id))
            case (_, name, *value) if value:  # which may have slashes in it
                return self._by_key(request, kind, name, "/".join(value))
            case _:
                raise not_found()

    def _by_key(self, request: Request, kind: str, name: str, value: str) -> Response:
        """A record by the caller's own key."""
        org = self._org
        if request.method == "PATCH":
            only = request.query.get("updateOnly") == "true"
            record, new = writing.upsert(org, kind, name, value, _body(request), request.headers, only_update=only)
            return answer({"id": record.id, "success": True, "errors": [], "created": new}, 201 if new else 200)
        record = writing.by_key(org, kind, name, value)
        if record is None:
            raise not_found()
        if request.method == "DELETE":
            return writing.delete(org, record)
        return answer(writing.read(org, kind, record, request.query.get("fields", "")))

    def _logged(self, request: Request, response: Response) -> Response:
        self._write_log("api", request, response.status, response.body)
        return response

    def _person_acted(self, action: str, told: bytes, result: bytes) -> None:
        self._write_log("person", Request("", action.replace("_", " "), {}, {}, told), 0, result)

    def _write_log(self, actor: str, request: Request, status: int, answer: bytes) -> None:
        changes = tuple(self._org.changes)
        self._org.changes = []
        self.log.append(
            Call(
                self._org.clock(),
                actor,
                request.method,
                request.path,
                request.query,
                request.headers,
                request.body,
                status,
                answer,
                changes,
            )
        )


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body, parse_float=Decimal)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, "JSON_PARSER_ERROR", "Unexpected character or end of input")
    return body


def _supported(version: str) -> None:
    """https://developer.salesforce.com/docs/platform/api-tooling/guide/tooling-api-eol.html"""
    number = version.removeprefix("v")
    try:
        asked = float(number)
    except ValueError:
        raise not_found() from None
    if _RETIRED <= asked < _OLDEST:
        raise Refusal(410, "UNSUPPORTED_API_VERSION", "Invalid Api version specified on URI")
    if not _OLDEST <= asked <= float(VERSION.removeprefix("v")):
        raise not_found()


def _described(org: Org, kind: str) -> dict[str, Any]:
    """What the user may see of an object, record types among it."""
    types = [_type(record.values) for record in org.live("RecordType") if record.values["SobjectType"] == kind]
    master = {"Name": "Master", "DeveloperName": "Master", "IsActive": True, "Id": schema.MASTER_TYPE}
    return {
        "name": kind,
        "keyPrefix": schema.PREFIXES[kind],
        "fields": [field.described() for field in org.visible(kind).values()],
        "recordTypeInfos": [*types, _type(master)],
        "childRelationships": [
            {"childSObject": child, "field": back, "relationshipName": name}
            for (parent, name), (child, back) in schema.CHILDREN.items()
            if parent == kind
        ],
    }


def _type(values: dict[str, Any]) -> dict[str, Any]:
    return {
        "active": values["IsActive"],
        "available": True,
        "defaultRecordTypeMapping": False,
        "developerName": values["DeveloperName"],
        "master": values["Id"] == schema.MASTER_TYPE,
        "name": values["Name"],
        "recordTypeId": values["Id"],
    }
