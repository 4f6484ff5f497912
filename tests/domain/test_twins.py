"""Possible twins of one system are found with what speaks for them; what tells two customers apart keeps them so."""

from __future__ import annotations

from typing import Any

import pytest

from domain.emails import Mailboxes
from domain.likeness import IndexedContact
from domain.twins import twins
from tests.support.customers import ABN, OTHER_ABN, contact


def found(*records: IndexedContact, **more: Any) -> list[tuple[tuple[str, ...], str]]:
    return [(each.ids, each.evidence) for each in twins(records, **more)]


@pytest.mark.parametrize(
    ("one", "other", "evidence"),
    [
        (("Acme", {"tax_number": ABN}), ("Bolt", {"tax_number": ABN}), "The same ABN."),
        (("Acme", {"email": "jo@acme.au"}), ("Bolt", {"email": "Jo@Acme.au"}), "The same e-mail address."),
        (("Acme Pty Ltd", {}), ("ACME P/L", {}), "The same name."),
        (("Meridian Partners", {}), ("Meridan Partners", {}), "Names that are nearly the same, 97 of 100."),
        (("Partners Meridian", {}), ("Meridian Partner", {}), "Names that are nearly the same, 97 of 100."),
    ],
)
def test_what_two_records_share_is_said(one: Any, other: Any, evidence: str) -> None:
    records = contact("x1", one[0], **one[1]), contact("x2", other[0], **other[1])
    assert found(*records) == [(("x1", "x2"), evidence)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Acme", {"tax_number": ABN}), ("Acme", {"tax_number": OTHER_ABN})),
        (("ABC Holdings No 1", {}), ("ABC Holdings No 2", {})),
        (("Meridian Partners", {"tax_number": ABN}), ("Meridan Partners", {"tax_number": OTHER_ABN})),
        (("Telstra", {}), ("Telstra Health", {})),
        (("Acme", {"email": "accounts@books.au"}), ("Bolt", {"email": "accounts@books.au"})),
        (("Pty Ltd", {}), ("Limited", {})),
    ],
)
def test_what_tells_two_customers_apart_keeps_them_so(one: Any, other: Any) -> None:
    assert found(contact("x1", one[0], **one[1]), contact("x2", other[0], **other[1])) == []


def test_a_bookkeepers_address_that_the_mapping_names_makes_no_twins() -> None:
    records = contact("x1", "Acme", email="jo@books.au"), contact("x2", "Bolt", email="jo@books.au")
    assert found(*records)
    assert found(*records, mailboxes=Mailboxes(shared=frozenset({"books.au"}))) == []


def test_three_of_one_number_are_one_group_and_told_once() -> None:
    records = [contact(f"x{n}", "Acme", tax_number=ABN, email="jo@acme.au") for n in range(3)]
    assert found(*records) == [(("x0", "x1", "x2"), "The same ABN.")]
