"""The CRM of the play page: what people do in it and how it stands, in the same words whichever it is.

To play on another CRM, write a class like these and enter it in ``SELLING``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from sandbox.cast import PIPELINES
from sandbox.hubspot import PORTAL_ID
from sandbox.hubspot import Record as HubSpotRecord
from sandbox.pipedrive import COMPANY
from sandbox.salesforce import DOMAIN
from sandbox.salesforce import Record as SalesforceRecord
from sandbox.world import World

OWN_FIELDS = "xero_"
"""The deal's fields that tell of its invoice begin so, under the names of ``mappings/demo.yaml``."""
OPEN, WON, LOST = "open", "won", "lost"


class Selling(ABC):
    """One CRM of a world, whichever double stands for it today.

    ``deals_are`` is its word for deals, ``account`` what its people call their account; ``write_back`` are method and
    path of the call that tells a deal of its invoice. ``names_lines``: a line may be called otherwise than its product.
    """

    system: ClassVar[str]
    name: ClassVar[str]
    account: ClassVar[str]
    write_back: ClassVar[tuple[str, str]]
    deals_are: ClassVar[str] = "Deals"
    names_lines: ClassVar[bool] = False

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def double(self) -> Any:
        return getattr(self._world, self.system)

    @property
    def people(self) -> Any:
        return self.double.people

    # ── what is to be seen ──

    def shown(self) -> dict[str, Any]:
        """What is always the same about it."""
        own = ("system", "name", "account", "deals_are", "names_lines")
        return {each: getattr(self, each) for each in own}

    @abstractmethod
    def pipelines(self) -> list[dict[str, Any]]:
        """Each with its ``stages``, in order; ``how`` a stage ends is open, won or lost."""

    @abstractmethod
    def deals(self) -> list[dict[str, Any]]:
        """The deals that are not deleted, in the order of their making."""

    def deal(self, deal_id: str) -> dict[str, Any]:
        """Raises ``LookupError`` for one that isn't there."""
        for deal in self.deals():
            if deal["id"] == deal_id:
                return deal
        raise LookupError(f"no deal {deal_id}")

    # ── what people do ──

    def move(self, deal_id: str, stage: str) -> None:
        """To a stage of its pipeline, by id or label."""
        self.people.move(deal_id, stage)

    def win(self, deal_id: str) -> None:
        """To the first stage of its pipeline that is won."""
        self.move(deal_id, self._stages(deal_id, WON)[0])

    def unwin(self, deal_id: str) -> None:
        """Back to the last stage that is open."""
        self.move(deal_id, self._stages(deal_id, OPEN)[-1])

    def edit(self, deal_id: str, name: str, amount: str) -> None:
        self.people.edit("deal", deal_id, dealname=name, amount=amount)

    def edit_line(self, line_id: str, quantity: str, price: str, name: str = "") -> None:
        self.people.edit_line(line_id, quantity=quantity, price=price, **({"name": name} if self.names_lines else {}))

    def _stages(self, deal_id: str, how: str) -> list[str]:
        """Ids of the stages of the deal's pipeline that end so."""
        at = self.deal(deal_id)["pipeline"]
        return [s["id"] for p in self.pipelines() if p["label"] == at for s in p["stages"] if s["how"] == how]


class HubSpotSelling(Selling):
    """HubSpot."""

    system, name, account = "hubspot", "HubSpot", str(PORTAL_ID)
    write_back = ("*", "*/batch/update")
    names_lines = True

    def pipelines(self) -> list[dict[str, Any]]:
        ends = {"1.0": WON, "0.0": LOST}
        return [
            {
                "id": pipeline.id,
                "label": pipeline.label,
                "stages": [_stage(s.id, s.label, ends[s.probability] if s.closed else OPEN) for s in pipeline.stages],
            }
            for pipeline in self.double.account.pipelines.values()
        ]

    def deals(self) -> list[dict[str, Any]]:
        return [self._deal(deal) for deal in self.double.objects["deals"].values() if not deal.archived]

    def _deal(self, deal: HubSpotRecord) -> dict[str, Any]:
        own = deal.properties
        pipeline, stage = self.double.account.stage(own.get("dealstage", "")) or (None, None)
        customer = self.double.customer(deal.id)
        return {
            "id": deal.id,
            "name": own.get("dealname", ""),
            "customer": self._called(customer) if customer else "",
            "pipeline": pipeline.label if pipeline else "",
            "stage": stage.label if stage else "",
            "stage_id": own.get("dealstage", ""),
            "won": own.get("hs_is_closed_won") == "true",
            "closed": own.get("hs_is_closed") == "true",
            "amount": own.get("amount", ""),
            "url": self.double.url(deal),
            "fields": _ours(own),
            "lines": [self._line(line) for line in self.double.lines(deal.id)],
        }

    @staticmethod
    def _called(record: HubSpotRecord) -> str:
        own = record.properties
        return own.get("name") or " ".join(filter(None, (own.get("firstname"), own.get("lastname"))))

    @staticmethod
    def _line(line: HubSpotRecord) -> dict[str, str]:
        wanted = {"name": "name", "sku": "hs_sku", "quantity": "quantity", "price": "price", "amount": "amount"}
        return {"id": line.id, **{word: line.properties.get(name, "") for word, name in wanted.items()}}


class PipedriveSelling(Selling):
    """Pipedrive, where stage and status are two things: the buttons change both, as its people do.

    Which of its stages are for deals that are won is a custom of the company's; a lost deal stands in no stage here.
    """

    system, name, account = "pipedrive", "Pipedrive", COMPANY
    write_back = ("PATCH", "*/deals/*")

    def pipelines(self) -> list[dict[str, Any]]:
        account = self.double.account
        return [
            {
                "id": str(row["id"]),
                "label": row["name"],
                "stages": [
                    *(_stage(str(s["id"]), s["name"], _how(row["name"], s["name"])) for s in account.stages(row["id"])),
                    _stage(LOST, "Lost", LOST),
                ],
            }
            for row in sorted(account.all("pipelines"), key=lambda each: each["order_nr"])
        ]

    def deals(self) -> list[dict[str, Any]]:
        return [self._deal(row) for row in self.double.account.all("deals") if not row["is_archived"]]

    def move(self, deal_id: str, stage: str) -> None:
        if stage == LOST:
            self.people.lose(deal_id)
        elif self.double.deal(deal_id)["status"] == LOST:
            self.people.reopen(deal_id, stage)
        else:
            self.people.move(deal_id, stage)

    def win(self, deal_id: str) -> None:
        self.people.win(deal_id, next(iter(self._stages(deal_id, WON)), ""))

    def unwin(self, deal_id: str) -> None:
        self.people.reopen(deal_id, self._stages(deal_id, OPEN)[-1])

    def _deal(self, row: Mapping[str, Any]) -> dict[str, Any]:
        id_, rows, lost = str(row["id"]), self.double.account.rows, row["status"] == LOST
        customer = rows["organizations"].get(row["org_id"]) or rows["persons"].get(row["person_id"])
        return {
            "id": id_,
            "name": row["title"],
            "customer": customer["name"] if customer else "",
            "pipeline": rows["pipelines"][row["pipeline_id"]]["name"],
            "stage": "Lost" if lost else self.double.stage(id_),
            "stage_id": LOST if lost else str(row["stage_id"]),
            "won": row["status"] == WON,
            "closed": row["status"] != OPEN,
            "amount": _text(row["value"]),
            "url": f"https://{COMPANY}.pipedrive.com/deal/{id_}",
            "fields": _ours(self.double.own(id_)),
            "lines": [self._line(line) for line in self.double.account.lines(row["id"])],
        }

    def _line(self, line: Mapping[str, Any]) -> dict[str, str]:
        product = self.double.account.rows["products"].get(line["product_id"], {})
        wanted = {"id": "id", "name": "name", "quantity": "quantity", "price": "item_price", "amount": "sum"}
        return {"sku": product.get("code", ""), **{word: _text(line[name]) for word, name in wanted.items()}}


class SalesforceSelling(Selling):
    """Salesforce, where a pipeline is a record type and the company's sales processes say which stages each shows."""

    system, name, account = "salesforce", "Salesforce", DOMAIN
    deals_are = "Opportunities"
    write_back = ("PATCH", "*/composite/sobjects")

    def pipelines(self) -> list[dict[str, Any]]:
        named = [(record.id, record.values["Name"]) for record in self.double.org.live("RecordType")]
        return [{"id": id_, "label": label, "stages": self._shown(label)} for id_, label in [*named, ("", "")]]

    def deals(self) -> list[dict[str, Any]]:
        return [self._deal(deal) for deal in self.double.org.live("Opportunity")]

    def _shown(self, pipeline: str) -> list[dict[str, str]]:
        rows = [s.values for s in self.double.org.live("OpportunityStage") if s.values["IsActive"]]
        return [
            _stage(row["ApiName"], row["MasterLabel"], WON if row["IsWon"] else LOST if row["IsClosed"] else OPEN)
            for row in sorted(rows, key=lambda each: each["SortOrder"])
            if row["ApiName"] in PIPELINES.get(pipeline, {row["ApiName"]: ""})
        ]

    def _deal(self, deal: SalesforceRecord) -> dict[str, Any]:
        own, customer = deal.values, self.double.customer(deal.id)
        kind = self.double.org.get("RecordType", own.get("RecordTypeId"))
        stage = self.double.org.stage(own["StageName"])
        return {
            "id": deal.id,
            "name": own["Name"],
            "customer": customer.values["Name"] if customer else "",
            "pipeline": kind.values["Name"] if kind else "",
            "stage": stage.values["MasterLabel"] if stage else own["StageName"],
            "stage_id": own["StageName"],
            "won": own["IsWon"],
            "closed": own["IsClosed"],
            "amount": _text(own.get("Amount", "")),
            "url": self.double.url(deal),
            "fields": _ours({name.removesuffix("__c"): value for name, value in own.items()}),
            "lines": [self._line(line) for line in self.double.lines(deal.id)],
        }

    def _line(self, line: SalesforceRecord) -> dict[str, str]:
        own, product = line.values, self.double.org.any("Product2", line.values["Product2Id"])
        wanted = {"sku": "ProductCode", "quantity": "Quantity", "price": "UnitPrice", "amount": "TotalPrice"}
        told = {word: _text(own.get(name, "")) for word, name in wanted.items()}
        return {"id": line.id, "name": product.values["Name"] if product else "", **told}


def _stage(id_: str, label: str, how: str) -> dict[str, str]:
    return {"id": id_, "label": label, "how": how}


def _how(pipeline: str, stage: str) -> str:
    """How a stage of the company's ends; open where it isn't the company's."""
    return PIPELINES.get(pipeline, {}).get(stage, OPEN)


def _ours(fields: Mapping[str, Any]) -> dict[str, str]:
    """The deal's fields that tell of its invoice, by our names; numbers with two decimals."""
    named = {name.casefold().replace(" ", "_"): value for name, value in fields.items()}
    return {
        name: f"{value:.2f}" if isinstance(value, int | float | Decimal) else str(value)
        for name, value in named.items()
        if name.startswith(OWN_FIELDS)
    }


def _text(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


SELLING: Mapping[str, type[Selling]] = {
    each.system: each for each in (HubSpotSelling, PipedriveSelling, SalesforceSelling)
}
