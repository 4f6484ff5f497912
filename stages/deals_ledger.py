"""What the ledger knows of a deal, under its own id and under those that were merged into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.checking import UNDONE
from domain.records import Deal, PlannedLine
from domain.rules import FULL
from domain.shares import opposite
from domain.triggers import as_billed
from ledger import links, outbox
from ledger.session import Session
from ledger.tables import Effect
from stages import frozen
from stages.pair import Pair

# How an effect's invoice was found that was there before.
TIED = "first match"
NOT_BILLED = ("cancelled", "withdrawn")


def ids_of(session: Session, pair: Pair, deal: Deal) -> Sequence[str]:
    """The deal's id and all that live on in it."""
    known = links.first_of(session, pair.name, deal.id)
    return [*known, *(i for i in deal.merged_ids if i not in known)]


def invoices_of(
    session: Session, pair: Pair, deal: Deal, milestone: str = FULL, ended: list[Effect] | None = None
) -> Sequence[Effect]:
    """The invoice effects of a deal's milestone: none, one, or several where deals were merged after each had one.

    Of each the latest generation; one whose invoice was taken back counts no more.
    """
    return of_ids(session, pair, ids_of(session, pair, deal), milestone, ended)


def of_ids(
    session: Session, pair: Pair, deal_ids: Sequence[str], milestone: str = FULL, ended: list[Effect] | None = None
) -> Sequence[Effect]:
    """The same for deals by id, those that can't be read any more too; those that count no more go to ``ended``."""
    found: dict[str, Effect] = {}
    generation, left = 1, list(deal_ids)
    while left:
        by_deal = {identity(pair, i, milestone, generation): i for i in left}
        effects = outbox.by_identity(session, list(by_deal))
        found |= {by_deal[key]: effect for key, effect in effects.items() if not is_ended(effect)}
        left = [by_deal[key] for key, effect in effects.items() if is_ended(effect)]
        if ended is not None:
            ended += filter(is_ended, effects.values())
        generation += 1
    if milestone != FULL:
        whole = of_ids(session, pair, [i for i in deal_ids if i not in found])
        found |= {each.subject.removeprefix("deal:"): each for each in whole if _was_tied(each)}
    return [found[i] for i in deal_ids if i in found]


def for_payer(pair: Pair, deal: Deal, milestone: str, effects: Iterable[Effect]) -> Deal:
    """The deal as whoever pays a milestone has it; as it is where a person tied it to an invoice that was there."""
    billed = as_billed(deal, pair.rules, milestone)
    return deal if billed is not deal and any(map(_was_tied, effects)) else billed


def _was_tied(effect: Effect) -> bool:
    """Whether a person tied the deal to an invoice that was there before: it stands for all of its milestones."""
    return outbox.facts(effect.why).get("matched") == TIED


def is_being_approved(effect: Effect) -> bool:
    """Whether it was sent to be approved and the answer is not there."""
    return (effect.state, effect.goal) == ("chosen", "authorised") and effect.attempts > 0


def is_ended(effect: Effect) -> bool:
    """Whether its invoice was taken back and makes room for another."""
    if effect.goal not in outbox.ENDS or effect.state != "posted":
        return False
    return effect.goal == "reissued" or outbox.facts(effect.outcome).get("status") in UNDONE


def key(deal_id: str, milestone: str = FULL) -> str:
    """How a deal's milestone is called among decisions: the one invoice of a deal by the deal's id."""
    return deal_id if milestone == FULL else f"{deal_id}|{milestone}"


def billed(session: Session, pair: Pair, deal: Deal, milestone: str) -> list[PlannedLine]:
    """The lines that a milestone's invoice has taken with what made up for its changes, made or on its way; one never
    sent is taken back when the deal has gone on from where it was asked for.
    """
    effects = invoices_of(session, pair, deal, milestone)
    taken = [e for e in effects if e.xero_id or e.state in {"sending", "unknown"}]
    return [line for effect in taken for line in lines_of(effect, adjustments(session, pair, effect))]


def adjustments(session: Session, pair: Pair, effect: Effect) -> Sequence[Effect]:
    """The papers that made up for changes of an invoice, oldest first."""
    deal, milestone, generation = parts(effect.identity)
    found: list[Effect] = []
    while True:
        key = identity(pair, deal, adjustment(milestone, len(found) + 1), generation)
        more = outbox.by_identity(session, [key]).get(key)
        if more is None:
            return found
        found.append(more)


def lines_of(effect: Effect, more: Sequence[Effect]) -> list[PlannedLine]:
    """What an invoice and its adjustments come to, line by line."""
    lines = list(frozen.INVOICE_PLAN.validate_json(effect.plan).lines)
    for each in more:
        if each.state in NOT_BILLED:
            continue
        for line in frozen.INVOICE_PLAN.validate_json(each.plan).lines:
            signed = opposite(line) if each.kind == outbox.CREDIT else line
            undone = opposite(signed)
            twin = next((x for x in lines if _same(x, undone)), None)
            if twin is None:
                lines.append(signed)
            else:
                lines.remove(twin)
    return lines


def _same(one: PlannedLine, other: PlannedLine) -> bool:
    """Alike but for the words that say it is taken off."""
    return replace(one, description="") == replace(other, description="")


def credit_of(milestone: str) -> str:
    """What the credit note over all of a milestone's invoice is called in its identity."""
    return f"{milestone} credited"


def adjustment(milestone: str, number: int) -> str:
    """The same of a further paper that makes up for a change, counted from 1."""
    return f"{milestone} adjusted {number}"


def is_of_the_deal(effect: Effect) -> bool:
    """Whether it is an invoice that a rule asked for, and not a paper that puts one right."""
    milestone = parts(effect.identity)[1]
    return effect.kind == outbox.INVOICE and " adjusted " not in milestone


def parts(identity_: str) -> tuple[str, str, int]:
    """The deal, the milestone and the generation in an identity."""
    *_, deal, milestone, generation = identity_.split("|")
    return deal, milestone, int(generation)


def next_identity(session: Session, pair: Pair, deal_id: str, milestone: str = FULL) -> str:
    """The identity of a deal's next invoice."""
    generation = 1
    while outbox.by_identity(session, [identity(pair, deal_id, milestone, generation)]):
        generation += 1
    return identity(pair, deal_id, milestone, generation)


def identity(pair: Pair, deal_id: str, milestone: str = FULL, generation: int = 1) -> str:
    """Which invoice of which deal, in whatever pair."""
    return outbox.invoice_identity(pair.crm.system, pair.crm.account, deal_id, milestone, generation)
