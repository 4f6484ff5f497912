"""Keeping a customer's details the same on both sides: each detail now, here and there, against what was agreed.

What was agreed is remembered for each side by itself, as that side wrote it down. So a vendor that writes a value in
its own way has changed nothing, our own writing coming back is nothing new, and a change on either side is seen
whatever the other side says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from domain.decision import Answers, Choice, Question
from domain.details import KEPT_BY_XERO, alike, form, of_contact, of_customer, show
from domain.records import Customer, Detail, DetailName, XeroContact
from domain.rules import DetailRule

Way = Literal["to xero", "to crm"]
Move = Literal["nothing", "agreed", "ask", "to xero", "to crm"]

# A detail that was written to and fro this often within a month is written no more until somebody says so.
MOST_TURNS = 3
TURNS_WITHIN = timedelta(days=30)

CRM_RIGHT = Choice("crm", "The CRM is right: write it to Xero")
XERO_RIGHT = Choice("xero", "Xero is right: write it to the CRM")
LEAVE = Choice("leave", "Leave both as they are")


@dataclass(frozen=True, slots=True)
class Agreed:
    """The forms of both sides when a detail was last made equal, or left as it was.

    ``turns`` counts how often it was written one way right after the other, the last time on day ``turned`` by ``way``.
    """

    crm: str
    xero: str
    way: str = ""
    turns: int = 0
    turned: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done about one detail.

    ``value`` is what is written, as the other side has it; ``agreed`` what holds from then on, for the side that is
    written to until it has been read back.
    """

    name: DetailName
    move: Move
    value: Detail = ""
    agreed: Agreed | None = None
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class DetailsPlan:
    """Details of one link's customer to be written to one side, and what holds of each once that is done."""

    link: int
    xero_id: str
    details: Mapping[DetailName, Detail]
    agreed: Mapping[DetailName, Agreed]


@dataclass(frozen=True, slots=True)
class _Sides:
    """One detail: both values, their forms, what was agreed, and the rule."""

    rule: DetailRule
    crm: Detail
    xero: Detail
    crm_form: str
    xero_form: str
    agreed: Agreed | None
    ways: frozenset[Way]


def align(
    customer: Customer,
    contact: XeroContact,
    rules: Sequence[DetailRule],
    agreed: Mapping[str, Agreed],
    keeps: Collection[str],
    answers: Answers,
    today: date,
) -> list[Step]:
    """Decide each detail that a rule names, the first rule of a detail counts; those where nothing is to be done are
    left out.

    ``keeps`` are the details that the CRM has a place for in such a record.
    """
    here, there = of_customer(customer), of_contact(contact)
    steps: dict[str, Step] = {}
    for rule in rules:
        name = rule.field
        forms = form(name, here[name]), form(name, there[name])
        if name in steps or forms[0] is None or forms[1] is None:
            continue
        ways = _ways(rule, keeps) - _never(name, forms[0], forms[1])
        sides = _Sides(rule, here[name], there[name], forms[0], forms[1], agreed.get(name), ways)
        steps[name] = _step(sides, customer, answers, today)
    return [step for step in steps.values() if step.move != "nothing"]


def _ways(rule: DetailRule, keeps: Collection[str]) -> frozenset[Way]:
    """Where the rule and the two systems let the detail be written."""
    ways: set[Way] = set()
    if _followed(rule, "to xero") and rule.field in KEPT_BY_XERO:
        ways.add("to xero")
    if _followed(rule, "to crm") and rule.field in keeps:
        ways.add("to crm")
    return frozenset(ways)


def _never(name: DetailName, crm: str, xero: str) -> frozenset[Way]:
    """Nobody is to be left without a name, and Xero takes no terms away by API: it wants both day and kind of them.

    https://github.com/XeroAPI/Xero-Net/issues/199
    """
    if name == "name" and not (crm and xero):
        return frozenset({"to xero", "to crm"})
    return frozenset({"to xero"}) if name == "payment terms" and not crm else frozenset()


def _step(sides: _Sides, customer: Customer, answers: Answers, today: date) -> Step:
    known = sides.agreed
    if sides.crm_form == sides.xero_form or (known is None and alike(sides.rule.field, sides.crm, sides.xero)):
        said_so = known and (known.crm, known.xero) == (sides.crm_form, sides.xero_form)
        return _nothing(sides) if said_so or not (known or sides.crm_form) else _as_it_is(sides)
    if not sides.ways:
        return _nothing(sides)
    if known is None:
        if sides.crm_form and sides.xero_form:
            return _settle(sides, customer, answers, today)
        return _write(sides, "to crm" if sides.xero_form else "to xero", customer, answers, today)
    changed = _changed(sides, known)
    if not changed:
        return _nothing(sides)
    if len(changed) == 2 or _doubtful(sides, known) or not _followed(sides.rule, changed[0]):
        return _settle(sides, customer, answers, today)
    return _write(sides, changed[0], customer, answers, today)


def _changed(sides: _Sides, known: Agreed) -> tuple[Way, ...]:
    """Where a change would have to go: both ways where both sides changed."""
    here, there = sides.crm_form != known.crm, sides.xero_form != known.xero
    return ("to xero", "to crm") if here and there else ("to xero",) if here else ("to crm",) if there else ()


def _followed(rule: DetailRule, way: Way) -> bool:
    """Whether a change may go this way by the mapping, whatever the systems have a place for."""
    return rule.direction in ("both ways", "crm to xero" if way == "to xero" else "xero to crm")


def _doubtful(sides: _Sides, known: Agreed) -> bool:
    """A detail that was emptied, and an ABN that became another one, is no change like others."""
    emptied = (known.crm and not sides.crm_form) or (known.xero and not sides.xero_form)
    return bool(emptied) or (sides.rule.field == "tax number" and bool(sides.crm_form and sides.xero_form))


def _settle(sides: _Sides, customer: Customer, answers: Answers, today: date) -> Step:
    """Both sides have something to say: by the rule, or by a person."""
    winner = {"crm wins": "crm", "xero wins": "xero"}.get(sides.rule.if_both_changed, "")
    replaced = sides.rule.field == "tax number" and bool(sides.crm_form and sides.xero_form)
    way: Way = "to xero" if winner == "crm" else "to crm"
    if not winner or replaced or (way == "to xero" and _only_by_hand(sides)):
        return _asked("detail_conflict", sides, customer, answers)
    return _write(sides, way, customer, answers, today) if way in sides.ways else _as_it_is(sides)


def _only_by_hand(sides: _Sides) -> bool:
    """Terms that were emptied in the CRM can be taken away in Xero by a person alone."""
    return sides.rule.field == "payment terms" and not sides.crm_form


def _write(sides: _Sides, way: Way, customer: Customer, answers: Answers, today: date) -> Step:
    if way not in sides.ways:
        return _nothing(sides)
    before = sides.agreed or Agreed("", "")
    recent = bool(before.turned) and today - date.fromisoformat(before.turned) <= TURNS_WITHIN
    turns = (before.turns if recent else 0) + (recent and before.way != way)
    if turns >= MOST_TURNS:
        return _asked("detail_to_and_fro", sides, customer, answers)
    return _written(sides, way, Agreed(sides.crm_form, sides.xero_form, way, turns, today.isoformat()))


def _written(sides: _Sides, way: Way, agreed: Agreed) -> Step:
    return Step(sides.rule.field, way, sides.crm if way == "to xero" else sides.xero, agreed)


def _as_it_is(sides: _Sides) -> Step:
    """What both sides say now holds, whether or not it is the same."""
    before = sides.agreed or Agreed("", "")
    agreed = Agreed(sides.crm_form, sides.xero_form, before.way, before.turns, before.turned)
    return Step(sides.rule.field, "agreed", agreed=agreed)


def _nothing(sides: _Sides) -> Step:
    return Step(sides.rule.field, "nothing")


def _asked(kind: str, sides: _Sides, customer: Customer, answers: Answers) -> Step:
    question = _question(kind, sides, customer)
    match answers.get(question.identity, ""):
        case "crm" if "to xero" in sides.ways:
            return _written(sides, "to xero", Agreed(sides.crm_form, sides.xero_form))
        case "xero" if "to crm" in sides.ways:
            return _written(sides, "to crm", Agreed(sides.crm_form, sides.xero_form))
        case "leave":
            return Step(sides.rule.field, "agreed", agreed=Agreed(sides.crm_form, sides.xero_form))
        case _:
            return Step(sides.rule.field, "ask", question=question)


def _question(kind: str, sides: _Sides, customer: Customer) -> Question:
    """It belongs to the customer, and is the same whichever side changed last."""
    name = sides.rule.field
    facts = {
        "customer": customer.name,
        "detail": name,
        "in the CRM": show(name, sides.crm) or "(nothing)",
        "in Xero": show(name, sides.xero) or "(nothing)",
    }
    if _only_by_hand(sides):
        facts["in Xero only by hand"] = "no program can take a contact's terms away; once you have, this question goes"
    choices = (
        *([CRM_RIGHT] if "to xero" in sides.ways else []),
        *([XERO_RIGHT] if "to crm" in sides.ways else []),
        LEAVE,
    )
    if kind == "detail_to_and_fro":
        return Question("detail_to_and_fro", f"customer:{customer.ref}", facts, choices)
    return Question("detail_conflict", f"customer:{customer.ref}", facts, choices)
