"""The double itself: one call in, one answer out, and a line in the log.

What is answered and refused is in the modules beside this one, each rule with the vendor's page. This one keeps the
order in which Xero looks at a call: who calls, for which organisation, how often, in which form, with which scope,
under which key, and only then what it says.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.faults import REFUSED, UNHEARD, Fault, Faults, garbled
from sandbox.wire import Call, Clock, Request, Response
from sandbox.xero import answers, routes
from sandbox.xero.books import Books
from sandbox.xero.identity import Access, Identity
from sandbox.xero.keys import Keys
from sandbox.xero.limits import Limits, refusal
from sandbox.xero.people import People
from sandbox.xero.records import Record

_LARGEST_BODY = 3_500_000


class XeroDouble:
    """One Xero organisation and the app connected to it.

    ``log`` holds every call and every person's action, append-only. ``books`` is what Xero knows; ``people`` what is
    done in its screens; ``faults``, ``limits``, ``keys`` and ``identity`` are the switches. The same clock and seed
    give the same answers.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        organisation: str = "Southern Fit-outs Pty Ltd",
        zone: str = "Australia/Sydney",
    ) -> None:
        self.clock = clock
        self.books = Books(clock(), seed=seed, name=organisation, zone=zone)
        self.identity = Identity(self.books, clock)
        self.limits = Limits(self.books.random.uniform(0, 60), self.books.random.uniform(0, 86_400))
        self.keys = Keys()
        self.faults = Faults()
        self.people = People(self)
        self.log: list[Call] = []

    # What tests read

    @property
    def tenant_id(self) -> str:
        return self.books.tenant_id

    @property
    def contacts(self) -> dict[str, Record]:
        """By id, in Xero's shape with money as ``Decimal``; so are the others."""
        return self.books.contacts

    @property
    def invoices(self) -> dict[str, Record]:
        return self.books.invoices

    @property
    def payments(self) -> dict[str, Record]:
        return self.books.payments

    @property
    def credit_notes(self) -> dict[str, Record]:
        return self.books.credit_notes

    @property
    def events(self) -> list[Record]:
        """Webhook events, oldest first, as Xero would send them."""
        return self.books.events

    def invoices_of(self, marker: str) -> list[Record]:
        """The invoices whose Url starts with the marker, oldest first."""
        return [each for each in self.invoices.values() if each.get("Url", "").startswith(marker)]

    def api_calls(self, method: str | None = None, path: str | None = None) -> list[Call]:
        """The log's calls; ``path`` is the beginning of one, with or without ``/api.xro/2.0``."""
        found = [call for call in self.log if call.actor == "api" and method in {None, call.method}]
        if path is None:
            return found
        return [call for call in found if call.path.startswith((path, routes.PREFIX.rstrip("/") + path))]

    # Switches

    @property
    def list_lag(self) -> float:
        """Seconds during which lists don't show an invoice's change; reading it by id does."""
        return self.books.list_lag.total_seconds()

    @list_lag.setter
    def list_lag(self, seconds: float) -> None:
        self.books.list_lag = timedelta(seconds=seconds)

    # The work

    def handle(self, request: Request) -> Response:
        """Answer one call."""
        now = self.arrive()
        fault = self.faults.strike(request, now)
        if fault and fault.kind == "refuse connection":
            return REFUSED
        if fault and fault.kind == "late":
            self.faults.hold(request, now, fault.delay)
            return UNHEARD
        answer = self._answer(request, now, fault)
        return replace(answer, lost=True) if fault and fault.kind == "lose answer" else answer

    def arrive(self) -> datetime:
        """Let what is under way arrive, if its time has come; the time it is now."""
        now = self.clock()
        for then, request in self.faults.arrivals(now):
            self._answer(request, then, None)
        return now

    @contextmanager
    def acting(self, action: str) -> Generator[Books]:
        """A person's action, logged once it is done."""
        now = self.arrive()
        self.books.begin(now)
        yield self.books
        self.log.append(Call(now, "person", "", action, {}, {}, b"", 0, b"", self.books.taken()))

    def _answer(self, request: Request, now: datetime, fault: Fault | None) -> Response:
        self.books.begin(now)
        answer = self._served(request, now, fault)
        if fault and fault.kind == "garble":
            answer = garbled(answer, fault)
        self.log.append(
            Call(
                now,
                "api",
                request.method,
                request.path,
                request.query,
                request.headers,
                request.body,
                answer.status,
                answer.body,
                self.books.taken(),
            )
        )
        return answer

    def _served(self, request: Request, now: datetime, fault: Fault | None) -> Response:
        if fault and fault.kind == "429":
            return refusal("day" if fault.daily else "minute", fault.retry_after, self.limits.headers())
        if fault and fault.kind == "expire token":
            self.identity.expire_access()
        if request.path.startswith(routes.PREFIX):
            answer = self._called(request, now, fault)
            return replace(answer, headers={**answer.headers, **self.limits.headers()})
        if fault and fault.kind == "500 before":
            return answers.broken(fault.status)
        answer = self._identified(request)
        return answers.broken(fault.status) if fault and fault.kind == "500 after" else answer

    def _identified(self, request: Request) -> Response:
        call = f"{request.method} {request.path}"
        if call == "POST /connect/token":
            return self.identity.token(request)
        if call == "POST /connect/revocation":
            return self.identity.revocation(request)
        if request.path == "/identity/connect/authorize":
            return self.identity.authorize(request)
        resource, _, key = request.path.lstrip("/").partition("/")
        # Xero's own Python client writes it with a capital.
        if resource.lower() != "connections":
            return answers.not_found()
        access = self.identity.admitted(request)
        if isinstance(access, Response):
            return access
        if request.method == "DELETE" and key:
            return self.identity.disconnect(key)
        return self.identity.connection_list(request) if request.method == "GET" else answers.not_offered()

    def _called(self, request: Request, now: datetime, fault: Fault | None) -> Response:
        access = self.identity.admitted(request)
        if isinstance(access, Response):
            return access
        if not self.identity.tenant_known(request, access):
            return answers.at_the_door(self.books, 403, "Forbidden", "AuthenticationUnsuccessful")
        # A call refused for its number is not counted; every other one is, a replayed one too.
        return self.limits.take(now) or self._formal(request, access, now, fault)

    def _formal(self, request: Request, access: Access, now: datetime, fault: Fault | None) -> Response:
        if len(request.body) > _LARGEST_BODY:
            return answers.too_large()
        printed = request.headers.get("accept") == "application/pdf" and routes.is_printed(request)
        if "json" not in request.headers.get("accept", "") and not printed:
            return answers.xml_only()
        work, resource, ident = routes.find(request)
        if not work:
            return answers.not_offered() if resource in routes.SCOPES else answers.not_found()
        if not access.may(request.method, routes.scopes_for(resource)):
            challenge = 'Bearer error="insufficient_scope", error_description="The token lacks the scope needed"'
            return answers.at_the_door(self.books, 401, "Unauthorized", "AuthorizationUnsuccessful", challenge)

        def done() -> Response:
            if fault and fault.kind == "500 before":
                return answers.broken(fault.status)
            answer = work(self.books, request, ident)
            return answers.broken(fault.status) if fault and fault.kind == "500 after" else answer

        return self.keys.around(request, access.token, now, done)
