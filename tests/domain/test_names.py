"""Names, telephone numbers and names for Xero: what is compared, and what is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.names import NameKey, name_key, phone_key, xero_name

PTY = "pty ltd"
NAMES = [
    *(
        (text, NameKey("acme", PTY))
        for text in (
            "Acme Pty Ltd",
            "ACME PTY. LTD.",
            "Acme P/L",
            "Acme Pty Limited",
            "Acme Proprietary Limited",
            "acme  pty  ltd ",
            "The Acme Pty. Ltd",
            "Acme P.L.",
            "Ａｃｍｅ Pty Ltd",
        )
    ),
    ("Acme Holdings Pty Ltd (ACN 004 085 616)", NameKey("acme holdings", PTY, acn="004085616")),
    ("Acme Pty Ltd ABN 53 004 085 616", NameKey("acme", PTY, abn="53004085616")),
    ("Acme Pty Ltd A.B.N. 53 004 085 617", NameKey("acme", PTY)),
    ("Acme Pty Ltd (ABN …556)", NameKey("acme", PTY)),
    ("The Trustee for The Smith Family Trust", NameKey("smith family trust", trust="smith family trust")),
    ("Smith Plumbing Pty Ltd ATF Smith Family Trust", NameKey("smith plumbing", PTY, trust="smith family trust")),
    ("Smith Pty Ltd as trustee for the Smith Trust", NameKey("smith", PTY, trust="smith trust")),
    ("Smith Pty Ltd (A/T/F The Smith Trust)", NameKey("smith", PTY, trust="smith trust")),
    ("Smith Family Trust T/A Smith Plumbing", NameKey("smith family trust", trading="smith plumbing")),
    ("Smith Pty Ltd (trading as Pipes R Us)", NameKey("smith", PTY, trading="pipes r us")),
    ("Smith Pty Ltd t/as Smith's Pies", NameKey("smith", PTY, trading="smiths pies")),
    ("T/A Smith Plumbing", NameKey("smith plumbing")),
    ("O'Brien Electrical P/L", NameKey("obrien electrical", PTY)),
    ("O’Brien Electrical Pty Ltd", NameKey("obrien electrical", PTY)),
    ("Smith & Sons Pty. Limited", NameKey("smith and sons", PTY)),
    ("Smith and Sons", NameKey("smith and sons")),
    ("Smith + Sons", NameKey("smith and sons")),
    ("Café Roma Pty Ltd", NameKey("cafe roma", PTY)),
    ("ABC Holdings No 1 Pty Ltd", NameKey("abc holdings no 1", PTY)),
    ("ABC Holdings No 2 Pty Ltd", NameKey("abc holdings no 2", PTY)),
    ("Limited Edition Prints", NameKey("limited edition prints")),
    ("P.L. Smith Pty Ltd", NameKey("pl smith", PTY)),
    ("ATF Services Pty Ltd", NameKey("atf services", PTY)),
    ("Acme Limited", NameKey("acme", "ltd")),
    ("Acme Inc.", NameKey("acme", "inc")),
    ("Acme NL", NameKey("acme", "nl")),
    ("Norco Co-operative Limited", NameKey("norco", "cooperative")),
    ("Straße GmbH", NameKey("strasse", "gmbh")),
    ("株式会社", NameKey("株式会社")),
    *((text, NameKey("")) for text in ("Pty Ltd", "P/L", "", "  ", "!!!", "🙂")),
]


@pytest.mark.parametrize(("text", "key"), NAMES)
def test_a_name_is_taken_apart_as_a_bookkeeper_would(text: str, key: NameKey) -> None:
    assert name_key(text) == key


@given(st.text(max_size=60))
def test_case_and_spacing_never_matter(text: str) -> None:
    assert name_key(f"  {text}\t").key == name_key(text).key


@given(st.from_regex(r"[A-Za-z]{3,9} [A-Za-z]{3,9}", fullmatch=True))
def test_every_way_to_write_proprietary_limited_is_one(name: str) -> None:
    forms = ("Pty Ltd", "PTY. LTD.", "P/L", "Pty Limited", "Proprietary Limited")
    assert len({name_key(f"{name} {form}") for form in forms}) == 1


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("(02) 9374 4000", "+61293744000"),
        ("0011 61 2 9374 4000", "+61293744000"),
        ("+61 (0)2 9374 4000", "+61293744000"),
        ("02 9374 4000 ext 12", "+61293744000"),
        ("02 9374 4000 / 0412 345 678", "+61293744000"),
        ("0412 345 678 or 9374 4000", "+61412345678"),
        ("13 14 50", "+61131450"),
        ("+64 9 887 6986", "+6498876986"),
        ("9374 4000", "93744000"),
        ("call me", ""),
        ("n/a", ""),
        ("", ""),
    ],
)
def test_a_telephone_number_is_one_number_however_it_is_typed(text: str, key: str) -> None:
    assert phone_key(text) == key


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  Acme   Pty Ltd ", "Acme Pty Ltd"),
        ("Acme <Sydney>", "Acme Sydney"),
        ("Acme\r\nPty\tLtd", "Acme Pty Ltd"),
        ("O’Brien & Söhne", "O’Brien & Söhne"),
        ("<>", ""),
    ],
)
def test_a_name_for_xero_is_what_was_typed_less_what_xero_refuses(text: str, name: str) -> None:
    assert xero_name(text) == name


@given(st.text(max_size=600))
def test_any_text_becomes_a_name_that_xero_takes(text: str) -> None:
    name = xero_name(text)
    assert len(name) <= 255
    assert name == name.strip()
    assert "  " not in name
    assert not set(name) & set("<>")
    assert xero_name(name) == name
