"""What a run shows for itself: its name and tags, a table of its deals, the open questions, why it stopped early."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Completed

from connectors.errors import NotConnected, Throttled
from ledger import reviews
from stages.asking import about_connection
from stages.heartbeat import beating
from stages.opening import ledger_at, opened
from stages.outcome import Outcome
from stages.settings import Settings
from tasks import trail


@dataclass(slots=True)
class Report:
    """Outcomes by deal, the last word of each; ``parked`` says until when there is nothing to do."""

    pair: str
    flow: str
    outcomes: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    parked: str = ""

    def add(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self.outcomes[outcome.deal_id] = outcome

    def state(self) -> State[Any] | None:
        """The run's state in a sentence, where there is one to say."""
        if self.parked:
            return Completed(message=self.parked, name="Parked")
        return None


@contextmanager
def report_of(pair: str, flow: str) -> Generator[Report]:
    """Collects the outcomes of one run and shows them at its end, well or badly."""
    report = Report(pair, flow)
    try:
        with parking(report):
            yield report
    finally:
        _publish(report)


@contextmanager
def parking(report: Report) -> Generator[None]:
    """The day's calls being used up is no failure: the run ends parked, and a later one goes on.

    Where our authorisation ended, people are asked to connect again. That the run has ended is noted.
    """
    with beating(ledger_at(Settings().ledger_url), report.pair, report.flow), _parking(report):
        yield


@contextmanager
def _parking(report: Report) -> Generator[None]:
    try:
        yield
    except Throttled as limit:
        if not limit.daily:
            raise
        report.parked = f"{limit.system}: the day's calls are used up. Goes on by itself {_in(limit.pause)}."
    except NotConnected as ended:
        _ask_to_connect(report.pair, ended)
        raise


def _ask_to_connect(pair: str, ended: NotConnected) -> None:
    with opened(pair) as at_work, at_work.ledger.write() as session:
        reviews.ask(session, pair, about_connection(ended), at_work.now(), "pair", pair)


def _publish(report: Report) -> None:
    trail.name_run(report.pair, list(report.outcomes))
    rows = [
        {"deal": o.deal_id, "outcome": o.word, "detail": o.detail, "total": o.total} for o in report.outcomes.values()
    ]
    if rows:
        trail.table(f"deals {report.pair}", rows, f"Deals of {report.pair} in this run")
    for outcome in report.outcomes.values():
        trail.emit(report.pair, outcome.deal_id, outcome.word.replace(" ", "-"), {"outcome": outcome.word})
    publish_questions(report.pair)
    if report.parked:
        get_run_logger().warning(report.parked)


def publish_questions(pair: str) -> None:
    """The open questions as a table: numbers, subjects and kinds; what they say stays in the ledger."""
    with opened(pair) as at_work, at_work.ledger.read() as session:
        rows = [
            {
                "question": item.id,
                "about": item.subject,
                "kind": item.kind.replace("_", " "),
                "waiting": len(reviews.waiting_for(session, item)),
                "since": item.opened_at.isoformat(timespec="minutes"),
            }
            for item in reviews.opened(session, pair)
        ]
    trail.table(
        f"questions {pair}", rows, f"What waits for a person in {pair}. `wonbooks review list {pair}` says more."
    )


def _in(pause: float) -> str:
    minutes = round(timedelta(seconds=pause).total_seconds() / 60)
    return f"in about {minutes} minutes" if minutes < 120 else f"in about {round(minutes / 60)} hours"
