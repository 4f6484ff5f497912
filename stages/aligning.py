"""One customer's two records, decided: what is agreed, what is to be written where, what is asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from domain.alignment import Agreed, DetailsPlan, Step, align
from domain.decision import Question
from domain.likeness import ACTIVE
from domain.records import Customer, CustomerKind, CustomerRef, Detail, DetailName, XeroContact
from ledger import inbox, links, outbox, reviews, seen
from ledger.session import Session
from ledger.tables import Effect, Link
from stages import frozen
from stages.contacts import follow_merged
from stages.pair import Pair

KINDS: Mapping[str, str] = {"to xero": outbox.CONTACT_DETAILS, "to crm": outbox.CUSTOMER_DETAILS}
ASKED = ("detail_conflict", "detail_to_and_fro")
# Beside the details in ``Link.agreed``: what a side would not take, and the question that was asked about it.
REFUSED = "refused "
READ_AT_ONCE = 100

Places: TypeAlias = Mapping[CustomerKind, frozenset[DetailName]]
"""The details that the CRM has a place for in each kind of customer."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """What was decided about one customer ("company:5"): per detail what is done, never what it says."""

    customer: str
    xero_id: str
    moves: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Couple:
    """A link with both of its records, read just now; ``version`` is None for one that nobody noticed."""

    row: Link
    customer: Customer
    contact: XeroContact
    version: int | None


@dataclass(slots=True)
class _Settled:
    """What the steps about one customer come to."""

    agreed: dict[str, str] = field(default_factory=dict[str, str])
    written: dict[str, dict[DetailName, Step]] = field(default_factory=dict[str, dict[DetailName, Step]])
    questions: list[Question] = field(default_factory=list[Question])
    moves: dict[str, str] = field(default_factory=dict[str, str])


def couples(
    pair: Pair, rows: Iterable[Link], contacts: Mapping[str, XeroContact], taken: Mapping[str, int]
) -> Iterator[Couple]:
    alive = [row for row in rows if (found := contacts.get(row.xero_id)) and found.status == ACTIVE]
    for start in range(0, len(alive), READ_AT_ONCE):
        some = {row.crm_id: row for row in alive[start : start + READ_AT_ONCE]}
        found = pair.crm.customers([ref_of(crm_id) for crm_id in some])
        with pair.ledger.write() as session:
            seen.put_customers(session, pair.name, found, pair.now())
            follow_merged(session, pair, found)
        for customer in found:
            row = some.get(str(customer.ref))
            if row is not None and not customer.archived:
                yield Couple(row, customer, contacts[row.xero_id], taken.get(row.crm_id))


def places(pair: Pair, found: Iterable[Couple]) -> Places:
    """What the CRM has a place for in the kinds of customers there are among these."""
    kinds: set[CustomerKind] = {couple.customer.ref.kind for couple in found}
    return {kind: pair.crm.keeps(kind) for kind in kinds}


def is_ref(text: str) -> bool:
    """Whether a person's text is a reference, like "company:5"."""
    kind, _, id_ = text.partition(":")
    return kind in ("company", "person") and bool(id_)


def ref_of(crm_id: str) -> CustomerRef:
    """A reference as it is kept, like "company:5"."""
    kind, _, id_ = crm_id.partition(":")
    known: dict[str, CustomerKind] = {"company": "company", "person": "person"}
    return CustomerRef(known[kind], id_)


def known_of(row: Link) -> dict[str, Agreed]:
    """What both sides said of each detail when it was last agreed."""
    return {name: frozen.AGREED.validate_json(text) for name, text in links.agreed(row).items() if _is_detail(name)}


def _is_detail(name: str) -> bool:
    return not name.startswith(REFUSED)


def settle(pair: Pair, couple: Couple, keeps: Places) -> Aligned | None:
    """One commit a customer: what is agreed, what is to be written, what is asked."""
    ref, subject = couple.row.crm_id, f"customer:{couple.row.crm_id}"
    with pair.ledger.write() as session:
        if couple.version is not None and not inbox.is_open(session, pair.name, inbox.DETAILS, ref, couple.version):
            return None
        row = session.get(Link, couple.row.id)
        if row is None or row.xero_id != couple.contact.id:
            return None
        answers = reviews.answers(session, pair.name, [subject])
        steps = aligned(pair, couple, row, keeps, answers)
        settled = _come_to(session, pair, row, steps, answers)
        _remember(session, pair, row, settled)
        if couple.version is not None:
            inbox.handled(session, pair.name, inbox.DETAILS, ref, couple.version)
    return Aligned(ref, couple.contact.id, settled.moves) if settled.moves else None


def aligned(pair: Pair, couple: Couple, row: Link, keeps: Places, answers: Mapping[str, str]) -> list[Step]:
    kept = keeps[couple.customer.ref.kind]
    rules, today = pair.rules.details, pair.now().date()
    return align(couple.customer, couple.contact, rules, known_of(row), kept, answers, today)


def _come_to(session: Session, pair: Pair, row: Link, steps: Sequence[Step], answers: Mapping[str, str]) -> _Settled:
    settled = _Settled()
    refused = links.agreed(row)
    for step in steps:
        mark: list[str] = json.loads(refused.get(REFUSED + step.name, '["", ""]'))
        if step.question is not None:
            settled.questions.append(step.question)
        elif step.agreed is not None and step.move == "agreed":
            settled.agreed[step.name] = frozen.AGREED.dump_json(step.agreed).decode()
        elif mark[0] == told_as(step) and _still_refused(session, pair, row, mark[1], answers):
            settled.moves[step.name] = "refused"
            continue
        else:
            settled.written.setdefault(step.move, {})[step.name] = step
        settled.moves[step.name] = step.move
    return settled


def told_as(step: Step) -> str:
    """By what it is known again that the same is to be written to the same side."""
    agreed = step.agreed or Agreed("", "")
    return f"{step.move} {agreed.crm if step.move == 'to xero' else agreed.xero}"


def _still_refused(session: Session, pair: Pair, row: Link, identity: str, answers: Mapping[str, str]) -> bool:
    return answers.get(identity) == "leave" or reviews.is_open(session, pair.name, f"customer:{row.crm_id}", identity)


def _remember(session: Session, pair: Pair, row: Link, settled: _Settled) -> None:
    if settled.agreed:
        links.agree(session, row, settled.agreed)
    for way, steps in settled.written.items():
        intend(session, pair, row, KINDS[way], steps)
    items = [
        reviews.ask(session, pair.name, question, pair.now(), inbox.DETAILS, row.crm_id)
        for question in settled.questions
    ]
    asked = [item.id for item in items if item.id is not None]
    for kind in ASKED:
        reviews.close_others(session, pair.name, inbox.DETAILS, row.crm_id, asked, kind)


def intend(session: Session, pair: Pair, row: Link, kind: str, steps: Mapping[DetailName, Step]) -> None:
    """Write down what is to be told to one side about one customer."""
    # Keyed by the telling, not by what is told: a number changed and changed back is told twice.
    row.told += 1
    key = f"{kind}:{row.id}:{row.told}"
    details: dict[DetailName, Detail] = {name: step.value for name, step in steps.items()}
    agreed: dict[DetailName, Agreed] = {name: step.agreed for name, step in steps.items() if step.agreed}
    plan = DetailsPlan(row.id or 0, row.xero_id, details, agreed)
    session.add(row)
    text = frozen.DETAILS_PLAN.dump_json(plan).decode()
    outbox.intend(session, pair.name, kind, key, f"customer:{row.crm_id}", text, pair.now())


def look_again(session: Session, pair: Pair, effect: Effect, state: str) -> None:
    """Take an intention back, and have its customer decided anew."""
    if outbox.move(session, effect, state, "withdrawn"):
        inbox.notice(session, pair.name, inbox.DETAILS, [customer_of(effect)], pair.now())


def customer_of(effect: Effect) -> str:
    """The customer that an intention is about: "company:5"."""
    return effect.subject.removeprefix("customer:")
