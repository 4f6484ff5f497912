"""A double of ABN Lookup's JSON service: every trouble is a sentence in an answer of status 200.

https://abr.business.gov.au/json/
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sandbox.faults import Faults
from sandbox.wire import Call, Clock, Request, Response

GUID = "00000000-aaaa-4bbb-8ccc-0123456789ab"
NO_GUID = "The GUID entered is not recognised as a Registered Party"
NO_ABN = "Search text is not a valid ABN or ACN"


class AbrDouble:
    """A register of a few invented businesses; any other sound ABN is unknown to it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.faults = Faults()
        self.log: list[Call] = []
        self.entries: dict[str, dict[str, Any]] = {}

    def register(
        self, abn: str, *, status: str = "Active", since: str = "2010-07-01", gst: str | None = "2010-07-01"
    ) -> None:
        """Enter a business, or change its entry."""
        own = {"AbnStatus": status, "AbnStatusEffectiveFrom": since, "Gst": gst, "EntityTypeCode": "PRV"}
        place = {"AddressState": "NSW", "AddressPostcode": "2000", "EntityName": "INVENTED"}
        self.entries["".join(abn.split())] = {**own, **place}

    def handle(self, request: Request) -> Response:
        """Answer a call to ``/json/AbnDetails.aspx``."""
        fault = self.faults.strike(request, self._clock())
        if fault is not None:
            return Response(503, b"Service unavailable", lost=fault.kind == "lose answer")
        body = json.dumps(self._answer(request), default=date.isoformat)
        answer = f"{request.query.get('callback', 'callback')}({body})".encode()
        self.log.append(
            Call(self._clock(), "api", request.method, request.path, request.query, request.headers, b"", 200, answer)
        )
        return Response(200, answer, {"Content-Type": "text/javascript; charset=utf-8"})

    def _answer(self, request: Request) -> dict[str, Any]:
        abn = request.query.get("abn", "")
        nothing = {"Abn": "", "AbnStatus": "", "AbnStatusEffectiveFrom": "", "Gst": None, "BusinessName": []}
        if request.query.get("guid") != GUID:
            return {**nothing, "Message": NO_GUID}
        if abn not in self.entries:
            return {**nothing, "Message": NO_ABN}
        return {**nothing, "Abn": abn, **self.entries[abn], "Message": ""}
