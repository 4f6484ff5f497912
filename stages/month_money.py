"""The money of a period: what was received and for whose deals, what is owed now, week by week."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

from connectors.errors import ConnectorError
from domain.case import WITHOUT_DEAL
from domain.consolidating import is_month, parted
from domain.money import ZERO, cents
from domain.month import Cash, Owed, OwnerPaid, Row, Week, days_late
from domain.period import week_of
from domain.records import Day, Payment
from domain.sales import home
from ledger import seen
from stages.gather import DEAL, DUE, INVOICE, INVOICES, OTHER, PAYMENT, PAYMENTS, WON, Reader, Whose
from stages.month_shares import weights

CHUNK = 500


class Money:
    """What a ``Reader`` gathered of payments and of what is due, in the organisation's currency."""

    def __init__(self, reader: Reader, whose: Whose) -> None:
        self._pair = reader.pair
        self._period = reader.period
        self._reader = reader
        self._whose = whose
        self._payments = [payment for some in reader.stored(PAYMENTS, PAYMENT) for payment in some]
        self._of_deals = [p for p in self._payments if p.invoice_id in whose.of_invoice]
        paid = {whose.of_invoice[payment.invoice_id] for payment in self._of_deals}
        self._shares = weights(self._pair, sorted(filter(is_month, paid)))

    def cash(self) -> Cash:
        return Cash(len(self._payments), total(map(_home, self._payments)), total(map(_home, self._of_deals)))

    def owed(self) -> tuple[Owed, ...]:
        """Every invoice on which something is due now, the latest first."""
        today = self._pair.today()
        found = [
            Owed(
                i.number,
                i.contact_name,
                i.due_date,
                days_late(i.due_date, today),
                i.due,
                i.currency,
                home(i.due, i.currency_rate),
            )
            for some in self._reader.stored(DUE, INVOICE)
            for i in some
        ]
        return tuple(sorted(found, key=lambda each: (-each.days_late, each.invoice)))

    def owners(self) -> tuple[OwnerPaid, ...]:
        """Payments by the owner of the deal, those of deals without one last; GST taken out in proportion."""
        owner_of = self._owner_of()
        nets = self._nets()
        sums: dict[str, tuple[int, Decimal, Decimal]] = {}
        for payment in self._of_deals:
            share = nets.get(payment.invoice_id, Decimal(1))
            for owner, paid in self._by_owner(payment, owner_of).items():
                count, whole, net = sums.get(owner, (0, ZERO, ZERO))
                sums[owner] = count + 1, whole + paid, net + cents(paid * share)
        names = self._names(sorted(owner for owner in sums if owner))
        in_order = sorted(sums.items(), key=lambda item: (not item[0], -item[1][1], item[0]))
        return tuple(OwnerPaid(owner, names.get(owner, ""), *figures) for owner, figures in in_order)

    def weeks(self, rows: Sequence[Row], currency: str) -> tuple[Week, ...]:
        """Each amount in the week of its own day; deals in the organisation's own currency only."""
        deals = [row for row in rows if row.currency == currency and row.name_of_class != WITHOUT_DEAL]
        won = _by_week((row.closed_on, row.amount or ZERO) for row in deals)
        invoiced = _by_week((row.invoiced_on, row.invoiced) for row in deals)
        paid = _by_week((payment.date, _home(payment)) for payment in self._of_deals)
        return tuple(Week(day, *(sums.get(day, ZERO) for sums in (won, invoiced, paid))) for day in self._mondays())

    def _mondays(self) -> Iterator[Day]:
        monday = week_of(self._period.first)
        while monday <= self._period.last:
            yield monday
            monday += timedelta(days=7)

    def _deals_of(self, payment: Payment) -> dict[str, Decimal]:
        """Whose invoice was paid: one deal, or a month's, each with its part."""
        deal = self._whose.of_invoice[payment.invoice_id]
        return self._shares.get(deal) or {deal: Decimal(1)}

    def _by_owner(self, payment: Payment, owner_of: Mapping[str, str]) -> dict[str, Decimal]:
        found: dict[str, Decimal] = {}
        for deal, part in parted(_home(payment), self._deals_of(payment)).items():
            owner = owner_of.get(deal, "")
            found[owner] = found.get(owner, ZERO) + part
        return found

    def _owner_of(self) -> dict[str, str]:
        """Deal → owner, of the deals that were paid for."""
        deals = sorted({deal for payment in self._of_deals for deal in self._deals_of(payment)})
        found: dict[str, str] = {}
        for kind in (WON, OTHER):
            for some in _chunks(deals):
                found |= {deal.id: deal.owner for deal in self._reader.some(kind, DEAL, some).values()}
        return found

    def _names(self, owners: Sequence[str]) -> dict[str, str]:
        with suppress(ConnectorError):  # a name is a courtesy; the id will do
            return self._pair.crm.owners(owners) if owners else {}
        return {}

    def _nets(self) -> dict[str, Decimal]:
        """Invoice → the part of it that is not GST."""
        found: dict[str, Decimal] = {}
        for some in _chunks(sorted({payment.invoice_id for payment in self._of_deals})):
            with self._pair.ledger.read() as session:
                rows = seen.of_ids(session, self._pair.name, some)
            found |= {r.id: 1 - Decimal(r.tax) / Decimal(r.total) for r in rows if r.tax and Decimal(r.total)}
            stored = self._reader.some(INVOICES, INVOICE, some)
            found |= {i.id: 1 - i.total_tax / i.total for i in stored.values() if i.total}
        return found


def total(amounts: Iterable[Decimal]) -> Decimal:
    """To the cent."""
    return cents(sum(amounts, ZERO))


def _home(payment: Payment) -> Decimal:
    return home(payment.amount, payment.currency_rate)


def _by_week(sums: Iterable[tuple[Day | None, Decimal]]) -> dict[Day, Decimal]:
    found: dict[Day, Decimal] = {}
    for day, amount in sums:
        if day is not None:
            found[week_of(day)] = found.get(week_of(day), ZERO) + amount
    return found


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
