"""Deals: none is lost, and every change ends in an effect, a reason or a question."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.judges.evidence import LIVE, asked, edited_by_a_person, invoices_of, said_of
from tests.simulation.result import Result

REASONS = ("skipped",)


def each_is_settled(result: Result) -> Iterator[str]:
    """I2: a deal that is won has one invoice, or a reason, or a question; one that is not won has none unasked."""
    for deal in result.crowd.deals():
        found = invoices_of(result, deal)
        live = [i for i in found if i["Status"] in LIVE]
        if is_won(result, deal):
            if not found and not asked(result, deal) and said_of(result, deal) not in REASONS:
                yield f"deal {deal} is won, has no invoice, and nobody is asked"
        elif live and not is_paid_stage(result, deal) and not asked(result, deal) and _may_be_known(result, deal):
            yield f"deal {deal} is not won, has an invoice, and nobody is asked"


def each_change_is_told_or_asked(result: Result) -> Iterator[str]:
    """I8: what the deal stands for now is what its invoice says, or people were asked about the difference."""
    for deal in result.crowd.deals():
        live = [i for i in invoices_of(result, deal) if i["Status"] in LIVE]
        if not live or not is_won(result, deal):
            continue
        worth = result.crowd.worth_of(deal)
        if any(edited_by_a_person(result, i["InvoiceID"]) for i in live):
            continue
        if all(i["Total"] != worth for i in live) and not asked(result, deal):
            yield f"deal {deal} stands for {worth}, its invoice for {live[0]['Total']}, and nobody is asked"


def _may_be_known(result: Result, deal: str) -> bool:
    """Polling doesn't see that a deal was deleted: only a webhook tells, or the nightly comparison."""
    return not result.world.hubspot.objects["deals"][deal].archived or result.tape.setting.hints == "true"


def is_won(result: Result, deal: str) -> bool:
    """Whether it stands where the mapping wants an invoice."""
    record = result.world.hubspot.objects["deals"][deal]
    at = result.world.hubspot.account.stage(record.properties.get("dealstage", ""))
    return not record.archived and at is not None and at[1].label in {"Closed won", "Renewed"}


def is_paid_stage(result: Result, deal: str) -> bool:
    at = result.world.hubspot.account.stage(result.world.hubspot.objects["deals"][deal].properties["dealstage"])
    return at is not None and at[1].label == "Paid"
