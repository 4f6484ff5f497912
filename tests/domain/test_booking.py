"""What the mapping and the books must offer: every gap a question asked once, whatever the deals."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.decision import Hold
from domain.invoicing import subjects_of
from domain.records import InvoicePlan, LineItem
from tests.support.deals import BOOKS, RATES, TODAY, choices, deal, line, only, plan, questions, settled


def test_forty_deals_with_the_same_unmapped_product_ask_one_question() -> None:
    strange = line("WIDGET-7", name="Widget")
    first = only(plan(deal(strange, line())), "product_unmapped")
    second = only(plan(replace(deal(replace(strange, name="Blue widget")), id="18")), "product_unmapped")
    assert (first.subject, first.identity) == (second.subject, second.identity)
    assert first.subject == "product:WIDGET-7"
    assert first.facts == {"product": "WIDGET-7"}
    assert choices(first) == ["retry", "ignore"]
    assert only(plan(deal(line("", name="Widget"))), "product_unmapped").facts == {"product": "Widget"}


def test_the_same_gap_twice_in_a_deal_is_asked_once() -> None:
    outcome = plan(deal(line("WIDGET-7"), line("WIDGET-7")))
    assert isinstance(outcome, Hold)
    assert len(outcome.questions) == 1


def test_accounts_tax_types_and_items_must_be_there_and_fit_sales() -> None:
    gone = questions(plan(deal(line("GONE"))))
    assert gone["account_unavailable"].facts["why"] == "Account 260 (Travel) is archived in Xero."
    assert gone["tax_type_unavailable"].facts["why"] == "The tax rate Input Taxed is archived in Xero."
    assert gone["tax_type_unavailable"].facts["offered"] == "GST on Income, GST Free Income, GST Free Exports"
    assert gone["item_unavailable"].facts["item"] == "NO"
    rent = questions(plan(deal(line("RENT"))))
    assert rent["account_unavailable"].facts["why"] == "Account 400 (Rent) is not an account for sales."
    assert rent["tax_type_unavailable"].facts["why"] == "The tax rate GST on Expenses can't be used on sales."
    odd = questions(plan(deal(line("ODD"))))
    assert odd["account_unavailable"].facts["why"] == "Xero has no account 999."
    assert odd["tax_type_unavailable"].facts["why"] == "Xero has no tax rate GST on Everything."


def test_an_account_xero_keeps_for_itself_is_not_one_for_sales() -> None:
    account = replace(BOOKS.accounts[0], system=True)
    kept = replace(BOOKS, accounts=(account,))
    assert "not an account for sales" in only(plan(deal(line()), books=kept), "account_unavailable").facts["why"]


def test_a_gap_that_can_only_be_mended_can_not_be_ignored() -> None:
    strange = replace(BOOKS, tax_rates=())
    assert isinstance(settled(deal(line()), "tax_type_unavailable", "ignore", books=strange), Hold)


def test_two_tax_rates_of_one_name_are_not_chosen_between() -> None:
    twice = replace(BOOKS, tax_rates=(*RATES, replace(RATES[0], tax_type="TAX001")))
    assert "several" in only(plan(deal(line()), books=twice), "tax_type_unavailable").facts["why"]
    assert plan(deal(line("LICENCE")), books=twice).lines[0].item_code == "LIC"


def test_a_currency_xero_does_not_keep_is_asked_about() -> None:
    question = only(plan(deal(line(), currency="EUR")), "currency_unavailable")
    assert question.facts == {"currency": "EUR", "offered": "AUD, USD"}
    assert question.subject == "currency:EUR"


def test_gst_is_never_dropped_without_a_word() -> None:
    untaxed = replace(BOOKS, organisation=replace(BOOKS.organisation, pays_tax=False))
    question = only(plan(deal(line()), books=untaxed), "tax_not_allowed")
    assert question.facts == {"tax types": "GST on Income", "why": "Acme Books is not registered for GST in Xero."}
    assert "bear no tax" in only(plan(deal(line()), amounts_are="no tax"), "tax_not_allowed").facts["why"]
    made = plan(deal(line("FREE")), books=untaxed, amounts_are="no tax")
    assert (made.subtotal, made.total_tax, made.total) == (100, 0, 100)


def test_everything_is_asked_at_once() -> None:
    locked = replace(BOOKS, organisation=replace(BOOKS.organisation, locked_until=TODAY))
    messy = deal(line("WIDGET"), line("GONE"), line("X", name="", price="-1"), currency="EUR")
    assert set(questions(plan(messy, books=locked))) == {
        "currency_unavailable",
        "line_invalid",
        "product_unmapped",
        "account_unavailable",
        "tax_type_unavailable",
        "item_unavailable",
    }
    sound = deal(line(price="5000", billing_frequency="annually"), amount=Decimal(1))
    assert set(questions(plan(sound, books=locked, contact="a@b.com.au", ask_above="10"))) == {
        "recurring_line",
        "amount_differs",
        "ask_above",
        "buyer_identity",
        "lock_date",
    }


def test_an_answer_counts_for_its_own_deal_alone() -> None:
    what = deal(line(price="200"), amount=Decimal(100))
    answers = {only(plan(what), "amount_differs").identity: "use_lines"}
    assert isinstance(plan(what, answers=answers), InvoicePlan)
    assert isinstance(plan(replace(what, id="18"), answers=answers), Hold)
    assert isinstance(plan(replace(what, amount=Decimal(101)), answers=answers), Hold)


def test_the_answers_wanted_are_those_to_every_subject_that_may_be_asked_about() -> None:
    messy = deal(line("WIDGET"), line("", name="Extra"), currency="EUR")
    assert subjects_of(messy, BOOKS) == ("deal:17", "currency:EUR", "pair", "product:WIDGET", "product:Extra")


numbers = st.decimals(-(10**12), 10**12, places=6) | st.just(Decimal(0))
lines_of_any_kind = st.builds(
    LineItem,
    id=st.just("l"),
    name=st.text(max_size=5),
    quantity=numbers,
    unit_price=numbers,
    product_code=st.sampled_from(["CONSULT-1", "FREE", "EXPORT-1", "WIDGET", "GONE", ""]),
    discount_percent=numbers,
    discount_amount=numbers,
    billing_frequency=st.sampled_from(["", "monthly"]),
    currency=st.sampled_from(["", "AUD", "USD"]),
)


@given(st.lists(lines_of_any_kind, max_size=4), st.none() | numbers, st.sampled_from(["AUD", "EUR", ""]))
def test_any_deal_ends_as_a_plan_a_question_or_a_reason(
    lines: list[LineItem], amount: Decimal | None, currency: str
) -> None:
    outcome = plan(deal(*lines, amount=amount, currency=currency))
    assert outcome == plan(deal(*lines, amount=amount, currency=currency))
    if isinstance(outcome, Hold):
        assert outcome.questions
    if isinstance(outcome, InvoicePlan):
        assert outcome.total > 0
        assert outcome.subtotal + outcome.total_tax == outcome.total
