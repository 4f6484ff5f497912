"""E-mail addresses: which are the same, and which identify nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.emails import (
    ORDINARY,
    addresses,
    email_key,
    email_keys,
    website_domain,
)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Jane.Smith@Acme.COM.AU", ("jane.smith@acme.com.au",)),
        (" jane@acme.com.au ", ("jane@acme.com.au",)),
        ("Jane Smith <Jane@acme.com.au>; joe@b.com.au", ("jane@acme.com.au", "joe@b.com.au")),
        ("jane@acme.com.au, jane@ACME.com.au", ("jane@acme.com.au",)),
        ("mailto:jane@acme.com.au", ("jane@acme.com.au",)),
        ("jane@münchen.de", ("jane@xn--mnchen-3ya.de",)),
        ("jane@xn--mnchen-3ya.de", ("jane@xn--mnchen-3ya.de",)),
        ("ｊane@acme.com.au", ("jane@acme.com.au",)),
        ("j.smith+acme@gmail.com", ("j.smith+acme@gmail.com",)),
        ("see notes", ()),
        ("jane at acme", ()),
        ("@acme.com.au", ()),
        ("jane@localhost", ()),
        ("", ()),
    ],
)
def test_a_field_holds_the_addresses_that_can_be_read(text: str, keys: tuple[str, ...]) -> None:
    assert email_keys(text) == keys
    assert email_key(text) == (keys[0] if keys else "")


def test_what_is_sent_to_is_the_address_as_typed() -> None:
    assert addresses("Jane Smith <Jane.Smith@Acme.com.au>; x") == ("Jane.Smith@Acme.com.au",)


@pytest.mark.parametrize(
    "address",
    [
        "accounts@acme.com.au",
        "Accounts-Payable@acme.com.au",
        "accounts.nsw@acme.com.au",
        "info2@acme.com.au",
        "no-reply@acme.com.au",
        "noreply@acme.com.au",
        "admin+x@acme.com.au",
        "AP@acme.com.au",
    ],
)
def test_a_desks_mailbox_is_known_as_one(address: str) -> None:
    assert ORDINARY.is_role(address)


@pytest.mark.parametrize("address", ["jane@acme.com.au", "apple@acme.com.au", "harry.admin@acme.com.au", ""])
def test_a_persons_mailbox_is_not_a_desks(address: str) -> None:
    assert not ORDINARY.is_role(address)


def test_free_mail_has_no_owner() -> None:
    assert ORDINARY.is_free("jane@BigPond.com")
    assert ORDINARY.is_free("gmail.com")
    assert not ORDINARY.is_free("jane@acme.com.au")
    assert ORDINARY.own_domain("jane@gmail.com") == ""
    assert ORDINARY.own_domain("jane@acme.com.au") == "acme.com.au"
    assert ORDINARY.own_domain("see notes") == ""


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.Acme.com.au/about?x=1", "acme.com.au"),
        ("acme.com.au", "acme.com.au"),
        ("acme.com.au:8080", "acme.com.au"),
        ("www.münchen.de", "xn--mnchen-3ya.de"),
        ("facebook.com/acme", ""),
        ("https://m.facebook.com/acme", ""),
        ("n/a", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_a_website_is_its_owners_domain(text: str, domain: str) -> None:
    assert website_domain(text) == domain


@given(st.text(max_size=80))
def test_any_text_at_all_can_stand_in_an_email_or_website_field(text: str) -> None:
    assert all("@" in key and key == key.casefold() for key in email_keys(text))
    assert website_domain(text) == website_domain(text).lower()
