"""What the people of the account do in HubSpot's screens: sell, edit, win, change their minds, tidy up."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Concatenate, ParamSpec, TypeVar

from sandbox.hubspot import checks, schema
from sandbox.hubspot.account import Account, Record
from sandbox.hubspot.answers import Refusal, iso
from sandbox.hubspot.figures import number, plain
from sandbox.hubspot.schema import Owner, Pipeline, Property, Stage, TaxRate

USER = "userId:9586504"

# The short words that a line of ``add_deal`` and ``set_lines`` may use; any property's own name works too.
_LINE_WORDS = {
    "sku": "hs_sku",
    "product": "hs_product_id",
    "discount_percent": "hs_discount_percentage",
    "frequency": "recurringbillingfrequency",
    "currency": "hs_line_item_currency_code",
    "tax_rate": "hs_tax_rate_group_id",
}
_PROBABILITY = {"open": "0.5", "won": "1.0", "lost": "0.0"}

P = ParamSpec("P")
R = TypeVar("R")
Log = Callable[[str, bytes, bytes], None]


def _act(action: Callable[Concatenate[People, P], R]) -> Callable[Concatenate[People, P], R]:
    """An action of a person: it opens an action of the account, and the log keeps a line of it."""

    @functools.wraps(action)
    def acted(self: People, *args: P.args, **kwargs: P.kwargs) -> R:
        self.account.act("CRM_UI", USER)
        result = action(self, *args, **kwargs)
        told = json.dumps({"args": args, "kwargs": kwargs}, default=str).encode()
        self.log(action.__name__, told, json.dumps({"result": result}, default=str).encode())
        return result

    return acted


class People:
    """Everybody with a login. Ids go in and come out as text; ``kind`` may be "deal" or "deals".

    Values may be given as numbers or dates, and are stored as the text HubSpot keeps.
    """

    def __init__(self, account: Account, log: Log) -> None:
        self.account = account
        self.log = log

    @_act
    def add_company(self, name: str, **properties: Any) -> str:
        return self._create("companies", {"name": name, **properties}).id

    @_act
    def add_person(self, email: str = "", *, company: str = "", **properties: Any) -> str:
        person = self._create("contacts", {"email": email, **properties})
        if company:
            self.account.link(person, self._record("companies", company), primary=True)
        return person.id

    @_act
    def add_product(self, name: str, sku: str, price: Any, **properties: Any) -> str:
        return self._create("products", {"name": name, "hs_sku": sku, "price": price, **properties}).id

    @_act
    def add_deal(
        self,
        name: str,
        lines: Sequence[Mapping[str, Any]] = (),
        *,
        company: str = "",
        person: str = "",
        other_companies: Sequence[str] = (),
        pipeline: str = "",
        stage: str = "",
        owner: str = "",
        amount: Any = None,
        currency: str = "AUD",
        **properties: Any,
    ) -> str:
        """A deal with its lines and customer. The amount is that of the lines unless one is stated.

        ``pipeline`` and ``stage`` are labels or ids, the first of each where none is named. ``company`` becomes the
        deal's primary company, ``other_companies`` are merely attached.
        """
        found, at = self._place(pipeline, stage)
        own = {"dealname": name, "pipeline": found.id, "dealstage": at.id, "deal_currency_code": currency}
        stated = {"hubspot_owner_id": owner, "amount": "" if amount is None else amount}
        deal = self._create("deals", {**own, **stated, **properties})
        for company_id in (company, *other_companies):
            if company_id:
                primary = company_id == company
                self.account.link(deal, self._record("companies", company_id), primary=primary)
        if person:
            self.account.link(deal, self._record("contacts", person))
        self._add_lines(deal, lines)
        if amount is None:
            self._sum_up(deal)
        return deal.id

    @_act
    def move(self, deal_id: str, stage: str, pipeline: str = "") -> str:
        """To a stage by label or id, of the deal's own pipeline unless another is named.

        A deal that closes gets today as its close date, which HubSpot's screen fills in.
        """
        deal = self._record("deals", deal_id)
        before = self.account.stage(deal.properties.get("dealstage", ""))
        found, at = self._place(pipeline or deal.properties["pipeline"], stage)
        values = {"pipeline": found.id, "dealstage": at.id}
        if at.closed and not (before and before[1].closed):
            values["closedate"] = iso(self.account.now())
        self._write(deal, values)
        return at.id

    @_act
    def edit(self, kind: str, record_id: str, **properties: Any) -> None:
        """Set properties; empty text clears one. A line's edit carries on to the deal's amount."""
        record = self._record(_plural(kind), record_id)
        self._write(record, properties)
        if record.kind == "line_items":
            self._sum_up_deals_of(record)

    @_act
    def edit_line(self, line_id: str, **properties: Any) -> None:
        line = self._record("line_items", line_id)
        self._write(line, {_LINE_WORDS.get(name, name): value for name, value in properties.items()})
        self._sum_up_deals_of(line)

    @_act
    def set_lines(self, deal_id: str, lines: Sequence[Mapping[str, Any]]) -> list[str]:
        """Replace all lines of a deal; the deal's amount becomes theirs."""
        deal = self._record("deals", deal_id)
        for line_id in self.account.linked("deals", deal_id, "line_items"):
            self.account.archive(self._record("line_items", line_id))
        added = self._add_lines(deal, lines)
        self._sum_up(deal)
        return added

    @_act
    def attach(self, deal_id: str, kind: str, record_id: str, *, primary: bool = False) -> None:
        """A company or person to a deal."""
        deal, other = self._record("deals", deal_id), self._record(_plural(kind), record_id)
        self.account.link(deal, other, primary=primary)

    @_act
    def add_file(self, deal_id: str, name: str, content: str, *, at: str = "notes") -> str:
        """A note on a deal with a file attached, or another activity of it."""
        key = str(200_000_000_000 + len(self.account.files))
        self.account.files[key] = (name, content.encode())
        note = self._create(at, {"hs_timestamp": iso(self.account.now()), "hs_attachment_ids": key})
        self.account.link(note, self._record("deals", deal_id))
        return key

    @_act
    def detach(self, deal_id: str, kind: str, record_id: str) -> None:
        self.account.unlink(self._record("deals", deal_id), self._record(_plural(kind), record_id))

    @_act
    def merge_deals(self, primary: str, other: str) -> str:
        """Returns the id of the deal that both became, which is a new one."""
        return self._merge("deals", primary, other)

    @_act
    def merge_companies(self, primary: str, other: str) -> str:
        return self._merge("companies", primary, other)

    @_act
    def merge_persons(self, primary: str, other: str) -> str:
        return self._merge("contacts", primary, other)

    @_act
    def delete(self, kind: str, record_id: str) -> None:
        """Into the recycle bin."""
        self.account.archive(self._record(_plural(kind), record_id))

    @_act
    def restore(self, kind: str, record_id: str) -> None:
        record = self.account.objects[_plural(kind)].get(record_id)
        if record is None or not record.archived:
            raise LookupError(f"no {kind} {record_id} in the recycle bin")
        self.account.restore(record)

    # ── the account's settings ────────────────────────────────────────────────────────────────────────────────

    @_act
    def add_pipeline(self, label: str, stages: Mapping[str, str]) -> str:
        """Stages by label, each open, won or lost. Ids are HubSpot's numbers, nothing like the labels."""
        number_ = str(600_000_000 + self.account.rng.randrange(100_000_000))
        made = [
            Stage(str(int(number_) + 17 * (i + 1)), name, closed=how != "open", probability=_PROBABILITY[how])
            for i, (name, how) in enumerate(stages.items())
        ]
        self.account.pipelines[number_] = Pipeline(number_, label, made)
        return number_

    @_act
    def set_pipeline(self, pipeline: str, label: str, stages: Mapping[str, str]) -> None:
        """Rename a pipeline and set its stages out anew: one whose label stays keeps its id, others get a number."""
        found = self._pipeline(pipeline)
        before = {stage.label: stage.id for stage in found.stages}
        fresh = 500_000_000 + self.account.rng.randrange(100_000_000)
        found.label = label
        found.stages = [
            Stage(before.get(name, str(fresh + i)), name, closed=how != "open", probability=_PROBABILITY[how])
            for i, (name, how) in enumerate(stages.items())
        ]

    @_act
    def rename_stage(self, pipeline: str, stage: str, label: str) -> None:
        """Editing a pipeline moves the date of all its deals: https://github.com/PipedreamHQ/pipedream/issues/4209."""
        found, at = self._place(pipeline, stage)
        at.label = label
        for deal in self.account.objects["deals"].values():
            if deal.properties["pipeline"] == found.id:
                self.account.touch(deal)

    @_act
    def require_on_stage(self, pipeline: str, stage: str, *names: str) -> None:
        """Make properties conditional on a stage; none lifts the rule."""
        at = self._place(pipeline, stage)[1]
        self.account.switches.required_on_stage[at.id] = names

    @_act
    def add_property(self, kind: str, name: str, label: str, type_: str = "string", *, unique: bool = False) -> None:
        field_type = {"number": "number", "date": "date", "datetime": "date", "bool": "booleancheckbox"}
        own = _plural(kind)
        group = next(iter(self.account.groups[own]))
        new = Property(name, type_, label, field_type.get(type_, "text"), group, unique=unique, by_hubspot=False)
        self.account.add_property(own, new)

    @_act
    def add_owner(self, email: str, first_name: str, last_name: str) -> str:
        user = 9_586_504 + len(self.account.owners)
        owner = Owner(str(user * 8), email, first_name, last_name, user)
        self.account.owners[owner.id] = owner
        return owner.id

    @_act
    def add_tax_rate(self, name: str, percentage: str) -> str:
        rate = TaxRate(str(8_000_000 + len(self.account.tax_rates)), name, name, percentage)
        self.account.tax_rates[rate.id] = rate
        return rate.id

    # ── how ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _create(self, kind: str, properties: Mapping[str, Any]) -> Record:
        values = checks.complete(self.account, kind, _texts(properties))
        return self.account.create(kind, checks.accepted(self.account, kind, values, ""))

    def _write(self, record: Record, properties: Mapping[str, Any]) -> None:
        values = checks.accepted(self.account, record.kind, _texts(properties), "", record)
        self.account.write(record, values)

    def _record(self, kind: str, record_id: str) -> Record:
        record = self.account.get(kind, record_id)
        if record is None or record.archived:
            raise LookupError(f"no {schema.SINGULAR[kind]} {record_id}")
        return record

    def _merge(self, kind: str, primary: str, other: str) -> str:
        return self.account.merge(kind, self._record(kind, primary), self._record(kind, other)).id

    def _pipeline(self, pipeline: str) -> Pipeline:
        for found in self.account.pipelines.values():
            if not pipeline or pipeline in {found.id, found.label}:
                return found
        raise LookupError(f"no pipeline {pipeline!r}")

    def _place(self, pipeline: str, stage: str) -> tuple[Pipeline, Stage]:
        """A pipeline and its stage by label or id; a stage without a pipeline is looked for in all of them."""
        if stage and not pipeline:
            for found, at in self.account.stages():
                if stage in {at.id, at.label}:
                    return found, at
        found = self._pipeline(pipeline)
        for at in found.stages:
            if not stage or stage in {at.id, at.label}:
                return found, at
        raise LookupError(f"no stage {stage!r} in pipeline {found.label!r}")

    def _add_lines(self, deal: Record, lines: Sequence[Mapping[str, Any]]) -> list[str]:
        added: list[str] = []
        for position, line in enumerate(lines):
            given = {_LINE_WORDS.get(name, name): value for name, value in line.items()}
            from_library = self._library(str(given.pop("hs_product_id", "")))
            always = {"quantity": 1, "hs_position_on_quote": position}
            record = self._create("line_items", {**always, **from_library, **given})
            self.account.link(record, deal)
            added.append(record.id)
        return added

    def _library(self, product: str) -> dict[str, str]:
        """What a line copies from the product it is made of, named by id or code; nothing without one."""
        for record in self.account.objects["products"].values():
            if product and product in {record.id, record.properties.get("hs_sku")}:
                copied = ("name", "description", "hs_sku", "price", "recurringbillingfrequency")
                values = {n: record.properties[n] for n in copied if n in record.properties}
                return {**values, "hs_product_id": record.id}
        if product:
            raise LookupError(f"no product {product!r}")
        return {}

    def _sum_up(self, deal: Record) -> None:
        lines = self.account.linked("deals", deal.id, "line_items")
        if not lines:
            return
        amounts = [self.account.objects["line_items"][i].properties["amount"] for i in lines]
        total = plain(sum(map(number, amounts), Decimal(0)))
        if deal.properties.get("amount") != total:
            self.account.write(deal, {"amount": total})

    def _sum_up_deals_of(self, line: Record) -> None:
        for deal_id in self.account.linked("line_items", line.id, "deals"):
            self._sum_up(self._record("deals", deal_id))


def _plural(kind: str) -> str:
    found = schema.type_name({"person": "contacts", "persons": "contacts"}.get(kind, kind))
    if found is None:
        raise Refusal(400, f"no object type {kind!r}")
    return found


def _texts(properties: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in properties.items()}
