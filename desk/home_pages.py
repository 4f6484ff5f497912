"""Home: the month in money, what waits, how the connections stand, what ran last; and whether there is news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from desk.door import Viewer, visitor_at
from desk.figures import Figure, month
from desk.health import Side, sides
from desk.office import Office, office_of
from desk.paper import page
from desk.pulse import answers
from desk.questions import Row, rows
from domain.notices import quiet
from ledger import beats
from stages.heartbeat import WATCHED
from stages.notify_settings import NotifySettings

router = APIRouter()
AGES = (("today", timedelta(days=1)), ("this week", timedelta(days=7)), ("older", timedelta.max))


@dataclass(frozen=True, slots=True)
class Books:
    """One pair on the home page."""

    pair: str
    organisation: str
    month: datetime
    figures: tuple[Figure, ...]
    sides: tuple[Side, ...]


@router.get("/")
def home(request: Request, visitor: Viewer) -> Response:
    """How it stands."""
    office = office_of(request)
    open_rows = rows(office, office.pairs())
    return page(
        request,
        "home",
        visitor,
        books=[_books(office, pair) for pair in office.pairs()],
        ages=_ages(open_rows, office.now()),
        oldest=open_rows[:5],
        runs=office.prefect.last_runs(office.pairs()),
    )


@router.get("/pulse")
def pulse(request: Request, visitor: Viewer) -> Response:  # noqa: ARG001 - who asks must be let in
    """A number that changes whenever something happened, for pages that look for news."""
    return JSONResponse({"version": request.state.pulse})


@router.get("/alive")
def alive(request: Request) -> Response:
    """Whether the desk can reach its ledger; nothing more is said to strangers."""
    with office_of(request).ledger.read() as session:
        answers(session)
    return PlainTextResponse("ok")


@router.get("/health")
def health(request: Request) -> Response:
    """Whether the flows of every pair run, for a monitor: 503 while one is silent. Who is signed in sees which."""
    office = office_of(request)
    pairs = {pair: _quiet(office, pair) for pair in office.pairs()}
    silent = any(each["silent"] for each in pairs.values())
    known = office.open_to_all or visitor_at(request, counts=False) is not None
    return JSONResponse({"silent": silent} | ({"pairs": pairs} if known else {}), 503 if silent else 200)


def _quiet(office: Office, pair: str) -> dict[str, object]:
    """For how many seconds the flows of a pair have not come to an end; since the desk was opened at the earliest."""
    with office.ledger.read() as session:
        found = beats.of_pair(session, pair)
    now, limit = office.now(), NotifySettings().silence
    ended = {beat.flow: beat.at for beat in found}
    ages = {flow: round((now - at).total_seconds()) for flow, at in ended.items()}
    waited = {flow: now - at for flow, at in quiet(found, WATCHED, office.opened_at).items()}
    return {"silent": max(waited.values()) > limit, "seconds since the last run": ages}


def _books(office: Office, pair: str) -> Books:
    books = office.books(pair)
    today = office.now().astimezone(office.zone(pair))
    currency = books.organisation.currency if books else "AUD"
    with office.ledger.read() as session:
        figures = month(session, pair, today.date(), currency)
    name = books.organisation.name if books else _named(office, pair)
    return Books(pair, name, today, tuple(figures), sides(office, pair))


def _named(office: Office, pair: str) -> str:
    """The organisation as the mapping names it, before Xero was ever asked."""
    reading = office.mapping(pair)
    return reading.rules.xero.organisation if reading and reading.rules else pair


def _ages(found: list[Row], now: datetime) -> list[tuple[str, int]]:
    counts = {label: 0 for label, _ in AGES}
    for row in found:
        counts[next(label for label, limit in AGES if now - row.opened_at <= limit)] += 1
    return list(counts.items())
