"""What the people of the company do in Pipedrive's screens: sell, edit, win, change their minds, tidy up."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Concatenate, ParamSpec, TypeVar

from sandbox.pipedrive import files, lines, writing
from sandbox.pipedrive.account import SELLER, Account, Row
from sandbox.pipedrive.answers import iso

# What people say, and what Pipedrive calls it; any key of Pipedrive's and any field of one's own works too.
_WORDS = {
    "deals": {"dealname": "title", "amount": "value"},
    "organizations": {"domain": "website"},
    "persons": {},
    "products": {},
}
_LINE_WORDS = {"price": "item_price", "frequency": "billing_frequency"}
_PLACE = ("address", "city", "state", "zip", "country")
_KINDS = {
    "deal": "deals",
    "company": "organizations",
    "organization": "organizations",
    "person": "persons",
    "product": "products",
}

P = ParamSpec("P")
R = TypeVar("R")
Log = Callable[[str, bytes, bytes], None]


def _act(action: Callable[Concatenate[People, P], R]) -> Callable[Concatenate[People, P], R]:
    """An action of a person: it opens an action of the account, and the log keeps a line of it."""

    @functools.wraps(action)
    def acted(self: People, *args: P.args, **kwargs: P.kwargs) -> R:
        self.account.act("app", SELLER)
        result = action(self, *args, **kwargs)
        told = json.dumps({"args": args, "kwargs": kwargs}, default=str).encode()
        self.log(action.__name__, told, json.dumps({"result": result}, default=str).encode())
        return result

    return acted


class People:
    """Everybody with a login. Ids go in and come out as text; ``kind`` is "deal", "company", "person" or "product".

    Amounts may be given as text; a keyword that is no key of Pipedrive's names a field of the account's own.
    """

    def __init__(self, account: Account, log: Log) -> None:
        self.account = account
        self.log = log

    @_act
    def add_company(self, name: str, **properties: Any) -> str:
        return self._create("organizations", {"name": name, **properties})

    @_act
    def add_person(self, email: str = "", *, company: str = "", **properties: Any) -> str:
        firm = {"org_id": int(company)} if company else {}
        emails = [{"value": email, "primary": True, "label": "work"}] if email else []
        return self._create("persons", {"emails": emails, **firm, **properties})

    @_act
    def add_product(self, name: str, code: str, price: Any, **properties: Any) -> str:
        listed = [{"currency": "AUD", "price": _number(price), "cost": 0, "notes": ""}]
        return self._create("products", {"name": name, "code": code, "prices": listed, **properties})

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
        owner: str = "",
        amount: Any = None,
        currency: str = "AUD",
        **properties: Any,
    ) -> str:
        """A deal with its products and customer. Its value is that of the products unless one is stated.

        ``pipeline`` and ``stage`` are labels or ids, the first of each where none is named.
        """
        at = self._place(pipeline, stage)
        ids = {"org_id": company, "person_id": person, "owner_id": owner or str(SELLER)}
        given = {key: int(value) for key, value in ids.items() if value}
        deal_id = self._create(
            "deals", {"title": name, "stage_id": at["id"], "currency": currency, **given, **properties}
        )
        deal = self._record("deals", deal_id)
        self._add_lines(deal, lines)
        if amount is not None:
            self.account.write("deals", deal, {"value": _number(amount)})
        return deal_id

    @_act
    def move(self, deal_id: str, stage: str, pipeline: str = "") -> str:
        """To a stage by label or id, of the deal's own pipeline unless another is named. Its status stays."""
        deal = self._record("deals", deal_id)
        at = self._place(pipeline or str(deal["pipeline_id"]), stage)
        self.account.write("deals", deal, {"stage_id": at["id"]})
        return str(at["id"])

    @_act
    def win(self, deal_id: str, stage: str = "") -> None:
        """The green button; with a stage the deal is moved there as well."""
        self._close(deal_id, "won", stage)

    @_act
    def lose(self, deal_id: str, stage: str = "") -> None:
        self._close(deal_id, "lost", stage)

    @_act
    def reopen(self, deal_id: str, stage: str = "") -> None:
        self._close(deal_id, "open", stage)

    @_act
    def archive(self, deal_id: str) -> None:
        deal = self._record("deals", deal_id)
        self.account.write("deals", deal, {"is_archived": True, "archive_time": iso(self.account.now())})

    @_act
    def unarchive(self, deal_id: str) -> None:
        self.account.write("deals", self._record("deals", deal_id), {"is_archived": False, "archive_time": None})

    @_act
    def edit(self, kind: str, record_id: str, **properties: Any) -> None:
        row = self._record(_KINDS[kind], record_id)
        values = self._values(_KINDS[kind], properties)
        self.account.write(_KINDS[kind], row, writing.accepted(self.account, _KINDS[kind], values, row))

    @_act
    def edit_line(self, line_id: str, **properties: Any) -> None:
        line = self.account.rows["deal_products"][int(line_id)]
        self.account.set_line(line, self._line(properties, {}))

    @_act
    def set_lines(self, deal_id: str, lines: Sequence[Mapping[str, Any]]) -> list[str]:
        """Replace all products of a deal; the deal's value becomes theirs."""
        deal = self._record("deals", deal_id)
        for line in self.account.lines(deal["id"]):
            self.account.remove("deal_products", line)
        return self._add_lines(deal, lines)

    @_act
    def add_discount(self, deal_id: str, amount: Any, type_: str = "percentage", description: str = "Discount") -> str:
        """Off the deal as a whole."""
        body = {"amount": _number(amount), "type": type_, "description": description}
        return str(lines.add_discount(self.account, self._record("deals", deal_id), body)["id"])

    @_act
    def add_instalments(self, deal_id: str, *parts: tuple[Any, str]) -> None:
        """Amounts with the days on which they are to be billed."""
        for amount, day in parts:
            body = {"amount": _number(amount), "billing_date": day, "description": "Part"}
            lines.add_instalment(self.account, self._record("deals", deal_id), body)

    @_act
    def attach(self, deal_id: str, kind: str, record_id: str, *, primary: bool = True) -> None:  # noqa: ARG002
        """A company or person to a deal, which has one of each."""
        name = {"company": "org_id", "person": "person_id"}[kind]
        self.account.write("deals", self._record("deals", deal_id), {name: int(record_id)})

    @_act
    def add_file(self, deal_id: str, name: str, content: str) -> str:
        """A file on a deal."""
        return str(files.keep(self.account, int(deal_id), name, content.encode())["id"])

    @_act
    def detach(self, deal_id: str, kind: str, record_id: str) -> None:  # noqa: ARG002
        name = {"company": "org_id", "person": "person_id"}[kind]
        self.account.write("deals", self._record("deals", deal_id), {name: None})

    @_act
    def merge_deals(self, primary: str, other: str) -> str:
        """The first stays, with its id."""
        return self._merge("deals", primary, other)

    @_act
    def merge_companies(self, primary: str, other: str) -> str:
        return self._merge("organizations", primary, other)

    @_act
    def merge_persons(self, primary: str, other: str) -> str:
        return self._merge("persons", primary, other)

    @_act
    def delete(self, kind: str, record_id: str) -> None:
        self.account.remove(_KINDS[kind], self._record(_KINDS[kind], record_id))

    @_act
    def restore(self, kind: str, record_id: str) -> None:
        row = self.account.rows[_KINDS[kind]][int(record_id)]
        if not row["is_deleted"]:
            raise LookupError(f"{kind} {record_id} was not deleted")
        self.account.write(_KINDS[kind], row, {"is_deleted": False, **({"status": "open"} if kind == "deal" else {})})

    # ── the account's settings ──

    @_act
    def add_pipeline(self, label: str, stages: Sequence[str]) -> str:
        pipeline = self.account.create(
            "pipelines", {"name": label, "order_nr": 1 + len(self.account.rows["pipelines"])}
        )
        self._set_stages(pipeline, stages)
        return str(pipeline["id"])

    @_act
    def set_pipeline(self, pipeline: str, label: str, stages: Sequence[str]) -> None:
        """Rename a pipeline, by label or id, and set its stages out anew; one whose label stays keeps its id."""
        row = self._pipeline(pipeline)
        self.account.write("pipelines", row, {"name": label})
        self._set_stages(row, stages)

    @_act
    def rename_stage(self, pipeline: str, stage: str, label: str) -> None:
        self.account.write("stages", self._place(pipeline, stage), {"name": label})

    @_act
    def require_on_stage(self, pipeline: str, stage: str, *names: str) -> None:
        """Let no deal into a stage that lacks these keys; none lifts the rule."""
        self.account.switches.required_on_stage[self._place(pipeline, stage)["id"]] = names

    @_act
    def add_field(self, kind: str, name: str, type_: str = "varchar", options: Sequence[str] = ()) -> str:
        """A field of the account's own; its key."""
        return self.account.add_field(_KINDS[kind], name, type_, options)["field_code"]

    @_act
    def delete_field(self, kind: str, code: str) -> None:
        del self.account.fields[_KINDS[kind]][code]

    @_act
    def add_owner(self, email: str, first_name: str, last_name: str) -> str:
        return str(self.account.add_user(f"{first_name} {last_name}", email))

    # ── how ──

    def _create(self, kind: str, properties: Mapping[str, Any]) -> str:
        values = self._values(kind, properties)
        return str(
            self.account.create(kind, {**_unsaid(kind, values), **writing.accepted(self.account, kind, values, None)})[
                "id"
            ]
        )

    def _values(self, kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Pipedrive's keys and the account's own, from what people say."""
        said = {_WORDS[kind].get(name, name): value for name, value in properties.items()}
        place = {name: said.pop(name) for name in _PLACE if isinstance(said.get(name), str)}
        values: dict[str, Any] = {}
        own: dict[str, Any] = {}
        names = [said.pop("firstname", ""), said.pop("lastname", "")]
        if any(names):
            values["name"] = " ".join(filter(None, names))
        phone = said.pop("phone", "")
        if phone and kind == "persons":
            values["phones"] = [{"value": phone, "primary": True, "label": "work"}]
        for name, value in said.items():
            code = self._code(kind, name)
            if code:
                own[code] = value
            else:
                values[name] = _number(value) if name == "value" else value
        if place and kind == "organizations":
            values["address"] = address(**place)
        return values | ({"custom_fields": own} if own else {})

    def _code(self, kind: str, name: str) -> str:
        for field in self.account.own_fields(kind):
            if name in {field["field_code"], field["field_name"], field["field_name"].casefold().replace(" ", "_")}:
                return field["field_code"]
        return ""

    def _close(self, deal_id: str, status: str, stage: str) -> None:
        deal = self._record("deals", deal_id)
        at = {"stage_id": self._place(str(deal["pipeline_id"]), stage)["id"]} if stage else {}
        self.account.write("deals", deal, {"status": status, **at})

    def _record(self, kind: str, record_id: str) -> Row:
        row = self.account.get(kind, int(record_id))
        if row is None:
            raise LookupError(f"no {kind} {record_id}")
        return row

    def _merge(self, kind: str, primary: str, other: str) -> str:
        self.account.merge(kind, self._record(kind, primary), self._record(kind, other))
        return primary

    def _pipeline(self, pipeline: str) -> Row:
        for row in sorted(self.account.all("pipelines"), key=lambda each: each["order_nr"]):
            if not pipeline or pipeline in {str(row["id"]), row["name"]}:
                return row
        raise LookupError(f"no pipeline {pipeline!r}")

    def _place(self, pipeline: str, stage: str) -> Row:
        """A stage by label or id; without a pipeline it is looked for in all of them."""
        wanted = 0 if stage and not pipeline else self._pipeline(pipeline)["id"]
        for row in self.account.stages(wanted):
            if not stage or stage in {str(row["id"]), row["name"]}:
                return row
        raise LookupError(f"no stage {stage!r} in pipeline {pipeline!r}")

    def _set_stages(self, pipeline: Row, stages: Sequence[str]) -> None:
        before = {row["name"]: row for row in self.account.all("stages", pipeline_id=pipeline["id"])}
        for name, row in before.items():
            if name not in stages:
                self.account.remove("stages", row)
        for order, name in enumerate(stages, 1):
            if name in before:
                self.account.write("stages", before[name], {"order_nr": order})
            else:
                self.account.create("stages", {"name": name, "pipeline_id": pipeline["id"], "order_nr": order})

    def _add_lines(self, deal: Row, lines: Sequence[Mapping[str, Any]]) -> list[str]:
        added: list[str] = []
        for line in lines:
            product = self._product(line)
            copied = {"product_id": product["id"], "name": product["name"], "tax": product["tax"]}
            price = product["prices"][0]["price"] if product["prices"] else 0
            frequency = product["billing_frequency"] or "one-time"
            born = {**copied, "item_price": price, "billing_frequency": frequency}
            added.append(str(self.account.add_line(deal, self._line(line, born))["id"]))
        return added

    def _line(self, line: Mapping[str, Any], born: Mapping[str, Any]) -> dict[str, Any]:
        """``discount`` is an amount, ``discount_percent`` a percentage."""
        said = {_LINE_WORDS.get(name, name): value for name, value in line.items() if name not in {"product", "sku"}}
        if "discount_percent" in said:
            said["discount"], said["discount_type"] = said.pop("discount_percent") or 0, "percentage"
        elif "discount" in said:
            said.setdefault("discount_type", "amount")
        figures = ("item_price", "quantity", "discount", "tax")
        return {**born, **{name: _number(value) if name in figures else value for name, value in said.items()}}

    def _product(self, line: Mapping[str, Any]) -> Row:
        """The catalogue's product by id, code or name; one that is new is added, since there is no line without."""
        named = str(line.get("product") or line.get("sku") or line.get("name") or "")
        for row in self.account.all("products"):
            if named in {str(row["id"]), row["code"]} or (not row["code"] and named == row["name"]):
                return row
        if "product" in line:
            raise LookupError(f"no product {named!r}")
        known = {"name": line.get("name", named), "code": line.get("sku", "")}
        return self.account.create("products", {**known, "owner_id": SELLER})


def address(address: str = "", city: str = "", state: str = "", zip: str = "", country: str = "") -> Row:  # noqa: A002
    """What was typed and the parts that Google's map made of it."""
    typed = ", ".join(filter(None, (address, " ".join(filter(None, (city, state, zip))), country)))
    found = re.fullmatch(r"(?:(\w+)/)?(\d+\w?) (.+)", address)
    parts: Row = {"subpremise": found[1] or "", "street_number": found[2], "route": found[3]} if found else {}
    return {
        **dict.fromkeys(("subpremise", "street_number", "route", "sublocality", "admin_area_level_2"), ""),
        **parts,
        "value": typed,
        "locality": city,
        "admin_area_level_1": state,
        "postal_code": zip,
        "country": country,
    }


def _unsaid(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What Pipedrive fills in: a person's two names; an address that nobody typed."""
    if kind == "persons":
        first, _, last = str(values.get("name", "")).partition(" ")
        mail = values.get("emails") or [{"value": ""}]
        return {"first_name": first, "last_name": last, "name": mail[0]["value"]}
    return {"address": address()} if kind == "organizations" else {}


def _number(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) else value
