"""Held here: the Python client that most people use, unchanged, signs in to the double over real HTTP, reads and
writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
)
from simple_salesforce.format import format_external_id, format_soql

from sandbox.clock import wall_clock
from sandbox.company import Company, seed
from sandbox.salesforce import CONSUMER_KEY, CONSUMER_SECRET, USERNAME
from sandbox.serve import SandboxServer
from sandbox.world import World
from tests.support.salesforce import key_pair


class _Homeward(HTTPAdapter):
    """Leads every address of Salesforce to the double on this machine; the client has them built in."""

    def __init__(self, url: str) -> None:
        self._url = url
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url is not None
        _, _, path = request.url.removeprefix("https://").partition("/")
        request.url = f"{self._url}/salesforce/{path}"
        return super().send(request, *args, **kwargs)


pytestmark = pytest.mark.filterwarnings(r"ignore:\s*If your connected app policy:UserWarning")


@pytest.fixture
def world() -> World:
    """On the wall's clock, by which the client signs its statements."""
    return World(wall_clock)


@pytest.fixture
def company(world: World) -> Company:
    company = seed(world, "salesforce")
    world.salesforce.people.add_field("company", "Xero_Contact_Id__c", "string(36)", key=True)
    return company


@pytest.fixture
def session(world: World) -> Iterator[requests.Session]:
    with SandboxServer(world.doors) as server, requests.Session() as session:
        session.trust_env = False
        session.mount("https://", _Homeward(server.url))
        yield session


def _by_key(session: requests.Session, world: World, username: str = USERNAME) -> Any:
    private, public = key_pair()
    world.salesforce.access.trust(public)
    return Salesforce(
        username=username,
        consumer_key=CONSUMER_KEY,
        privatekey=private,
        domain="login",
        version="68.0",
        session=session,
        parse_float=Decimal,
    )


@pytest.fixture
def client(session: requests.Session, world: World, company: Company) -> Any:
    return _by_key(session, world)


def test_a_key_opens_and_a_stranger_is_told_why_not(session: requests.Session, world: World) -> None:
    assert _by_key(session, world).sf_instance == "harbourline.my.salesforce.com"
    with pytest.raises(SalesforceAuthenticationFailed, match="hasn't approved this consumer"):
        _by_key(session, world, "nobody@harbourline.example")


def test_a_secret_opens_at_the_organisations_own_address(session: requests.Session, company: Company) -> None:
    secret: dict[str, Any] = {"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET}
    client: Any = Salesforce(**secret, domain="harbourline.my", version="68.0", session=session)
    assert client.limits()["DailyApiRequests"]["Max"] == 15_000
    assert client.api_usage["api-usage"].used == 1


def test_deals_are_queried_with_their_lines_and_customers(client: Any, company: Company) -> None:
    soql = format_soql(
        "SELECT Id, Name, Amount, Account.ABN__c, (SELECT ProductCode, TotalPrice FROM OpportunityLineItems) "
        "FROM Opportunity WHERE Name = {} AND SystemModstamp >= {}",
        "Brand refresh",
        wall_clock().replace(hour=0),
    )
    (deal,) = client.query(soql)["records"]
    assert (deal["Id"], deal["Amount"]) == (company.deals["known_by_abn"], Decimal(4880))
    assert deal["Account"]["ABN__c"] == "40 999 000 222"
    assert [line["ProductCode"] for line in deal["OpportunityLineItems"]["records"]] == ["CONSULT-BRAND", "TRAVEL"]


def test_pages_of_deals_are_followed_and_the_recycle_bin_is_looked_into(
    client: Any, world: World, company: Company
) -> None:
    world.salesforce.switches.page = 4
    world.salesforce.people.delete("deal", company.deals["export"])
    alive = list(client.query_all_iter("SELECT Id FROM Opportunity ORDER BY Name"))
    everything = client.query_all("SELECT Id, IsDeleted FROM Opportunity", include_deleted=True)["records"]
    assert (len(alive), len(everything)) == (12, 13)
    assert [row["Id"] for row in everything if row["IsDeleted"]] == [company.deals["export"]]


def test_fields_are_described_and_a_deal_is_changed_by_its_id(client: Any, world: World, company: Company) -> None:
    fields = {field["name"]: field for field in client.Opportunity.describe()["fields"]}
    assert fields["IsWon"]["updateable"] is False
    assert fields["Xero_Total__c"]["type"] == "currency"
    deal = company.deals["small"]
    assert client.Opportunity.update(deal, {"Xero_Total__c": 12.5, "StageName": "Closed won"}) == 204
    assert client.Opportunity.get(deal)["IsWon"] is True
    assert world.salesforce.objects["Opportunity"][deal].values["Xero_Total__c"] == Decimal("12.5")
    with pytest.raises(SalesforceMalformedRequest, match="No such column 'Nope__c'"):
        client.Opportunity.update(deal, {"Nope__c": 1})


def test_a_customer_is_made_once_by_our_own_key(client: Any, world: World, company: Company) -> None:
    key = format_external_id("Xero_Contact_Id__c", "a/b c#1")
    assert client.Account.upsert(key, {"Name": "Ligature Books"}, raw_response=True).status_code == 201
    assert client.Account.upsert(key, {"Phone": "02 5550 0000"}, raw_response=True).json()["created"] is False
    (made,) = [a for a in world.salesforce.objects["Account"].values() if a.values["Name"] == "Ligature Books"]
    assert made.values["Xero_Contact_Id__c"] == "a/b c#1"
    world.salesforce.org.create("Account", {"Name": "Double", "Xero_Contact_Id__c": "a/b c#1"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        client.Account.upsert(key, {"Phone": "02 5550 0001"})


def test_several_requests_go_in_one_call_and_name_each_other(client: Any, world: World, company: Company) -> None:
    base = "/services/data/v68.0"
    asked = [
        {
            "method": "POST",
            "url": f"{base}/sobjects/Account",
            "referenceId": "firm",
            "body": {"Name": "Ligature Books"},
        },
        {
            "method": "POST",
            "url": f"{base}/sobjects/Contact",
            "referenceId": "buyer",
            "body": {"LastName": "Okafor", "AccountId": "@{firm.id}"},
        },
        {
            "method": "GET",
            "url": f"{base}/query?q=SELECT+Name+FROM+Contact+WHERE+Id='@{{buyer.id}}'",
            "referenceId": "q",
        },
    ]
    before = client.limits()["DailyApiRequests"]["Remaining"]
    answers = client.restful("composite", method="POST", json={"compositeRequest": asked})["compositeResponse"]
    assert [answer["httpStatusCode"] for answer in answers] == [201, 201, 200]
    assert answers[2]["body"]["records"][0]["Name"] == "Okafor"
    (buyer,) = [c for c in world.salesforce.objects["Contact"].values() if c.values["LastName"] == "Okafor"]
    assert buyer.values["AccountId"] == answers[0]["body"]["id"]
    assert before - client.limits()["DailyApiRequests"]["Remaining"] == 2
