"""Pages: the templates of ``templates/desk/``, where whatever comes from outside is text."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import cast
from urllib.parse import quote

from fastapi import Request
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, RedirectResponse, Response

from desk.door import Visitor, with_cookie
from desk.office import office_of
from domain.decision import Question
from domain.money import show
from domain.write_back import invoice_link
from ledger import reviews
from ledger.tables import ReviewItem
from templates.rendering import FOLDER, review_title, shown

NAMES = {"xero": "Xero", "hubspot": "HubSpot", "pipedrive": "Pipedrive", "salesforce": "Salesforce"}


def page(request: Request, template: str, visitor: Visitor | None, *, status: int = 200, **facts: object) -> Response:
    """One page; every template also knows who looks at it, and how many questions wait."""
    office = office_of(request)
    waiting = 0
    if visitor is not None:
        with office.ledger.read() as session:
            waiting = sum(len(reviews.opened(session, pair)) for pair in office.pairs())
    pulse = getattr(request.state, "pulse", "")
    html = (
        _environment()
        .get_template(f"{template}.html")
        .render(
            now=office.now(),
            visitor=visitor,
            office=office,
            waiting=waiting,
            path=request.url.path,
            pulse=pulse,
            **facts,
        )
    )
    return with_cookie(request, HTMLResponse(html, status))


def onward(request: Request, url: str, **query: object) -> Response:
    """The next page after a form. ``query`` says what was done, in words of our own."""
    said = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items())
    joint = "&" if "?" in url else "?"
    return with_cookie(request, RedirectResponse(f"{url}{joint}{said}" if said else url, 303))


def ago(then: datetime, now: datetime) -> str:
    """How long ago, in one unit: ``3 days``."""
    seconds = max(0, int((now - then).total_seconds()))
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {word}{'s' if count > 1 else ''}"
    return "a moment"


def soon(then: datetime, now: datetime) -> str:
    """How long until then: ``4 seconds``, ``2 minutes``."""
    seconds = max(1, math.ceil((then - now).total_seconds()))
    many, word = (seconds, "second") if seconds < 90 else (math.ceil(seconds / 60), "minute")
    return f"{many} {word}{'s' if many > 1 else ''}"


def clock(moment: datetime | None, zone: tzinfo | None = None) -> str:
    """A time in a zone, or this machine's: ``25 Nov 2026, 14:05``."""
    return f"{moment.astimezone(zone):%-d %b %Y, %H:%M}" if moment else ""


def calendar(day: date | None) -> str:
    """``25 Nov 2026``."""
    return f"{day:%-d %b %Y}" if day else ""


def money(amount: Decimal | str, currency: str = "AUD") -> str:
    return show(Decimal(amount), currency) if amount != "" else ""


def words(text: str) -> str:
    """Our own names as people read them: ``product_unmapped`` → ``Product unmapped``."""
    plain = text.replace("_", " ")
    return plain[:1].upper() + plain[1:]


def system(name: str) -> str:
    return NAMES.get(name, words(name))


def number(value: Decimal) -> str:
    """A quantity without the zeros behind it."""
    return f"{value.normalize():f}"


def thousands(value: int) -> str:
    """``249,958``."""
    return f"{value:,}"


def _path_part(text: object) -> str:
    return quote(str(text), safe="")


def _field(value: object) -> Markup:
    """What a form has to send back letter for letter, however long."""
    return escape(str(value))


def _question_title(question: Question) -> str:
    return review_title(question.kind, question.facts)


def _item_title(item: ReviewItem) -> str:
    return _question_title(reviews.question_of(item))


def _at(values: Sequence[object], place: int) -> object:
    return values[place]


def _in_html(value: object) -> object:
    """What a template puts into a page: our own markup as it is, all else one line of visible text."""
    return value if hasattr(value, "__html__") else shown(value)


@functools.cache
def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(FOLDER / "desk"),
        undefined=StrictUndefined,
        finalize=_in_html,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., object]] = {
        "ago": ago,
        "clock": clock,
        "calendar": calendar,
        "money": money,
        "words": words,
        "system": system,
        "number": number,
        "thousands": thousands,
        "path_part": _path_part,
        "field": _field,
        "at": _at,
        "question_title": _question_title,
        "item_title": _item_title,
        "invoice_link": invoice_link,
    }
    cast("dict[str, object]", made.filters).update(filters)
    return made
