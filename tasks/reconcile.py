"""A period's report: both sides read, judged, mended, frozen."""

from __future__ import annotations

from datetime import date

from domain.period import wanted
from stages import freezing
from stages import reconcile as stages
from stages.freezing import Frozen
from stages.opening import opened
from stages.settings import Settings
from tasks import trail
from tasks.stage import stage
from templates.month_page import month_markdown


@stage(name="reconcile", task_run_name="reconcile {pair}")
def reconcile(pair: str, month: str, first: date | None, last: date | None) -> Frozen:
    """Make the report and show it in Prefect, by ids and amounts; a repeated run reads only what is left to read.

    Raises ``ValueError`` with a sentence for a period that makes no sense.
    """
    settings = Settings()
    with opened(pair, settings) as at_work:
        period = wanted(month, first, last, at_work.today())
        read = stages.reconcile(at_work, period, trail.progress(f"{pair} {period.name}"))
        frozen = freezing.freeze(at_work, read, settings.home)
    page = month_markdown(read, frozen.edition, f"`{frozen.page}`")
    trail.markdown(f"report {pair} {period.name}", page, f"{period.title}: {frozen.headline}")
    return frozen
