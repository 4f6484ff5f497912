"""Deals: none is lost, and every change ends in an effect, a reason or a question."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.company import STAGES
from tests.simulation.judges import months
from tests.simulation.judges.evidence import LIVE, asked, edited_by_a_person, invoices_of, said_of
from tests.simulation.judges.milestones import DEPOSIT, asks_for, by_milestone, comes_to_nothing, is_meant, parts_of
from tests.simulation.result import Result

REASONS = ("skipped",)


def each_is_settled(result: Result) -> Iterator[str]:
    """I2: a deal has what its stage asks for, or a reason, or a question; and nothing else that stands unasked."""
    for deal in result.crowd.deals():
        wanted, found = asks_for(result, deal), by_milestone(result, deal)
        if asked(result, deal):
            continue
        missing = {each for each in wanted - found.keys() if not comes_to_nothing(result, deal, each)}
        if missing and said_of(result, deal) not in REASONS and not months.waits(result, deal):
            yield f"deal {deal} stands for {missing}, has no such invoice, and nobody is asked"
        for milestone, invoices in found.items():
            live = any(i["Status"] in LIVE for i in invoices)
            if live and not _may_stand(result, deal, milestone, wanted) and may_be_known(result, deal):
                yield f"deal {deal} is not won, has an invoice ({milestone}), and nobody is asked"


def _may_stand(result: Result, deal: str, milestone: str, wanted: set[str]) -> bool:
    """A deposit stands until the deal is lost; what a won deal got stays wherever it goes among those won, or we put it
    for its payment.
    """
    side = result.side
    if milestone in wanted or side.gone(deal):
        return milestone in wanted
    placed = side.won(deal) or side.stage(deal) in {"Paid", *STAGES}
    return placed or (milestone == DEPOSIT and not side.lost(deal))


def each_change_is_told_or_asked(result: Result) -> Iterator[str]:
    """I8: what the deal stands for now is what its invoices say, or people were asked about the difference."""
    for deal in result.crowd.deals():
        live = [i for i in invoices_of(result, deal) if i["Status"] in LIVE]
        if not live or not is_won(result, deal):
            continue
        worth = {result.crowd.worth_of(deal)}
        if any(edited_by_a_person(result, i["InvoiceID"]) for i in live):
            continue
        if result.tape.setting.rules == "templates":
            worth.add(result.crowd.worth_of(deal) - result.crowd.recurring(deal))
        said = (
            {sum(i["Total"] for i in live)} if parts_of(result, deal) else {months.share(result, deal, i) for i in live}
        )
        if not worth & said and not asked(result, deal):
            yield f"deal {deal} stands for {sorted(worth)}, its invoices for {sorted(said)}, and nobody is asked"


def may_be_known(result: Result, deal: str) -> bool:
    """Polling doesn't see that a deal was deleted: only a webhook tells, or the nightly comparison."""
    return not result.side.gone(deal) or result.tape.setting.hints == "true"


def is_won(result: Result, deal: str) -> bool:
    """Whether it stands where the mapping wants an invoice of all of it."""
    stands = not result.side.gone(deal) and result.side.stage(deal) in {"Closed won", "Renewed"}
    return stands and is_meant(result, deal)
