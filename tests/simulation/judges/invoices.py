"""Invoices and contacts in Xero."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.simulation.judges import details, milestones
from tests.simulation.judges.deals import may_be_known
from tests.simulation.judges.evidence import (
    APPROVED,
    LIVE,
    Changed,
    amended,
    asked,
    changes,
    edited_by_a_person,
    ids_of,
    invoices_of,
    items,
    marked,
    month_of,
    ours,
    puts,
    survivor,
)
from tests.simulation.judges.milestones import by_milestone, milestone_of
from tests.simulation.result import Result

CENT = Decimal("0.01")


def at_most_one_approved(result: Result) -> Iterator[str]:
    """I1: of one deal's milestone, never more than one invoice is approved by us, at any instant."""
    approved: dict[str, set[str]] = defaultdict(set)
    for change in changes(result.world.xero.log, "invoice", "api"):
        if change.after and _was_approved(change):
            approved[marked(change.after)[1]].add(change.id)
    yield from (f"{len(ids)} invoices approved for {effect}" for effect, ids in approved.items() if len(ids) > 1)
    for deal in result.crowd.deals():
        for milestone, invoices in by_milestone(result, deal).items():
            several = [i for i in invoices if i["Status"] in APPROVED]
            if len(several) > 1 and not _explained(result, deal):
                yield f"deal {deal} has {len(several)} approved invoices ({milestone}) and nobody is asked"


# Where the CRM tells nobody that deals were merged, people hear of the one that is gone.
KNOWN = ("deal_merged", "duplicate_suspected", "deal_deleted")


def _explained(result: Result, deal: str) -> bool:
    """Whether people know why it has several invoices."""
    if amended(result, deal) or asked(result, deal, *KNOWN) or _is_asked_of_its_month(result, deal):
        return True
    # Each of those that were merged had one, and nobody saw what they had become before that was deleted.
    return len(ids_of(result, deal)) > 1 and not may_be_known(result, deal)


def _is_asked_of_its_month(result: Result, deal: str) -> bool:
    """Whether deals that were merged were on months' invoices, one of which asks what becomes of it."""
    merged = len(ids_of(result, deal)) > 1
    months = {f"deal:{name}" for i in invoices_of(result, deal) if merged and (name := month_of(i))}
    kinds = ("deal_unwon", "deal_changed")
    return any(x.subject in months and x.kind in kinds and x.state != "closed" for x in items(result))


def one_credit_note(result: Result) -> Iterator[str]:
    """I1: of one intention never more than one credit note is approved, and set against an invoice more than once."""
    approved: dict[str, set[str]] = defaultdict(set)
    for change in changes(result.world.xero.log, "credit note", "api"):
        if change.after and change.after["Status"] in APPROVED:
            approved[change.after["Reference"]].add(change.id)
    yield from (f"{len(ids)} credit notes approved for {mark}" for mark, ids in approved.items() if len(ids) > 1)
    for note in result.world.xero.credit_notes.values():
        against = [part["Invoice"]["InvoiceID"] for part in note["Allocations"]]
        if len(against) != len(set(against)):
            yield f"{note['CreditNoteNumber']} was set against one invoice twice"


def _was_approved(change: Changed) -> bool:
    after, before = change.after or {}, change.before or {}
    return after.get("Status") in APPROVED and before.get("Status") not in APPROVED


def only_drafts_are_put(result: Result) -> Iterator[str]:
    """I12: what is created is a draft."""
    for _, element in puts(result, "Invoices"):
        if element.get("Status") != "DRAFT":
            yield f"an invoice was put as {element.get('Status')}"


def bodies_stay_frozen(result: Result) -> Iterator[str]:
    """I11: whatever is sent again for one marker is the same to the byte.

    What was sent and made nothing is not known to a ledger that was put back since.
    """
    restored = [result.began + timedelta(seconds=e.at) for e in result.tape.events if e.do == "restore ledger"]
    sent: dict[tuple[str, int], str] = {}
    for call, element in puts(result, "Invoices"):
        text = json.dumps(element, sort_keys=True)
        which = element.get("Url", ""), sum(at <= call.at for at in restored)
        if sent.setdefault(which, text) != text:
            yield f"{element.get('Url', '')[-30:]} was sent with two bodies"


def totals_are_the_deals(result: Result) -> Iterator[str]:
    """I4: an invoice we approved, or left as a draft, came to what the deal stood for at some moment, to the cent."""
    for change in changes(result.world.xero.log, "invoice", "api"):
        if change.after and _was_approved(change) and not month_of(change.after):
            deal = marked(change.after)[0]
            ids = ids_of(result, survivor(result, "deal", deal))
            worth = set[Decimal]().union(*(worth_ever(result, i) for i in ids))
            if not _fits(result, deal, change.after, worth) and not (
                asked(result, deal, "total_differs") or amended(result, deal)
            ):
                yield f"deal {deal} was invoiced {change.after['Total']}, it stood for {sorted(worth)}"


def _fits(result: Result, deal: str, invoice: Mapping[str, Any], worth: set[Decimal]) -> bool:
    """Whether it comes to what the deal was worth, alone or with another milestone's, or to a share of it."""
    total, living = invoice["Total"], survivor(result, "deal", deal)
    milestone, found = milestone_of(result, living, invoice), by_milestone(result, living)
    cents = CENT * 2 * len(invoice["LineItems"])
    shares = milestones.percents_of(result, living, milestone)
    if any(abs(total - each * share / 100) <= cents for each in worth for share in shares):
        return True
    others = [each for name, some in found.items() if name != milestone for each in some]
    # What is left is counted by what we had made of the others, not by what people made of them since.
    if any(edited_by_a_person(result, each["InvoiceID"]) for each in others):
        return True
    return bool({total, *(total + each["Total"] for each in others)} & worth)


def worth_ever(result: Result, deal: str) -> set[Decimal]:
    """All that invoices of a deal may have come to at some moment: its lines, or those that are billed once."""
    crowd = result.crowd
    worth = crowd.worth.get(deal, set())
    if result.tape.setting.rules != "templates":
        return worth
    return worth | {whole - part for whole in worth for part in crowd.recurs.get(deal, set())}


def no_strays(result: Result) -> Iterator[str]:
    """I3: of the drafts that lost answers left behind none is there at the end, unless people are asked."""
    for deal in result.crowd.deals():
        for milestone, invoices in by_milestone(result, deal).items():
            live = [i["Status"] for i in invoices if i["Status"] in LIVE]
            if len(live) > 1 and not _explained(result, deal):
                yield f"deal {deal} has {live} ({milestone})"


def nothing_of_theirs_touched(result: Result) -> Iterator[str]:
    """I5: what we did not make is not changed, and of what we made only what is ours to change."""
    created = ours(result)
    told = any(choice.startswith("void") for _, choice in result.answers)
    credited = any(choice in {"credit", "credit_and_new", "adjust"} for _, choice in result.answers)
    for change in changes(result.world.xero.log, "invoice", "api"):
        if told and change.id in created and change.after and change.after["Status"] == "VOIDED":
            continue  # a person said so
        if change.id not in created:
            yield f"the invoice {change.id} is theirs and was changed"
        elif _was_of_the_books(change) and _touched(change) and not credited:
            yield f"the approved invoice {change.id} was changed"
        elif change.after and change.after["Status"] == "VOIDED" and "Status" in _touched(change):
            yield f"the invoice {change.id} was voided"
    for change in changes(result.world.xero.log, "contact", "api"):
        if change.before is not None and not details.may_be_ours(result, change, _touched(change), "Phones"):
            yield f"the contact {change.id} was changed"
    for kind in ("payment", "account", "tax rate", "organisation", *(() if credited else ("credit note",))):
        for change in changes(result.world.xero.log, kind, "api"):
            yield f"a {kind} was changed: {change.id}"


def _was_of_the_books(change: Changed) -> bool:
    return bool(change.before and change.after) and (change.before or {}).get("Status") in APPROVED


def _touched(change: Changed) -> set[str]:
    """What is another now; the same approval may be said twice."""
    before, after = change.before or {}, change.after or {}
    by_itself = ("UpdatedDate", "SentToContact", "HasAttachments")
    return {n for n in {*before, *after} if before.get(n) != after.get(n) and not n.startswith(by_itself)}
