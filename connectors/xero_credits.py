"""Credit notes of ours in Xero: made as drafts, approved by id, set against invoices; what customers have on account.

https://developer.xero.com/documentation/api/accounting/creditnotes, …/overpayments, …/prepayments
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from connectors import xero_reading as reading
from connectors.errors import Gone
from connectors.xero_lists import Answer, Kind, Lists, more
from connectors.xero_reading import Row
from connectors.xero_writing import allocation_body
from domain.records import CreditKind, Invoice, OpenCredit

_CREDITS = Kind("/CreditNotes", "CreditNotes", "CreditNoteID", "credit note", reading.credit)
_PAGE = 500


def _on_account(kind: CreditKind, path: str) -> Kind[OpenCredit | None]:
    id_name = f"{path[1:-1]}ID"
    return Kind(path, path[1:], id_name, kind, functools.partial(reading.open_credit, kind=kind, id_name=id_name))


_ON_ACCOUNT: Mapping[CreditKind, Kind[OpenCredit | None]] = {
    "credit note": _on_account("credit note", "/CreditNotes"),
    "overpayment": _on_account("overpayment", "/Overpayments"),
    "prepayment": _on_account("prepayment", "/Prepayments"),
}


class Credits(Lists):
    """What is done with credit notes. They are told as the paper that they are: ``reading.credit`` says how."""

    def create_credits(self, elements: Sequence[bytes], key: str) -> Answer[Invoice]:
        """Create draft credit notes; see ``_create_drafts``."""
        return self._create_drafts(_CREDITS, "Reference", elements, key)

    def update_credits(self, elements: Sequence[bytes]) -> Answer[Invoice]:
        """Change credit notes by id; see ``_update_papers``."""
        return self._update_papers(_CREDITS, elements)

    def credits(self, ids: Sequence[str]) -> list[Invoice]:
        """These credit notes, a call each: their list can't be asked for ids. One that Xero doesn't know is missing."""
        return list(self._readable(_CREDITS, [row for id_ in dict.fromkeys(ids) for row in self._credit(id_)]))

    def credits_changed(
        self, since: datetime | None, *, bearing: Callable[[str], bool] | None = None
    ) -> Iterator[list[Invoice]]:
        """Sales credit notes changed since then, oldest change first; ``bearing`` chooses by the marker."""

        def wanted(row: Row) -> bool:
            return bearing is None or bearing(str(row.get("Reference") or ""))

        return self._changed(_CREDITS, since, _PAGE, wanted, where='Type=="ACCRECCREDIT"', unitdp="4")

    def allocations(self, credit_id: str) -> Mapping[str, Decimal]:
        """Invoice → what of this credit note was set against it."""
        found: dict[str, Decimal] = {}
        for row in self._credit(credit_id):
            for invoice, amount in reading.allocated(row):
                found[invoice] = found.get(invoice, Decimal(0)) + amount
        return found

    def allocate(self, credit_id: str, invoice_id: str, amount: Decimal, day: date) -> None:
        """Set so much of an approved credit note against an approved invoice. Twice does it twice."""
        path = "/CreditNotes/{id}/Allocations"
        body = allocation_body(invoice_id, amount, day)
        self._http.write("PUT", path, content=body, headers=self._tenant, ids={"id": credit_id})

    def open_credits(self, kind: CreditKind) -> list[OpenCredit]:
        """Customers' credits of one kind of which something is left: those of them that are AUTHORISED.

        https://developer.xero.com/documentation/api/accounting/overpayments; the filter is the example that Xero's own
        description gives: https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero_accounting.yaml (getOverpayments).
        Were it not heeded, more pages would be read to the same end: others, PAID or VOIDED, have nothing left.
        """
        found: list[OpenCredit] = []
        of, page = _ON_ACCOUNT[kind], 1
        while True:
            asked = {"where": 'Status=="AUTHORISED"', "page": str(page), "pageSize": str(_PAGE)}
            body = self._page(of.path, None, asked)
            rows = self._rows(of, body)
            found += [each for each in self._readable(of, rows) if each is not None and each.left > 0]
            if not more(body, page, len(rows), _PAGE):
                return found
            page += 1

    def _credit(self, credit_id: str) -> list[Row]:
        try:
            body = self._http.read(
                "GET", "/CreditNotes/{id}", params={"unitdp": "4"}, headers=self._tenant, ids={"id": credit_id}
            )
        except Gone:
            return []
        return self._rows(_CREDITS, body)
