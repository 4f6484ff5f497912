"""Reconcile: every won deal of a period beside its invoices, payments and credits, read afresh from both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from domain.case import WITHOUT_DEAL, Asked
from domain.checking import APPROVED
from domain.month import Month, Row, State, ages_of, pipelines_of
from domain.period import Period
from domain.records import Invoice
from domain.sales import bas
from ledger import gathered, seen
from stages import frugal
from stages.gather import INVOICE, INVOICES, OTHER, WON, Progress, Reader, Whose, gathering, quietly
from stages.judging import Judge, Judged
from stages.mending import Mended, mend
from stages.month_money import Money, total
from stages.pair import Pair
from stages.right_books import compare_organisation


def reconcile(pair: Pair, period: Period, progress: Progress = quietly) -> Month:
    """Read both sides, judge every deal, mend what the rules may mend, ask about the rest.

    Raises ``ConnectorError`` or ``AlreadyAtWork``; called again, it goes on where it was.
    """
    frugal.leave_the_rest_to_money(pair)
    pair.read_settings()
    compare_organisation(pair)
    with gathering(pair, period):
        reader = Reader(pair, period, progress)
        month = _Report(reader, reader.read()).month()
    with pair.ledger.write() as session:
        gathered.drop(session, pair.name, period.name)
    return month


class _Report:
    """Makes a ``Month`` of what was gathered."""

    def __init__(self, reader: Reader, whose: Whose) -> None:
        self._pair = reader.pair
        self._period = reader.period
        self._reader = reader
        self._whose = whose
        self._labels = self._pair.labels()
        self._books = self._pair.books()

    def month(self) -> Month:
        judge = Judge(self._reader, self._whose)
        rows, wrong = self._rows(judge)
        mended = mend(self._pair, judge, wrong)
        for each in wrong:
            rows[each.case.deal_id] = self._mended(each, mended)
        for invoice in mended.fresh.values():
            if invoice.date in self._period and not self._reader.some(INVOICES, INVOICE, [invoice.id]):
                judge.overview.sums.add(invoice)
        self._reader.read_due()
        return self._summed(judge, self._named(rows))

    def _summed(self, judge: Judge, rows: tuple[Row, ...]) -> Month:
        organisation = self._books.organisation
        money = Money(self._reader, self._whose)
        taxes = judge.overview.sums.by_tax(self._books)
        owed = money.owed()
        return Month(
            pair=self._pair.name,
            organisation=organisation.name,
            currency=organisation.currency,
            tax_basis=organisation.tax_basis,
            period=self._period,
            read_on=self._pair.today(),
            rows=rows,
            pipelines=pipelines_of(rows),
            accounts=judge.overview.sums.by_account(self._books),
            taxes=taxes,
            bas=bas(taxes),
            cash=money.cash(),
            owners=money.owners(),
            ages=ages_of((each.days_late, each.home) for each in owed),
            owed=owed,
            weeks=money.weeks(rows, organisation.currency),
            others=judge.overview.others,
        )

    # ── rows ──

    def _rows(self, judge: Judge) -> tuple[dict[str, Row], list[Judged]]:
        """A row for each deal, and those that there is something to do about."""
        rows: dict[str, Row] = {}
        wrong: list[Judged] = []
        for each in self._judged(judge):
            rows[each.case.deal_id] = self._row(each, "explained" if each.verdict.settled else "open")
            if not each.verdict.settled or each.case.asked:
                wrong.append(each)
        return rows, wrong

    def _judged(self, judge: Judge) -> Iterator[Judged]:
        with self._pair.ledger.read() as session:
            won = gathered.ids(session, self._pair.name, self._period.name, WON)
        for some in judge.judged(WON, won):
            yield from some
        for some in judge.judged(OTHER, self._whose.added):
            yield from (each for each in some if self._is_without_deal(each))

    def _is_without_deal(self, each: Judged) -> bool:
        """An invoice of the period whose deal isn't won; deals won in another period belong there."""
        return each.verdict.name == WITHOUT_DEAL and any(i.date in self._period for i in each.case.live)

    def _mended(self, each: Judged, mended: Mended) -> Row:
        """The class it was found in, with the figures it has now."""
        deal = each.case.deal_id
        state: State = "mended" if deal in mended.right else "explained" if each.verdict.settled else "open"
        now = mended.again.get(deal)
        latest = replace(each, case=now.case) if now is not None else each
        return self._row(latest, state, mended.questions.get(deal, 0))

    def _row(self, each: Judged, state: State, number: int = 0) -> Row:
        case, verdict, deal = each.case, each.verdict, each.case.deal
        asked = _asked(case.asked, number) if state == "open" else None
        approved = [i for i in case.live if i.status in APPROVED]
        currency = (deal.currency if deal else "") or next((i.currency for i in case.live), "")
        return Row(
            deal=case.deal_id,
            name=deal.name if deal else "",
            url=deal.url if deal else "",
            customer=str(deal.customer or "") if deal else "",
            pipeline=self._labels.get(deal.pipeline, deal.pipeline) if deal else "",
            owner=deal.owner if deal else "",
            closed_on=deal.closed_on if deal else None,
            amount=deal.amount if deal else None,
            currency=currency or self._books.organisation.currency,
            name_of_class=verdict.name,
            state="agreed" if verdict.name == "agreed" else state,
            why=verdict.why,
            where=verdict.where,
            question=asked.number if asked else number,
            since=asked.since if asked else self._pair.today() if number else None,
            invoices=tuple(_said(i) for i in case.live),
            invoiced=total(i.total for i in approved),
            gst=total(i.total_tax for i in approved),
            paid=total(i.paid for i in approved),
            credited=total(i.credited for i in approved),
            due=total(i.due for i in approved),
            invoiced_on=min((i.date for i in case.live if i.date), default=None),
            paid_on=max((i.paid_on for i in approved if i.paid_on), default=None),
        )

    def _named(self, rows: dict[str, Row]) -> tuple[Row, ...]:
        """The rows in the order of their days, with their customers by name."""
        refs = sorted({row.customer for row in rows.values() if row.customer})
        names: dict[str, str] = {}
        for start in range(0, len(refs), 500):
            with self._pair.ledger.read() as session:
                names |= seen.customers(session, self._pair.name, refs[start : start + 500])
        told = (replace(row, customer=names.get(row.customer, row.customer)) for row in rows.values())
        return tuple(sorted(told, key=lambda row: (row.closed_on or self._period.first, row.deal)))


def _asked(questions: Sequence[Asked], number: int) -> Asked | None:
    """The question of this number, or else the oldest."""
    return min(questions, key=lambda each: (each.number != number, each.number), default=None)


def _said(invoice: Invoice) -> str:
    """Its number; what isn't approved says so."""
    number = invoice.number or invoice.id
    return number if invoice.status in APPROVED else f"{number} ({invoice.status.lower()})"
