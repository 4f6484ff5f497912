"""Salesforce's outbound messages: SOAP, acknowledged in SOAP.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_notifications.htm
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat

from desk.hooks.delivery import Answer, Delivery, Key, News, Told, Unreadable, Vendor
from desk.hooks.reading import DEEPEST, ident

_OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
_SOBJECT = f"{_OUTBOUND} sObject"
_TYPE = "http://www.w3.org/2001/XMLSchema-instance type"
LONGEST = 256
"""Characters of an id or name; the longest of Salesforce's are a third of that."""

# Anything else, also "false", is delivered again for a day.
ACK = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    f'<notificationsResponse xmlns="{_OUTBOUND}"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
).encode()


def signed(delivery: Delivery, key: Key) -> bool:
    """Nothing is signed, and the session id is empty since February 2026: the organisation must be the one we know.

    The address is the secret. https://help.salesforce.com/s/articleView?id=005232763
    """
    try:
        told = _message(delivery.body).organisation
    except Unreadable:
        return False
    return hmac.compare_digest(short(told).encode(), short(key[0]).encode())


def short(organisation: str) -> str:
    """An id of 18 characters without its three check characters."""
    return organisation[:15] if len(organisation) == 18 else organisation


def read(body: bytes) -> News:
    """The opportunities that changed, up to a hundred a message."""
    message = _message(body)
    account = ident(short(message.organisation))
    return News(tuple(Told(account, "deals", deal) for kind, deal in message.records for deal in _deals(kind, deal)))


def _deals(kind: str, record: str) -> list[str]:
    match kind:
        case "Opportunity":
            return [ident(record)]
        case "OpportunityLineItem":
            return [""]
        case _:
            return []


@dataclass(slots=True)
class _Message:
    """What is read of a message while it is parsed; ``path`` is where the parser stands."""

    organisation: str = ""
    records: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    path: list[str] = field(default_factory=list[str])
    text: str = ""
    kind: str = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.path.append(name)
        if len(self.path) > DEEPEST:
            raise Unreadable("nested too deeply")
        self.text = ""
        if name == _SOBJECT:
            self.kind = attributes.get(_TYPE, "").rpartition(":")[2]

    def end(self, name: str) -> None:
        if name == f"{_OUTBOUND} OrganizationId":
            self.organisation = self.text.strip()
        elif name.endswith(" Id") and self.path[-2:-1] == [_SOBJECT]:
            self.records.append((self.kind, self.text.strip()))
        self.path.pop()
        self.text = ""

    def data(self, text: str) -> None:
        self.text = (self.text + text)[:LONGEST]


def _message(body: bytes) -> _Message:
    """The message in the body. Raises ``Unreadable``: what declares a document type is not read any further."""
    message = _Message()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = message.start
    parser.EndElementHandler = message.end
    parser.CharacterDataHandler = message.data
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.UnparsedEntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    try:
        # Handed in as text: the encoding is ours to say, not the document's.
        parser.Parse(body.decode(), True)  # noqa: FBT003 - the last piece
    except (expat.ExpatError, UnicodeDecodeError):
        raise Unreadable("not XML") from None
    if not message.organisation:
        raise Unreadable("no organisation")
    return message


def _refuse(*_declared: Any) -> NoReturn:
    raise Unreadable("declares a document type")


SALESFORCE = Vendor(
    secrets=(),
    signed=signed,
    read=read,
    account=short,
    accepted=Answer(200, ACK, {"Content-Type": "text/xml; charset=utf-8"}),
)
