"""What goes wrong between a caller and a vendor, switched on by a test: shared by all doubles.

A double asks ``strike`` once a call and does what the fault's kind says:

=================  ================================================================================
refuse connection  nothing reaches the vendor; answer ``REFUSED``
500 before         nothing is done, ``status`` is answered
500 after          the work is done, ``status`` is answered
lose answer        the work is done, the answer never arrives
late               the request arrives ``delay`` seconds later; its answer never arrives
garble             the work is done; the answer's body is ``text``, or cut in half where that is empty
429                nothing is done; too many calls, wait ``retry_after`` seconds (``None`` says nothing)
expire token       the access tokens in use end now, then the call goes on
=================  ================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Literal

from sandbox.wire import Request, Response

Kind = Literal["refuse connection", "500 before", "500 after", "lose answer", "late", "garble", "429", "expire token"]

REFUSED = Response(0, lost=True, refused=True)
UNHEARD = Response(0, lost=True)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to go wrong. ``method`` may be ``*``; ``path`` is a glob over the whole path, without query; ``says``
    must be in the body.

    The first ``after`` calls that fit pass unharmed, the next ``times`` are struck. ``daily`` says which limit a 429
    is about.
    """

    method: str
    path: str
    kind: Kind
    times: int = 1
    after: int = 0
    delay: float = 60
    status: int = 500
    retry_after: int | None = 30
    daily: bool = False
    text: str = ""
    says: str = ""

    def fits(self, request: Request) -> bool:
        called = self.method in {"*", request.method} and fnmatchcase(request.path, self.path)
        return called and self.says.encode() in request.body


@dataclass(slots=True)
class _Armed:
    fault: Fault
    passes: int
    strikes: int


@dataclass(slots=True)
class Faults:
    """The faults waiting for their call, the requests still under way, and what was struck so far."""

    struck: list[tuple[datetime, Fault, Request]] = field(default_factory=list[tuple[datetime, Fault, Request]])
    _armed: list[_Armed] = field(default_factory=list[_Armed])
    _under_way: list[tuple[datetime, Request]] = field(default_factory=list[tuple[datetime, Request]])

    def add(self, fault: Fault) -> None:
        self._armed.append(_Armed(fault, fault.after, fault.times))

    @property
    def waiting(self) -> list[Fault]:
        """Those that have yet to strike."""
        return [armed.fault for armed in self._armed]

    @property
    def under_way(self) -> list[datetime]:
        """When the requests arrive that have yet to."""
        return [moment for moment, _ in self._under_way]

    def clear(self) -> None:
        """No further fault strikes. Requests under way still arrive."""
        self._armed.clear()

    def strike(self, request: Request, now: datetime) -> Fault | None:
        """The fault that befalls this call, if one does; the first added goes first."""
        for armed in self._armed:
            if not armed.fault.fits(request):
                continue
            if armed.passes:
                armed.passes -= 1
                continue
            armed.strikes -= 1
            if armed.strikes <= 0:
                self._armed.remove(armed)
            self.struck.append((now, armed.fault, request))
            return armed.fault
        return None

    def hold(self, request: Request, now: datetime, delay: float) -> None:
        """Let the request arrive ``delay`` seconds from now."""
        self._under_way.append((now + timedelta(seconds=delay), request))
        self._under_way.sort(key=_arrival)

    def arrivals(self, now: datetime) -> list[tuple[datetime, Request]]:
        """Take the requests that have arrived by now, oldest first, each with the moment of its arrival."""
        if not self._under_way:
            return []
        due = [each for each in self._under_way if each[0] <= now]
        self._under_way = [each for each in self._under_way if each[0] > now]
        return due


def garbled(response: Response, fault: Fault) -> Response:
    """The answer with a body that makes no sense, under status 200."""
    body = fault.text.encode() if fault.text else response.body[: len(response.body) // 2]
    return replace(response, status=200, body=body)


def _arrival(under_way: tuple[datetime, Request]) -> datetime:
    return under_way[0]
