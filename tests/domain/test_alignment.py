"""A customer's details on both sides: nothing is lost, an echo is nothing, both come to the same or ask."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alignment import Agreed, Step, align
from domain.details import KEPT_BY_XERO, for_xero, form
from domain.records import Address, Customer, CustomerRef, Detail, DetailName, XeroContact
from domain.rules import DetailRule
from tests.support.customers import ABN, OTHER_ABN, customer

TODAY = date(2026, 11, 25)
HOME = Address(("1 Main St",), "Sydney", "NSW", "2000", "Australia")
TEXTS: dict[DetailName, str] = {
    "name": "name",
    "email": "email",
    "phone": "phone",
    "tax number": "tax_number",
    "payment terms": "terms",
    "invoices to": "invoices_to",
}


def rule(name: DetailName = "phone", direction: Any = "both ways", both: Any = "ask") -> DetailRule:
    return DetailRule(field=name, direction=direction, if_both_changed=both)


def there(**more: Any) -> XeroContact:
    phone = more.pop("phone", "")
    return XeroContact("x1", more.pop("name", "Acme Pty Ltd"), phones=(phone,) if phone else (), **more)


def step(here: Customer, xero: XeroContact, *rules: DetailRule, known: Any = None, **more: Any) -> Step | None:
    asked: dict[str, Any] = {"keeps": KEPT_BY_XERO | {"website"}, "answers": {}, "today": TODAY}
    found = align(here, xero, rules or (rule(),), known or {}, **(asked | more))
    assert len(found) < 2
    return found[0] if found else None


def moved(*args: Any, **more: Any) -> str:
    found = step(*args, **more)
    return found.move if found else "nothing"


PHONE, OTHER = "(02) 9374 4000", "(02) 9999 1111"
AGREED = {"phone": Agreed("+61293744000", "+61293744000")}


@pytest.mark.parametrize(
    ("crm", "xero", "move"),
    [
        ("", "", "nothing"),
        (PHONE, "+61 2 9374 4000", "agreed"),
        (PHONE, "", "to xero"),
        ("", PHONE, "to crm"),
        (PHONE, OTHER, "ask"),
    ],
)
def test_when_first_linked_only_what_both_share_is_agreed_and_gaps_are_filled(crm: str, xero: str, move: str) -> None:
    assert moved(customer(phone=crm), there(phone=xero)) == move


@pytest.mark.parametrize(
    ("crm", "xero", "move"),
    [
        (PHONE, PHONE, "nothing"),
        ("+61 2 9374 4000", PHONE, "nothing"),
        (OTHER, PHONE, "to xero"),
        (PHONE, OTHER, "to crm"),
        (OTHER, OTHER, "agreed"),
        (OTHER, "0412 345 678", "ask"),
        ("", PHONE, "ask"),
        (PHONE, "", "ask"),
        ("", "", "agreed"),
    ],
)
def test_one_side_changed_travels_and_both_changed_is_asked(crm: str, xero: str, move: str) -> None:
    assert moved(customer(phone=crm), there(phone=xero), known=AGREED) == move


@pytest.mark.parametrize(
    ("direction", "both", "crm", "xero", "move"),
    [
        ("crm to xero", "ask", OTHER, PHONE, "to xero"),
        ("crm to xero", "ask", PHONE, OTHER, "ask"),
        ("crm to xero", "crm wins", PHONE, OTHER, "to xero"),
        ("crm to xero", "xero wins", PHONE, OTHER, "agreed"),
        ("xero to crm", "ask", OTHER, PHONE, "ask"),
        ("xero to crm", "xero wins", OTHER, PHONE, "to crm"),
        ("both ways", "crm wins", OTHER, "0412 345 678", "to xero"),
        ("both ways", "xero wins", OTHER, "0412 345 678", "to crm"),
        ("both ways", "crm wins", PHONE, "", "to xero"),
        ("both ways", "crm wins", "", PHONE, "to xero"),
    ],
)
def test_the_rule_says_which_side_is_followed(direction: str, both: str, crm: str, xero: str, move: str) -> None:
    assert moved(customer(phone=crm), there(phone=xero), rule("phone", direction, both), known=AGREED) == move


@pytest.mark.parametrize(
    ("name", "crm", "xero"),
    [
        ("name", {"name": "ACME P/L"}, {"name": "Acme Pty Ltd"}),
        ("email", {"email": "Jane@Acme.com.au; joe@acme.com.au"}, {"email": "jane@acme.com.au"}),
        ("tax number", {"tax_number": ABN}, {"tax_number": ABN.replace(" ", "")}),
        ("website", {"website": "https://www.acme.com.au/"}, {"website": "acme.com.au"}),
        ("billing address", {"address": HOME}, {"address": replace(HOME, region="New South Wales", country="AU")}),
        ("billing address", {"address": HOME}, {"address": replace(HOME, lines=(), country="")}),
    ],
)
def test_what_is_written_otherwise_and_says_the_same_is_agreed(name: Any, crm: Any, xero: Any) -> None:
    assert moved(customer(**crm), there(**xero), rule(name)) == "agreed"


def test_a_name_put_right_travels_even_where_matching_would_not_mind() -> None:
    known = {"name": Agreed("Acme Pty Ltd", "Acme Pty Ltd")}
    found = step(customer("ACME Pty Ltd"), there(), rule("name"), known=known)
    assert found is not None
    assert (found.move, found.value) == ("to xero", "ACME Pty Ltd")


def test_nobody_is_left_without_a_name() -> None:
    known = {"name": Agreed("Acme Pty Ltd", "Acme Pty Ltd")}
    assert moved(customer(""), there(), rule("name", both="crm wins"), known=known) == "nothing"


@pytest.mark.parametrize("wrong", ["123 456 782", "12345678", "51 824 753 557", "not known"])
def test_a_tax_number_that_is_no_abn_goes_nowhere_and_is_asked_nowhere(wrong: str) -> None:
    for known in ({}, {"tax number": Agreed("53004085616", "53004085616")}):
        for here, xero in (
            (customer(tax_number=wrong), there(tax_number=ABN)),
            (customer(tax_number=ABN), there(tax_number=wrong)),
            (customer(tax_number=wrong), there()),
        ):
            assert step(here, xero, rule("tax number", both="crm wins"), known=known) is None


def test_an_abn_that_became_another_is_always_asked_about() -> None:
    known = {"tax number": Agreed("53004085616", "53004085616")}
    here, xero = customer(tax_number=OTHER_ABN), there(tax_number=ABN)
    found = step(here, xero, rule("tax number", both="crm wins"), known=known)
    assert found is not None
    assert found.question is not None
    assert found.question.facts["in the CRM"] == "51 824 753 556"


def test_a_side_that_has_no_place_for_a_detail_is_left_alone() -> None:
    assert moved(customer(website="acme.com.au"), there(), rule("website")) == "nothing"
    assert moved(customer(), there(website="acme.com.au"), rule("website")) == "to crm"
    assert moved(customer(), there(phone=PHONE), keeps=frozenset()) == "nothing"
    assert moved(customer(legal_name="Acme Holdings"), there(), rule("legal name")) == "nothing"


@pytest.mark.parametrize("both", ["ask", "crm wins"])
def test_terms_that_were_emptied_in_the_crm_can_be_taken_away_in_xero_by_a_person_alone(both: str) -> None:
    said = "20 of the following month"
    known = {"payment terms": Agreed(said, said)}
    found = step(customer(), there(terms=said), rule("payment terms", "both ways", both), known=known)
    assert found is not None
    assert found.question is not None
    assert [choice.id for choice in found.question.choices] == ["xero", "leave"]
    assert "in Xero only by hand" in found.question.facts
    assert moved(customer(), there(), rule("payment terms"), known=known) == "agreed"
    assert moved(customer(terms=said), there(), rule("payment terms", both="xero wins"), known=known) == "to crm"


def test_a_conflict_is_one_question_of_the_customer_and_its_answer_holds() -> None:
    here, xero = customer(phone=OTHER), there(phone="0412 345 678")
    asked = step(here, xero, known=AGREED)
    assert asked is not None
    assert asked.question is not None
    assert asked.question.subject == "customer:company:5"
    assert [choice.id for choice in asked.question.choices] == ["crm", "xero", "leave"]
    for answer, move in (("crm", "to xero"), ("xero", "to crm"), ("leave", "agreed")):
        found = step(here, xero, known=AGREED, answers={asked.question.identity: answer})
        assert found is not None
        assert found.move == move
    # Left as they are, only a further change says anything.
    left = {"phone": Agreed("+61299991111", "+61412345678")}
    assert moved(here, xero, known=left) == "nothing"
    assert moved(customer(phone=PHONE), xero, known=left) == "to xero"


def test_what_is_written_to_and_fro_stops_and_asks() -> None:
    """Each side makes something else of what it was given, and says so a little later."""
    known: dict[str, Agreed] = {}
    here, xero = customer(phone="02 9374 4000"), there()
    moves: list[str] = []
    for turn in range(5):
        found = step(here, xero, known=known)
        assert found is not None
        moves.append(found.move)
        if found.agreed is not None:
            told, changed = str(found.value), f"02 9374 41{turn:02}"
            both = str(form("phone", told))
            known = {"phone": replace(found.agreed, crm=both, xero=both)}
            to_xero = found.move == "to xero"
            here = customer(phone=told if to_xero else changed)
            xero = there(phone=changed if to_xero else told)
    assert moves == ["to xero", "to crm", "to xero", "ask", "ask"]
    assert moved(here, xero, known=known, today=TODAY + timedelta(days=31)) == "to crm"


# ── any edits of any two people ──

VALUES: dict[DetailName, list[str]] = {
    "phone": ["", PHONE, "+61293744000", OTHER, "0412 345 678", "call me"],
    "email": ["", "Jane@acme.com.au", "jane@ACME.com.au", "joe@b.com.au", "no address"],
    "name": ["Acme Pty Ltd", "ACME P/L", "Acme  Pty Ltd ", "Widgets"],
    "tax number": ["", ABN, "53004085616", "123 456 782"],
    "payment terms": ["", "20 of the following month", "the 20th of the following month", "on the invoice date", "COD"],
    "invoices to": ["", "jo@a.au, al@b.au", "al@b.au; JO@a.au", "jo@a.au", "no address"],
}


@dataclass
class Pairing:
    """Two records that people edit, each kept as its vendor keeps it, and what was agreed between them."""

    rules: tuple[DetailRule, ...]
    crm: dict[DetailName, str] = field(default_factory=lambda: {"name": "Acme Pty Ltd"})
    xero: dict[DetailName, str] = field(default_factory=lambda: {"name": "Acme Pty Ltd"})
    known: dict[str, Agreed] = field(default_factory=dict[str, Agreed])
    asked: set[str] = field(default_factory=set[str])

    def steps(self) -> list[Step]:
        own: dict[str, Any] = {TEXTS[name]: value for name, value in self.crm.items()}
        told: dict[str, Any] = {TEXTS[name]: value for name, value in self.xero.items() if name != "phone"}
        here = Customer(CustomerRef("company", "5"), **own)
        xero = XeroContact("x1", phones=tuple(filter(None, [self.xero.get("phone", "")])), **told)
        return align(here, xero, self.rules, self.known, KEPT_BY_XERO, {}, TODAY)

    def run(self) -> list[Step]:
        """Decide, write, read back, remember."""
        steps = self.steps()
        for each in steps:
            if each.agreed is None:
                self.asked.add(each.name)
                continue
            agreed = each.agreed
            if each.move == "to xero":
                self.xero[each.name] = str(for_xero(each.name, each.value))
                agreed = replace(agreed, xero=form(each.name, self.xero[each.name]) or "")
            if each.move == "to crm":
                self.crm[each.name] = _as_kept(each.value)
                agreed = replace(agreed, crm=form(each.name, self.crm[each.name]) or "")
            self.known[each.name] = agreed
        return steps


def _as_kept(value: Detail) -> str:
    """A CRM that takes blanks off."""
    return " ".join(str(value).split())


NAMES = st.sampled_from(sorted(VALUES))
EDITS = st.lists(
    st.tuples(st.sampled_from(["crm", "xero", "run"]), NAMES.flatmap(lambda n: st.tuples(st.just(n), _value(n)))),
    max_size=12,
)
RULES = st.tuples(
    *(
        st.builds(
            rule,
            st.just(name),
            st.sampled_from(["both ways", "crm to xero", "xero to crm"]),
            st.sampled_from(["ask", "crm wins", "xero wins"]),
        )
        for name in sorted(VALUES)
    )
)


def _value(name: DetailName) -> st.SearchStrategy[str]:
    return st.sampled_from(VALUES[name])


def played(rules: tuple[DetailRule, ...], edits: Any) -> Pairing:
    pairing = Pairing(rules)
    for what, (name, value) in edits:
        if what == "run":
            pairing.run()
        else:
            getattr(pairing, what)[name] = value
    return pairing


@given(RULES, EDITS)
def test_one_run_is_enough_and_the_next_one_writes_nothing(rules: tuple[DetailRule, ...], edits: Any) -> None:
    pairing = played(rules, edits)
    pairing.run()
    assert [each.move for each in pairing.steps() if each.move != "ask"] == []


@given(RULES, EDITS)
def test_a_both_way_detail_ends_the_same_on_both_sides_or_in_a_question(rules: Any, edits: Any) -> None:
    pairing = played(tuple(replace_direction(each) for each in rules), edits)
    left_asking = {each.name for each in pairing.run() if each.move == "ask"}
    for name in VALUES:
        forms = [form(name, side.get(name, "")) for side in (pairing.crm, pairing.xero)]
        unsaid = None in forms or name in left_asking
        assert unsaid or forms[0] == forms[1] or (pairing.known[name].crm, pairing.known[name].xero) == tuple(forms)


def replace_direction(each: DetailRule) -> DetailRule:
    return rule(each.field, "both ways", "ask" if each.field == "tax number" else each.if_both_changed)


@given(RULES, EDITS, NAMES, st.data())
def test_no_change_is_lost(rules: Any, edits: Any, name: Any, data: st.DataObject) -> None:
    """What somebody wrote last on one side is on the other after a run, or asked about, or where the rule leaves it."""
    pairing = played(rules, edits)
    pairing.run()
    side = data.draw(st.sampled_from(["crm", "xero"]))
    value = data.draw(_value(name))
    before = dict(getattr(pairing, side))
    getattr(pairing, side)[name] = value
    steps = {each.name: each for each in pairing.run()}
    wins = next(each.if_both_changed for each in rules if each.field == name)
    if form(name, value) != form(name, before.get(name, "")) and wins == "ask":
        assert getattr(pairing, side)[name] == value
        found = steps.get(name)
        assert found is None or found.move in {"ask", "agreed", "to xero" if side == "crm" else "to crm"}


@given(RULES, EDITS, st.randoms(use_true_random=False))
def test_the_order_of_the_rules_does_not_matter(rules: Any, edits: Any, chance: Any) -> None:
    shuffled = list(rules)
    chance.shuffle(shuffled)
    assert played(rules, edits) == replace(played(tuple(shuffled), edits), rules=rules)


@given(RULES, EDITS)
def test_which_side_was_edited_first_does_not_matter(rules: Any, edits: Any) -> None:
    between = [each for each in edits if each[0] != "run"]
    crm_first = sorted(between, key=lambda each: each[0])
    xero_first = sorted(between, key=lambda each: each[0], reverse=True)
    one, other = played(rules, crm_first), played(rules, xero_first)
    assert [one.run(), one] == [other.run(), other]
