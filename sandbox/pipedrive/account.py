"""The account itself: its records, settings and what happened to them, whoever did it."""

from __future__ import annotations

import copy
import random
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.pipedrive import figures, schema, shapes
from sandbox.pipedrive.answers import iso
from sandbox.wire import Clock

COMPANY = "harbourline"
COMPANY_ID = 13_264_518
ROBOT = 23_110_001
"""The user whose API token the integration has."""
SELLER = ROBOT + 1
"""Whoever is at work in the screens."""

Row = dict[str, Any]
Change = tuple[str, str, Any, Any]

# Kinds of which webhooks tell, by the guide of version 2; a list of objects in the OpenAPI file lags behind it.
# https://pipedrive.readme.io/docs/guide-for-webhooks-v2
ENTITIES = {
    "deals": "deal",
    "persons": "person",
    "organizations": "organization",
    "products": "product",
    "deal_products": "deal_product",
    "installments": "deal_installment",
    "notes": "note",
    "pipelines": "pipeline",
    "stages": "stage",
    "users": "user",
}
KINDS = (*ENTITIES, "discounts", "webhooks")
FIELDED = tuple(schema.SINGULAR)


@dataclass(slots=True)
class Switches:
    """How this account behaves where Pipedrive's accounts differ, or where nobody outside knows."""

    line_edit_touches_deal: bool = True
    """Whether editing a product on a deal moves the deal's ``update_time``: Pipedrive's pages don't say."""
    sum_holds_the_tax: bool = True
    """Whether the sum of a line whose tax is exclusive has the tax on top."""
    discount_is_for_one_unit: bool = False
    """Whether a line's discount in money is taken off every unit, or once."""
    plan_has_instalments: bool = True
    """Growth and above: https://developers.pipedrive.com/docs/api/v1/DealInstallments."""
    default_tax_method: str = "exclusive"
    most_own_fields: int = 100
    required_on_stage: dict[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    """Stage id → keys of fields without which no deal gets there."""


class Account:
    """Everything Pipedrive keeps for one company. ``act`` opens an action; its ``changes`` are what it did."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self.clock = clock
        self.rng = random.Random(seed)
        self.switches = Switches()
        self.zone = ZoneInfo("Australia/Sydney")
        self.rows: dict[str, dict[Any, Row]] = {kind: {} for kind in KINDS}
        self.fields = {kind: _built_in(kind) for kind in FIELDED}
        self.files: list[Row] = []
        self.contents: dict[int, bytes] = {}
        self.currencies = ["AUD", "USD", "NZD", "EUR"]
        self.events: list[dict[str, Any]] = []
        self.changes: list[Change] = []
        self._next_id = {kind: 100 * self.rng.randrange(1, 90) for kind in KINDS}
        self._actor = ("app", ROBOT)
        self._settle_in()

    def _settle_in(self) -> None:
        """What every account begins with: our user and another, a pipeline with its stages."""
        self.add_user("Wonbooks", "wonbooks@harbourline.example")
        self.add_user("Sam Seller", "sam@harbourline.example")
        pipeline = self.create("pipelines", {"name": "Pipeline", "order_nr": 1})
        for order, name in enumerate(("Qualified", "Contact Made", "Proposal Made", "Negotiations Started"), 1):
            self.create("stages", {"name": name, "pipeline_id": pipeline["id"], "order_nr": order})
        self.events.clear()
        self.changes.clear()

    def now(self) -> datetime:
        return self.clock()

    def act(self, change_source: str, user: int) -> None:
        """Open an action: "api" or "app", and the user behind it."""
        self._actor = (change_source, user)
        self.changes = []

    # ── records ──

    def get(self, kind: str, record_id: Any) -> Row | None:
        """A record that is not deleted."""
        row = self.rows[kind].get(record_id)
        return None if row is None or row.get("is_deleted") else row

    def all(self, kind: str, **wanted: Any) -> Iterator[Row]:
        """The records that are not deleted and have these values."""
        for row in self.rows[kind].values():
            if not row.get("is_deleted") and all(row.get(name) == value for name, value in wanted.items()):
                yield row

    def create(self, kind: str, values: Mapping[str, Any]) -> Row:
        """A record; its custom fields stand under ``custom_fields`` by key."""
        record_id: Any = str(uuid.UUID(int=self.rng.getrandbits(128), version=4)) if kind == "discounts" else 0
        if not record_id:
            self._next_id[kind] += 1
            record_id = self._next_id[kind]
        now = iso(self.now())
        row: Row = {"id": record_id, "add_time": now, "update_time": now, **self._born(kind), **values}
        self.rows[kind][record_id] = row
        if kind == "deals":
            self._follow_status(row, {}, values)
        self.changes.append((kind, str(record_id), None, copy.deepcopy(row)))
        self._event(kind, row, "create", None)
        return row

    def write(self, kind: str, row: Row, values: Mapping[str, Any]) -> None:
        """Set values; what stays the same moves no date and tells no event."""
        before = copy.deepcopy(row)
        row.update({name: value for name, value in values.items() if name != "custom_fields"})
        if own := values.get("custom_fields"):
            row["custom_fields"] = _filled({**row["custom_fields"], **own})
        if kind == "deals":
            self._follow_status(row, before, values)
        previous = {name: value for name, value in before.items() if row.get(name) != value}
        if not previous:
            return
        row["update_time"] = iso(self.now())
        self.changes.append((kind, str(row["id"]), before, copy.deepcopy(row)))
        self._event(kind, row, "change", previous)

    def remove(self, kind: str, row: Row, **meta: Any) -> None:
        """Deleted. Records with fields are kept, marked so; a deal can be seen for 30 more days."""
        before = copy.deepcopy(row)
        if kind in FIELDED:
            row["is_deleted"] = True
            row["update_time"] = iso(self.now())
            if kind == "deals":
                row["status"] = "deleted"
        else:
            del self.rows[kind][row["id"]]
        self.changes.append((kind, str(row["id"]), before, None))
        self._event(kind, row, "delete", before, **meta)

    def merge(self, kind: str, survivor: Row, other: Row) -> None:
        """The survivor keeps its id and values and takes from the other what it lacks; the other is deleted.

        https://pipedrive.readme.io/docs/guide-for-webhooks-v2
        """
        taken = {name: value for name, value in other.items() if value and not survivor.get(name)}
        own = {**_filled(other.get("custom_fields", {})), **_filled(survivor.get("custom_fields", {}))}
        kept = {n: v for n, v in taken.items() if n not in {"id", "is_deleted", "custom_fields"}}
        for name, moved in shapes.HANGING.get(kind, ()):
            for row in list(self.all(moved, **{name: other["id"]})):
                self.write(moved, row, {name: survivor["id"]})
        self.write(kind, survivor, {**kept, "custom_fields": own})
        if self.events and self.events[-1]["meta"]["entity_id"] == str(survivor["id"]):
            self.events[-1]["meta"]["merged_from_id"] = str(other["id"])
        self.remove(kind, other, merged_to_id=str(survivor["id"]))
        if kind == "deals":
            self.sum_up(survivor)

    def _born(self, kind: str) -> Row:
        owner = {"owner_id": ROBOT} if kind in FIELDED else {}
        stage = {"stage_id": next(self.stages())["id"]} if kind == "deals" else {}
        return {**copy.deepcopy(shapes.BORN.get(kind, {})), **owner, **stage}

    def _follow_status(self, deal: Row, before: Row, values: Mapping[str, Any]) -> None:
        """Stage sets pipeline; status sets its times. Neither sets the other: they are independent."""
        now, today = iso(self.now()), self.now().astimezone(self.zone).date().isoformat()
        deal["pipeline_id"] = self.rows["stages"][deal["stage_id"]]["pipeline_id"]
        if before and before["stage_id"] != deal["stage_id"]:
            deal["stage_change_time"] = now
        if before.get("status") == deal["status"]:
            return
        won, lost = deal["status"] == "won", deal["status"] == "lost"
        deal |= {
            "won_time": (values.get("won_time") or now) if won else None,
            "lost_time": (values.get("lost_time") or now) if lost else None,
            "close_time": now if won or lost else None,
            "local_won_date": today if won else None,
            "local_lost_date": today if lost else None,
            "local_close_date": today if won or lost else None,
        }
        if not lost:
            deal["lost_reason"] = None

    # ── deals and their lines ──

    def lines(self, deal_id: int) -> list[Row]:
        return sorted(self.all("deal_products", deal_id=deal_id), key=lambda line: (line["order_nr"], line["id"]))

    def set_line(self, line: Row, values: Mapping[str, Any]) -> None:
        """Change a line. Its tax method is its deal's: changing it changes the others."""
        self.write("deal_products", line, values)
        for each in self.lines(line["deal_id"]) if "tax_method" in values else [line]:
            self.write("deal_products", each, {"tax_method": line["tax_method"]})
            self.write("deal_products", each, {"sum": figures.line_sum(each, self.switches)})
        self.sum_up(self.rows["deals"][line["deal_id"]])

    def add_line(self, deal: Row, values: Mapping[str, Any]) -> Row:
        others = self.lines(deal["id"])
        method = others[0]["tax_method"] if others else self.switches.default_tax_method
        fixed = {"deal_id": deal["id"], "currency": deal["currency"], "order_nr": len(others) + 1}
        line: Row = {**shapes.BORN["deal_products"], "tax_method": method, **fixed, **values}
        line["sum"] = figures.line_sum(line, self.switches)
        made = self.create("deal_products", line)
        self.set_line(made, {"tax_method": made["tax_method"]} if made["tax_method"] != method else {})
        return made

    def sum_up(self, deal: Row) -> None:
        """The deal's value follows its lines; whether its date does as well is a switch."""
        lines = self.lines(deal["id"])
        if not lines:
            return
        value = figures.deal_value(lines, self.all("discounts", deal_id=deal["id"]))
        if self.switches.line_edit_touches_deal:
            self.write("deals", deal, {"value": value})
            deal["update_time"] = iso(self.now())
        else:
            deal["value"] = value

    # ── settings ──

    def stages(self, pipeline_id: int = 0) -> Iterator[Row]:
        """In the order of their pipelines and of the board."""
        for pipeline in sorted(self.all("pipelines"), key=lambda each: each["order_nr"]):
            if pipeline_id in {0, pipeline["id"]}:
                yield from sorted(self.all("stages", pipeline_id=pipeline["id"]), key=lambda each: each["order_nr"])

    def add_field(self, kind: str, name: str, type_: str, options: Iterable[str] = ()) -> Row:
        """A field of the account's own, under a key nobody can choose or guess. Names may repeat."""
        listed = [{"id": self.rng.randrange(10, 10_000), "label": label} for label in options]
        code = f"{self.rng.getrandbits(160):040x}"
        self.fields[kind][code] = row = _field(code, name, type_, custom=True, options=listed or None)
        self.changes.append((f"{kind} fields", code, None, dict(row)))
        return row

    def own_fields(self, kind: str) -> list[Row]:
        return [row for row in self.fields[kind].values() if row["is_custom_field"]]

    def add_user(self, name: str, email: str) -> int:
        user = ROBOT + len(self.rows["users"])
        self.rows["users"][user] = self._user(user, name, email)
        return user

    def _user(self, user: int, name: str, email: str) -> Row:
        born = f"{self.now():%Y-%m-%d %H:%M:%S}"
        return {
            "id": user,
            "name": name,
            "email": email,
            "default_currency": "AUD",
            "locale": "en_AU",
            "lang": 1,
            "phone": None,
            "activated": True,
            "last_login": born,
            "created": born,
            "modified": born,
            "role_id": 1,
            "icon_url": None,
            "active_flag": True,
            "is_deleted": False,
            "is_you": user == ROBOT,
            "timezone_name": str(self.zone),
            "timezone_offset": "+11:00",
            "access": [{"app": "global", "admin": True}],
        }

    # ── what webhooks would tell ──

    def _event(self, kind: str, row: Row, action: str, previous: Row | None, **more: Any) -> None:
        """https://pipedrive.readme.io/docs/webhooks-v2-migration-guide: ids are text in meta, numbers in data."""
        if kind not in ENTITIES:
            return
        change_source, user = self._actor
        meta = {
            "action": action,
            "entity": ENTITIES[kind],
            "entity_id": str(row["id"]),
            "company_id": str(COMPANY_ID),
            "user_id": str(user),
            "id": str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
            "correlation_id": str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
            "timestamp": f"{self.now():%Y-%m-%dT%H:%M:%S}.000Z",
            "type": "general",
            "version": "2.0",
            "change_source": change_source,
            "is_bulk_edit": False,
            "host": f"{COMPANY}.pipedrive.com",
            "permitted_user_ids": [str(each) for each in self.rows["users"]],
            **more,
        }
        data = None if action == "delete" else self._typed(kind, row)
        self.events.append({"meta": meta, "data": data, "previous": self._typed(kind, previous) if previous else None})

    def _typed(self, kind: str, row: Row) -> Row:
        """A record as an event shows it: custom fields with their type, unlike in an answer of the API."""
        shown = copy.deepcopy(row)
        if kind in FIELDED and "custom_fields" in row:
            shown["custom_fields"] = {
                code: _typed(self.fields[kind][code]["field_type"], value)
                for code, value in _filled(row["custom_fields"]).items()
                if code in self.fields[kind]
            }
        return shown


def _typed(type_: str, value: Any) -> Row:
    if type_ == "monetary":
        return {"type": type_, **value}
    if type_ == "enum":
        return {"type": type_, "id": value}
    if type_ == "set":
        return {"type": type_, "values": [{"id": each} for each in value]}
    return {"type": type_, "value": value}


def _filled(values: Mapping[str, Any]) -> Row:
    return {name: value for name, value in values.items() if value is not None}


def _built_in(kind: str) -> dict[str, Row]:
    return {code: _field(code, name, type_, custom=False) for code, name, type_ in schema.BUILT_IN[kind]}


def _field(code: str, name: str, type_: str, *, custom: bool, options: list[Row] | None = None) -> Row:
    return {
        "field_name": name,
        "field_code": code,
        "description": "",
        "field_type": type_,
        "options": options,
        "subfields": None,
        "is_custom_field": custom,
        "is_optional_response_field": False,
    }
