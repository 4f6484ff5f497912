"""Held: every field and column that may say something of people is in the register, and one person's can be had whole
or forgotten.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from domain.records import Customer, XeroContact
from ledger import personal
from stages import privacy, privacy_register
from tests.stories.test_details import PHONE, PHONES, align, edit, linked
from tests.support.house import House

PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"
# Texts of any length that say nothing of people.
PLAIN = {
    *(("auditentry", "details"), ("seen", "url"), ("connected", "tenant_name"), ("remembered", "value")),
    *(("reportkept", "counts"), ("reportkept", "files"), ("reportkept", "folder"), ("gathering", "done")),
    *(("token", "sealed"), ("errand", "sealed"), ("person", "totp")),
}


def test_every_column_of_text_is_plain_or_in_the_register() -> None:
    assert personal.columns(of_texts=True) - set(personal.HELD) == PLAIN
    assert set(personal.HELD) <= personal.columns()


def test_every_field_that_is_read_of_people_is_in_the_register() -> None:
    for record, known in ((Customer, privacy_register.OF_CUSTOMER), (XeroContact, privacy_register.OF_CONTACT)):
        assert {each.name for each in dataclasses.fields(record)} == set(known)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == privacy_register.written(), "python -m stages.privacy_register > docs/privacy.md"


@pytest.mark.parametrize("who", ["record", "siobhan@obrien-illustration.example"])
def test_all_that_is_held_of_a_person_is_written_out(who: str) -> None:
    house, ref, contact = linked()
    edit(house, ref, PHONE)
    align(house)
    told = privacy.export(house.open(), str(ref) if who == "record" else who)
    text = json.dumps(told, ensure_ascii=False)
    assert told["customers"] == [str(ref)]
    assert contact in text
    assert "+61293744000" in text
    assert "siobhan@obrien-illustration.example" in text
    assert "details written" in text


def test_what_is_forgotten_is_nowhere_in_the_ledger_and_the_trail_still_holds() -> None:
    house, ref, _ = linked()
    edit(house, ref, PHONE)
    align(house)
    done = privacy.forget(house.open(), "Siobhan@obrien-illustration.example", "privacy officer")
    assert done.customers == [str(ref)]
    assert any("HubSpot still has" in sentence for sentence in done.left)
    assert any("Xero still has the contact" in sentence for sentence in done.left)
    text = json.dumps(privacy.export(house.open(), str(ref)), ensure_ascii=False)
    for said in ("9374", "siobhan@obrien", "Siobh"):
        assert said not in text
    assert "forgotten" in text


def test_nobody_is_a_sentence() -> None:
    with pytest.raises(privacy.Unknown, match=r"Give the e-mail address"):
        privacy.export(House(PHONES).open(), "nobody@nowhere.example")
