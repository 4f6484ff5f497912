"""Business and company numbers: every published one is taken, every damaged one refused, whatever the typing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.au import abn as abn_oracle
from stdnum.au import acn as acn_oracle

from domain.abn import acn_within, clean_abn, clean_acn, is_acn, looks_like_tfn, show_abn, show_acn, suggested_abn

VALID = (
    "51 824 753 556",
    "48 123 123 124",
    "88 000 014 675",
    "16 009 661 901",
    "11 005 357 522",
    "33 007 457 141",
    "45 004 189 708",
    "53 004 085 616",
    "83 914 571 673",
    "43 002 724 334",
    "11 223 491 505",
    "20 561 300 000",
    "31 010 111 200",
    "90 000 100 000",
    "60 231 941 111",
    "65 118 220 001",
    "12 004 044 937",
    "49 004 028 077",
    "99 051 588 348",
    "28 008 984 049",
    "94 122 169 279",
    "33 051 775 556",
    "94 410 483 623",
    "86 768 265 615",
    "92 802 414 793",
    "61 970 632 495",
    "85 249 230 937",
)
INVALID = (
    "51 824 753 557",
    "51 842 753 556",
    "15 824 753 556",
    "88 000 014 657",
    "61 970 632 459",
    "98 008 624 961",
    "48 123 123 123",
    "11 223 493 504",
    "AR1234567",
    "99 999 999 999",
    "12 345 678 901",
    "11 111 111 111",
    "00 000 000 000",
    "51 824 753 55",
    "51 824 753 5566",
    "0051824753556",
    "004 085 616",
    "",
    "none",
)
VALID_ACN = ("004 085 616", "000 000 019", "000 250 000", "001 749 999", "005 999 977", "010 749 961")
tails = st.text("0123456789", min_size=9, max_size=9)
elevens = st.text("0123456789", min_size=11, max_size=11)


@pytest.mark.parametrize("text", VALID)
def test_a_published_abn_is_taken_and_shown_as_it_was(text: str) -> None:
    digits = clean_abn(text)
    assert digits == text.replace(" ", "")
    assert show_abn(digits or "") == text


@pytest.mark.parametrize("text", INVALID)
def test_a_wrong_abn_is_refused(text: str) -> None:
    assert clean_abn(text) is None


@pytest.mark.parametrize("text", ["10 051 588 348", "05 122 169 279"])
def test_check_digits_89_too_low_or_high_pass_the_published_sum_and_are_still_refused(text: str) -> None:
    digits = text.replace(" ", "")
    weights = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
    assert (sum(w * int(d) for w, d in zip(weights, digits, strict=True)) - 10) % 89 == 0
    assert clean_abn(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "ABN 51 824 753 556",
        "A.B.N. 51-824-753-556",
        "abn: 51824753556",
        "ABN51824753556",
        "ABN No. 51 824 753 556",
        "51.824.753.556",
        "51\u00a0824\u00a0753\u00a0556",
        "51\t824 753\u2013556",
        "\u200b51824753556 ",
        "５１ ８２４ ７５３ ５５６",
    ],
)
def test_an_abn_is_read_however_people_type_it(text: str) -> None:
    assert clean_abn(text) == "51824753556"


@pytest.mark.parametrize(
    "text", ["51824753556.0", "5.1824753556e10", "5.1824753556E+10", "51.824753556", "5182475355.6"]
)
def test_what_a_spreadsheet_made_of_an_abn_is_not_mended(text: str) -> None:
    assert clean_abn(text) is None


@given(elevens)
def test_any_eleven_digits_are_judged_as_the_reference_judges_them(text: str) -> None:
    assert (clean_abn(text) is not None) == abn_oracle.is_valid(text)


@given(tails, st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_never_passes(tail: str, place: int, more: int) -> None:
    good = abn_oracle.calc_check_digits(tail) + tail
    wrong = good[:place] + str((int(good[place]) + more) % 10) + good[place + 1 :]
    assert clean_abn(good) == good
    assert clean_abn(wrong) is None


@given(st.text(max_size=40))
def test_any_text_at_all_is_an_abn_or_nothing(text: str) -> None:
    digits = clean_abn(text)
    assert digits is None or abn_oracle.is_valid(digits)


@pytest.mark.parametrize("text", VALID_ACN)
def test_a_published_acn_is_taken(text: str) -> None:
    assert is_acn(text)
    assert show_acn(clean_acn(f"A.C.N. {text}") or "") == text


@pytest.mark.parametrize("text", ["004 085 617", "000 000 010", "123 456 789", "000 000 000", "004 085 61", "", "x"])
def test_a_wrong_acn_and_a_row_of_zeros_are_refused(text: str) -> None:
    assert not is_acn(text)


@given(tails)
def test_any_nine_digits_are_judged_as_the_reference_judges_them(text: str) -> None:
    assert is_acn(text) == (acn_oracle.is_valid(text) and text != "000000000")


def test_a_company_number_suggests_the_abn_that_ends_in_it() -> None:
    assert suggested_abn("004 085 616") == "53004085616"
    assert suggested_abn("004 085 617") is None
    assert acn_within("53 004 085 616") == "004085616"
    assert acn_within("51 824 753 557") is None


@given(tails)
def test_a_suggested_abn_holds_its_company_number(acn: str) -> None:
    suggested = suggested_abn(acn)
    assert suggested is None or acn_within(suggested) == acn


@pytest.mark.parametrize(
    "text", ["123 456 782", "123-456-782", "TFN 123456782", "000 000 019", "12 345 678", "999999999"]
)
def test_eight_or_nine_digits_may_be_a_tax_file_number(text: str) -> None:
    assert looks_like_tfn(text)


@pytest.mark.parametrize("text", ["51 824 753 556", "", "NZ 12", "none"])
def test_other_texts_are_no_tax_file_number(text: str) -> None:
    assert not looks_like_tfn(text)
