"""What the ledger knows of many deals at once, in a handful of queries whatever their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, func, select

from ledger import inbox, links, outbox
from ledger.tables import Alias, AuditEntry, Effect, InboxEntry, Link, ReviewItem, Waiting

DECIDED = ("skipped", "cancelled", "decided", "invoice drafted")


@dataclass(slots=True)
class Knowledge:
    """Of one deal: its invoices' effects and links, open questions, answers by identity, its last decision."""

    effects: list[Effect] = field(default_factory=list[Effect])
    links: list[Link] = field(default_factory=list[Link])
    open: list[ReviewItem] = field(default_factory=list[ReviewItem])
    answers: dict[str, str] = field(default_factory=dict[str, str])
    last: AuditEntry | None = None
    entry: InboxEntry | None = None


def of_deals(session: Session, pair: str, deal_ids: Sequence[str]) -> dict[str, Knowledge]:
    """At most some hundreds of deals; those that were merged into them count as theirs."""
    found = {deal: Knowledge() for deal in deal_ids}
    owner = _owners(session, pair, deal_ids)
    subjects = {f"deal:{old}": deal for old, deal in owner.items()}
    for effect in session.exec(
        select(Effect)
        .where(Effect.pair == pair, Effect.kind == outbox.INVOICE, col(Effect.subject).in_(subjects))
        .order_by(col(Effect.created_at), col(Effect.id))
    ).all():
        found[subjects[effect.subject]].effects.append(effect)
    for row in session.exec(
        select(Link)
        .where(Link.pair == pair, Link.kind == links.INVOICE, col(Link.deal_id).in_(owner))
        .order_by(col(Link.id))
    ).all():
        found[owner[row.deal_id]].links.append(row)
    _questions(session, pair, found, owner, subjects)
    _decisions(session, pair, found, owner, subjects)
    return found


def _owners(session: Session, pair: str, deal_ids: Sequence[str]) -> dict[str, str]:
    """Each deal and all that live on in it → the deal."""
    owner = {deal: deal for deal in deal_ids}
    todo = list(deal_ids)
    while todo:
        rows = session.exec(
            select(Alias).where(Alias.pair == pair, Alias.kind == links.DEAL, col(Alias.survivor).in_(todo))
        ).all()
        todo = [row.old_id for row in rows if row.old_id not in owner]
        owner |= {row.old_id: owner[row.survivor] for row in rows if row.old_id not in owner}
    return owner


def _questions(
    session: Session, pair: str, found: dict[str, Knowledge], owner: Mapping[str, str], subjects: Mapping[str, str]
) -> None:
    """Questions about the deals themselves, and all that they or their invoices wait for."""
    invoices = {row.xero_id: deal for deal, known in found.items() for row in known.links}
    for stream, whose in ((inbox.DEALS, owner), (inbox.INVOICES, invoices)):
        for row, item in session.exec(
            select(Waiting, ReviewItem)
            .join(ReviewItem, col(ReviewItem.id) == col(Waiting.item_id))
            .where(
                ReviewItem.pair == pair,
                ReviewItem.state == "open",
                Waiting.stream == stream,
                col(Waiting.record).in_(whose),
            )
            .order_by(col(ReviewItem.id))
        ).all():
            own = found[whose[row.record]].open
            if item not in own:
                own.append(item)
    for item in session.exec(
        select(ReviewItem)
        .where(ReviewItem.pair == pair, ReviewItem.state == "answered", col(ReviewItem.subject).in_(subjects))
        .order_by(col(ReviewItem.id))
    ).all():
        found[subjects[item.subject]].answers[item.question] = item.answer


def _decisions(
    session: Session, pair: str, found: dict[str, Knowledge], owner: Mapping[str, str], subjects: Mapping[str, str]
) -> None:
    for entry in session.exec(
        select(AuditEntry)
        .where(AuditEntry.pair == pair, col(AuditEntry.subject).in_(subjects), col(AuditEntry.event).in_(DECIDED))
        .order_by(col(AuditEntry.seq))
    ).all():
        found[subjects[entry.subject]].last = entry
    for row in session.exec(
        select(InboxEntry).where(
            InboxEntry.pair == pair, InboxEntry.stream == inbox.DEALS, col(InboxEntry.record).in_(owner)
        )
    ).all():
        found[owner[row.record]].entry = row


def began(session: Session, pair: str) -> datetime | None:
    """When the link between the systems first did anything; None while it hasn't."""
    return session.exec(select(func.min(AuditEntry.at)).where(AuditEntry.pair == pair)).one()


def linked(session: Session, pair: str, deal_ids: Sequence[str]) -> list[str]:
    """The invoices of these deals, and those that they have a share of; any number of them."""
    found: list[str] = []
    kinds = col(Link.kind).in_((links.INVOICE, links.SHARE))
    for start in range(0, len(deal_ids), 500):
        some = col(Link.deal_id).in_(deal_ids[start : start + 500])
        found += session.exec(select(Link.xero_id).where(Link.pair == pair, kinds, some)).all()
    return found


def deals_of_invoices(session: Session, pair: str, xero_ids: Sequence[str]) -> dict[str, str]:
    """Xero invoice → the deal it is linked to, any number of them."""
    found: dict[str, str] = {}
    for start in range(0, len(xero_ids), 500):
        some = col(Link.xero_id).in_(xero_ids[start : start + 500])
        rows = session.exec(
            select(Link.xero_id, Link.deal_id).where(Link.pair == pair, Link.kind == links.INVOICE, some)
        )
        found |= dict(rows.all())
    return found


def deals_of_effects(session: Session, pair: str, effect_ids: Sequence[str]) -> dict[str, str]:
    """Effect → the deal it is about, any number of them."""
    found: dict[str, str] = {}
    for start in range(0, len(effect_ids), 500):
        some = col(Effect.id).in_(effect_ids[start : start + 500])
        rows = session.exec(select(Effect.id, Effect.subject).where(Effect.pair == pair, some)).all()
        found |= {effect: subject.removeprefix("deal:") for effect, subject in rows}
    return found


def of_records(session: Session, pair: str, kind: str, xero_ids: Sequence[str]) -> dict[str, Effect]:
    """The effects of one kind that became these records in Xero, by their ids."""
    if not xero_ids:
        return {}
    wanted = select(Effect).where(Effect.pair == pair, Effect.kind == kind, col(Effect.xero_id).in_(xero_ids))
    return {effect.xero_id or "": effect for effect in session.exec(wanted).all()}
