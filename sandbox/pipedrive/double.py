"""Pipedrive as a function from request to response, with a log of everything that happened to it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.faults import REFUSED, UNHEARD, Fault, Faults, garbled
from sandbox.pipedrive import files, lines, notes, reading, settings, webhooks, writing
from sandbox.pipedrive.access import Access, too_many
from sandbox.pipedrive.account import COMPANY, FIELDED, ROBOT, Account, Row, Switches
from sandbox.pipedrive.answers import Refusal, not_found
from sandbox.pipedrive.asked import Ask, ask
from sandbox.pipedrive.people import People
from sandbox.wire import Call, Clock, Request, Response


class PipedriveDouble:
    """One Pipedrive company. ``people`` work in its screens, ``switches`` and ``limits`` say how it behaves.

    ``log`` grows by one line for each call that reached it and each action of a person; ``events`` by one for each
    webhook event it would send. A copy (``copy.deepcopy``) goes its own way.
    """

    def __init__(self, clock: Clock, *, seed: int = 0) -> None:
        self._account = Account(clock, seed)
        self._access = Access(self._account.rng)
        self._mail = webhooks.Mail()
        self.log: list[Call] = []
        self.faults = Faults()
        self.people = People(self._account, self._person_acted)

    def __deepcopy__(self, memo: dict[int, Any]) -> PipedriveDouble:
        """What has happened never changes, so a copy shares the lines of log and events, not the lists."""
        memo[id(self.log)] = list(self.log)
        memo[id(self._account.events)] = list(self._account.events)
        memo[id(self)] = twin = object.__new__(PipedriveDouble)
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    @property
    def company(self) -> str:
        """The first word of its address."""
        return COMPANY

    @property
    def switches(self) -> Switches:
        return self._account.switches

    @property
    def access(self) -> Access:
        """Tokens, limits, and what is spent of today's budget."""
        return self._access

    @property
    def account(self) -> Account:
        """Records and settings; to be read, not written."""
        return self._account

    @property
    def events(self) -> list[dict[str, Any]]:
        """What its webhooks would tell, oldest first."""
        return self._account.events

    def deal(self, deal_id: str) -> Row:
        """A deal by id, deleted or not."""
        return self._account.rows["deals"][int(deal_id)]

    def own(self, deal_id: str) -> dict[str, Any]:
        """The values of a deal's custom fields by the names people see."""
        names = {field["field_code"]: field["field_name"] for field in self._account.own_fields("deals")}
        return {names[code]: value for code, value in self.deal(deal_id)["custom_fields"].items()}

    def stage(self, deal_id: str) -> str:
        """The label of the stage where a deal stands."""
        return self._account.rows["stages"][self.deal(deal_id)["stage_id"]]["name"]

    def deliver(self, post: webhooks.Post) -> int:
        """Send the webhooks that are due by now."""
        return webhooks.deliver(self._account, self._mail, post)

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
                return self._logged(request, _throttled(fault))
            case "500 before":
                return self._logged(request, Refusal(fault.status, "Internal server error").response())
            case "500 after":
                self._serve(request)
                return Refusal(fault.status, "Internal server error").response()
            case "lose answer":
                return replace(self._serve(request), lost=True)
            case "garble":
                return garbled(self._serve(request), fault)

    def _serve(self, request: Request) -> Response:
        self._account.act("api", ROBOT)
        headers: dict[str, str] = {}
        try:
            asked = ask(request)
            if asked.version == "oauth":
                response = self._token(asked)
            else:
                headers = self._access.admit(asked, self._account.now())
                response = _answer(self._account, asked)
        except Refusal as refusal:
            response = refusal.response()
        return self._logged(request, replace(response, headers={**headers, **response.headers}))

    def _token(self, asked: Ask) -> Response:
        if asked.parts == ("authorize",):
            return self._access.page.page(asked.request, self._account.now())
        if (asked.method, asked.parts) != ("POST", ("token",)):
            raise not_found()
        return self._access.token(asked, self._account.now())

    def _logged(self, request: Request, response: Response) -> Response:
        self._write_log("api", request, response.status, response.body)
        return response

    def _person_acted(self, action: str, told: bytes, result: bytes) -> None:
        self._write_log("person", Request("", action.replace("_", " "), {}, {}, told), 0, result)

    def _write_log(self, actor: str, request: Request, status: int, answer: bytes) -> None:
        changes = tuple(self._account.changes)
        self._account.changes = []
        sent = (request.method, request.path, request.query, request.headers, request.body)
        self.log.append(Call(self._account.now(), actor, *sent, status, answer, changes))


def _answer(account: Account, asked: Ask) -> Response:
    match (asked.version, *asked.parts):
        case ("v2", "deals", *rest):
            return _deals(account, asked, tuple(rest))
        case ("v2", kind, *rest) if kind in FIELDED:
            return _records(account, asked, kind, tuple(rest))
        case ("v2", kind, *rest) if kind in settings.FIELD_KINDS:
            return settings.fields(account, asked, settings.FIELD_KINDS[kind], tuple(rest))
        case ("v2", "pipelines" | "stages" as kind, *rest):
            return settings.boards(account, asked, kind, tuple(rest))
        case ("v1", area, *rest) if area in _VERSION_1:
            return _VERSION_1[area](account, asked, tuple(rest))
        case ("v1", "currencies") if asked.method == "GET":
            return settings.currencies(account)
        case ("v1", "deals", deal_id, "files") if asked.method == "GET":
            return files.of_deal(account, asked, deal_id)
        case ("v1", "deals", deal_id, "merge") if asked.method == "PUT":
            return writing.merge_deals(account, asked, deal_id)
        case _:
            raise not_found()


def _deals(account: Account, asked: Ask, rest: tuple[str, ...]) -> Response:
    match (asked.method, *rest):
        case ("GET", "archived"):
            return reading.read_list(account, asked, "deals", archived=True)
        case ("GET", "products"):
            return lines.of_deals(account, asked, "deal_products")
        case ("GET", "installments"):
            return lines.of_deals(account, asked, "installments")
        case (method, deal_id, "products", *more):
            return lines.products(account, asked, deal_id, (method, *more))
        case (method, deal_id, "discounts", *more):
            return lines.discounts(account, asked, deal_id, (method, *more))
        case (method, deal_id, "installments", *more):
            return lines.instalments(account, asked, deal_id, (method, *more))
        case _:
            return _records(account, asked, "deals", rest)


def _records(account: Account, asked: Ask, kind: str, rest: tuple[str, ...]) -> Response:
    match (asked.method, *rest):
        case ("GET",):
            return reading.read_list(account, asked, kind)
        case ("GET", record_id):
            return reading.read_one(account, asked, kind, record_id)
        case ("POST",):
            return writing.create(account, asked, kind)
        case ("PATCH", record_id):
            return writing.update(account, asked, kind, record_id)
        case ("DELETE", record_id):
            return writing.delete(account, kind, record_id)
        case _:
            raise not_found()


_VERSION_1: dict[str, Callable[[Account, Ask, tuple[str, ...]], Response]] = {
    "files": files.files,
    "notes": notes.notes,
    "webhooks": webhooks.webhooks,
    "users": settings.users,
}


def _throttled(fault: Fault) -> Response:
    """A spent budget says nothing but that the burst has calls left."""
    seconds = {} if fault.retry_after is None else {"x-ratelimit-reset": str(fault.retry_after)}
    left = "17" if fault.daily else "0"
    return too_many({"x-ratelimit-limit": "20", "x-ratelimit-remaining": left, **seconds}).response()
