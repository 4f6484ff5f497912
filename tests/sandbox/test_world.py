"""Held here: the world routes by host, starts anew on demand, and holds the demo's company as the stories need it."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime

import pytest

from domain.abn import clean_abn
from domain.names import name_key
from sandbox.cast import COMPANIES, PRODUCTS, XERO_CONTACTS
from sandbox.company import Company, seed
from sandbox.hubspot import STATIC_TOKEN
from sandbox.wire import Request
from sandbox.world import SELLER, HandClock, World

START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return World(HandClock(START))


@pytest.fixture
def company(world: World) -> Company:
    return seed(world)


def get(path: str, token: str = "") -> Request:
    return Request("GET", path, {}, {"authorization": f"Bearer {token}", "accept": "application/json"})


def test_each_host_is_answered_by_its_vendor(world: World) -> None:
    assert world.handle("api.hubapi.com", get("/crm/objects/2026-09/deals", STATIC_TOKEN)).status == 200
    token = world.xero.identity.issue()
    organisation = world.handle("api.xero.com", get("/api.xro/2.0/Organisation", token))
    assert json.loads(organisation.body)["Organisations"][0]["Name"] == SELLER
    assert world.handle("identity.xero.com", Request("POST", "/connect/token", {}, {})).status == 400


def test_a_host_that_nobody_has_is_no_quiet_404(world: World) -> None:
    with pytest.raises(LookupError, match="nobody lives at"):
        world.handle("example.com", get("/"))


def test_the_hand_clock_stands_until_it_is_moved() -> None:
    clock = HandClock(START)
    assert clock() == clock() == START
    clock.advance(90)
    assert (clock() - START).total_seconds() == 90
    with pytest.raises(ValueError, match="time zone"):
        HandClock(datetime(2026, 11, 25))  # noqa: DTZ001 - the mistake meant


def test_a_reset_world_is_empty_and_its_doors_lead_to_the_new_one(world: World) -> None:
    seed(world)
    door = world.doors["hubspot"]
    world.reset()
    assert not world.hubspot.objects["deals"]
    answer = door.handle(get("/crm/objects/2026-09/deals", STATIC_TOKEN))
    assert json.loads(answer.body)["results"] == []


def test_the_same_seed_gives_the_same_world_and_a_copy_goes_its_own_way() -> None:
    one, two = World(HandClock(START), seed=5), World(HandClock(START), seed=5)
    assert seed(one) == seed(two)
    assert one.hubspot.log == two.hubspot.log
    assert one.xero.contacts == two.xero.contacts

    twin = copy.deepcopy(one)
    twin.hubspot.people.move(next(iter(twin.hubspot.objects["deals"])), "Closed won")
    assert len(one.hubspot.log) == len(two.hubspot.log)
    assert one.clock() == START


def test_a_dozen_deals_stand_ready_and_none_is_won(world: World, company: Company) -> None:
    deals = world.hubspot.objects["deals"]
    assert set(company.deals.values()) == set(deals)
    assert len(deals) >= 12
    for deal in deals.values():
        assert deal.properties["hs_is_closed"] == "false"
        assert world.hubspot.customer(deal.id) is not None
        total = sum(float(line.properties["amount"]) for line in world.hubspot.lines(deal.id))
        assert float(deal.properties["amount"]) == pytest.approx(total)  # pyright: ignore[reportUnknownMemberType]


def test_the_pipelines_are_those_of_the_demos_mapping(world: World, company: Company) -> None:
    stages = {p.label: [s.label for s in p.stages] for p in world.hubspot.account.pipelines.values()}
    assert {"Closed won", "Paid"} <= set(stages["New business"])
    assert {"Renewed", "Paid"} <= set(stages["Renewals"])


def test_every_abn_has_sound_check_digits_and_every_code_a_product(world: World, company: Company) -> None:
    for known in COMPANIES.values():
        assert "abn" not in known or clean_abn(known["abn"])
    sold = {line.properties["hs_sku"] for line in world.hubspot.objects["line_items"].values()}
    assert sold == {code for code, _, _ in PRODUCTS}


def test_some_customers_are_in_xero_under_other_names_and_two_look_alike(world: World, company: Company) -> None:
    contacts = world.xero.contacts
    bellbird = contacts[company.contacts["Bellbird Cafe"]]
    assert clean_abn(bellbird["TaxNumber"]) == clean_abn(COMPANIES["bellbird"]["abn"])
    person = world.hubspot.customer(company.deals["known_by_email"])
    assert person is not None
    assert person.properties["email"] == contacts[company.contacts["Siobhan O’Brien"]]["EmailAddress"]
    keys = [name_key(name).key for name in XERO_CONTACTS]
    assert keys.count(name_key(COMPANIES["meridian"]["name"]).key) == 2
    new = world.hubspot.customer(company.deals["new_customer"])
    assert new is not None
    assert name_key(new.properties["name"]).key not in keys
