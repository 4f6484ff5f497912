"""The selling side of a house: the same handles for every CRM.

To tell the stories on another CRM, write a class like these and enter it in ``SALES``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from pydantic import SecretStr

from sandbox.faults import Faults
from sandbox.hubspot import STATIC_TOKEN
from sandbox.pipedrive import API_TOKEN
from sandbox.salesforce import CONSUMER_KEY, CONSUMER_SECRET, DOMAIN
from sandbox.wire import Call
from sandbox.world import World


class Double(Protocol):
    """What every double of a CRM has."""

    log: list[Call]
    faults: Faults

    @property
    def people(self) -> Any: ...


class Sales(Protocol):
    """How things are done, and seen, in one CRM. ``pair`` is its demo's, ``keys`` what it connects with."""

    pair: str
    keys: Mapping[str, SecretStr]

    @property
    def double(self) -> Double: ...

    def win(self, deal_id: str) -> None:
        """At the stage that its pipeline ends well in, and won."""
        ...

    def unwin(self, deal_id: str) -> None:
        """Back to the first stage, and open again."""
        ...

    def lose(self, deal_id: str) -> None:
        """Lost, wherever it stood."""
        ...

    def sell(self, lines: Sequence[Mapping[str, Any]], deal: Mapping[str, Any]) -> str:
        """A new deal that is won."""
        ...

    def bears(self, url: str, deal_id: str) -> bool:
        """Whether an address is the deal's, with our marker behind it."""
        ...

    def stage(self, deal_id: str) -> str:
        """Where a deal stands, by label."""
        ...

    def told(self, deal_id: str) -> dict[str, str]:
        """What the deal holds in our fields, by name; amounts with two decimals, empty ones missing."""
        ...

    def field(self, name: str) -> str:
        """What the mapping calls a further field of ours, ``days overdue``, that deals have or will be given."""
        ...

    def writes(self, call: str) -> bool:
        """Whether a call, ``PATCH /deals/7``, changes something."""
        ...


class HubSpotSales:
    """HubSpot."""

    pair = "demo"
    keys: ClassVar = {"token": SecretStr(STATIC_TOKEN)}

    def __init__(self, world: World) -> None:
        self.double = world.hubspot

    def win(self, deal_id: str) -> None:
        pipeline = self.double.account.pipelines[self._own(deal_id)["pipeline"]].label
        self.double.people.move(deal_id, "Renewed" if pipeline == "Renewals" else "Closed won")

    def unwin(self, deal_id: str) -> None:
        first = self.double.account.pipelines[self._own(deal_id)["pipeline"]].stages[0]
        self.double.people.move(deal_id, first.id)

    def lose(self, deal_id: str) -> None:
        self.double.people.move(deal_id, "Closed lost")

    def sell(self, lines: Sequence[Mapping[str, Any]], deal: Mapping[str, Any]) -> str:
        return self.double.people.add_deal(lines=lines, **{"stage": "Closed won", **deal})

    def bears(self, url: str, deal_id: str) -> bool:
        return f"/0-3/{deal_id}?" in url

    def stage(self, deal_id: str) -> str:
        at = self.double.account.stage(self._own(deal_id)["dealstage"])
        assert at is not None
        return at[1].label

    def told(self, deal_id: str) -> dict[str, str]:
        return {name: value for name, value in self._own(deal_id).items() if name.startswith("xero_")}

    def field(self, name: str) -> str:
        return f"xero_{name.replace(' ', '_')}"

    def writes(self, call: str) -> bool:
        reading = call.startswith(("GET ", "POST /crm/associations/")) or call.endswith(("/search", "/batch/read"))
        return not reading

    def _own(self, deal_id: str) -> dict[str, str]:
        return self.double.objects["deals"][deal_id].properties


class PipedriveSales:
    """Pipedrive, where to win is one thing and to move another."""

    pair = "demo-pipedrive"
    keys: ClassVar = {"token": SecretStr(API_TOKEN)}

    def __init__(self, world: World) -> None:
        self.double = world.pipedrive

    def win(self, deal_id: str) -> None:
        self.double.people.win(deal_id, "Renewed" if self._pipeline(deal_id) == "Renewals" else "Closed won")

    def unwin(self, deal_id: str) -> None:
        first = next(self.double.account.stages(self.double.deal(deal_id)["pipeline_id"]))
        self.double.people.reopen(deal_id, str(first["id"]))

    def lose(self, deal_id: str) -> None:
        self.double.people.lose(deal_id)

    def sell(self, lines: Sequence[Mapping[str, Any]], deal: Mapping[str, Any]) -> str:
        deal_id = self.double.people.add_deal(lines=lines, **{"stage": "Closed won", **deal})
        self.double.people.win(deal_id)
        return deal_id

    def bears(self, url: str, deal_id: str) -> bool:
        return f"/deal/{deal_id}?" in url

    def stage(self, deal_id: str) -> str:
        return self.double.stage(deal_id)

    def told(self, deal_id: str) -> dict[str, str]:
        own = {name.casefold().replace(" ", "_"): value for name, value in self.double.own(deal_id).items()}
        return {
            name: f"{value:.2f}" if isinstance(value, int | Decimal) else str(value)
            for name, value in own.items()
            if name.startswith("xero_")
        }

    def field(self, name: str) -> str:
        return f"xero_{name.replace(' ', '_')}"

    def writes(self, call: str) -> bool:
        return not call.startswith("GET ")

    def _pipeline(self, deal_id: str) -> str:
        return self.double.account.rows["pipelines"][self.double.deal(deal_id)["pipeline_id"]]["name"]


class SalesforceSales:
    """Salesforce, where every pipeline has all stages."""

    pair = "demo-salesforce"
    keys: ClassVar = {
        "domain": SecretStr(DOMAIN),
        "client_id": SecretStr(CONSUMER_KEY),
        "client_secret": SecretStr(CONSUMER_SECRET),
    }
    types: ClassVar = {"payment link": "url(255)", "due date": "date", "days overdue": "double"}

    def __init__(self, world: World) -> None:
        self.double = world.salesforce

    def win(self, deal_id: str) -> None:
        self.double.people.move(deal_id, "Renewed" if self._renewal(deal_id) else "Closed won")

    def unwin(self, deal_id: str) -> None:
        self.double.people.move(deal_id, "Coming up" if self._renewal(deal_id) else "Appointment scheduled")

    def lose(self, deal_id: str) -> None:
        self.double.people.move(deal_id, "Closed lost")

    def sell(self, lines: Sequence[Mapping[str, Any]], deal: Mapping[str, Any]) -> str:
        return self.double.people.add_deal(lines=lines, **{"stage": "Closed won", **deal})

    def bears(self, url: str, deal_id: str) -> bool:
        return f"{DOMAIN}/{deal_id}?" in url

    def stage(self, deal_id: str) -> str:
        return self._own(deal_id)["StageName"]

    def told(self, deal_id: str) -> dict[str, str]:
        return {
            name.removesuffix("__c").lower(): f"{value:.2f}" if isinstance(value, Decimal) else value
            for name, value in self._own(deal_id).items()
            if name.startswith("Xero_")
        }

    def field(self, name: str) -> str:
        own = f"Xero_{name.title().replace(' ', '_')}"
        return self.double.people.add_field("deal", own, self.types.get(name, "currency"))

    def writes(self, call: str) -> bool:
        return call.startswith("PATCH ")

    def _renewal(self, deal_id: str) -> bool:
        kind = self.double.objects["RecordType"][self._own(deal_id)["RecordTypeId"]]
        return kind.values["Name"] == "Renewals"

    def _own(self, deal_id: str) -> dict[str, Any]:
        return self.double.objects["Opportunity"][deal_id].values


SALES: dict[str, type[HubSpotSales | PipedriveSales | SalesforceSales]] = {
    "hubspot": HubSpotSales,
    "pipedrive": PipedriveSales,
    "salesforce": SalesforceSales,
}
