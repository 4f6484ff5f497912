"""The weekly digest: gathered from the ledger alone, so that it costs nobody a call, and sent once to whoever asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from connectors.mail import Mail, MailServer
from domain.digest import Calls, Digest, Sum, Waiting, week_before, weeks_before
from domain.emails import addresses
from domain.money import ZERO
from domain.month import Week, ages_of, days_late
from domain.period import Period
from ledger import audit, budget, memory, reviews, seen
from ledger.session import Session
from ledger.tables import ReviewItem
from stages.capture import FOR_EVER
from stages.pair import Pair
from templates.digest_pages import digest_html, digest_pictures, digest_subject, digest_text
from templates.rendering import review_title

SENT = "digest sent"
# So many are drawn.
WEEKS = 8


def gather(pair: Pair) -> Digest:
    """The last whole week and those before it, and what is due and open today."""
    organisation, today = pair.books().organisation, pair.today()
    home, now, zone = organisation.currency, pair.now(), ZoneInfo(organisation.timezone)
    week = week_before(today)
    weeks = weeks_before(week, WEEKS)
    with pair.ledger.read() as session:
        moved = _moved(session, pair.name, weeks[0].first, home)
        unpaid = seen.unpaid(session, pair.name)
        items = reviews.opened(session, pair.name)
        waiting = reviews.waiting(session, items)
        calls = budget.state(session, pair.name)
    due = [(i.due, i.currency, days_late(i.due_date, today)) for i in unpaid]
    won, invoiced, paid = ([(m.amount, m.currency) for m in each if m.day in week] for each in moved)
    return Digest(
        pair=pair.name,
        organisation=organisation.name,
        currency=home,
        week=week,
        today=today,
        won=_sum(won, home),
        invoiced=_sum(invoiced, home),
        paid=_sum(paid, home),
        outstanding=_sum(((amount, currency) for amount, currency, _ in due), home),
        overdue=_sum(((amount, currency) for amount, currency, late in due if late), home),
        questions=tuple(_waiting(item, len(waiting[item.id or 0]), zone) for item in items),
        calls=tuple(Calls(c.system, c.day_left, bool(c.paused_until and c.paused_until > now)) for c in calls),
        weeks=tuple(Week(each.first, *(_home(of_a_kind, each, home) for of_a_kind in moved)) for each in weeks),
        ages=ages_of((late, Decimal(amount)) for amount, currency, late in due if currency == home),
    )


@dataclass(frozen=True, slots=True)
class _Moved:
    """An amount on a day."""

    day: date | None
    amount: str
    currency: str


def _moved(session: Session, pair: str, first: date, home: str) -> tuple[list[_Moved], list[_Moved], list[_Moved]]:
    """What was won, invoiced and paid since then."""
    won = [_Moved(d.closed_on, d.amount or "0", d.currency or home) for d in seen.won_since(session, pair, first)]
    invoiced = [_Moved(i.date, i.total, i.currency or home) for i in seen.invoiced_since(session, pair, first)]
    paid = [_Moved(p.day, p.amount, currency or home) for p, currency in seen.payments_since(session, pair, first)]
    return won, invoiced, paid


def _home(moved: Iterable[_Moved], week: Period, home: str) -> Decimal:
    return sum((Decimal(m.amount) for m in moved if m.day in week and m.currency == home), ZERO)


def _sum(amounts: Iterable[tuple[str, str]], home: str) -> Sum:
    sums, count = {home: ZERO}, 0
    for amount, currency in amounts:
        count += 1
        sums[currency or home] = sums.get(currency or home, ZERO) + Decimal(amount)
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
        digest_pictures(digest),
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
