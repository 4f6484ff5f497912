"""Accounts and contacts made in Salesforce by an external id of ours, so that sent twice they are there once.

https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-upsert.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors import salesforce_reading as reading
from connectors.contract import NewCustomer, Refused
from connectors.errors import OutcomeUnknown
from connectors.http import Http
from connectors.own_fields import OwnFields
from connectors.salesforce_queries import as_bytes
from domain.records import CustomerKind, CustomerRef

KEY = "Xero_Contact_Id__c"
OBJECTS: Mapping[CustomerKind, str] = {"company": "Account", "person": "Contact"}
LACKS = f"There is no field {KEY} on it that is an external id and unique, or the connection may not write it."
# Another worker made it in this moment, or holds it: the same upsert finds it next time.
_AGAIN = frozenset({"DUPLICATE_VALUE", "UNABLE_TO_LOCK_ROW"})


def values_of(new: NewCustomer, own: OwnFields) -> dict[str, str]:
    names = {"FirstName": new.first_name, "LastName": new.last_name} if new.kind == "person" else {}
    ref = CustomerRef(new.kind, new.key)
    return {**reading.values_of(new.details, OBJECTS[new.kind], ref, own), **names}


def made(
    http: Http, news: Sequence[NewCustomer], values: Sequence[Mapping[str, Any]]
) -> dict[str, CustomerRef | Refused]:
    """At most 200 of one kind, in one call; ``values`` are their fields. Whom a duplicate rule stops is refused."""
    kind = news[0].kind
    path = f"/composite/sobjects/{OBJECTS[kind]}/{KEY}"
    records = [
        {"attributes": {"type": OBJECTS[kind]}, KEY: each.key, **own} for each, own in zip(news, values, strict=True)
    ]
    body = http.write("PATCH", path, content=as_bytes({"allOrNone": False, "records": records}))
    answers = [row for row in body.get("list") or () if isinstance(row, dict)]
    if len(answers) != len(news):
        raise OutcomeUnknown("salesforce", f"PATCH {path}", "an answer without sense")
    found: dict[str, CustomerRef | Refused] = {}
    for each, answer in zip(news, answers, strict=True):
        if answer.get("success") is True:
            found[each.key] = CustomerRef(kind, str(answer.get("id")))
        elif not _AGAIN & set(reading.codes(answer)):
            found[each.key] = Refused(" ".join(reading.sentences(answer)))
    return found
