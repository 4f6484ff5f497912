"""The period's sales as Xero books them: by account and tax type, to the cent, in the organisation's currency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from domain.bas import GROSS, GST, labels
from domain.checking import APPROVED
from domain.money import ZERO, cents
from domain.month import Sales
from domain.records import Books, CreditNote, Invoice

NOT_SAID = "(none)"


def home(amount: Decimal, rate: Decimal) -> Decimal:
    """An amount in the organisation's currency, to the cent; ``rate`` is how much foreign one of its units buys.

    https://www.ato.gov.au/law/view/print?DocID=GLD%2FFOREX20171%2F00001: the amount times one divided by the rate.
    """
    return cents(amount / rate) if rate != 1 else cents(amount)


@dataclass(slots=True)
class Sums:
    """Net and GST by code, added up one document after another."""

    accounts: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict[str, tuple[Decimal, Decimal]])
    taxes: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict[str, tuple[Decimal, Decimal]])

    def add(self, document: Invoice | CreditNote) -> None:
        """Count an approved invoice, or take an approved credit note off."""
        if document.status not in APPROVED:
            return
        sign = -1 if isinstance(document, CreditNote) else 1
        for account, tax_type, net, gst in _lines(document):
            for sums, code in ((self.accounts, account), (self.taxes, tax_type)):
                before = sums.get(code, (ZERO, ZERO))
                sums[code] = (before[0] + sign * net, before[1] + sign * gst)

    def by_account(self, books: Books) -> tuple[Sales, ...]:
        names = {account.code: account.name for account in books.accounts}
        return _named(self.accounts, names)

    def by_tax(self, books: Books) -> tuple[Sales, ...]:
        names = {rate.tax_type: rate.name for rate in books.tax_rates}
        return _named(self.taxes, names, bas=True)


def bas(taxes: tuple[Sales, ...]) -> tuple[tuple[str, Decimal], ...]:
    """The amount at each label of the activity statement: gross at G1 to G4, the GST at 1A."""
    found: dict[str, Decimal] = dict.fromkeys((*GROSS, GST), ZERO)
    for each in taxes:
        for label in each.labels:
            found[label] += each.gst if label == GST else each.gross
    return tuple(found.items())


def _lines(document: Invoice | CreditNote) -> Iterator[tuple[str, str, Decimal, Decimal]]:
    rate = document.currency_rate
    for line in document.lines:
        inside = line.tax_amount if document.amounts_are == "tax inclusive" else ZERO
        net, gst = home(line.line_amount - inside, rate), home(line.tax_amount, rate)
        # Lines of text alone have neither.
        if net or gst or line.account_code:
            yield line.account_code or NOT_SAID, line.tax_type or NOT_SAID, net, gst


def _named(
    sums: Mapping[str, tuple[Decimal, Decimal]], names: Mapping[str, str], *, bas: bool = False
) -> tuple[Sales, ...]:
    return tuple(
        Sales(code, names.get(code, ""), net, gst, labels(code) if bas else ())
        for code, (net, gst) in sorted(sums.items())
    )
