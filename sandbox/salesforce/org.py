"""The organisation itself: its records, its settings, and what happened to them, whoever did it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.salesforce import figures, schema
from sandbox.salesforce.answers import Refusal
from sandbox.salesforce.schema import FieldDef
from sandbox.wire import Clock

ORG_ID = "00D5g0000094KLwEAM"
DOMAIN = "harbourline.my.salesforce.com"
INTEGRATION_USER, PERSON = "0055g00000Wonb1", "0055g0000Clerk1"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

Change = tuple[str, str, Any, Any]
Values = dict[str, Any]


@dataclass(slots=True)
class Switches:
    """How this organisation behaves where organisations differ, or where nobody outside knows."""

    commit_lag: float = 0.0
    """Seconds from the moment a change carries until it shows: a long transaction's rows appear late."""
    page: int = 2000
    """How many rows of a query come at once."""
    child_page: int = 200
    """How many rows of a list within a row come at once."""
    restricted_stages: bool = False
    """Whether a stage that isn't in the list is refused: Salesforce's pages don't say."""


@dataclass(slots=True)
class Record:
    """One record. ``values`` holds what it is, ``shown`` what a query finds: None until its creation shows."""

    kind: str
    id: str
    values: Values = field(default_factory=dict[str, Any])
    shown: Values | None = None
    waiting: list[tuple[datetime, Values]] = field(default_factory=list[tuple[datetime, Values]])

    @property
    def deleted(self) -> bool:
        return bool(self.values["IsDeleted"])

    def picture(self) -> Values:
        """The record as the log remembers it."""
        return dict(self.values)


class Org:
    """Everything Salesforce keeps for one customer. ``act`` opens an action; its ``changes`` are what it did."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self.clock = clock
        self.rng = random.Random(seed)
        self.switches = Switches()
        self.fields = schema.standard_fields()
        self.features: set[str] = set()
        self.hidden: set[tuple[str, str]] = set()
        self.records: dict[str, dict[str, Record]] = {kind: {} for kind in schema.PREFIXES}
        self.currencies = ["AUD"]
        self.required_at: dict[str, tuple[str, ...]] = {}
        self.duplicate_rules: list[tuple[str, str, bool]] = []
        self.busy: dict[str, int] = {}
        self.in_approval: set[str] = set()
        self.events: list[dict[str, Any]] = []
        self.changes: list[Change] = []
        self._next = {kind: 62**3 + self.rng.randrange(62**2) for kind in schema.PREFIXES}
        self._actor = PERSON
        self._moment = clock()
        self._furnish()

    def _furnish(self) -> None:
        """What every organisation begins with: users, a price book, the stages."""
        for user_id, first, last in ((PERSON, "Jo", "Marsh"), (INTEGRATION_USER, "Wonbooks", "Integration")):
            name = {"Username": f"{first.lower()}@harbourline.example", "FirstName": first, "LastName": last}
            self.create("User", {**name, "Name": f"{first} {last}", "Email": name["Username"]}, id_=user_id)
        self.create("Pricebook2", {"Name": "Standard Price Book", "IsActive": True, "IsStandard": True})
        for order, (label, how) in enumerate(figures.STAGES.items(), start=1):
            self.add_stage(label, how, order)
        self.changes = []

    def now(self) -> datetime:
        """To the second, as all of Salesforce's moments are."""
        return self.clock().replace(microsecond=0)

    def act(self, actor: str, at: datetime | None = None) -> None:
        """Open an action, which may have happened a moment ago."""
        self._actor = actor
        self._moment = at or self.clock()
        self.changes = []

    # ── what there is ─────────────────────────────────────────────────────────────────────────────────────────

    def visible(self, kind: str, *, to_all: bool = False) -> dict[str, FieldDef]:
        """The fields of an object by name, those hidden from the integration's user left out unless ``to_all``."""
        return {
            name: one
            for name, one in self.fields[kind].items()
            if (not one.feature or one.feature in self.features) and (to_all or (kind, name) not in self.hidden)
        }

    def seen(self, record: Record) -> Values | None:
        """What a query finds of a record; None while its creation doesn't show."""
        while record.waiting and record.waiting[0][0] <= self.clock():
            record.shown = record.waiting.pop(0)[1]
        return record.shown

    def get(self, kind: str, record_id: Any) -> Record | None:
        """A live record by an id of 15 or 18 characters."""
        record = self.any(kind, record_id)
        return None if record is None or record.deleted else record

    def any(self, kind: str, record_id: Any) -> Record | None:
        """A record, be it in the recycle bin."""
        id_ = str(record_id or "")
        return self.records[kind].get(schema.long_id(id_) if len(id_) == 15 else id_)

    def live(self, kind: str) -> Iterator[Record]:
        return (record for record in self.records[kind].values() if not record.deleted)

    def children(self, record: Record, name: str) -> list[Record]:
        """The live records of one of its lists."""
        kind, back = schema.CHILDREN[record.kind, name]
        return [child for child in self.live(kind) if child.values.get(back) == record.id]

    def stage(self, name: str) -> Record | None:
        """A stage by its name or label."""
        for stage in self.live("OpportunityStage"):
            if name in {stage.values["ApiName"], stage.values["MasterLabel"]}:
                return stage
        return None

    def add_stage(self, label: str, how: str, order: int) -> Record:
        """``how`` is open, won or lost."""
        values = {"ApiName": label, "MasterLabel": label, "IsActive": True, "SortOrder": order}
        return self.create("OpportunityStage", {**values, "IsClosed": how != "open", "IsWon": how == "won"})

    # ── what happens ──────────────────────────────────────────────────────────────────────────────────────────

    def create(self, kind: str, values: Mapping[str, Any], *, id_: str = "") -> Record:
        record = Record(kind, schema.long_id(id_) if id_ else self._new_id(kind))
        now = self.now()
        born = {"Id": record.id, "IsDeleted": False, "CreatedDate": now, "CreatedById": schema.long_id(self._actor)}
        record.values = born | {name: value for name, value in values.items() if value is not None}
        self.records[kind][record.id] = record
        self._settle(record, None)
        return record

    def write(self, record: Record, values: Mapping[str, Any]) -> None:
        """Set values, None clearing one. A repeated write moves the stamp as a real one does."""
        before = record.picture()
        for name, value in values.items():
            if value is None:
                record.values.pop(name, None)
            else:
                record.values[name] = value
        self._settle(record, before)

    def delete(self, record: Record, *, master: str = "") -> None:
        """Into the recycle bin, with the lists of a deal; ``master`` is the record that it was merged into."""
        names = ("OpportunityLineItems", "OpportunityContactRoles") if record.kind == "Opportunity" else ()
        parts = [child for name in names for child in self.children(record, name)]
        self.write(record, {"IsDeleted": True, "MasterRecordId": master or None})
        for child in parts:
            self.write(child, {"IsDeleted": True})

    def restore(self, record: Record) -> None:
        """Out of the recycle bin, where things stay for 15 days."""
        self.write(record, {"IsDeleted": False})
        for name in ("OpportunityLineItems", "OpportunityContactRoles") if record.kind == "Opportunity" else ():
            kind, back = schema.CHILDREN["Opportunity", name]
            for child in list(self.records[kind].values()):
                if child.deleted and child.values[back] == record.id:
                    self.write(child, {"IsDeleted": False})

    def merge(self, master: Record, loser: Record) -> None:
        """The master keeps its id and values, the loser's deals and contacts become its own.

        https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_merge.htm
        """
        for (_, name), (_, back) in schema.CHILDREN.items():
            if (master.kind, name) in schema.CHILDREN:
                for child in self.children(loser, name):
                    self.write(child, {back: master.id})
        for role in self.live("OpportunityContactRole"):
            if role.values["ContactId"] == loser.id:
                self.write(role, {"ContactId": master.id})
        self.delete(loser, master=master.id)
        self.write(master, {})

    def _settle(self, record: Record, before: Values | None) -> None:
        """The stamps move, figures follow, a query sees it when the transaction ends, a deal's message leaves."""
        now = self.now()
        record.values |= {"SystemModstamp": now, "LastModifiedDate": now}
        record.values["LastModifiedById"] = schema.long_id(self._actor)
        record.values |= figures.derived(self, record)
        shows = self._moment + timedelta(seconds=self.switches.commit_lag)
        record.waiting.append((shows, dict(record.values)))
        self.changes.append((record.kind, record.id, before, record.picture()))
        if record.kind == "Opportunity" and not record.deleted:
            self._event(record)
        if record.kind == "OpportunityLineItem":
            self._sum_up(record)

    def _sum_up(self, line: Record) -> None:
        """A line's amount carries on to its deal; an edit of its words leaves the deal alone."""
        deal = self.get("Opportunity", line.values["OpportunityId"])
        if deal is None:
            return
        lines = self.children(deal, "OpportunityLineItems")
        total = sum((each.values["TotalPrice"] for each in lines), Decimal(0))
        now = {"HasOpportunityLineItem": bool(lines), **({"Amount": total} if lines else {})}
        if any(deal.values.get(name) != value for name, value in now.items()):
            self.write(deal, now)

    def _event(self, deal: Record) -> None:
        """A notification of an outbound message, which says what changed and never carries a session id.

        https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_notifications.htm,
        https://help.salesforce.com/s/articleView?id=005232763
        """
        self.events.append(
            {
                "Id": schema.long_id(f"04l5g000{len(self.events):07d}"),
                "OrganizationId": ORG_ID,
                "ActionId": "04k5g0000008OprAAE",
                "SessionId": None,
                "at": self.now(),
                "sObject": {"type": deal.kind, "Id": deal.id},
            }
        )

    def _new_id(self, kind: str) -> str:
        number = self._next[kind]
        self._next[kind] = number + 1
        told = ""
        while number:
            number, digit = divmod(number, 62)
            told = _DIGITS[digit] + told
        return schema.long_id(f"{schema.PREFIXES[kind]}5g{told:0>10}")


def invalid_field(kind: str, name: str) -> Refusal:
    """The same for a field that isn't there and for one that the user may not see.

    https://github.com/n8n-io/n8n/issues/15264
    """
    return Refusal(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {kind}")
