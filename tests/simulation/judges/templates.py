"""Templates of repeating invoices."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.judges.deals import is_won
from tests.simulation.judges.evidence import asked, changes, ids_of, puts
from tests.simulation.result import Result


def only_draft_templates_are_put(result: Result) -> Iterator[str]:
    """I12: a template is a draft; nothing but a person approves one."""
    for _, element in puts(result, "RepeatingInvoices"):
        if element.get("Status") != "DRAFT":
            yield f"a template was put as {element.get('Status')}"
    for change in changes(result.world.xero.log, "repeating invoice", "api"):
        if change.before and change.after and change.after["Status"] == "AUTHORISED" != change.before["Status"]:
            yield f"the template {change.id} was approved"


def one_template(result: Result) -> Iterator[str]:
    """I1: a deal has at most one template; it comes to what recurred of the deal at some moment, or people are asked.

    What a restored ledger has forgotten asking it asks again once nothing else is asked of the deal.
    """
    for deal in result.crowd.deals():
        standing = [t for t in result.crowd.templates_of(deal) if t["Status"] != "DELETED"]
        if len(standing) > 1 and not asked(result, deal):
            yield f"deal {deal} has {len(standing)} templates"
        if asked(result, deal, *(() if result.done["restore ledger"] else ("total_differs",))):
            continue
        recurred = set().union(*(result.crowd.recurs.get(i, set()) for i in ids_of(result, deal)))
        for each in standing:
            if each["Total"] not in recurred:
                yield f"the template of deal {deal} says {each['Total']}, what recurs came to {sorted(recurred)}"


def what_recurs_has_a_template(result: Result) -> Iterator[str]:
    """I2, I8: what recurs of a won deal now stands in its template, or people are asked."""
    if result.tape.setting.rules != "templates":
        return
    for deal in result.crowd.deals():
        wanted = result.crowd.recurring(deal)
        if not is_won(result, deal) or result.side.is_renewal(deal) or not wanted or asked(result, deal):
            continue
        made = result.crowd.templates_of(deal)
        if not made:
            yield f"deal {deal} bills {wanted} again and again, has no template, and nobody is asked"
        elif all(each["Total"] != wanted for each in made):
            yield f"deal {deal} bills {wanted} again and again, its template {made[-1]['Total']}, and nobody is asked"
