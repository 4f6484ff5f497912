"""The report of a month as people read it: one page of HTML that needs nothing beside it, and what Prefect shows."""

from __future__ import annotations

import functools
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import cast

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from domain.case import CLASSES, WITHOUT_DEAL
from domain.money import show
from domain.month import STATES, Changed, Month, Row, Sales, State
from domain.period import shown as day_shown
from templates.plots import plots, svg
from templates.rendering import FOLDER, in_markdown, shown
from templates.sheets import feeds

# So many deals that agree are listed; the workbook has them all.
LISTED = 500
_MEANINGS = {
    "agreed": "Deal, invoice, GST and payments say the same.",
    "not invoiced": "Won, and no invoice stands.",
    "amount differs": "The invoice is not the sum that was agreed.",
    "GST differs": "The sum is right, its GST or tax type is not.",
    "paid state differs": "The deal doesn't show what its invoice says.",
    "changed after approval": "The deal was changed after its invoice was made.",
    "duplicate suspected": "A further invoice looks like this deal's.",
    "waiting in review": "A question must be answered before it is invoiced.",
    "invoiced without a won deal": "An invoice stands whose deal isn't won.",
}


@dataclass(frozen=True, slots=True)
class Edition:
    """Which version of a report this is: ``before`` is the one that it is compared with, ``content`` its hash."""

    version: int
    made_at: datetime
    content: str
    before: int = 0
    before_at: datetime | None = None
    changed: tuple[Changed, ...] = ()


def month_html(month: Month, edition: Edition) -> str:
    """The whole page."""
    page = environment(html=True).get_template("month.html.j2")
    drawn = [(plot, Markup(_picture(svg(plot)))) for plot in plots(month) if not plot.is_empty]  # noqa: S704 - ours
    return page.render(**_facts(month, edition), plots=drawn, listed=LISTED, meanings=_MEANINGS)


def month_markdown(month: Month, edition: Edition, place: str) -> str:
    """The same for Prefect's page: ids and amounts, never a name. ``place`` is where the report stands."""
    page = environment(html=False, markdown=True).get_template("month.md.j2")
    return page.render(**_facts(month, edition), place=place).strip() + "\n"


def headline(month: Month) -> str:
    """The one sentence that matters."""
    won, left = len(month.won), len(month.unexplained)
    if not left:
        return f"Nothing is unexplained: {_count(won, 'won deal')}, every one accounted for."
    verb = "is" if left == 1 else "are"
    return f"{_count(left, 'deal')} {verb} not explained yet; {_count(won, 'won deal')} in all."


def _facts(month: Month, edition: Edition) -> dict[str, object]:
    by_state: dict[State, list[Row]] = {state: [] for state in STATES}
    for row in month.rows:
        by_state[row.state].append(row)
    order = {name: place for place, name in enumerate(CLASSES)}
    for rows in by_state.values():
        rows.sort(key=lambda row: order[row.name_of_class])
    counts = {name: (sum(states.values()), states) for name, states in month.counts().items()}
    return {
        "month": month,
        "edition": edition,
        "headline": headline(month),
        "counts": counts,
        "states": STATES,
        "without_deal": WITHOUT_DEAL,
        "open": by_state["open"],
        "mended": by_state["mended"],
        "explained": by_state["explained"],
        "agreed": by_state["agreed"],
    }


def _picture(drawn: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _money(amount: Decimal | None, currency: str = "AUD") -> str:
    return "" if amount is None else show(amount, currency)


def _day(day: date | None) -> str:
    return day_shown(day) if day else ""


def _moment(moment: datetime | None) -> str:
    return f"{moment:%-d %b %Y, %H:%M}" if moment else ""


def _sum(amounts: Sequence[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _web(url: str) -> str:
    """A web address, or nothing: no other kind of link belongs on the page."""
    return url if url.startswith(("https://", "http://")) else ""


def _feeds(each: Sales) -> str:
    return feeds(each.code, each.labels)


def _in_html(value: object) -> object:
    return value if hasattr(value, "__html__") else shown(value)


@functools.cache
def environment(*, html: bool, markdown: bool = False) -> ImmutableSandboxedEnvironment:
    """The templates of ``report/``; whatever is filled in is text there, for the kind of page that it is."""
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(FOLDER / "report"),
        undefined=StrictUndefined,
        finalize=_in_html if html else in_markdown if markdown else shown,
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {
        "money": _money,
        "day": _day,
        "moment": _moment,
        "count": _count,
        "total": _sum,
        "web": _web,
        "feeds": _feeds,
    }
    cast("dict[str, object]", made.filters).update(filters)
    return made
