"""Open questions as a list that people work from: who and how much is behind each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desk.office import Office
from domain.decision import Choice
from ledger import reviews, seen
from ledger.desk_tables import InvoiceSeen, Seen
from ledger.session import Session
from ledger.tables import ReviewItem
from stages.shown import invoices_of
from stages.stakes import Stake, deals_behind, stakes
from templates.rendering import review_title

# Another invoice, or one taken back for good, can't be undone: it takes a reason, and as all that approves money does,
# the role "approver".
WITH_REASON = frozenset({"accept", "again", "link", "void", "void_and_new", "credit", "credit_and_new", "adjust"})
FOR_APPROVERS = WITH_REASON | {"go_ahead", "follow", "delete"}


@dataclass(frozen=True, slots=True)
class Row:
    """One open question in the list; ``deal_ids`` go on once it is answered, ``deals`` are those of them ever read."""

    pair: str
    number: int
    kind: str
    title: str
    deal_ids: tuple[str, ...]
    deals: tuple[Seen, ...]
    customer: str
    opened_at: datetime
    stakes: tuple[Stake, ...]
    assignee: str
    choices: tuple[Choice, ...]

    @property
    def stake(self) -> Decimal:
        """What to sort by."""
        return sum((each.amount for each in self.stakes), Decimal(0))

    @property
    def text(self) -> str:
        """What a filter looks in."""
        return " ".join([self.title, self.customer, *(d.name for d in self.deals), *(d.id for d in self.deals)]).lower()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which questions are shown, and in which order."""

    pair: str = ""
    kind: str = ""
    who: str = ""
    text: str = ""
    order: str = "age"


def rows(office: Office, pairs: Sequence[str]) -> list[Row]:
    """Every open question of these pairs, oldest first."""
    found: list[Row] = []
    with office.ledger.read() as session:
        for pair in pairs:
            items = list(reviews.opened(session, pair))
            found += _rows(session, pair, items)
    return sorted(found, key=lambda row: (row.opened_at, row.pair, row.number))


def row_of(office: Office, item: ReviewItem) -> Row:
    """One question as the list shows it, open or not."""
    with office.ledger.read() as session:
        return _rows(session, item.pair, [item])[0]


def chosen(found: Sequence[Row], wanted: Wanted, me: str) -> list[Row]:
    """Those that pass the filters, in the order asked for."""
    kept = [
        row
        for row in found
        if wanted.pair in ("", row.pair)
        and wanted.kind in ("", row.kind)
        and (wanted.who != "mine" or row.assignee == me)
        and (wanted.who != "free" or not row.assignee)
        and wanted.text.strip().lower() in row.text
    ]
    return sorted(kept, key=lambda row: -row.stake) if wanted.order == "money" else kept


def common_choices(found: Sequence[Row]) -> list[Choice]:
    """What all of these may be answered with."""
    if not found or len({row.kind for row in found}) > 1:
        return []
    ids = set.intersection(*({c.id for c in row.choices} for row in found))
    return [choice for choice in found[0].choices if choice.id in ids]


def _rows(session: Session, pair: str, items: Sequence[ReviewItem]) -> list[Row]:
    waiting = reviews.waiting(session, items)
    behind = {i: deals_behind(session, pair, records) for i, records in waiting.items()}
    ids = sorted({deal for deals in behind.values() for deal in deals})
    known = seen.deals(session, pair, ids)
    names = seen.customers(session, pair, sorted({d.customer for d in known.values() if d.customer}))
    made = {invoice.deal_id: invoice for invoice in invoices_of(session, pair, ids)}
    return [_row(item, behind[item.id or 0], known, names, made) for item in items]


def _row(
    item: ReviewItem,
    behind: Sequence[str],
    known: dict[str, Seen],
    names: dict[str, str],
    made: dict[str, InvoiceSeen],
) -> Row:
    question = reviews.question_of(item)
    deals = tuple(known[i] for i in behind if i in known)
    customers = list(dict.fromkeys(names.get(d.customer, "") for d in deals))
    customer = question.facts.get("customer") or (customers[0] if len(customers) == 1 else "")
    about = {"deal": deals[0].name} if len(deals) == 1 and item.subject == f"deal:{deals[0].id}" else {}
    return Row(
        pair=item.pair,
        number=item.id or 0,
        kind=item.kind,
        title=review_title(item.kind, question.facts, about=about),
        deal_ids=tuple(behind),
        deals=deals,
        customer=customer,
        opened_at=item.opened_at,
        stakes=stakes(deals, made),
        assignee=item.assignee,
        choices=question.choices,
    )
