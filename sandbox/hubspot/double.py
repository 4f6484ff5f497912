"""HubSpot as a function from request to response, with a log of everything that happened to it."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.faults import REFUSED, UNHEARD, Fault, Faults, garbled
from sandbox.hubspot import files, links, reading, search, settings, writing
from sandbox.hubspot.access import Access, too_many
from sandbox.hubspot.account import APP_ID, PORTAL_ID, Account, Record, Switches
from sandbox.hubspot.answers import Refusal, not_found
from sandbox.hubspot.asked import Ask, ask, kind
from sandbox.hubspot.people import People
from sandbox.wire import Call, Clock, Request, Response

_LONGEST_URL = 16_000


class HubSpotDouble:
    """One HubSpot account. ``people`` work in its screens, ``switches`` and ``limits`` say how it behaves.

    ``log`` grows by one line for each call that reached it and each action of a person; ``events`` by one for each
    webhook event it would send. A copy (``copy.deepcopy``) goes its own way.
    """

    def __init__(self, clock: Clock, *, seed: int = 0) -> None:
        self._account = Account(clock, seed)
        self._access = Access(self._account.rng)
        self.log: list[Call] = []
        self.faults = Faults()
        self.people = People(self._account, self._person_acted)

    def __deepcopy__(self, memo: dict[int, Any]) -> HubSpotDouble:
        """What has happened never changes, so a copy shares the lines of log and events, not the lists."""
        memo[id(self.log)] = list(self.log)
        memo[id(self._account.events)] = list(self._account.events)
        memo[id(self)] = twin = object.__new__(HubSpotDouble)
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    @property
    def portal_id(self) -> int:
        return PORTAL_ID

    @property
    def switches(self) -> Switches:
        return self._account.switches

    @property
    def access(self) -> Access:
        """Tokens, scopes and limits."""
        return self._access

    @property
    def objects(self) -> dict[str, dict[str, Record]]:
        """Object type → id → record, archived ones among them; to be read, not written."""
        return self._account.objects

    @property
    def account(self) -> Account:
        """Settings and links; to be read, not written."""
        return self._account

    @property
    def events(self) -> list[dict[str, Any]]:
        """What its webhooks would tell, oldest first."""
        return self._account.events

    def lines(self, deal_id: str) -> list[Record]:
        """A deal's live line items in the order of its screen."""
        found = [self.objects["line_items"][i] for i in self._account.linked("deals", deal_id, "line_items")]
        return sorted(found, key=lambda line: int(line.properties.get("hs_position_on_quote", "0")))

    def customer(self, deal_id: str) -> Record | None:
        """The deal's primary company, else its first, else its first person."""
        for other in ("companies", "contacts"):
            linked = self._account.linked("deals", deal_id, other)
            if linked:
                return self.objects[other][max(linked, key=lambda i: (len(linked[i]), -int(i)))]
        return None

    def url(self, record: Record) -> str:
        """Where a person finds the record."""
        return reading.record_url(record.kind, record.id)

    def handle(self, request: Request) -> Response:
        """Answer a call, after those that were under way have arrived."""
        now = self._account.now()
        for _, late in self.faults.arrivals(now):
            self._serve(late)
        fault = self.faults.strike(request, now)
        return self._serve(request) if fault is None else self._struck(request, fault, now)

    def store(self, request: Request) -> Response:
        """Answer a call to where files are kept."""
        return self._logged(request, files.stored(self._account, request))

    def _struck(self, request: Request, fault: Fault, now: datetime) -> Response:
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
                return self._logged(request, self._throttled(fault))
            case "500 before":
                return self._logged(request, _broken(fault, self._correlation()))
            case "500 after":
                self._serve(request)
                return _broken(fault, self._correlation())
            case "lose answer":
                return replace(self._serve(request), lost=True)
            case "garble":
                return garbled(self._serve(request), fault)

    def _throttled(self, fault: Fault) -> Response:
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        policy = "DAILY" if fault.daily else "TEN_SECONDLY_ROLLING"
        return too_many(policy, headers=headers).response(self._correlation())

    def _serve(self, request: Request) -> Response:
        if request.path == "/oauth/authorize":
            return self._access.page.page(request, self._account.now())
        self._account.act("INTEGRATION", str(APP_ID))
        headers: dict[str, str] = {}
        try:
            asked = ask(request)
            if asked.area != "oauth":
                headers = self._access.admit(request, asked, self._account.now())
            response = self._answer(asked)
        except Refusal as refusal:
            response = refusal.response(self._correlation())
        return self._logged(request, replace(response, headers={**response.headers, **headers}))

    def _answer(self, asked: Ask) -> Response:
        # https://developers.hubspot.com/docs/api-reference/latest/error-handling: too many properties on a GET.
        if len(asked.request.path) + sum(map(len, asked.request.query.values())) > _LONGEST_URL:
            raise Refusal(414, "URI too long")
        if asked.area == "oauth" and (asked.method, asked.parts) == ("POST", ("token",)):
            return self._access.token(asked, self._account.now())
        area = _AREAS.get(asked.area)
        if area is None:
            raise not_found()
        return area(self._account, asked)

    def _correlation(self) -> str:
        return str(uuid.UUID(int=self._account.rng.getrandbits(128), version=4))

    def _logged(self, request: Request, response: Response) -> Response:
        self._write_log("api", request, response.status, response.body)
        return response

    def _person_acted(self, action: str, told: bytes, result: bytes) -> None:
        self._write_log("person", Request("", action.replace("_", " "), {}, {}, told), 0, result)

    def _write_log(self, actor: str, request: Request, status: int, answer: bytes) -> None:
        changes = tuple(self._account.changes)
        self._account.changes = []
        self.log.append(
            Call(
                self._account.now(),
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


def _objects(account: Account, asked: Ask) -> Response:
    """Everything under ``/crm/objects/{version}/{objectType}``."""
    if not asked.parts:
        raise not_found()
    object_type = kind(asked.parts[0])
    match (asked.method, *asked.parts[1:]):
        case ("GET",):
            return reading.read_page(account, asked, object_type)
        case ("POST",):
            return writing.create_one(account, asked, object_type)
        case ("POST", "search"):
            return search.search(account, asked, object_type)
        case ("POST", "merge"):
            return writing.merge(account, asked, object_type)
        case ("POST", "batch", action) if action in _BATCHES:
            return _BATCHES[action](account, asked, object_type)
        case (method, object_id, *rest):
            return _one(account, asked, object_type, object_id, (method, *rest))
        case _:
            raise not_found()


def _one(account: Account, asked: Ask, object_type: str, object_id: str, rest: tuple[str, ...]) -> Response:
    match rest:
        case ("GET",):
            return reading.read_one(account, asked, object_type, object_id)
        case ("PATCH",):
            return writing.update_one(account, asked, object_type, object_id)
        case ("DELETE",):
            return writing.archive_one(account, object_type, object_id)
        case (method, "associations", *link):
            return _links_of(account, asked, object_type, object_id, (method, *link))
        case _:
            raise not_found()


def _links_of(account: Account, asked: Ask, object_type: str, object_id: str, rest: tuple[str, ...]) -> Response:
    record = account.get(object_type, object_id)
    if record is None or record.archived:
        raise not_found()
    match rest:
        case ("GET", to):
            return links.of_one(account, record, to)
        case ("PUT", "default", to, to_id):
            return links.put_default(account, record, to, to_id)
        case ("PUT", to, to_id):
            return links.put_labelled(account, asked, record, to, to_id)
        case ("DELETE", to, to_id):
            return links.remove(account, record, to, to_id)
        case _:
            raise not_found()


_BATCHES: dict[str, Callable[[Account, Ask, str], Response]] = {
    "read": reading.read_batch,
    "create": writing.create_batch,
    "update": writing.update_batch,
    "upsert": writing.upsert_batch,
    "archive": writing.archive_batch,
}
_AREAS: dict[str, Callable[[Account, Ask], Response]] = {
    "objects": _objects,
    "associations": links.associations,
    "properties": settings.properties,
    "pipelines": settings.pipelines,
    "files": files.files,
    "owners": settings.owners,
    "tax-rates": settings.tax_rates,
}


def _broken(fault: Fault, correlation: str) -> Response:
    return Refusal(fault.status, "internal error", "INTERNAL_ERROR").response(correlation)
