"""The weekly digest in words: as a mail's text and HTML, and as Prefect's page, which names nobody."""

from __future__ import annotations

from collections.abc import Mapping

from domain.digest import Digest, Sum
from domain.money import show
from domain.period import shown as day_shown
from templates.month_page import environment
from templates.plots import Plot, plots_of_week, png

NAMES: Mapping[str, str] = {
    "xero": "Xero",
    "hubspot": "HubSpot",
    "pipedrive": "Pipedrive",
    "salesforce": "Salesforce",
}
# So many questions are listed; the desk has them all.
LISTED = 20


def digest_subject(digest: Digest) -> str:
    """``Harbourline Studio: week to 29 Nov 2026; 3 questions wait``."""
    waiting = len(digest.questions)
    tail = f"; {waiting} question{' waits' if waiting == 1 else 's wait'}" if waiting else ""
    return f"{digest.organisation}: week to {day_shown(digest.week.last)}{tail}"


def digest_text(digest: Digest) -> str:
    return _filled("digest.txt.j2", digest, html=False)


def digest_html(digest: Digest) -> str:
    return _filled("digest.html.j2", digest, html=True)


def digest_pictures(digest: Digest) -> dict[str, bytes]:
    """The plots as PNG, by the names under which the HTML shows them."""
    return {name: png(plot) for name, plot in _plots(digest).items()}


def _plots(digest: Digest) -> dict[str, Plot]:
    return {f"plot{number}": plot for number, plot in enumerate(plots_of_week(digest))}


def digest_markdown(digest: Digest) -> str:
    return _filled("digest.md.j2", digest, html=False, markdown=True)


def _filled(name: str, digest: Digest, *, html: bool, markdown: bool = False) -> str:
    figures = (
        ("Won", "deals closed in the week", _said(digest.won), digest.won.count),
        ("Invoiced", "approved in the week, with GST", _said(digest.invoiced), digest.invoiced.count),
        ("Paid", "received in the week", _said(digest.paid), digest.paid.count),
        ("Outstanding", "due on approved invoices today", _said(digest.outstanding), digest.outstanding.count),
        ("Overdue", "of that, past its due date", _said(digest.overdue), digest.overdue.count),
    )
    page = environment(html=html, markdown=markdown).get_template(name)
    facts = {
        "figures": figures,
        "names": NAMES,
        "listed": LISTED,
        "subject": digest_subject(digest),
        "plots": _plots(digest),
    }
    return page.render(digest=digest, **facts).strip() + "\n"


def _said(found: Sum) -> str:
    """The amounts that there are, or the organisation's own zero."""
    there = [(currency, amount) for currency, amount in found.amounts if amount] or list(found.amounts[:1])
    return " + ".join(show(amount, currency) for currency, amount in there)
