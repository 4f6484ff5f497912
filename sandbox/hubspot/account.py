"""The account itself: its records, links, settings and what happened to them, whoever did it."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.hubspot import figures, schema
from sandbox.hubspot.answers import iso
from sandbox.hubspot.schema import Owner, Pipeline, Property, Stage, TaxRate
from sandbox.wire import Clock

PORTAL_ID = 24680135
APP_ID = 50780459
_TICK = timedelta(milliseconds=1)

Change = tuple[str, str, Any, Any]


@dataclass(slots=True)
class Switches:
    """How this account behaves where HubSpot's accounts differ, or where nobody outside knows."""

    index_lag: float = 3.0
    """Seconds until a write shows in search: https://github.com/HubSpot/hubspot-api-php/issues/59."""
    line_edit_touches_deal: bool = True
    """Whether editing a line item moves the deal's ``hs_lastmodifieddate``: HubSpot's pages don't say."""
    batch_read_names_missing: bool = False
    """Ids that can't be seen drop out of a batch read silently; True names them in a 207 instead."""
    links_per_page: int = 500
    """How many links of one record an association read returns before it pages."""
    required_on_stage: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Stage id → properties an administrator made conditional on it."""


@dataclass(slots=True)
class Record:
    """One record. ``properties`` holds text only; a cleared one is not there."""

    kind: str
    id: str
    created: datetime
    updated: datetime
    properties: dict[str, str] = field(default_factory=dict[str, str])
    archived_at: datetime | None = None
    history: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])

    @property
    def archived(self) -> bool:
        return self.archived_at is not None

    def picture(self) -> dict[str, Any]:
        """The record as the log remembers it."""
        return {**self.properties, "archived": True} if self.archived else dict(self.properties)


class Account:
    """Everything HubSpot keeps for one customer. ``act`` opens an action; its ``changes`` are what it did."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self.clock = clock
        self.rng = random.Random(seed)
        self.switches = Switches()
        self.objects: dict[str, dict[str, Record]] = {kind: {} for kind in schema.TYPE_IDS}
        self.links: dict[tuple[str, str, str], dict[str, set[int]]] = {}
        self.merged: dict[tuple[str, str], str] = {}
        self.properties = {kind: schema.default_properties(kind) for kind in schema.TYPE_IDS}
        self.groups = {kind: {f"{schema.SINGULAR[kind]}information": "About"} for kind in schema.TYPE_IDS}
        self.pipelines: dict[str, Pipeline] = schema.default_pipelines()
        self.owners: dict[str, Owner] = {}
        self.tax_rates: dict[str, TaxRate] = {}
        self.currencies = ["AUD"]
        # Id → name and what is in it.
        self.files: dict[str, tuple[str, bytes]] = {}
        self.folders: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        self.changes: list[Change] = []
        self.indexed: dict[str, dict[str, dict[str, str]]] = {kind: {} for kind in schema.TYPE_IDS}
        self._waiting: deque[tuple[datetime, str, str, dict[str, str] | None]] = deque()
        # Ids are unique within their object type only, so a company and a deal may share one:
        # https://developers.hubspot.com/docs/guides/crm/using-object-apis. Here they always do.
        self._next_id = dict.fromkeys(schema.TYPE_IDS, 30_000_000_001 + 1000 * self.rng.randrange(1000))
        self._source = ("CRM_UI", "")

    def now(self) -> datetime:
        moment = self.clock()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def act(self, change_source: str, source_id: str) -> None:
        """Open an action: an integration's (its app id) or a user's (``userId:…``)."""
        self._source = (change_source, source_id)
        self.changes = []

    # ── records ───────────────────────────────────────────────────────────────────────────────────────────────

    def get(self, kind: str, record_id: str) -> Record | None:
        """A record by any id it ever had: a merged one answers with the survivor.

        https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies
        """
        while (survivor := self.merged.get((kind, record_id))) is not None:
            record_id = survivor
        return self.objects[kind].get(record_id)

    def find(self, kind: str, name: str, value: str) -> Record | None:
        """The live record whose unique property has this value."""
        wanted = value.strip().lower()
        for record in self.objects[kind].values():
            if not record.archived and record.properties.get(name, "").lower() == wanted:
                return record
        return None

    def create(self, kind: str, values: Mapping[str, str]) -> Record:
        number = self._next_id[kind]
        self._next_id[kind] = number + 1
        now = self.now()
        record = Record(kind, str(number), now, now - _TICK)
        record.properties = {"hs_object_id": record.id, "createdate": iso(now)}
        self.objects[kind][record.id] = record
        self._event(kind, record.id, "object.creation", changeFlag="CREATED")
        self._set(record, {name: value for name, value in values.items() if value != ""})
        self.touch(record)
        self.changes.append((kind, record.id, None, record.picture()))
        return record

    def write(self, record: Record, values: Mapping[str, str]) -> None:
        """Set values, empty text clearing one. A repeated write moves the date as a real one does."""
        before = record.picture()
        self._set(record, values)
        self.touch(record)
        self._touch_deals_of(record)
        self.changes.append((record.kind, record.id, before, record.picture()))

    def _set(self, record: Record, values: Mapping[str, str]) -> None:
        source_type, source_id = self._source
        for name, value in values.items():
            if record.properties.get(name, "") == value:
                continue
            if value == "":
                record.properties.pop(name, None)
            else:
                record.properties[name] = value
            entry = {"value": value, "timestamp": iso(self.now()), "sourceType": source_type, "sourceId": source_id}
            record.history.setdefault(name, []).insert(0, entry)
            self._event(record.kind, record.id, "object.propertyChange", propertyName=name, propertyValue=value)
            if record.kind == "deals" and name == "dealstage":
                record.properties[f"hs_v2_date_entered_{value}"] = iso(self.now())

    def touch(self, record: Record) -> None:
        """The record changed: its date moves (never standing still), figures follow, search hears of it later."""
        record.updated = max(self.now(), record.updated + _TICK)
        record.properties[schema.modified_property(record.kind)] = iso(record.updated)
        record.properties.update(figures.derived(self, record))
        row = None if record.archived else dict(record.properties)
        self._waiting.append((self.now(), record.kind, record.id, row))

    def _touch_deals_of(self, record: Record) -> None:
        if record.kind == "line_items" and self.switches.line_edit_touches_deal:
            for deal_id in self.links.get(("line_items", record.id, "deals"), {}):
                self.touch(self.objects["deals"][deal_id])

    def archive(self, record: Record) -> None:
        before = record.picture()
        record.archived_at = self.now()
        self.touch(record)
        self._touch_deals_of(record)
        self._event(record.kind, record.id, "object.deletion", changeFlag="DELETED")
        self.changes.append((record.kind, record.id, before, record.picture()))

    def restore(self, record: Record) -> None:
        """Out of the recycle bin, where archived records stay for 90 days."""
        before = record.picture()
        record.archived_at = None
        self.touch(record)
        self._touch_deals_of(record)
        self._event(record.kind, record.id, "object.restore", changeFlag="RESTORED")
        self.changes.append((record.kind, record.id, before, record.picture()))

    def merge(self, kind: str, primary: Record, other: Record) -> Record:
        """Two records become one with a new id; the old ids lead to it.

        https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies
        """
        own = self.properties[kind]
        values = {**other.properties, **primary.properties}
        kept = {n: v for n, v in values.items() if n in own and not own[n].read_only and n != "createdate"}
        survivor = self.create(kind, kept)
        absorbed: list[str] = []
        for old in (primary, other):
            absorbed += [*filter(None, old.properties.get("hs_merged_object_ids", "").split(";")), old.id]
            self._move_links(old, survivor)
            self.changes.append((kind, old.id, old.picture(), None))
            del self.objects[kind][old.id]
            self.merged[kind, old.id] = survivor.id
            self._waiting.append((self.now(), kind, old.id, None))
        survivor.properties["hs_merged_object_ids"] = ";".join(absorbed)
        self.touch(survivor)
        ids = {"primaryObjectId": int(primary.id), "mergedObjectIds": [int(other.id)], "newObjectId": int(survivor.id)}
        self._event(kind, primary.id, "object.merge", **ids)
        return survivor

    # ── links ─────────────────────────────────────────────────────────────────────────────────────────────────

    def linked(self, kind: str, record_id: str, other: str) -> dict[str, set[int]]:
        """The live records of another type that this one is linked to, id → association type ids."""
        targets = self.links.get((kind, record_id, other), {})
        return {i: types for i, types in targets.items() if not self.objects[other][i].archived}

    def link(self, record: Record, other: Record, *, primary: bool = False) -> None:
        """Link both ways; a new primary takes the mark from the one before."""
        before = self.links.get((record.kind, record.id, other.kind), {}).get(other.id)
        before = set(before) if before else None
        if primary:
            self._demote(record if other.kind == "companies" else other)
        for one, two in ((record, other), (other, record)):
            types = {schema.PLAIN_LINK[one.kind, two.kind]}
            if primary and (one.kind, two.kind) in schema.PRIMARY_LINK:
                types.add(schema.PRIMARY_LINK[one.kind, two.kind])
            targets = self.links.setdefault((one.kind, one.id, two.kind), {})
            targets[two.id] = targets.get(two.id, set()) | types
        self._link_changed(record, other, before, removed=False)

    def _demote(self, owner: Record) -> None:
        """Take the primary mark from every company of a deal or contact."""
        for company_id, types in self.links.get((owner.kind, owner.id, "companies"), {}).items():
            types.discard(schema.PRIMARY_LINK[owner.kind, "companies"])
            back = self.links["companies", company_id, owner.kind][owner.id]
            back.discard(schema.PRIMARY_LINK["companies", owner.kind])

    def unlink(self, record: Record, other: Record) -> None:
        before = self.links.get((record.kind, record.id, other.kind), {}).pop(other.id, None)
        self.links.get((other.kind, other.id, record.kind), {}).pop(record.id, None)
        if before is not None:
            self._link_changed(record, other, before, removed=True)

    def _link_changed(self, record: Record, other: Record, before: set[int] | None, *, removed: bool) -> None:
        name = f"{record.kind}/{record.id}/{other.kind}/{other.id}"
        after = self.links.get((record.kind, record.id, other.kind), {}).get(other.id)
        self.changes.append(("links", name, sorted(before) if before else None, sorted(after) if after else None))
        for one, two in ((record, other), (other, record)):
            if two.kind != "line_items" or self.switches.line_edit_touches_deal:
                self.touch(one)
        self._event(
            record.kind,
            record.id,
            "object.associationChange",
            associationType=f"{schema.SINGULAR[record.kind]}_to_{schema.SINGULAR[other.kind]}".upper(),
            fromObjectId=int(record.id),
            toObjectId=int(other.id),
            associationRemoved=removed,
            isPrimaryAssociation=schema.PRIMARY_LINK.get((record.kind, other.kind), 0) in (after or set()),
        )

    def _move_links(self, old: Record, survivor: Record) -> None:
        for other in schema.TYPE_IDS:
            for target, types in self.links.pop((old.kind, old.id, other), {}).items():
                own = self.links.setdefault((old.kind, survivor.id, other), {})
                mark = schema.PRIMARY_LINK.get((old.kind, other))
                if other == "companies" and any(mark in held for held in own.values()):
                    types -= {mark}
                own[target] = own.get(target, set()) | types
                back = self.links[other, target, old.kind]
                back[survivor.id] = back.get(survivor.id, set()) | back.pop(old.id)

    # ── what others see ───────────────────────────────────────────────────────────────────────────────────────

    def searchable(self, kind: str) -> dict[str, dict[str, str]]:
        """The records of a type as search knows them: behind by the index's lag."""
        seen = self.now() - timedelta(seconds=self.switches.index_lag)
        while self._waiting and self._waiting[0][0] <= seen:
            _, changed_kind, record_id, row = self._waiting.popleft()
            if row is None:
                self.indexed[changed_kind].pop(record_id, None)
            else:
                self.indexed[changed_kind][record_id] = row
        return self.indexed[kind]

    def stage(self, stage_id: str) -> tuple[Pipeline, Stage] | None:
        for pipeline, stage in self.stages():
            if stage.id == stage_id:
                return pipeline, stage
        return None

    def stages(self) -> Iterator[tuple[Pipeline, Stage]]:
        for pipeline in self.pipelines.values():
            for stage in pipeline.stages:
                yield pipeline, stage

    def add_property(self, kind: str, new: Property) -> None:
        self.properties[kind][new.name] = new
        self.changes.append(("properties", f"{kind}/{new.name}", None, {"type": new.type, "label": new.label}))

    def _event(self, kind: str, record_id: str, subscription: str, **more: Any) -> None:
        """One webhook event, in the shape of the webhooks guide.

        https://developers.hubspot.com/docs/api-reference/latest/webhooks/guide
        """
        change_source, source_id = self._source
        event = {
            "eventId": self.rng.getrandbits(31),
            "subscriptionId": 1_000_000 + sum(map(ord, subscription)),
            "portalId": PORTAL_ID,
            "appId": APP_ID,
            "occurredAt": int(self.now().timestamp() * 1000),
            "subscriptionType": subscription,
            "attemptNumber": 0,
            "objectId": int(record_id),
            "objectTypeId": schema.TYPE_IDS[kind],
            "changeSource": change_source,
            "sourceId": source_id,
        }
        self.events.append({**event, **more})
