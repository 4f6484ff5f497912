"""One won deal beside its invoices: all that is known of it, and what was made out.

What is held against what: the deal as the CRM tells it now, the invoice as Xero tells it now, and what was agreed
between them (the plan of the invoice, what the deal was told).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from domain.checking import UNDONE
from domain.decision import Choice, Question
from domain.records import Day, Deal, Invoice, InvoicePlan

Class = Literal[
    "agreed",
    "not invoiced",
    "amount differs",
    "GST differs",
    "paid state differs",
    "invoiced without a won deal",
    "duplicate suspected",
    "waiting in review",
    "changed after approval",
]
CLASSES: tuple[Class, ...] = (
    "agreed",
    "not invoiced",
    "amount differs",
    "GST differs",
    "paid state differs",
    "changed after approval",
    "duplicate suspected",
    "waiting in review",
    "invoiced without a won deal",
)
WITHOUT_DEAL: Class = "invoiced without a won deal"

Mend = Literal["", "tell", "notice"]
LEAVE = Choice("leave", "Leave it as it is: the difference is right")
RETRY = Choice("retry", "It has been put right: look again")


@dataclass(frozen=True, slots=True)
class Intent:
    """What was to be made of a deal: ``plan`` is None where an invoice was tied to the deal without one.

    ``billed`` is the fingerprint of the deal it was made from, ``amount`` the deal's amount then; ``accepted``: a
    person took the invoice as it stands in Xero.
    """

    id: str
    state: str
    xero_id: str = ""
    plan: InvoicePlan | None = None
    billed: str = ""
    amount: str = ""
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question that the deal waits for."""

    number: int
    kind: str
    since: Day


@dataclass(frozen=True, slots=True)
class Untold:
    """What the deal says otherwise than its invoice: fields by name → (says, should say); the stage it should be in.

    ``stage`` is why the deal stands in a wrong stage, empty for a right one; ``may_move``: the rules would move it.
    """

    fields: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    stage: str = ""
    may_move: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one deal when the month is judged.

    ``deal`` is None for one that is gone; ``began`` is False for one won before this link between the systems began.
    ``invoices`` are those that were chosen for it; ``others`` bear its address and were not; ``look_alikes`` bear
    nobody's, for the same customer and the same sum. ``answers`` are by question identity; ``skipped`` is why nothing
    was made of it; ``seen``: it was noticed, ``pending``: it waits to be looked at;
    ``month``: it has shares of invoices.
    """

    deal_id: str
    deal: Deal | None
    triggered: bool = False
    began: bool = True
    seen: bool = True
    pending: bool = False
    intents: tuple[Intent, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    others: tuple[Invoice, ...] = ()
    look_alikes: tuple[Invoice, ...] = ()
    asked: tuple[Asked, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    skipped: str = ""
    untold: Untold = Untold()
    month: bool = False
    rates: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])

    @property
    def subject(self) -> str:
        return f"deal:{self.deal_id}"

    @property
    def live(self) -> tuple[Invoice, ...]:
        """The chosen invoices that stand."""
        return tuple(i for i in self.invoices if i.status not in UNDONE)

    def intent_of(self, invoice: Invoice) -> Intent | None:
        return next((i for i in self.intents if i.xero_id == invoice.id), None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One class, why in a sentence, and where to the cent.

    ``settled``: by the mapping, or by a person who was asked; ``mend`` is what the rules may do about it; ``question``
    is what else a person has to be asked, ``about`` the invoice it concerns.
    """

    name: Class
    why: str = ""
    where: tuple[str, ...] = ()
    settled: bool = False
    mend: Mend = ""
    question: Question | None = None
    about: str = ""
