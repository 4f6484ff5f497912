"""Which rule of the mapping a deal goes by, where it stands now and where it came past."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.consolidating import is_month
from domain.records import CustomerRef, Deal
from domain.repeating import REPEATING, recurring
from domain.rules import ANY, FULL, WON, InvoiceRule, Rules
from domain.shares import parse_share, said_share


def rule_for(deal: Deal, rules: Rules, labels: Mapping[str, str]) -> InvoiceRule | None:
    """The first rule that fits the deal's pipeline and stage, or None: such a deal asks for no invoice.

    The mapping names both by label or id, or says ``won`` for any stage of a deal that is won and ``any`` for one that
    is not lost; ``labels`` is pipeline id → label, "pipeline id/stage id" → label in the order of the stages, and
    "owner/id" → name.
    """
    return _first_at(deal, deal.stage, rules, labels)


def rule_passed(deal: Deal, rules: Rules, labels: Mapping[str, str]) -> InvoiceRule | None:
    """The rule that an invoice goes by which stands already: the one that fits or, of a deal that went on from there
    and is not lost, the last that it came past.
    """
    if deal.lost:
        return None
    stages = [key.partition("/")[2] for key in labels if key.startswith(f"{deal.pipeline}/")]
    until = stages.index(deal.stage) + 1 if deal.stage in stages else 0
    passed = (_first_at(deal, stage, rules, labels) for stage in (deal.stage, *reversed(stages[:until])))
    return next((rule for rule in passed if rule is not None), None)


def milestones(rules: Rules) -> tuple[str, ...]:
    """The milestones that the mapping names, in its order; what takes the rest comes last, behind it only templates."""
    repeating = (REPEATING,) if any(rule.recurring_lines == "template" for rule in rules.invoices) else ()
    return (*invoiced(rules), *repeating)


def invoiced(rules: Rules) -> tuple[str, ...]:
    """The same without templates: those that become invoices."""
    return tuple(dict.fromkeys(rule.milestone for rule in sorted(rules.invoices, key=takes_the_rest)) or (FULL,))


def takes_the_rest(rule: InvoiceRule) -> bool:
    return bool(rule.takes) and parse_share(rule.takes).rest


def of_milestone(rules: Rules, milestone: str) -> Rules:
    """The mapping with the entries of one milestone only; those that make templates, for these."""
    if milestone == REPEATING:
        templates = [rule for rule in rules.invoices if rule.recurring_lines == "template"]
        return rules.model_copy(update={"invoices": tuple(rule.model_copy(update=_AS_TEMPLATE) for rule in templates)})
    named = tuple(rule for rule in rules.invoices if rule.milestone == milestone)
    return rules if len(named) == len(rules.invoices) else rules.model_copy(update={"invoices": named})


def payer_of(rules: Rules, milestone: str) -> str:
    """Who is billed for a milestone in place of the deal's customer, in the mapping's words; "" for nobody else."""
    return next((rule.payer for rule in rules.invoices if rule.milestone == milestone and rule.payer), "")


def is_field(payer: str) -> bool:
    """Whether it is a field of the deal that says who pays; else it is a company's id, which begins with a figure."""
    return not payer[0].isdigit()


def as_billed(deal: Deal, rules: Rules, milestone: str) -> Deal:
    """The deal as it is for whoever pays a milestone: with that payer for its customer, nobody where it names none, and
    with the share that a field gives the payer; what takes the rest hangs on the shares of all others.
    """
    if is_month(deal.id):
        return deal
    rest = any(rule.milestone == milestone and takes_the_rest(rule) for rule in rules.invoices)
    fields = dict.fromkeys(
        r.takes_field for r in rules.invoices if r.takes_field and (rest or r.milestone == milestone)
    )
    if fields:
        deal = replace(deal, share=", ".join(_share(deal, name) for name in fields))
    payer = payer_of(rules, milestone)
    if not payer:
        return deal
    id_ = deal.fields.get(payer, "").strip() if is_field(payer) else payer
    found = CustomerRef("company", id_) if _ID.fullmatch(id_) else None
    return replace(deal, customer=found, other_companies=())


def _share(deal: Deal, name: str) -> str:
    """How many per cent a field says, the same however they are written; its own words where that is not certain."""
    said = deal.fields.get(name, "").strip()
    share = said_share(said)
    return f"{share.percent.normalize():f}" if share else said


# What may be a company's id in any CRM.
_ID = re.compile(r"[0-9][0-9A-Za-z]{0,17}")

_AS_TEMPLATE = {
    "milestone": REPEATING,
    "create": "draft",
    "takes": "",
    "takes_products": (),
    "takes_field": None,
    "payer": "",
    "consolidate": "never",
    "send_to_customer": "never",
    "attach": "never",
}


def day_of(rule: InvoiceRule, deal: Deal, timezone: str) -> date | None:
    """From which day on, in that zone, a rule invoices the deal; None if it waits for one the deal does not say."""
    if rule.from_day is None:
        return date.min
    said = deal.fields.get(rule.from_day, "").strip()
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    return (moment.astimezone(ZoneInfo(timezone)) if moment.tzinfo else moment).date()


def names_owners(rules: Rules) -> bool:
    """Whether any rule goes by whose a deal is."""
    return any(rule.owners or any(each.taken_from == "owner" for each in rule.tracking) for rule in rules.invoices)


def _first_at(deal: Deal, stage: str, rules: Rules, labels: Mapping[str, str]) -> InvoiceRule | None:
    pipelines = _called(deal.pipeline, labels.get(deal.pipeline, ""))
    stages = _called(stage, labels.get(f"{deal.pipeline}/{stage}", ""))
    stages |= {WON} if deal.won else set[str]()
    stages |= set[str]() if deal.lost else {ANY}
    for rule in rules.invoices:
        if _plain(rule.pipeline) in pipelines and _plain(rule.stage) in stages and _is_meant(deal, rule, labels):
            return rule
    return None


def _is_meant(deal: Deal, rule: InvoiceRule, labels: Mapping[str, str]) -> bool:
    """Whether owner, amount and fields are those that the rule asks for, and there is anything for it."""
    if rule.milestone == REPEATING and not recurring(deal.lines):
        return False
    if rule.owners and not {*map(_plain, rule.owners)} & _called(deal.owner, labels.get(f"owner/{deal.owner}", "")):
        return False
    if rule.amount_from is not None and (deal.amount is None or deal.amount < rule.amount_from):
        return False
    if rule.amount_below is not None and (deal.amount is None or deal.amount >= rule.amount_below):
        return False
    return all(_plain(deal.fields.get(each.field, "")) in {*map(_plain, each.one_of)} for each in rule.only_if)


def _called(*names: str) -> set[str]:
    return {*map(_plain, names)} - {""}


def _plain(text: str) -> str:
    return text.strip().casefold()
