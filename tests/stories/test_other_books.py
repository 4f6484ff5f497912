"""Xero connected to another organisation than the mapping names: nothing is written anywhere, and people are asked."""

from __future__ import annotations

import pytest

from connectors.errors import NotConnected
from stages.troubles import outside
from tests.support.house import House

NAMED = ("organisation: Harbourline Studio Pty Ltd", "organisation: Harbourline Holdings Pty Ltd")


def _nothing_was_written(house: House) -> None:
    assert not house.invoices()
    assert not list(house.written())


def test_nothing_lands_in_other_books_and_people_are_asked_once() -> None:
    house = House(NAMED)
    house.win("known_by_abn")
    for _ in range(3):
        trouble = house.struggle(minutes=5)
        assert isinstance(trouble, NotConnected)
        assert "another organisation" in outside(trouble)
        assert "Harbourline" not in f"{trouble} {outside(trouble)}", "the question says which; logs and runs don't"
    _nothing_was_written(house)
    item = house.asked("other_organisation")
    assert "Harbourline Studio Pty Ltd" in item.facts
    assert "Harbourline Holdings Pty Ltd" in item.facts


def test_the_name_put_right_in_the_mapping_the_deal_goes_on_and_the_question_closes() -> None:
    house = House(NAMED)
    deal = house.win("known_by_abn")
    house.struggle()
    house.edit_mapping((NAMED[1], NAMED[0]))
    house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    assert not house.questions()


def test_an_organisation_renamed_in_xero_goes_on_once_somebody_said_that_it_is_right() -> None:
    house = House(NAMED)
    deal = house.win("known_by_abn")
    house.struggle()
    house.xero.people.rename_organisation("Harbourline Holdings Pty Ltd")
    house.answer(house.asked("other_organisation"), "retry")
    house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    assert not house.questions()


def test_credentials_of_another_organisation_are_noticed_by_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House.settled()
    house.win("known_by_abn")
    house.xero.log.clear()
    house.hubspot.log.clear()
    house.xero.people.rename_organisation("Somebody Else Pty Ltd")
    house.xero.identity.client_id = "another-app"
    monkeypatch.setenv("WONBOOKS_DEMO_XERO_CLIENT_ID", "another-app")
    assert isinstance(house.struggle(), NotConnected)
    _nothing_was_written(house)
    house.asked("other_organisation")
