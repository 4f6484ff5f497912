"""What the people of the organisation do in Salesforce's screens: sell, edit, win, change their minds, tidy up."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from sandbox.salesforce import files, schema
from sandbox.salesforce.checks import accepted
from sandbox.salesforce.org import PERSON, Org, Record
from sandbox.salesforce.schema import FieldDef
from sandbox.salesforce.writing import completed

ZONE = ZoneInfo("Australia/Sydney")
_KINDS = {
    "deal": "Opportunity",
    "company": "Account",
    "person": "Contact",
    "product": "Product2",
    "line": "OpportunityLineItem",
}
_PLACE = {"address": "Street", "city": "City", "state": "State", "zip": "PostalCode", "country": "Country"}
# What people say, and what Salesforce calls it; any field's own name works too.
_WORDS = {
    "Account": {
        "name": "Name",
        "phone": "Phone",
        "website": "Website",
        "domain": "Website",
        "abn": "ABN__c",
        **{word: f"Billing{name}" for word, name in _PLACE.items()},
    },
    "Contact": {
        "firstname": "FirstName",
        "lastname": "LastName",
        "email": "Email",
        "phone": "Phone",
        "mobilephone": "MobilePhone",
        "abn": "ABN__c",
        **{word: f"Mailing{name}" for word, name in _PLACE.items()},
    },
    "Opportunity": {
        "name": "Name",
        "dealname": "Name",
        "amount": "Amount",
        "closedate": "CloseDate",
        "description": "Description",
        "currency": "CurrencyIsoCode",
        "owner": "OwnerId",
    },
    "OpportunityLineItem": {
        "quantity": "Quantity",
        "price": "UnitPrice",
        "description": "Description",
        "discount_percent": "Discount",
    },
}

P = ParamSpec("P")
R = TypeVar("R")
Log = Callable[[str, bytes, bytes], None]


def _act(action: Callable[Concatenate[People, P], R]) -> Callable[Concatenate[People, P], R]:
    """An action of a person: it opens an action of the organisation, and the log keeps a line of it."""

    @functools.wraps(action)
    def acted(self: People, *args: P.args, **kwargs: P.kwargs) -> R:
        self.org.act(PERSON)
        result = action(self, *args, **kwargs)
        told = json.dumps({"args": args, "kwargs": kwargs}, default=str).encode()
        self.log(action.__name__, told, json.dumps({"result": result}, default=str).encode())
        return result

    return acted


class People:
    """Everybody with a login. Ids go in and come out as text; ``kind`` is "deal", "company", "person", … or theirs.

    Amounts may be given as text. A deal is an opportunity, a company an account, a pipeline a record type.
    """

    def __init__(self, org: Org, log: Log) -> None:
        self.org = org
        self.log = log

    @_act
    def add_company(self, name: str, **fields: Any) -> str:
        return self._create("Account", {"name": name, **fields}).id

    @_act
    def add_person(self, email: str = "", *, company: str = "", **fields: Any) -> str:
        """Nobody goes without a last name there."""
        named = {"lastname": email.partition("@")[0] or "Nobody", **fields}
        return self._create("Contact", {"email": email, "AccountId": company, **named}).id

    @_act
    def add_person_account(self, first: str, last: str, email: str = "", **fields: Any) -> str:
        """A person who is a customer without a company, where the organisation has that switched on."""
        told = _named("Account", fields)
        record = self.org.create("Account", {"FirstName": first, "LastName": last, "IsPersonAccount": True})
        self._write(record, {"PersonEmail": email, **told})
        return record.id

    @_act
    def add_product(self, name: str, code: str, price: Any, **fields: Any) -> str:
        return self._product(name, code, price, **fields)

    @_act
    def add_deal(
        self,
        name: str,
        lines: Sequence[Mapping[str, Any]] = (),
        *,
        company: str = "",
        person: str = "",
        pipeline: str = "",
        stage: str = "",
        amount: Any = None,
        **fields: Any,
    ) -> str:
        """A deal with its lines and customer. The amount is that of the lines unless there are none.

        ``pipeline`` is the label of a record type, ``stage`` a stage's; the first of the list where none is named.
        """
        at = self._stage(stage) if stage else next(self.org.live("OpportunityStage"))
        kind = {"RecordTypeId": self._record_type(pipeline).id} if pipeline else {}
        due = (self.org.clock() + timedelta(days=30)).astimezone(ZONE).date().isoformat()
        own = {"name": name, "StageName": at.values["ApiName"], "CloseDate": due, **kind, "AccountId": company}
        deal = self._create("Opportunity", {**own, **({} if amount is None else {"amount": amount}), **fields})
        if person:
            self._attach_person(deal, person, primary=True)
        self._add_lines(deal, lines)
        return deal.id

    @_act
    def move(self, deal_id: str, stage: str, pipeline: str = "") -> str:
        """To a stage; a deal that closes gets today as its close date, as people put it."""
        deal, at = self._record("Opportunity", deal_id), self._stage(stage)
        values = {"StageName": at.values["ApiName"]}
        if pipeline:
            values["RecordTypeId"] = self._record_type(pipeline).id
        if at.values["IsClosed"] and not deal.values["IsClosed"]:
            values["CloseDate"] = self.org.clock().astimezone(ZONE).date().isoformat()
        self._write(deal, values)
        return values["StageName"]

    @_act
    def edit(self, kind: str, record_id: str, **fields: Any) -> None:
        """Set fields; empty text clears one."""
        record = self._record(_kind(kind), record_id)
        self._write(record, fields)

    @_act
    def edit_line(self, line_id: str, **fields: Any) -> None:
        """A line's edit carries on to the deal's amount; one of its words alone does not touch the deal."""
        self._write(self._record("OpportunityLineItem", line_id), fields)

    @_act
    def set_lines(self, deal_id: str, lines: Sequence[Mapping[str, Any]]) -> list[str]:
        """Replace all lines of a deal; the deal's amount becomes theirs."""
        deal = self._record("Opportunity", deal_id)
        for line in self.org.children(deal, "OpportunityLineItems"):
            self.org.delete(line)
        return self._add_lines(deal, lines)

    @_act
    def attach(self, deal_id: str, kind: str, record_id: str, *, primary: bool = False) -> None:
        """A company or person to a deal; there is one company only."""
        deal = self._record("Opportunity", deal_id)
        if _kind(kind) == "Account":
            self._write(deal, {"AccountId": self._record("Account", record_id).id})
        else:
            self._attach_person(deal, record_id, primary=primary)

    @_act
    def add_file(self, deal_id: str, name: str, content: str) -> str:
        """A file on a deal."""
        told = {"PathOnClient": name, "VersionData": base64.b64encode(content.encode()).decode()}
        version = self.org.create("ContentVersion", {**told, "FirstPublishLocationId": deal_id})
        files.publish(self.org, version)
        return version.id

    @_act
    def detach(self, deal_id: str, kind: str, record_id: str) -> None:
        deal = self._record("Opportunity", deal_id)
        if _kind(kind) == "Account":
            self.org.write(deal, {"AccountId": None})
            return
        for role in self.org.children(deal, "OpportunityContactRoles"):
            if role.values["ContactId"] == record_id:
                self.org.delete(role)

    @_act
    def merge_companies(self, master: str, other: str) -> str:
        return self._merge("Account", master, other)

    @_act
    def merge_deals(self, primary: str, other: str) -> str:
        """There is no such button: people keep the one and delete the other."""
        self.org.delete(self._record("Opportunity", other))
        return self._record("Opportunity", primary).id

    @_act
    def merge_persons(self, master: str, other: str) -> str:
        return self._merge("Contact", master, other)

    @_act
    def delete(self, kind: str, record_id: str) -> None:
        """Into the recycle bin."""
        self.org.delete(self._record(_kind(kind), record_id))

    @_act
    def restore(self, kind: str, record_id: str) -> None:
        record = self.org.any(_kind(kind), record_id)
        if record is None or not record.deleted:
            raise LookupError(f"no {kind} {record_id} in the recycle bin")
        self.org.restore(record)

    @_act
    def work_on(self, record_id: str, times: int = 1) -> None:
        """A long job holds the record: the next writes to it find it locked."""
        self.org.busy[record_id] = times

    @_act
    def submit_for_approval(self, deal_id: str) -> None:
        """Nobody may edit the deal until a superior has decided."""
        self.org.in_approval.add(self._record("Opportunity", deal_id).id)

    # ── the organisation's settings ───────────────────────────────────────────────────────────────────────────

    @_act
    def set_stages(self, stages: Mapping[str, str]) -> None:
        """The organisation's one list of stages anew, each open, won or lost; the others are no longer offered."""
        for stage in list(self.org.live("OpportunityStage")):
            self.org.write(stage, {"IsActive": False, "SortOrder": 99})
        self._add_stages(stages)

    @_act
    def add_pipeline(self, label: str, stages: Mapping[str, str]) -> str:
        """A record type, and those of its stages that the organisation hasn't got."""
        self.org.features.add("recordtypes")
        self._add_stages(stages)
        named = {"Name": label, "DeveloperName": label.replace(" ", "_"), "SobjectType": "Opportunity"}
        return self.org.create("RecordType", {**named, "IsActive": True}).id

    @_act
    def rename_stage(self, stage: str, label: str) -> None:
        """Deals keep the stage's own name, which is not its label."""
        self.org.write(self._stage(stage), {"MasterLabel": label})

    @_act
    def require_at(self, stage: str, *names: str) -> None:
        """Make fields a condition of a stage; none lifts the rule."""
        self.org.required_at[self._stage(stage).values["ApiName"]] = names

    @_act
    def add_duplicate_rule(self, kind: str, name: str, *, blocks: bool = True) -> None:
        """Two records with the same value of a field are refused, or merely warned of."""
        self.org.duplicate_rules.append((_kind(kind), name, blocks))

    @_act
    def add_field(
        self, kind: str, name: str, type_: str = "string(255)", *, key: bool = False, suffix: str = "__c"
    ) -> str:
        """A field of one's own; ``key`` makes it an external id that is unique. Its name."""
        made = schema.field(f"{name.removesuffix(suffix)}{suffix} {type_}")
        if key:
            made = FieldDef(made.name, made.type, made.length, external_id=True, unique=True)
        self.org.fields[_kind(kind)][made.name] = made
        return made.name

    @_act
    def hide(self, kind: str, name: str = "") -> None:
        """Take a field, or an object whole, from the integration's permission set."""
        self.org.hidden.add((_kind(kind), name))

    @_act
    def show(self, kind: str, name: str = "") -> None:
        self.org.hidden.discard((_kind(kind), name))

    @_act
    def enable_person_accounts(self) -> None:
        self.org.features.add("person")

    @_act
    def enable_currencies(self, *codes: str) -> None:
        """Several currencies, the first of them the organisation's own, which records have had so far."""
        self.org.features.add("currencies")
        self.org.currencies = list(codes)
        for kind in ("Account", "Contact", "Opportunity", "PricebookEntry"):
            for record in self.org.records[kind].values():
                self.org.write(record, {"CurrencyIsoCode": codes[0]})

    @_act
    def add_owner(self, email: str, first_name: str, last_name: str) -> str:
        named = {"FirstName": first_name, "LastName": last_name, "Name": f"{first_name} {last_name}"}
        return self.org.create("User", {"Username": email, "Email": email, **named}).id

    # ── how ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _create(self, kind: str, told: Mapping[str, Any]) -> Record:
        values = accepted(self.org, kind, self._typed(kind, told), by_person=True)
        kept = {name: value for name, value in values.items() if value is not None}
        return self.org.create(kind, completed(self.org, kind, kept))

    def _write(self, record: Record, told: Mapping[str, Any]) -> None:
        values = accepted(self.org, record.kind, self._typed(record.kind, told), record, by_person=True)
        self.org.write(record, values)

    def _typed(self, kind: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Numbers that were given as text, as numbers."""
        fields = self.org.visible(kind, to_all=True)
        return {
            name: Decimal(str(value))
            if value not in {None, ""} and name in fields and fields[name].type in {"currency", "double", "percent"}
            else value
            for name, value in _named(kind, told).items()
        }

    def _record(self, kind: str, record_id: str) -> Record:
        record = self.org.get(kind, record_id)
        if record is None:
            raise LookupError(f"no {kind} {record_id}")
        return record

    def _merge(self, kind: str, master: str, other: str) -> str:
        kept = self._record(kind, master)
        self.org.merge(kept, self._record(kind, other))
        return kept.id

    def _stage(self, name: str) -> Record:
        for stage in self.org.live("OpportunityStage"):
            labels = {str(stage.values[word]).lower() for word in ("ApiName", "MasterLabel")}
            if stage.values["IsActive"] and name.lower() in labels:
                return stage
        raise LookupError(f"no stage {name!r}")

    def _add_stages(self, stages: Mapping[str, str]) -> None:
        known = [stage for stage in self.org.live("OpportunityStage") if stage.values["IsActive"]]
        names = {str(stage.values["ApiName"]).lower() for stage in known}
        for order, (label, how) in enumerate(stages.items(), start=len(known) + 1):
            if label.lower() not in names:
                self.org.add_stage(label, how, order)

    def _record_type(self, label: str) -> Record:
        for record in self.org.live("RecordType"):
            if label in {record.id, record.values["Name"]}:
                return record
        raise LookupError(f"no record type {label!r}")

    def _attach_person(self, deal: Record, person: str, *, primary: bool) -> None:
        for role in self.org.children(deal, "OpportunityContactRoles") if primary else ():
            self.org.write(role, {"IsPrimary": False})
        told = {"OpportunityId": deal.id, "ContactId": self._record("Contact", person).id, "IsPrimary": primary}
        self._create("OpportunityContactRole", told)

    def _add_lines(self, deal: Record, lines: Sequence[Mapping[str, Any]]) -> list[str]:
        return [self._add_line(deal, line).id for line in lines]

    def _add_line(self, deal: Record, line: Mapping[str, Any]) -> Record:
        """A line of a product by its code or id; one that isn't sold yet becomes a product first."""
        given = {"quantity": 1, **line}
        name, code = str(given.pop("name", "")), str(given.pop("product", "") or given.pop("sku", ""))
        product = (
            self._sold(code) or (self.org.records["Product2"][self._product(name or code, code, given.get("price", 0))])
        )
        entry = next(e for e in self.org.live("PricebookEntry") if e.values["Product2Id"] == product.id)
        price = Decimal(str(given.get("price", entry.values["UnitPrice"])))
        # A discount in money is for one unit, and simply a lower price.
        given["price"] = price - Decimal(str(given.pop("discount", 0)))
        frequency = given.pop("frequency", "")
        record = self._create("OpportunityLineItem", {"OpportunityId": deal.id, "PricebookEntryId": entry.id, **given})
        if frequency:
            self.org.write(record, {"HasRevenueSchedule": True})
        return record

    def _sold(self, code: str) -> Record | None:
        products = self.org.live("Product2")
        return next((p for p in products if code and code in {p.id, p.values.get("ProductCode")}), None)

    def _product(self, name: str, code: str, price: Any, **fields: Any) -> str:
        told = {"Name": name or "Something", "ProductCode": code, "IsActive": True, **fields}
        product = self._create("Product2", told)
        book = next(iter(self.org.records["Pricebook2"]))
        entry = {"Pricebook2Id": book, "Product2Id": product.id, "UnitPrice": price, "IsActive": True}
        self._create("PricebookEntry", entry)
        return product.id


def _kind(kind: str) -> str:
    found = _KINDS.get(kind, kind)
    if found not in schema.PREFIXES:
        raise LookupError(f"no object {kind!r}")
    return found


def _named(kind: str, told: Mapping[str, Any]) -> dict[str, Any]:
    words = _WORDS.get(kind, {})
    return {words.get(name, name): value for name, value in told.items()}
