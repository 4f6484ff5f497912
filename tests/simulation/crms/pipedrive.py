"""Pipedrive in the histories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from sandbox.cast import PIPELINES
from sandbox.wire import Call, Response
from tests.simulation.crms.side import Known, Line, NoSuchThing, Picture, Side

# What Pipedrive moves by itself when somebody moves a deal, and when anything changes.
_FOLLOWS = {
    "update_time", "stage_change_time", "won_time", "lost_time", "close_time", "local_won_date", "local_lost_date",
    "local_close_date", "lost_reason", "pipeline_id",
}  # fmt: skip


class PipedriveSide(Side):
    """Pipedrive: stage and status are two things, deals may be archived, companies have no telephone."""

    system = "pipedrive"
    kinds: ClassVar = {"deal": "deals", "company": "organizations", "person": "persons"}
    theirs = ("organizations", "persons", "products", "deal_products", "installments", "discounts", "stages")
    forged = "99999999"
    words: ClassVar = {"currency": "currency", "owner": "owner_id", "day": "won_time", "amount": "value"}
    more = (("archive deal", 2), ("unarchive deal", 2), ("win by status", 2), ("reopen by status", 1))

    def add_field(self, name: str, kind: str = "deal") -> None:
        self.people.add_field(kind, name)

    def fill_in(self, deal: str, name: str, says: str) -> None:
        self.people.edit("deal", deal, **{self.field_named(name): int(says) if name == "owner" else says})

    def add_stages(self, stages: Sequence[str]) -> None:
        for label, own in PIPELINES.items():
            self.people.set_pipeline(label, label, [*(name for name, how in own.items() if how != "lost"), *stages])

    def guard(self, stage: str) -> None:
        for label in PIPELINES:
            self.people.require_on_stage(label, stage, "expected_close_date")

    def unwin(self, deal: str) -> None:
        self.people.reopen(deal, "Quote sent" if self.is_renewal(deal) else "Proposal sent")

    def lose(self, deal: str) -> None:
        self.people.lose(deal)

    def call(self, kind: str, record: str, number: str) -> None:
        if kind == "company":
            raise NoSuchThing(kind)
        phones = [{"value": number, "primary": True, "label": "work"}] if number else []
        self.people.edit(kind, record, phones=phones)

    def act(self, do: str, deal: str) -> bool | None:
        match do:
            case "archive deal":
                self.people.archive(deal)
            case "unarchive deal":
                self.people.unarchive(deal)
            case "win by status":
                self.people.win(deal)
            case _:
                self.people.reopen(deal)

    def deals(self) -> Mapping[str, Any]:
        return {str(id_): row for id_, row in self.double.account.rows["deals"].items()}

    def gone(self, deal: str) -> bool:
        return self.double.deal(deal)["is_deleted"]

    def out_of_reach(self, deal: str) -> bool:
        return self.gone(deal) or self.double.deal(deal)["is_archived"]

    def won(self, deal: str) -> bool:
        return self.double.deal(deal)["status"] == "won"

    def lost(self, deal: str) -> bool:
        return self.double.deal(deal)["status"] == "lost"

    def is_renewal(self, deal: str) -> bool:
        return self.double.account.rows["pipelines"][self.double.deal(deal)["pipeline_id"]]["name"] == "Renewals"

    def picture(self, deal: str) -> Picture:
        return self.double.deal(deal)

    def label(self, picture: Picture) -> str:
        if picture["status"] == "lost":
            return ""
        return self.double.account.rows["stages"][picture["stage_id"]]["name"]

    def lines(self, deal: str) -> list[Line]:
        products = self.double.account.rows["products"]
        return [
            Line(
                str(line["id"]),
                products[line["product_id"]]["code"],
                line["quantity"],
                line["item_price"],
                line["discount"],
                line["billing_frequency"].replace("one-time", ""),
            )
            for line in self.double.account.lines(int(deal))
        ]

    def closed_on(self, deal: str) -> str:
        return self.double.deal(deal)["won_time"] or ""

    def said(self, picture: Picture, name: str) -> str:
        if name in self.words:
            return super().said(picture, name)
        codes = (f["field_code"] for f in self.double.account.own_fields("deals") if f["field_name"] == name)
        return str(picture["custom_fields"].get(next(codes, "")) or "")

    def owner(self, name: str) -> str:
        return next(str(i) for i, row in self.double.account.rows["users"].items() if row["name"] == name)

    def files(self, deal: str) -> list[str]:
        return [row["name"] for row in self.double.account.files if row["deal_id"] == int(deal)]

    def customers(self, deal: str) -> Iterator[tuple[str, str]]:
        row = self.double.deal(deal)
        for name, word in (("org_id", "company"), ("person_id", "person")):
            if row[name]:
                yield word, str(row[name])

    def customer(self, kind: str, record: str) -> Known | None:
        row = self.double.account.get(self.kinds[kind], int(record))
        if row is None:
            return None
        names = {f["field_code"]: f["field_name"] for f in self.double.account.own_fields(self.kinds[kind])}
        own = {names[code]: value for code, value in row["custom_fields"].items()}
        emails = [each["value"] for each in row.get("emails") or ()]
        phones = [each["value"] for each in row.get("phones") or ()]
        phone = None if kind == "company" else next(iter(phones), "")
        return Known(row["name"], own.get("ABN") or "", next(iter(emails), ""), phone)

    def touched(self, kind: str, before: Picture, after: Picture) -> set[str]:
        found = {n for n in {*before, *after} if before.get(n) != after.get(n)} - _FOLLOWS
        called = {"stage_id": "stage", "phones": "phone", **({"custom_fields": "ours"} if kind == "deal" else {})}
        return {called.get(name, name) for name in found}

    def tellings(self, call: Call) -> Iterator[str]:
        if call.method == "PATCH" and "/deals/" in call.path:
            yield f"{call.path} {call.body.decode()}"

    def writes_to(self, method: str, path: str, body: bytes, deal: str) -> bool:
        return method == "PATCH" and path.endswith(f"/deals/{deal}")

    def hinted(self, event: Mapping[str, Any]) -> str:
        return event["meta"]["entity_id"] if event["meta"]["entity"] == "deal" else ""

    def pause(self, response: Response) -> str:
        """Where the burst limit has calls left, its end is not the end of what was refused."""
        left, reset = (response.headers.get(f"x-ratelimit-{name}", "") for name in ("remaining", "reset"))
        return reset if response.status == 429 and left == "0" else ""

    def looks_in(self, cursor: str, now: datetime) -> float:
        """Archived deals are looked at once an hour."""
        looked = datetime.fromisoformat(cursor.split()[2])
        archived = [row for row in self.deals().values() if row["is_archived"]]
        fresh = any(datetime.fromisoformat(row["update_time"]) >= looked for row in archived)
        return max(1.0, 3601 - (now - looked).total_seconds()) if fresh else 0.0

    def read_to(self, cursor: str) -> list[str]:
        """The third moment says only when archived deals were last looked at."""
        return cursor.split()[:2]
