"""The weekly digest: gathered from the ledger alone, so that it costs nobody a call, and sent once to whoever asked."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from zoneinfo import ZoneInfo

from connectors.mail import Mail, MailServer
from domain.digest import Calls, Digest, Sum, Waiting, week_before
from domain.emails import addresses
from domain.money import ZERO
from domain.period import Period
from ledger import audit, budget, memory, reviews, seen
from ledger.tables import ReviewItem
from stages.capture import FOR_EVER
from stages.pair import Pair
from templates.digest_pages import digest_html, digest_subject, digest_text
from templates.rendering import review_title

SENT = "digest sent"


def gather(pair: Pair) -> Digest:
    """The last whole week, and what is due and open today."""
    organisation, today = pair.books().organisation, pair.today()
    week, zone = week_before(today), ZoneInfo(organisation.timezone)
    with pair.ledger.read() as session:
        won = [d for d in seen.won_since(session, pair.name, week.first) if d.closed_on in week]
        invoiced = [i for i in seen.invoiced_since(session, pair.name, week.first) if i.date in week]
        paid = [(p.amount, cur) for p, cur in seen.payments_since(session, pair.name, week.first) if p.day in week]
        unpaid = seen.unpaid(session, pair.name)
        items = reviews.opened(session, pair.name)
        waiting = reviews.waiting(session, items)
        calls = budget.state(session, pair.name)
    overdue = [i for i in unpaid if i.due_date is not None and i.due_date < today]
    home, now = organisation.currency, pair.now()
    return Digest(
        pair=pair.name,
        organisation=organisation.name,
        currency=home,
        week=week,
        today=today,
        won=_sum(((d.amount or "0", d.currency or home) for d in won), home),
        invoiced=_sum(((i.total, i.currency) for i in invoiced), home),
        paid=_sum(paid, home),
        outstanding=_sum(((i.due, i.currency) for i in unpaid), home),
        overdue=_sum(((i.due, i.currency) for i in overdue), home),
        questions=tuple(_waiting(item, len(waiting[item.id or 0]), zone) for item in items),
        calls=tuple(Calls(c.system, c.day_left, bool(c.paused_until and c.paused_until > now)) for c in calls),
    )


def _sum(amounts: Iterable[tuple[str, str]], home: str) -> Sum:
    sums, count = {home: ZERO}, 0
    for amount, currency in amounts:
        count += 1
        sums[currency] = sums.get(currency, ZERO) + Decimal(amount)
    return Sum(count, tuple(sums.items()))


def _waiting(item: ReviewItem, records: int, zone: ZoneInfo) -> Waiting:
    question = reviews.question_of(item)
    title = review_title(question.kind, question.facts)
    return Waiting(item.id or 0, item.kind, title, item.opened_at.astimezone(zone).date(), records)


def recipients(pair: Pair) -> list[str]:
    """Whoever the mapping names; nobody where it names nobody."""
    return list(addresses(pair.rules.review.send_to))


def send(pair: Pair, digest: Digest, server: MailServer) -> bool:
    """Send it to everybody who asked, once a week; whether anything was sent now. Raises ``ConnectorError``."""
    name = week_name(digest.week)
    with pair.ledger.read() as session:
        if memory.recall(session, pair.name, SENT, now=pair.now(), for_=FOR_EVER) == name:
            return False
    people = recipients(pair)
    if not people:
        return False
    mail = Mail(
        ", ".join(people),
        digest_subject(digest),
        digest_text(digest),
        digest_html(digest),
        f"digest.{pair.name}.{name}.{pair.install_id}",
    )
    server.send(mail, pair.now())
    with pair.ledger.write() as session:
        memory.remember(session, pair.name, SENT, name, pair.now())
        audit.record(session, pair.name, pair.now(), "pair", "digest sent", {"week": name, "people": len(people)})
    return True


def week_name(week: Period) -> str:
    """``2026-W48``."""
    year, number, _ = week.first.isocalendar()
    return f"{year}-W{number:02d}"
