"""Writing records one at a time: by id, or by an external id of the caller's choosing.

https://developer.salesforce.com/docs/platform/api-rest/guide/using-resources-working-with-records.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from sandbox.salesforce import schema
from sandbox.salesforce.answers import DATA, Refusal, answer, not_found, nothing
from sandbox.salesforce.checks import accepted
from sandbox.salesforce.org import Org, Record, invalid_field
from sandbox.salesforce.query import attributes, shown
from sandbox.wire import Response

Headers = Mapping[str, str]


def known(org: Org, name: str) -> str:
    """An object by its name; raises ``Refusal`` for one that isn't there or not to be seen."""
    for kind in schema.PREFIXES:
        if kind.lower() == name.lower() and (kind, "") not in org.hidden:
            return kind
    raise not_found()


def located(org: Org, kind: str, record_id: str) -> Record:
    """A live record to read or write."""
    record = org.any(kind, record_id)
    if record is None or org.seen(record) is None:
        raise Refusal(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Id")
    if record.deleted:
        raise Refusal(404, "ENTITY_IS_DELETED", "entity is deleted")
    return record


def read(org: Org, kind: str, record: Record, names: str) -> dict[str, Any]:
    """A record with these fields, or with all of them."""
    fields = org.visible(kind)
    wanted = [name for name in names.split(",") if name] or list(fields)
    unknown = next((name for name in wanted if name not in fields), None)
    if unknown:
        raise invalid_field(kind, unknown)
    values = org.seen(record) or {}
    shown_ = {name: shown(values.get(name), fields[name]) for name in wanted}
    return {"attributes": attributes(kind, record.id), **shown_}


def create(org: Org, kind: str, values: Mapping[str, Any], headers: Headers) -> Record:
    """Everything is looked at before anything is done."""
    kept = {name: value for name, value in values.items() if name != "attributes"}
    taken = {name: value for name, value in accepted(org, kind, kept).items() if value is not None}
    _duplicates(org, kind, taken, None, headers)
    return org.create(kind, completed(org, kind, taken))


def completed(org: Org, kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a new record has without being told."""
    more: dict[str, Any] = {}
    if kind in {"Account", "Contact", "Opportunity"} and "OwnerId" not in values:
        more["OwnerId"] = next(iter(org.records["User"]))
    if kind == "Opportunity" and "currencies" in org.features and "CurrencyIsoCode" not in values:
        more["CurrencyIsoCode"] = org.currencies[0]
    if kind == "OpportunityLineItem":
        more |= _line(org, values)
    return {**more, **values}


def _line(org: Org, values: Mapping[str, Any]) -> dict[str, Any]:
    """A line takes its product and price from the price book; its place is behind the others."""
    entry = org.get("PricebookEntry", values.get("PricebookEntryId"))
    product = values.get("Product2Id")
    if entry is None and product:
        entries = org.live("PricebookEntry")
        entry = next((each for each in entries if each.values["Product2Id"] == product), None)
    if entry is None:
        message = "field integrity exception: PricebookEntryId (pricebook entry is in a different pricebook)"
        raise Refusal(400, "FIELD_INTEGRITY_EXCEPTION", message, "PricebookEntryId")
    deal = org.records["Opportunity"][values["OpportunityId"]]
    price = entry.values["UnitPrice"]
    if "TotalPrice" in values:
        price = Decimal(values["TotalPrice"]) / values["Quantity"]
    return {
        "PricebookEntryId": entry.id,
        "Product2Id": entry.values["Product2Id"],
        "UnitPrice": price,
        "SortOrder": len(org.children(deal, "OpportunityLineItems")) + 1,
    }


def update(org: Org, record: Record, values: Mapping[str, Any], headers: Headers) -> None:
    """Raises ``Refusal`` where others hold the record, a rule objects, or it changed since the caller looked."""
    unchanged_since = headers.get("if-unmodified-since")
    if unchanged_since and record.values["LastModifiedDate"] > _http_date(unchanged_since):
        raise Refusal(412, "PRECONDITION_FAILED", "A condition of the request was not met")
    hold(org, record)
    kept = {name: value for name, value in values.items() if name not in {"attributes", "id", "Id"}}
    taken = accepted(org, record.kind, kept, record)
    _duplicates(org, record.kind, taken, record, headers)
    org.write(record, taken)


def hold(org: Org, record: Record) -> None:
    """Take the record for oneself; it may be in other hands, or wait for a superior's approval."""
    if org.busy.get(record.id, 0) > 0:
        org.busy[record.id] -= 1
        message = f"unable to obtain exclusive access to this record or 1 records: {record.id}"
        raise Refusal(400, "UNABLE_TO_LOCK_ROW", message)
    if record.id in org.in_approval:
        raise Refusal(400, "ENTITY_IS_LOCKED", "Entity is locked for editing")


def delete(org: Org, record: Record) -> Response:
    hold(org, record)
    org.delete(record)
    return nothing()


def upsert(
    org: Org, kind: str, name: str, value: str, values: Mapping[str, Any], headers: Headers, *, only_update: bool
) -> tuple[Record, bool]:
    """By the caller's own key: the record, and whether it is new. Several with that key are a refusal.

    https://developer.salesforce.com/docs/platform/api-rest/guide/dome-upsert.html
    """
    record = by_key(org, kind, name, value)
    if record is None and only_update:
        raise not_found()
    if name in values:
        message = f"The {name} field should not be specified in the sobject data."
        raise Refusal(400, "INVALID_FIELD", message, name)
    if record is None:
        return create(org, kind, {**values, name: value}, headers), True
    update(org, record, values, headers)
    return record, False


def by_key(org: Org, kind: str, name: str, value: str) -> Record | None:
    """The live record with this value of an external id."""
    if name == "Id":
        return located(org, kind, value)
    field = org.visible(kind).get(name)
    if field is None or not field.external_id:
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        raise Refusal(404, "NOT_FOUND", message)
    found = [record for record in org.live(kind) if record.values.get(name) == value]
    if len(found) > 1:
        raise Several([f"{DATA}/sobjects/{kind}/{record.id}" for record in found])
    return found[0] if found else None


class Several(Refusal):
    """More than one record has the key."""

    def __init__(self, urls: list[str]) -> None:
        self.urls = urls
        super().__init__(300, "DUPLICATE_EXTERNAL_ID", "Duplicate external id specified")

    def response(self) -> Response:
        return answer(self.urls, 300)


def _duplicates(org: Org, kind: str, taken: Mapping[str, Any], record: Record | None, headers: Headers) -> None:
    """A rule that alerts may be passed over, one that blocks may not; the key of the details is misspelt by them.

    https://developer.salesforce.com/docs/platform/api-rest/guide/headers-duplicaterules.html
    """
    allowed = "allowsave=true" in headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower()
    for ruled, name, blocks in org.duplicate_rules:
        value = taken.get(name)
        if ruled != kind or not value or (allowed and not blocks):
            continue
        same = [r for r in org.live(kind) if r is not record and str(r.values.get(name, "")).lower() == value.lower()]
        if same:
            matches = [{"record": {"attributes": attributes(kind, r.id), "Id": r.id}} for r in same]
            details = {"allowSave": not blocks, "matchResults": [{"entityType": kind, "matchRecords": matches}]}
            message = "You're creating a duplicate record. We recommend you use an existing record instead."
            raise Refusal(400, "DUPLICATES_DETECTED", message, duplicateResut=details)


def _http_date(text: str) -> datetime:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        raise Refusal(400, "INVALID_HEADER", "The date of a condition makes no sense") from None
