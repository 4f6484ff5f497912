"""Match: find each deal's customer among the contacts in Xero, or say that one must be made or a person asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from domain.checking import APPROVED, UNDONE
from domain.consolidating import is_month, rule_of_month
from domain.deals import customer_gone, customer_of, fingerprint, on_hold, payer_missing
from domain.decision import Answers, Hold
from domain.likeness import keys_of
from domain.matching import CreateContact, Matched, contact_plan, match_customer
from domain.records import ContactPlan, Customer, CustomerRef, Deal
from domain.rules import WON, InvoiceRule
from domain.triggers import day_of, milestones, of_milestone, payer_of, rule_for, rule_passed
from domain.write_back import stage_names
from ledger import customers as index
from ledger import inbox, links, outbox, reviews, seen
from ledger.tables import Effect
from stages import deals_ledger, once
from stages.capture import Deals, giving_back
from stages.contacts import follow_merged, refresh_index
from stages.pair import SETTINGS_HOLD_FOR, Pair
from stages.survivors import answered, learn, restate, supposed


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact to be made; ``claims`` are the keys nobody else may make one for meanwhile."""

    plan: ContactPlan
    claims: tuple[str, ...]


Decision = Matched | NewContact | Hold
NOTHING: Answers = {}
# What the rounds of one run need not ask again.
JUST_NOW = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Made:
    """An invoice that exists, with the status it was last seen in ("" for never)."""

    effect: Effect
    seen: str

    @property
    def undone(self) -> bool:
        """Deleted or voided, and not to make room for another."""
        return self.seen in UNDONE

    @property
    def may_be_approved(self) -> bool:
        """Approved, or sent to be, and the answer is not there."""
        return self.seen in APPROVED or deals_ledger.is_being_approved(self.effect)


@dataclass(frozen=True, slots=True)
class Customers:
    """Who is billed and who that is in Xero, and the rule that asks for an invoice not yet approved.

    ``triggered`` are all deals that stand where a rule wants an invoice, made or not; ``made`` are their invoices.
    All are by ``deals_ledger.key``, since a deal may have several milestones.
    """

    triggered: frozenset[str]
    rules: Mapping[str, InvoiceRule]
    refs: Mapping[str, CustomerRef]
    decisions: Mapping[str, Decision]
    made: Mapping[str, Sequence[Made]]


def match(pair: Pair, deals: Deals) -> Customers:
    """Decide every deal of the batch that wants an invoice; a customer linked before costs no call."""
    with giving_back(pair, inbox.DEALS, deals.versions):
        return _match(pair, deals)


def _match(pair: Pair, deals: Deals) -> Customers:
    triggered, rules, made = wanting(pair, deals)
    refs: dict[str, CustomerRef] = {}
    decisions: dict[str, Decision] = {}
    billed = _as_billed(pair, deals, made)
    for key, (deal, milestone) in billed.items():
        if key in rules:
            who = payer(pair, deal, milestone)
            if isinstance(who, Hold):
                decisions[key] = who
            else:
                refs[key] = who
    changed = {key: each for key, each in billed.items() if any(_was_other(each[0], one) for one in made.get(key, ()))}
    learn(pair, changed, refs)
    found = _decide(pair, sorted(set(refs.values()), key=str))
    if said := [ref for ref, each in found.items() if isinstance(each, Matched) and each.by == "answer"]:
        answered(pair, said)
    decisions |= {key: found[ref] for key, ref in refs.items()}
    decisions |= _held_back(pair, {key: deal for key, (deal, _) in billed.items()}, refs)
    contacts = {key: each.xero_id for key, each in decisions.items() if isinstance(each, Matched)}
    if restate(pair, [each for key, each in billed.items() if key in made], contacts):
        made, _ = _made(pair, deals)
    return Customers(triggered, rules, refs, decisions, made)


def _as_billed(pair: Pair, deals: Deals, made: Mapping[str, Sequence[Made]]) -> dict[str, tuple[Deal, str]]:
    """Each milestone of each deal, as it is for whoever pays it."""
    return {
        key: (deals_ledger.for_payer(pair, deal, milestone, [each.effect for each in made.get(key, ())]), milestone)
        for deal in deals.found
        for milestone in milestones(pair.rules)
        for key in (deals_ledger.key(deal.id, milestone),)
    }


def payer(pair: Pair, deal: Deal, milestone: str, assumed: Answers = NOTHING) -> CustomerRef | Hold:
    """Who is billed for a milestone of a deal that is as its payer has it, or the question who."""
    named = payer_of(pair.rules, milestone)
    if named and deal.customer is None:
        return Hold((payer_missing(deal, milestone, named),))
    with pair.ledger.read() as session:
        answers = reviews.answers(session, pair.name, [f"deal:{deal.id}"]) | dict(assumed)
    return customer_of(deal, answers)


def _held_back(pair: Pair, deals: Mapping[str, Deal], refs: Mapping[str, CustomerRef]) -> dict[str, Decision]:
    """What is billed to customers on hold in the CRM, as long as nobody said to go ahead; read afresh each time."""
    if not refs or not pair.rules.crm.customer_fields.on_hold:
        return {}
    known = {each.ref: each for each in pair.crm.customers(list(dict.fromkeys(refs.values())))}
    # Of a month's deals each was asked about before.
    held = {key: held_back(pair, deals[key], known.get(ref)) for key, ref in refs.items() if not is_month(key)}
    return {key: hold for key, hold in held.items() if hold}


def held_back(pair: Pair, deal: Deal, customer: Customer | None, assumed: Answers = NOTHING) -> Hold | None:
    """The question about a customer on hold, unless it was answered."""
    question = on_hold(deal, customer) if customer else None
    if question is None:
        return None
    with pair.ledger.read() as session:
        answers = reviews.answers(session, pair.name, [question.subject]) | dict(assumed)
    return None if answers.get(question.identity) == "go_ahead" else Hold((question,))


def wanting(pair: Pair, deals: Deals) -> tuple[frozenset[str], dict[str, InvoiceRule], dict[str, Sequence[Made]]]:
    """The deals where a rule fits or that are paid, the rules of those to be planned, and the invoices there are."""
    pair.know_owners([d.owner for d in deals.found])
    labels = pair.labels()
    made, again = _made(pair, deals)
    fitting: dict[str, InvoiceRule] = {}
    for milestone in milestones(pair.rules):
        rules = of_milestone(pair.rules, milestone)
        for deal in deals.found:
            key = deals_ledger.key(deal.id, milestone)
            find = rule_passed if key in made or key in again else rule_for
            rule = (rule_of_month if is_month(deal.id) else find)(deal, rules, labels)
            if rule is not None and not deal.archived and (key in made or _has_come(pair, deal, rule)):
                fitting[key] = rule
    ours = {name.casefold() for name in stage_names(pair.rules.write_back).values()}
    at_ours = [
        d.id
        for d in deals.found
        if labels.get(f"{d.pipeline}/{d.stage}", "").casefold() in ours or (d.won and WON in ours)
    ]
    paid = {deals_ledger.key(deal, milestone) for deal in at_ours for milestone in milestones(pair.rules)}
    billed = _as_billed(pair, deals, made)
    rules_of = {
        key: rule
        for key, rule in fitting.items()
        if key not in made or any(_may_follow(billed[key][0], each) for each in made[key])
    }
    return frozenset({*fitting, *paid}), rules_of, made


def _has_come(pair: Pair, deal: Deal, rule: InvoiceRule) -> bool:
    """Whether the rule's day has; where it is still to come the deal is looked at again then."""
    day = day_of(rule, deal, pair.books().organisation.timezone)
    if day is None or day <= pair.today():
        return day is not None
    with pair.ledger.write() as session:
        once.wake(session, pair, deal.id, f"{deal.id} {day}", day)
    return False


def _made(pair: Pair, deals: Deals) -> tuple[dict[str, Sequence[Made]], set[str]]:
    """The invoices there are, and the deals whose invoice was credited to be made anew."""
    effects: dict[str, Sequence[Effect]] = {}
    ended: dict[str, list[Effect]] = {}
    with pair.ledger.read() as session:
        for milestone in milestones(pair.rules):
            for deal in deals.found:
                key = deals_ledger.key(deal.id, milestone)
                ended[key] = []
                effects[key] = deals_ledger.invoices_of(session, pair, deal, milestone, ended[key])
            for gone in deals.gone:
                key = deals_ledger.key(gone, milestone)
                effects[key] = deals_ledger.of_ids(session, pair, [gone], milestone)
        made = {key: [e for e in own if e.xero_id is not None] for key, own in effects.items()}
        ids = [e.xero_id or "" for own in made.values() for e in own]
        statuses = {row.id: row.status for row in seen.of_ids(session, pair.name, ids)} if ids else {}
    known: dict[str, Sequence[Made]] = {
        key: [Made(e, statuses.get(e.xero_id or "", "")) for e in own] for key, own in made.items() if own
    }
    return known, {key for key, own in ended.items() if any(e.goal == "reissued" for e in own)}


def _may_follow(deal: Deal, made: Made) -> bool:
    """Whether it matters what would be invoiced now: of a draft always, of an approved one where the deal changed."""
    return made.seen not in APPROVED or _was_other(deal, made)


def _was_other(deal: Deal, made: Made) -> bool:
    """Whether the deal was another when its invoice was made, or when that was last written."""
    effect = made.effect
    return effect.carried != effect.edition or outbox.facts(effect.why).get("billed") != fingerprint(deal)


def _decide(pair: Pair, refs: Sequence[CustomerRef]) -> dict[CustomerRef, Decision]:
    found: dict[CustomerRef, Decision] = dict(linked(pair, refs))
    hold_for = SETTINGS_HOLD_FOR if len(found) == len(refs) else JUST_NOW
    if refs and not pair.contacts_are_fresh(hold_for):
        refresh_index(pair)
        found = dict(linked(pair, refs))
    unknown = [ref for ref in refs if ref not in found]
    if unknown:
        records = pair.crm.customers(unknown)
        with pair.ledger.write() as session:
            seen.put_customers(session, pair.name, records, pair.now())
            follow_merged(session, pair, records)
        by_ref = {each.ref: each for each in records}
        found |= linked(pair, unknown)
        found |= {ref: match_one(pair, ref, by_ref.get(ref)) for ref in unknown if ref not in found}
    return found


def linked(pair: Pair, refs: Sequence[CustomerRef]) -> dict[CustomerRef, Matched]:
    """Customers linked before; one whose contact was archived since is looked for anew, a merged one followed."""
    with pair.ledger.read() as session:
        living = links.living(session, pair.name, [str(r) for r in refs])
        known = links.customers(session, pair.name, [*map(str, refs), *living.values()])
        known |= {old: known[new] for old, new in living.items() if old not in known and new in known}
        alive = index.invoiceable(session, pair.name, list(known.values()))
    good = {ref: alive[known[str(ref)]] for ref in refs if known.get(str(ref)) in alive}
    return {ref: Matched(xero_id, "link", "linked before") for ref, xero_id in good.items()}


def match_one(pair: Pair, ref: CustomerRef, customer: Customer | None, assumed: Answers = NOTHING) -> Decision:
    """Decide one customer nobody linked yet; ``assumed`` are answers that nobody gave yet."""
    if customer is None or customer.archived:
        return Hold((customer_gone(ref),))
    keys = keys_of(customer, pair.rules.contacts.mailboxes())
    with pair.ledger.read() as session:
        perhaps = supposed(session, pair, ref)
        candidates = index.candidates(session, pair.name, keys, also=perhaps)
        answers = reviews.answers(session, pair.name, [f"customer:{ref}"]) | dict(assumed)
    found = match_customer(customer, candidates, pair.rules.contacts, answers, perhaps)
    if not isinstance(found, CreateContact):
        return found
    plan = replace(contact_plan(customer, contact_number(pair, ref)), name=found.name)
    claims = (*keys.abns, *keys.acns, *keys.emails, *keys.names, plan.name.casefold())
    return NewContact(plan, tuple(dict.fromkeys(claims)))


def contact_number(pair: Pair, ref: CustomerRef) -> str:
    """Our own key of a contact in Xero (at most 50 characters), the same whoever makes it."""
    return f"{pair.crm.system[:2].upper()}-{pair.crm.account}-{ref.kind[0].upper()}{ref.id}"[:50]
