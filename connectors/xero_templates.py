"""Templates of repeating invoices in Xero: made as drafts, which a person approves there, and deleted by id.

https://developer.xero.com/documentation/api/accounting/repeatinginvoices. They can be neither changed nor asked for by
what changed, and have no Url: our marker stands behind the words of the reference, as on a credit note.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from connectors import xero_reading as reading
from connectors.errors import Gone
from connectors.xero_credits import Credits
from connectors.xero_lists import Answer, Kind
from connectors.xero_reading import Row
from connectors.xero_writing import TERMS, draft_element, end_element
from domain.records import Invoice, InvoicePlan
from domain.repeating import terms_of

_TEMPLATES = Kind(
    "/RepeatingInvoices", "RepeatingInvoices", "RepeatingInvoiceID", "repeating invoice", reading.template
)


class Templates(Credits):
    """What is done with templates. They are told as an invoice like those that Xero makes of them, without a number."""

    def create_templates(self, elements: Sequence[bytes], key: str) -> Answer[Invoice]:
        """Create draft templates, matched by marker; see ``_create``. Anything but a draft isn't sent."""
        for fields in map(json.loads, elements):
            if fields.get("Status") != "DRAFT" or not fields.get("Reference") or _TEMPLATES.id in fields:
                raise ValueError("only a draft with a marker may be created")
        return self._create(_TEMPLATES, "Reference", elements, key)

    def delete_templates(self, elements: Sequence[bytes]) -> Answer[Invoice]:
        """Delete templates by id: nothing else of them can be changed."""
        if not all(json.loads(each).get("Status") == "DELETED" for each in elements):
            raise ValueError("a template can only be deleted")
        return self._update(_TEMPLATES, _TEMPLATES.id, elements)

    def templates(self, ids: Sequence[str]) -> list[Invoice]:
        """These templates, a call each; one that Xero doesn't know is missing."""
        return list(self._readable(_TEMPLATES, [row for id_ in dict.fromkeys(ids) for row in self._template(id_)]))

    def templates_bearing(self, bearing: Callable[[str], bool]) -> Iterator[list[Invoice]]:
        """All templates whose marker is meant: the whole list, which has no pages, in one call."""
        rows = self._rows(_TEMPLATES, self._page(_TEMPLATES.path, None, {}))
        yield list(self._readable(_TEMPLATES, [row for row in rows if bearing(str(row.get("Reference") or ""))]))

    def _template(self, template_id: str) -> list[Row]:
        try:
            body = self._http.read("GET", "/RepeatingInvoices/{id}", headers=self._tenant, ids={"id": template_id})
        except Gone:
            return []
        return self._rows(_TEMPLATES, body)


def template_element(plan: InvoicePlan, contact_id: str, marker: str) -> bytes:
    """A new template, always a draft. ``marker`` becomes its reference, whose words it has in front.

    https://developer.xero.com/documentation/api/accounting/repeatinginvoices (schedule)
    """
    if plan.repeats is None:
        raise ValueError("a template repeats")
    fields: dict[str, Any] = json.loads(draft_element(plan, contact_id, ""))
    fields = {name: value for name, value in fields.items() if name not in ("Url", "Date", "DueDate")}
    terms = terms_of(plan.repeats)
    schedule = {
        "Period": plan.repeats.every,
        "Unit": f"{plan.repeats.unit.upper()}LY",
        "DueDate": terms.days,
        "DueDateType": TERMS[terms.kind],
        "StartDate": plan.repeats.first.isoformat(),
    }
    if plan.repeats.last:
        schedule["EndDate"] = plan.repeats.last.isoformat()
    told = {"Reference": marker, "Schedule": schedule}
    return json.dumps(fields | told, separators=(",", ":")).encode()


def template_end(template_id: str) -> bytes:
    """Delete a template."""
    fields = json.loads(end_element(template_id, "DELETED"))
    return json.dumps({_TEMPLATES.id: fields["InvoiceID"], "Status": fields["Status"]}).encode()
