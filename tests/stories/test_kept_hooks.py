"""Pipedrive's webhooks: made by us, believed here, looked after once a day, and nothing depends on them."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ledger import endpoints
from sandbox.faults import Fault
from sandbox.pipedrive.access import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from stages.hooks import keep_now
from tests.support.hooks import DEMO, IDS, Door
from tests.support.house import CONNECTIONS, House

PUBLIC = "https://hooks.harbourline.example"
DAY = 24 * 60


@pytest.fixture
def house() -> House:
    """With an address that can be reached from outside."""
    house = House(crm="pipedrive")
    house.hooks_url = PUBLIC
    with house.ledger.write() as session:
        endpoints.ensure(session, house.pair, "pipedrive", IDS["pipedrive"], house.clock())
    return house


def hooks(house: House) -> list[dict[str, Any]]:
    return list(house.world.pipedrive.account.rows["webhooks"].values())


def asked(house: House) -> list[str]:
    """Every call about webhooks."""
    return [f"{c.method} {c.path}" for c in house.world.pipedrive.log if c.actor == "api" and "webhooks" in c.path]


def test_they_are_made_once_with_a_name_and_a_password(house: House) -> None:
    house.work()
    assert {row["event_object"] for row in hooks(house)} == {"deal", "deal_product"}
    for row in hooks(house):
        assert row["subscription_url"] == f"{PUBLIC}/hooks/pipedrive/{IDS['pipedrive']}"
        assert (row["event_action"], row["version"], row["http_auth_user"]) == ("*", "2.0", "wonbooks")
        assert len(row["http_auth_password"]) == 64
    made = len(asked(house))
    house.work(minutes=12 * 60)
    assert len(asked(house)) == made
    house.work(minutes=13 * 60)
    assert asked(house)[made:] == ["GET /api/v1/webhooks"]
    assert len(hooks(house)) == 2


def test_they_are_made_again_after_three_days_without_success(house: House) -> None:
    house.work()
    double = house.world.pipedrive
    for _ in range(5):
        house.sell()
        double.deliver(lambda _url, _headers, _body: 0)
        house.clock.advance(DAY * 60)
    assert hooks(house) == []
    house.work()
    assert len(hooks(house)) == 2


def test_doubles_and_those_to_an_old_address_are_taken_away(house: House) -> None:
    house.work()
    twin = dict(hooks(house)[0])
    account = house.world.pipedrive.account
    account.create("webhooks", {name: value for name, value in twin.items() if name != "id"})
    theirs = {**twin, "subscription_url": "https://zap.example/x", "name": "Somebody else's"}
    account.create("webhooks", {name: value for name, value in theirs.items() if name != "id"})
    house.hooks_url = "https://new.harbourline.example"
    house.work(minutes=DAY + 1)
    hosts = sorted(row["subscription_url"].split("/")[2] for row in hooks(house))
    assert hosts == ["new.harbourline.example", "new.harbourline.example", "zap.example"]


def test_without_an_address_none_are_made(house: House) -> None:
    house.hooks_url = "http://127.0.0.1:4220"
    house.work()
    assert asked(house) == []


@pytest.mark.parametrize("kind", ["500 before", "429", "garble", "lose answer"])
def test_trouble_with_them_stops_nothing_and_is_tried_again(house: House, kind: Any) -> None:
    house.world.pipedrive.faults.add(Fault("*", "*/webhooks", kind, times=9))
    deal = house.win("known_by_abn")
    house.struggle()
    house.work(minutes=30)
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    house.world.pipedrive.faults.clear()
    house.work(minutes=61)
    house.work(minutes=61)
    assert sorted(row["event_object"] for row in hooks(house)) == ["deal", "deal_product"]
    assert not house.questions()


def test_an_app_that_may_not_make_them_says_which_permission_lacks(house: House) -> None:
    keys = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
    consent = {name: SecretStr(value) for name, value in keys.items()}
    house.connections = {**CONNECTIONS, "demo-pipedrive": consent}
    deal = house.win("known_by_abn")
    house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    assert (hooks(house), house.questions()) == ([], [])
    assert "lacks the permission" in keep_now(house.open())
    house.world.pipedrive.access.admin = True
    assert keep_now(house.open()) == ""
    assert len(hooks(house)) == 2


@contextmanager
def receiving(house: House, folder: Path) -> Generator[Door]:
    """The receiver of the same installation: with its key, and the pair's endpoint."""
    key = SecretStr(base64.b64encode(b"k" * 32).decode())  # the house's own
    keys = {name: {k: v.get_secret_value() for k, v in items.items()} for name, items in CONNECTIONS.items()}
    ends = {IDS["pipedrive"]: (house.pair, "pipedrive")}
    at = Door(folder, mappings=DEMO, keys=keys, ends=ends, key=key, hooks_url=PUBLIC)
    with at.receiver:
        yield at


def test_what_they_tell_is_believed_by_the_receiver(house: House, tmp_path: Path) -> None:
    house.work()
    double = house.world.pipedrive
    double.deliver(lambda _url, _headers, _body: 200)
    deal = house.win("known_by_abn")
    with receiving(house, tmp_path) as at:

        def post(url: str, headers: dict[str, str], body: dict[str, Any]) -> int:
            content = json.dumps(body, default=float).encode()
            stranger = {**headers, "authorization": "Basic d29uYm9va3M6Z3Vlc3M="}
            assert at.call(url.removeprefix(PUBLIC), content, stranger).status == 401
            return at.call(url.removeprefix(PUBLIC), content, headers).status

        assert double.deliver(post) > 0
    assert deal in at.noticed(pair=house.pair)
