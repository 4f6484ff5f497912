"""Judging a period: each deal with all that both systems and the ledger say of it, put into its class."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from domain.booking import sales_rate
from domain.case import Asked, Case, Intent, Untold, Verdict
from domain.checking import APPROVED, UNDONE
from domain.deals import fingerprint
from domain.marker import read_marker
from domain.money import ZERO, strict_decimal
from domain.reconciliation import judge
from domain.records import Day, Deal, Invoice
from domain.sales import Sums, home
from domain.triggers import as_billed, milestones, rule_for, rule_passed
from domain.write_back import facts_for_deal, is_paid
from ledger import links, many, outbox
from ledger.many import Knowledge
from ledger.tables import Effect, ReviewItem
from stages import deals_ledger, frozen, month_shares, sync_back
from stages.gather import CREDIT, CREDITS, DEAL, INVOICE, INVOICES, Reader, Whose, contacts_of
from stages.month_shares import Shares
from stages.pair import Pair
from stages.survivors import restate

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Judged:
    """One deal with its verdict."""

    case: Case
    verdict: Verdict
    in_period: bool = True


@dataclass(slots=True)
class Overview:
    """What is seen of all invoices together: sums, those that are no deal's, those that nobody marked."""

    sums: Sums = field(default_factory=Sums)
    others: tuple[int, Decimal] = (0, ZERO)
    free: dict[str, list[Invoice]] = field(default_factory=dict[str, list[Invoice]])


class Judge:
    """Puts what a ``Reader`` gathered into classes, some hundreds of deals at a time."""

    def __init__(self, reader: Reader, whose: Whose) -> None:
        self.pair = reader.pair
        self.period = reader.period
        self._reader = reader
        self._whose = whose
        self._books = self.pair.books()
        self._labels = self.pair.labels()
        self._rates = rates_of(self.pair)
        self._zone = ZoneInfo(self._books.organisation.timezone)
        self.overview = self._overview()
        with self.pair.ledger.read() as session:
            began = many.began(session, self.pair.name)
        self._began = self._day(began) if began else self.pair.today()

    def judged(self, kind: str, ids: Sequence[str]) -> Iterator[list[Judged]]:
        """Deals of one kind, each with its verdict."""
        for start in range(0, len(ids), CHUNK):
            some = ids[start : start + CHUNK]
            yield self.again(some, self._reader.some(kind, DEAL, some))

    def again(
        self, ids: Sequence[str], deals: Mapping[str, Deal], fresh: Mapping[str, Invoice] | None = None
    ) -> list[Judged]:
        """The verdicts on deals as read just now; ``fresh`` are invoices read since."""
        named = milestones(self.pair.rules)
        billed = [(as_billed(deal, self.pair.rules, of), of) for deal in deals.values() for of in named]
        contacts = contacts_of(self.pair, billed)
        customer = {deal: contacts.get(deals_ledger.key(deal, named[-1]), "") for deal in ids}
        restate(self.pair, billed, contacts)
        with self.pair.ledger.read() as session:
            known = many.of_deals(session, self.pair.name, ids)
            shares = month_shares.take_in(session, self.pair, known)
        wanted = sorted({i for deal in ids for i in self._invoice_ids(known[deal], deals.get(deal))})
        invoices = self._reader.some(INVOICES, INVOICE, wanted) | dict(fresh or {})
        found: list[Judged] = []
        for deal in ids:
            case = self._case(deal, deals.get(deal), known[deal], invoices, customer[deal], shares)
            found.append(Judged(case, judge(case)))
        return found

    def _overview(self) -> Overview:
        seen = Overview()
        count, total = 0, ZERO
        for some in self._reader.stored(INVOICES, INVOICE):
            for invoice in some:
                if invoice.date not in self.period:
                    continue
                seen.sums.add(invoice)
                if invoice.id in self._whose.of_invoice:
                    continue
                if invoice.status in APPROVED:
                    count, total = count + 1, total + home(invoice.total, invoice.currency_rate)
                if invoice.status not in UNDONE and read_marker(invoice.marker) is None:
                    seen.free.setdefault(invoice.contact_id, []).append(invoice)
        for notes in self._reader.stored(CREDITS, CREDIT):
            for note in notes:
                seen.sums.add(note)
        seen.others = (count, total)
        return seen

    # ── one deal ──

    def _case(
        self,
        deal_id: str,
        deal: Deal | None,
        known: Knowledge,
        invoices: Mapping[str, Invoice],
        contact: str,
        shares: Shares,
    ) -> Case:
        chosen = chosen_of(known)
        own = tuple(shares.invoice(deal_id, invoices[i], known.effects) for i in chosen if i in invoices)
        marked = [i for i in self._invoice_ids(known, deal) if i not in chosen]
        entry = known.entry
        return Case(
            deal_id,
            deal,
            triggered=deal is not None and self._triggered(deal, made=bool(own)),
            began=deal is None or deal.closed_on is None or deal.closed_on >= self._began,
            seen=entry is not None,
            pending=entry is not None and entry.version > entry.handled,
            intents=tuple(shares.intent(deal_id, self._intent(deal, effect)) for effect in known.effects),
            invoices=own,
            others=tuple(invoices[i] for i in marked if i in invoices),
            look_alikes=self._look_alikes(deal, own, contact),
            asked=tuple(Asked(item.id or 0, item.kind, self._day(item.opened_at)) for item in known.open),
            answers=known.answers,
            skipped=shares.waits.get(deal_id) or _skipped(known),
            untold=self._untold(deal, own, known),
            rates=self._rates,
            month=deal_id in shares.of,
        )

    def _intent(self, deal: Deal | None, effect: Effect) -> Intent:
        """An intent beside the deal as the CRM has it, and not as whoever pays the milestone with the share then."""
        intent = intent_of(effect)
        if deal is None or intent.plan is None:
            return intent
        takes = str(outbox.facts(effect.why).get("takes", ""))
        theirs = fingerprint(replace(as_billed(deal, self.pair.rules, intent.plan.milestone), share=takes))
        return replace(intent, billed=fingerprint(deal)) if intent.billed == theirs else intent

    def _invoice_ids(self, known: Knowledge, deal: Deal | None) -> list[str]:
        """The invoices chosen for a deal, then all that bear its marker or its address."""
        of_effects = [i for effect in known.effects for i in self._whose.by_effect.get(effect.id, ())]
        of_address = self._whose.by_address.get(deal.url, ()) if deal is not None and deal.url else ()
        return list(dict.fromkeys((*chosen_of(known), *of_effects, *of_address)))

    def _triggered(self, deal: Deal, *, made: bool) -> bool:
        """Stands where a rule wants an invoice, or past it once there is one, or where paid deals stand."""
        if deal.archived:
            return False
        paid = self.pair.rules.write_back.move_to_stage_when_paid.casefold()
        at = self._labels.get(f"{deal.pipeline}/{deal.stage}", "").casefold()
        rule = (rule_passed if made else rule_for)(deal, self.pair.rules, self._labels)
        return rule is not None or bool(paid and at == paid)

    def _look_alikes(self, deal: Deal | None, own: Sequence[Invoice], contact: str) -> tuple[Invoice, ...]:
        """Invoices that nobody marked, for the deal's customer and its sum."""
        live = [i for i in own if i.status not in UNDONE]
        sums = {i.total for i in live} or ({deal.amount} if deal is not None and deal.amount else set())
        contacts = {i.contact_id for i in live} or {contact}
        free = [i for each in contacts for i in self.overview.free.get(each, ())]
        return tuple(i for i in free if i.total in sums or (not live and i.subtotal in sums))

    def _untold(self, deal: Deal | None, own: Sequence[Invoice], known: Knowledge) -> Untold:
        live = [i for i in own if i.status not in UNDONE]
        row = known.links[0] if any(live and row.xero_id == live[0].id for row in known.links) else None
        shares = any(frozen.INVOICE_PLAN.validate_json(each.plan).whole for each in known.effects)
        if deal is None or row is None or len(live) != 1 or shares:
            return Untold()
        left = {kind.partition(":")[0] for kind, said in known.answers.items() if said == "leave"}
        told = facts_for_deal(live[0], self.pair.rules.write_back, self._books.organisation.short_code)
        fields = {n: (deal.fields.get(n, ""), t) for n, t in told.items() if not same(deal.fields.get(n, ""), t)}
        stage, may_move = self._stage(deal, live[0], links.agreed(row).get(sync_back.STAGE_BEFORE, ""))
        return Untold(
            {} if "write_back_refused" in left else fields, "" if "stage_move_refused" in left else stage, may_move
        )

    def _stage(self, deal: Deal, invoice: Invoice, before: str) -> tuple[str, bool]:
        """What is wrong with the stage it stands in, and whether the rules would move it."""
        wanted = self.pair.rules.write_back.move_to_stage_when_paid
        paid_stage = self.pair.stage_id(deal.pipeline, wanted) if wanted else ""
        marked = deal.won and any(paid_stage == each.won for each in self.pair.pipelines())
        if not paid_stage or (marked or deal.stage == paid_stage) == is_paid(invoice):
            return "", False
        here = wanted if marked else self._labels.get(f"{deal.pipeline}/{deal.stage}", deal.stage)
        if is_paid(invoice):
            # From any other stage than one that makes invoices it isn't moved: a person put it there.
            moves = rule_for(deal, self.pair.rules, self._labels) is not None
            return (f"stage: the deal stands in {here}, not in {wanted}", True) if moves else ("", False)
        return f"stage: the deal stands in {here}, but its invoice is not paid", bool(before)

    def _day(self, moment: datetime) -> Day:
        return moment.astimezone(self._zone).date()


def rates_of(pair: Pair) -> dict[str, Decimal]:
    """Tax type → per cent, of those that sales may bear."""
    rates = pair.books().tax_rates
    return {rate.tax_type: rate.rate for rate in rates if not isinstance(sales_rate(rate.tax_type, rates), str)}


def chosen_of(known: Knowledge) -> list[str]:
    """The invoices that are the deal's, by the outbox and by links."""
    return list(dict.fromkeys([*(e.xero_id for e in known.effects if e.xero_id), *(r.xero_id for r in known.links)]))


def intent_of(effect: Effect) -> Intent:
    """What an effect of the outbox was meant to make."""
    why = outbox.facts(effect.why)
    return Intent(
        effect.id,
        effect.state,
        effect.xero_id or "",
        frozen.INVOICE_PLAN.validate_json(effect.plan),
        "" if why.get("share") else str(why.get("billed", "")),
        str(why.get("amount", "")),
        bool(why.get("accepted")),
    )


def _skipped(known: Knowledge) -> str:
    if known.last is None or known.last.event != "skipped":
        return ""
    return str(json.loads(known.last.details).get("reason", ""))


def same(says: str, told: str) -> bool:
    """Whether a field of the CRM says what it was told, however the CRM writes numbers and days."""
    one, other = says.strip(), told.strip()
    if one == other:
        return True
    try:
        return strict_decimal(one) == strict_decimal(other)
    except ValueError:
        return len(other) == 10 and one[:10] == other and other.count("-") == 2


def question_number(known: Sequence[ReviewItem], identity: str) -> int:
    """The number of the open question of this identity, 0 where there is none."""
    return next((item.id or 0 for item in known if item.question == identity), 0)
