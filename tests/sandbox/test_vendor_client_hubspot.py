"""Held here: HubSpot's own Python client, unchanged, reads a deal with its lines from the double over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm.deals import ApiException, PublicObjectSearchRequest, SimplePublicObjectInput
from hubspot.crm.line_items import BatchReadInputSimplePublicObjectId, SimplePublicObjectId

from sandbox.company import Company, seed
from sandbox.hubspot import STATIC_TOKEN
from sandbox.serve import SandboxServer
from sandbox.world import HandClock, World


@pytest.fixture
def world() -> World:
    return World(HandClock(datetime(2026, 11, 25, 1, 0, tzinfo=UTC)))


@pytest.fixture
def company(world: World) -> Company:
    return seed(world)


@pytest.fixture
def client(world: World) -> Iterator[Any]:
    with SandboxServer(world.doors) as server:
        yield HubSpot(access_token=STATIC_TOKEN, host=f"{server.url}/hubspot")


def test_a_deal_with_its_lines_and_customer_is_read(client: Any, company: Company) -> None:
    deal = client.crm.deals.basic_api.get_by_id(
        company.deals["known_by_abn"],
        properties=["dealname", "amount", "dealstage", "closedate"],
        associations=["line_items", "companies"],
    )
    ids = [SimplePublicObjectId(id=row.id) for row in deal.associations["line items"].results]
    wanted = BatchReadInputSimplePublicObjectId(
        inputs=ids, properties=["name", "hs_sku", "quantity", "price", "amount"], properties_with_history=[]
    )
    lines = client.crm.line_items.batch_api.read(wanted).results

    assert (deal.properties["dealname"], deal.properties["amount"]) == ("Brand refresh", "4880")
    assert deal.properties["closedate"] is None
    assert {line.properties["hs_sku"]: line.properties["amount"] for line in lines} == {
        "CONSULT-BRAND": "4440",
        "TRAVEL": "440",
    }
    [company_id] = {row.id for row in deal.associations["companies"].results}
    customer = client.crm.companies.basic_api.get_by_id(company_id, properties=["name", "abn"])
    assert customer.properties["abn"] == "40 999 000 222"


def test_pipelines_owners_and_associations_are_read(client: Any, company: Company) -> None:
    pipelines = client.crm.pipelines.pipelines_api.get_all("deals").results
    assert [p.label for p in pipelines] == ["New business", "Renewals"]
    assert pipelines[0].stages[2].metadata["isClosed"] == "true"
    assert client.crm.owners.owners_api.get_page().results[0].first_name == "Jo"
    links = client.crm.associations.v4.basic_api.get_page("deals", company.deals["known_by_abn"], "companies")
    assert {t.type_id for t in links.results[0].association_types} == {5, 341}


def test_a_deal_is_found_and_changed_and_a_wrong_change_refused(client: Any, world: World, company: Company) -> None:
    clock = world.clock
    assert isinstance(clock, HandClock)
    clock.advance(10)
    filters = [{"filters": [{"propertyName": "dealname", "operator": "EQ", "value": "Online store"}]}]
    found = client.crm.deals.search_api.do_search(PublicObjectSearchRequest(filter_groups=filters, limit=5))
    assert [row.id for row in found.results] == [company.deals["new_customer"]]

    change = SimplePublicObjectInput(properties={"dealname": "Online shop"})
    client.crm.deals.basic_api.update(found.results[0].id, change)
    assert world.hubspot.objects["deals"][found.results[0].id].properties["dealname"] == "Online shop"

    with pytest.raises(ApiException) as refused:
        client.crm.deals.basic_api.update(found.results[0].id, SimplePublicObjectInput(properties={"nope": "x"}))
    assert refused.value.status == 400
    assert "PROPERTY_DOESNT_EXIST" in str(refused.value.body)
