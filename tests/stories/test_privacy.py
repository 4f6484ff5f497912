"""Held: every field and column that may say something of people is in the register, and one person's can be had whole
or forgotten.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from domain.records import Customer, XeroContact
from ledger import audit, personal
from stages import correcting, privacy, privacy_register
from tests.stories.test_born import born, house_of
from tests.stories.test_details import PHONE, PHONES, align, details, edit, in_crm, in_xero, linked, writes
from tests.support.house import House
from tests.support.sales import SALES

TABLES = SQLModel.metadata.sorted_tables
PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"
# Texts of any length that say nothing of people.
PLAIN = {
    *(("auditentry", "details"), ("seen", "url"), ("connected", "tenant_name"), ("remembered", "value")),
    *(("reportkept", "counts"), ("reportkept", "files"), ("reportkept", "folder"), ("gathering", "done")),
    *(("token", "sealed"), ("errand", "sealed"), ("person", "totp"), ("openpaper", "against")),
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


def test_a_person_born_in_xero_can_be_had_whole_and_is_forgotten_in_every_table() -> None:
    house = house_of("create\n  new people: become persons")
    twin = house.hubspot.people.add_person("zed@quill.example", firstname="Zed", lastname="Quill")
    born(house, "Zed Quill", EmailAddress="zed@other.example", FirstName="Zed", LastName="Quill")
    align(house)
    house.answer(house.asked("contact_unclear"), "create_person")
    align(house)
    [made] = privacy.customers_of(house.open(), "zed@other.example")
    [other] = privacy.customers_of(house.open(), "zed@quill.example")
    assert (made != other, other) == (True, f"person:{twin}")
    assert '"last_name":"Quill"' in json.dumps(privacy.export(house.open(), made)).replace("\\", "")
    for ref in (made, other):
        privacy.forget(house.open(), ref, "privacy officer")
    with house.ledger.read() as session:
        held = {table.name: str(session.connection().execute(table.select()).all()) for table in TABLES}
    assert [name for name, rows in held.items() if "quill" in rows.casefold() or "zed@" in rows] == []


def test_nobody_is_a_sentence() -> None:
    with pytest.raises(privacy.Unknown, match=r"Give the e-mail address"):
        privacy.export(House(PHONES).open(), "nobody@nowhere.example")


@pytest.mark.parametrize("crm", sorted(SALES))
def test_what_a_person_asks_to_have_put_right_is_right_on_both_sides_and_stays_so(crm: str) -> None:
    house, ref, contact = linked(crm)
    pair = house.open()
    wanted = correcting.read(["email=siobhan@new.example", "Phone = 0412 345 678"])
    said = correcting.correct(pair, "siobhan@obrien-illustration.example", wanted, "privacy officer")
    assert said[0] == "Xero: email, phone put right."
    assert said[1].endswith(": email, phone put right.")
    assert (in_xero(house, contact), house.xero.contacts[contact]["EmailAddress"]) == (
        "0412 345 678",
        "siobhan@new.example",
    )
    assert in_crm(house, ref)["email"] == "siobhan@new.example"
    before = writes(house)
    for _ in range(2):
        align(house)
    assert writes(house) == before
    assert all("says so already" in each for each in correcting.correct(pair, str(ref), wanted, "privacy officer"))
    with house.ledger.read() as session:
        (told, *_) = [e for e in audit.story(session, house.pair, f"customer:{ref}") if e.event == "corrected"]
    assert (told.actor, json.loads(told.details)) == ("privacy officer", {"fields": ["email", "phone"]})


@pytest.mark.parametrize("text", ["email=no address", "tax number=123 456 782", "billing address=1 High St", "phone"])
def test_what_neither_side_would_take_is_said_and_not_written(text: str) -> None:
    with pytest.raises(privacy.Unknown):
        correcting.read([text])


def test_what_one_side_refuses_is_asked_and_not_taken_back_on_the_other() -> None:
    house = House(details(name="both ways"))
    house.work()
    deal = house.win("known_by_abn")
    house.work()
    align(house)
    house.answer(house.asked("detail_conflict"), "leave")
    align(house)
    ref = f"company:{house.company.companies['bellbird']}"
    said = correcting.correct(house.open(), ref, {"name": "Meridian Partners"}, "privacy officer")
    assert said[0].startswith("Xero would not take name: ")
    assert "already assigned" in said[0]
    assert said[1] == "HubSpot: name put right."
    align(house)
    assert house.hubspot.objects["companies"][ref.partition(":")[2]].properties["name"] == "Meridian Partners"
    assert house.customer(deal)["Name"] == "Bellbird Cafe"
    with house.ledger.read() as session:
        told = [entry.event for entry in audit.story(session, house.pair, f"customer:{ref}")]
    assert told[-4:] == ["details refused", "asked", "details written", "corrected"]


def test_no_log_names_a_customer_whatever_is_decided(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    house = House.settled(watch=False)
    for deal in ("new_customer", "known_by_abn", "renewal"):
        house.win(deal)
    house.work()
    assert len(house.invoices()) == 3
    assert caplog.records
    assert not any("Saltbush" in record.getMessage() for record in caplog.records)
