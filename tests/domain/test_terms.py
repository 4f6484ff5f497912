"""Due dates in Xero's own phrases."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.terms import due_date, parse_due, show_date


@pytest.mark.parametrize(
    ("phrase", "invoiced", "due"),
    [
        ("14 days after the invoice date", date(2026, 6, 20), date(2026, 7, 4)),
        ("1 day after the invoice date", date(2026, 12, 31), date(2027, 1, 1)),
        ("0 days after the invoice date", date(2026, 6, 20), date(2026, 6, 20)),
        ("7 days after the end of the invoice month", date(2026, 2, 3), date(2026, 3, 7)),
        ("20 of the following month", date(2026, 12, 5), date(2027, 1, 20)),
        ("31 of the following month", date(2026, 1, 31), date(2026, 2, 28)),
        ("the 31st of the following month", date(2028, 1, 31), date(2028, 2, 29)),
        ("20 of the current month", date(2026, 6, 5), date(2026, 6, 20)),
        ("on the invoice date", date(2026, 6, 5), date(2026, 6, 5)),
        ("end of the month", date(2026, 6, 5), date(2026, 6, 30)),
        ("  20  OF THE following Month ", date(2026, 6, 5), date(2026, 7, 20)),
    ],
)
def test_an_invoice_is_due_when_its_terms_say(phrase: str, invoiced: date, due: date) -> None:
    assert due_date(phrase, invoiced) == due


def test_a_day_of_this_month_that_is_over_means_at_once() -> None:
    assert due_date("20 of the current month", date(2026, 6, 25)) == date(2026, 6, 25)


@pytest.mark.parametrize(
    "phrase", ["", "soon", "14 days", "-1 days after the invoice date", "1000 days after the invoice date"]
)
def test_an_unknown_phrase_is_answered_with_those_that_are_known(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"14 days after the invoice date, .* end of the month"):
        parse_due(phrase)


@pytest.mark.parametrize("phrase", ["0 of the following month", "32 of the current month"])
def test_a_month_has_no_such_day(phrase: str) -> None:
    with pytest.raises(ValueError, match="days 1 to 31"):
        parse_due(phrase)


@given(
    st.dates(date(2000, 1, 1), date(2099, 1, 1)),
    st.integers(1, 31),
    st.sampled_from(
        [
            "days after the invoice date",
            "days after the end of the invoice month",
            "of the following month",
            "of the current month",
        ]
    ),
)
def test_nothing_is_due_before_it_is_invoiced(invoiced: date, days: int, words: str) -> None:
    assert due_date(f"{days} {words}", invoiced) >= invoiced


def test_people_see_dates_in_words() -> None:
    assert show_date(date(2026, 7, 5)) == "5 July 2026"
