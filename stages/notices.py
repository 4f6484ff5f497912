"""Telling people without being asked, and noticing silence: from the ledger alone, so that it costs nobody a call."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from connectors.errors import ConnectorError, OutcomeUnknown, Unavailable
from connectors.mail import Mail, MailServer
from connectors.ping import ping
from connectors.wire import Wire
from domain.notices import Beat, Notice, Open, Told, Trouble, Watch, plan_notice, run_troubles
from ledger import beats, budget, endpoints, memory, reviews, seen
from ledger.database import Ledger
from ledger.memory import FOR_EVER
from ledger.session import Session
from stages.heartbeat import WATCHED
from stages.mail_settings import MailSettings
from stages.notify_settings import NotifySettings
from stages.settings import SettingsProblem
from stages.shown import invoices_of
from stages.stakes import deals_behind, stakes
from stages.trail_files import zone_of
from templates.notice_pages import notice_html, notice_subject, notice_text

TOLD, WATCH = "notices told", "notices looked for"
# One or two may be a test of theirs: Xero sends some with a wrong signature on purpose.
REFUSED, REFUSED_WITHIN = 3, timedelta(hours=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as every channel can take it; ``id`` is the same for the same message."""

    subject: str
    text: str
    html: str
    id: str


class Channel(Protocol):
    """One way to people; ``name`` is said where it fails."""

    @property
    def name(self) -> str: ...

    def send(self, letter: Letter, now: datetime) -> None:
        """Raises ``ConnectorError``."""
        ...


@dataclass(frozen=True, slots=True)
class ByMail:
    """To everybody named, by the server that the digest leaves by too."""

    people: Sequence[str]
    server: MailServer
    name: str = "mail"

    def send(self, letter: Letter, now: datetime) -> None:
        self.server.send(Mail(", ".join(self.people), letter.subject, letter.text, letter.html, letter.id), now)


def by_mail(settings: NotifySettings) -> list[Channel]:
    """Mail, where somebody is named. Raises ``SettingsProblem`` while no mail can leave."""
    if settings.mail_to and not settings.people:
        raise SettingsProblem("WONBOOKS_NOTIFY_MAIL_TO holds no e-mail address.")
    return [ByMail(settings.people, MailSettings().server())] if settings.people else []


def look(ledger: Ledger, pair: str, settings: NotifySettings, channels: Sequence[Channel]) -> tuple[str, bool]:
    """Tell what is to be told about a pair: what became of it in a sentence, and whether the pair is alive.

    Raises ``Unavailable`` where no channel took it: nothing counts as told then.
    """
    now = ledger.now()
    with ledger.write() as session:
        watch = _watched(session, pair, now)
        memory.remember(session, pair, WATCH, json.dumps([watch.since.isoformat(), now.isoformat()]), now)
    with ledger.read() as session:
        told = _told(session, pair, now)
        questions, lost = _opened(session, pair)
        found = beats.of_pair(session, pair)
        outside = [*lost, *_unsigned(session, pair, now), *_parked(session, pair, now)]
        troubles = [*outside, *_runs(found, watch, now, settings, lost)]
        notice, after = plan_notice(pair, questions, troubles, told, now)
        letter = _letter(session, ledger, notice, settings.desk) if notice else None
    alive = not any(each.kind == "silent" for each in troubles)
    if not channels:
        return "Nobody is named to be told.", alive
    said = _send(channels, letter, now) if letter else "Nothing to tell."
    with ledger.write() as session:
        memory.remember(session, pair, TOLD, json.dumps({k: _kept(t) for k, t in after.items()}), now)
    return said, alive


def say_alive(pair: str, settings: NotifySettings, wire: Wire) -> None:
    """A sign of life for whoever watches from outside. Raises ``Unavailable``."""
    url = urlsplit(address_to_ping(pair, settings))
    ping(wire, f"{url.path or '/'}{'?' if url.query else ''}{url.query}")


def address_to_ping(pair: str, settings: NotifySettings) -> str:
    """Empty where nobody watches."""
    return settings.ping_url.get_secret_value().replace("{pair}", pair)


def trial(pairs: Sequence[str], settings: NotifySettings, now: datetime) -> Letter:
    """A message that says nothing but that messages arrive."""
    text = f"Messages about {', '.join(pairs) or 'your pairs'} arrive here.\n\nThe desk: {settings.desk}\n"
    html = f"<p>{text.splitlines()[0]}</p>"
    return Letter("Wonbooks: a test message", text, html, f"notice.test.{now:%Y%m%d%H%M%S}")


# ── what there is to tell ──


def _opened(session: Session, pair: str) -> tuple[list[Open], list[Trouble]]:
    """Open questions; a lost connection is told as one, not as a question."""
    items = reviews.opened(session, pair)
    waiting = reviews.waiting(session, items)
    questions = [
        Open(item.id or 0, item.kind, tuple(deals_behind(session, pair, waiting[item.id or 0])))
        for item in items
        if item.kind != "not_connected"
    ]
    lost = {
        reviews.question_of(item).facts.get("system", ""): item.opened_at
        for item in items
        if item.kind == "not_connected"
    }
    return questions, [Trouble("connection", system, at) for system, at in lost.items()]


def _unsigned(session: Session, pair: str, now: datetime) -> list[Trouble]:
    """Vendors that may have another key than we: HubSpot does not send again what was refused."""
    return [
        Trouble("unsigned", system, row.last_refused_at, row.refused)
        for system, row in endpoints.of_pair(session, pair).items()
        if row.last_refused_at is not None
        and row.refused >= REFUSED
        and now - row.last_refused_at < REFUSED_WITHIN
        and (row.last_heard_at is None or row.last_heard_at < row.last_refused_at)
    ]


def _parked(session: Session, pair: str, now: datetime) -> list[Trouble]:
    return [
        Trouble("parked", row.system, row.paused_until)
        for row in budget.state(session, pair)
        if row.daily and row.paused_until is not None and row.paused_until > now
    ]


def _runs(
    found: Sequence[Beat], watch: Watch, now: datetime, settings: NotifySettings, lost: Sequence[Trouble]
) -> list[Trouble]:
    """That runs fail for want of a connection is told by the connection already."""
    troubles = run_troubles(found, WATCHED, watch.since, now, settings.silence)
    return [each for each in troubles if not (lost and each.kind == "failing")]


def _letter(session: Session, ledger: Ledger, notice: Notice, desk: str) -> Letter:
    ids = notice.deals()
    invoices = {invoice.deal_id: invoice for invoice in invoices_of(session, notice.pair, ids)}
    money = " + ".join(str(each) for each in stakes(list(seen.deals(session, notice.pair, ids).values()), invoices))
    zone = zone_of(session, ledger, notice.pair)
    return Letter(
        notice_subject(notice),
        notice_text(notice, money, desk, zone),
        notice_html(notice, money, desk, zone),
        f"notice.{notice.pair}.{ledger.now():%Y%m%d%H%M%S}",
    )


# ── what was told ──


def _send(channels: Sequence[Channel], letter: Letter, now: datetime) -> str:
    failed: list[str] = []
    for channel in channels:
        try:
            channel.send(letter, now)
        except OutcomeUnknown:  # it may have left: twice is worse than late
            log.warning("whether %s took a message is not known", channel.name)
        except ConnectorError as trouble:
            log.warning("%s took no message (%s)", channel.name, type(trouble).__name__)
            failed.append(channel.name)
    if len(failed) == len(channels):
        raise Unavailable(" and ".join(failed), "telling people", "no message could be sent")
    return f"Told, but not by {' and '.join(failed)}." if failed else "Told."


def _watched(session: Session, pair: str, now: datetime) -> Watch:
    kept = memory.recall(session, pair, WATCH, now=now, for_=FOR_EVER)
    if kept is None:
        return Watch(now, now)
    since, last = (datetime.fromisoformat(each) for each in json.loads(kept))
    return Watch(since, last).looked(now)


def _told(session: Session, pair: str, now: datetime) -> dict[str, Told]:
    kept = memory.recall(session, pair, TOLD, now=now, for_=FOR_EVER)
    rows = json.loads(kept) if kept else {}
    return {key: Told(datetime.fromisoformat(at), newest, over) for key, (at, newest, over) in rows.items()}


def _kept(told: Told) -> list[object]:
    return [told.at.isoformat(), told.newest, told.over]
