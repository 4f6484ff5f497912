"""The outbound message, which Salesforce posts to whoever wants to know of changes, and the one answer it accepts.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_notifications.htm
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST = 100
_OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ACKNOWLEDGED = (
    f'<soapenv:Envelope xmlns:soapenv="{_ENVELOPE}"><soapenv:Body>'
    f'<notificationsResponse xmlns="{_OUTBOUND}"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)


def outbound_message(events: Sequence[Mapping[str, Any]]) -> bytes:
    """The envelope for up to a hundred events; ids only, and no session id."""
    if not 0 < len(events) <= MOST:
        raise ValueError("a message carries 1 to 100 notifications")
    notifications = "".join(
        f"<Notification><Id>{event['Id']}</Id>"
        f'<sObject xsi:type="sf:{event["sObject"]["type"]}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        f"<sf:Id>{event['sObject']['Id']}</sf:Id></sObject></Notification>"
        for event in events
    )
    first = events[0]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<soapenv:Body><notifications xmlns="{_OUTBOUND}">'
        f"<OrganizationId>{first['OrganizationId']}</OrganizationId><ActionId>{first['ActionId']}</ActionId>"
        f'<SessionId xsi:nil="true"/>{notifications}</notifications></soapenv:Body></soapenv:Envelope>'
    ).encode()
