"""The Australian Business Register's free web service: whether an ABN still stands, and since when it has GST.

https://abr.business.gov.au/json/
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.errors import NotConnected, Unavailable
from connectors.wire import TooLarge, Wire
from domain.records import Day
from domain.register import Standing

SYSTEM = "abn lookup"
CALL = "GET /json/AbnDetails.aspx"
_CALLBACK = re.compile(r"^\s*callback\((.*)\)\s*;?\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AbnLookup:
    """The register, asked in the name of one registered user; the GUID is a secret that travels in the address."""

    wire: Wire
    guid: str

    def standing(self, abn: str, today: Day) -> Standing:
        """What the register says of an ABN; one that it doesn't know has no status.

        Raises ``Unavailable``, and ``NotConnected`` where it does not know the GUID.
        """
        asked = {"abn": abn, "callback": "callback", "guid": self.guid}
        try:
            heard = self.wire.send("GET", "/json/AbnDetails.aspx", params=asked)
        except (httpx.RequestError, TooLarge) as trouble:
            raise Unavailable(SYSTEM, CALL, f"can't be reached ({type(trouble).__name__})") from None
        body = _body(heard.body.decode(errors="replace")) if heard.status == 200 else None
        if body is None:
            raise Unavailable(SYSTEM, CALL, f"an answer without sense ({heard.status})")
        # Every trouble comes as a sentence in an answer of status 200.
        message = str(body.get("Message") or "")
        if "guid" in message.lower() or "not registered" in message.lower():
            raise NotConnected(SYSTEM, CALL, "the register does not know the GUID")
        status = str(body.get("AbnStatus") or "")
        return Standing(abn, status, str(body.get("AbnStatusEffectiveFrom") or ""), str(body.get("Gst") or ""), today)


def _body(text: str) -> dict[str, Any] | None:
    found = _CALLBACK.match(text)
    try:
        body = json.loads(found[1]) if found else None
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
