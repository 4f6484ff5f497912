"""HubSpot in the histories."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from sandbox.cast import PIPELINES
from sandbox.wire import Call
from tests.simulation.crms.side import Known, Line, Picture, Side


class HubSpotSide(Side):
    """HubSpot: everything is text, merged records get a new id, search is late."""

    system = "hubspot"
    kinds: ClassVar = {"deal": "deals", "company": "companies", "person": "contacts"}
    theirs = ("companies", "contacts", "products", "line_items", "links")
    forged = "30999999999"
    words: ClassVar = {"currency": "deal_currency_code", "owner": "hubspot_owner_id", "day": "closedate"}

    def behave(self, *, late: float, particular: bool) -> float:
        self.double.switches.index_lag = late
        self.double.switches.batch_read_names_missing = particular
        return late

    def add_field(self, name: str, kind: str = "deal") -> None:
        self.people.add_property("contact" if kind == "person" else kind, name, name)

    def add_stages(self, stages: Sequence[str]) -> None:
        for label, own in PIPELINES.items():
            self.people.set_pipeline(label, label, {**own, **dict.fromkeys(stages, "won")})

    def guard(self, stage: str) -> None:
        for label in PIPELINES:
            self.people.require_on_stage(label, stage, "description")

    def unwin(self, deal: str) -> None:
        self._move(deal, "Proposal sent", "Quote sent")

    def lose(self, deal: str) -> None:
        self._move(deal, "Closed lost", "Not renewed")

    def _move(self, deal: str, new_business: str, renewals: str) -> None:
        self.people.move(deal, renewals if self.is_renewal(deal) else new_business)

    def deals(self) -> Mapping[str, Any]:
        return self.double.objects["deals"]

    def gone(self, deal: str) -> bool:
        return self.double.objects["deals"][deal].archived

    def won(self, deal: str) -> bool:
        return self.picture(deal).get("hs_is_closed_won") == "true"

    def lost(self, deal: str) -> bool:
        return self.picture(deal).get("hs_is_closed") == "true" and not self.won(deal)

    def is_renewal(self, deal: str) -> bool:
        return self.double.account.pipelines[self.picture(deal)["pipeline"]].label == "Renewals"

    def picture(self, deal: str) -> Picture:
        return self.double.objects["deals"][deal].properties

    def label(self, picture: Picture) -> str:
        at = self.double.account.stage(picture.get("dealstage", ""))
        return at[1].label if at else ""

    def lines(self, deal: str) -> list[Line]:
        return [
            Line(
                line.id,
                line.properties.get("hs_sku", ""),
                Decimal(line.properties.get("quantity", "0")),
                Decimal(line.properties.get("price", "0")),
                Decimal(line.properties.get("hs_discount_percentage") or "0"),
                line.properties.get("recurringbillingfrequency") or "",
            )
            for line in self.double.lines(deal)
        ]

    def closed_on(self, deal: str) -> str:
        return self.picture(deal).get("closedate") or ""

    def owner(self, name: str) -> str:
        return next(
            i for i, each in self.double.account.owners.items() if f"{each.first_name} {each.last_name}" == name
        )

    def files(self, deal: str) -> list[str]:
        account = self.double.account
        notes = (account.objects["notes"][i].properties for i in account.linked("deals", deal, "notes"))
        return [account.files[key][0] for note in notes if (key := note.get("hs_attachment_ids"))]

    def customers(self, deal: str) -> Iterator[tuple[str, str]]:
        for kind, word in (("companies", "company"), ("contacts", "person")):
            yield from ((word, i) for i in self.double.account.links.get(("deals", deal, kind), {}))

    def customer(self, kind: str, record: str) -> Known | None:
        found = self.double.objects[self.kinds[kind]].get(record)
        if found is None or found.archived:
            return None
        own = found.properties
        name = own.get("name") or f"{own.get('firstname')} {own.get('lastname')}"
        return Known(name, own.get("abn", ""), own.get("email", ""), own.get("phone", ""))

    def touched(self, kind: str, before: Picture, after: Picture) -> set[str]:
        found = {n for n in {*before, *after} if before.get(n) != after.get(n)}
        moved = ("hs_", "num_", "lastmodified", *(("closedate",) if kind == "deal" else ()))
        called = {"dealstage": "stage"}
        return {"ours" if n.startswith("xero_") else called.get(n, n) for n in found if not n.startswith(moved)}

    def tellings(self, call: Call) -> Iterator[str]:
        if call.path.endswith("/deals/batch/update"):
            for each in json.loads(call.body)["inputs"]:
                yield f"deal {each['id']} {sorted(each['properties'].items())}"

    def writes_to(self, method: str, path: str, body: bytes, deal: str) -> bool:
        return path.endswith("/deals/batch/update") and f'"{deal}"'.encode() in body

    def hinted(self, event: Mapping[str, Any]) -> str:
        return str(event["objectId"]) if event["objectTypeId"] == "0-3" else ""
