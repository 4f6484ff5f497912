"""A sound mapping as text, and the same with mistakes in it."""

from __future__ import annotations

from pathlib import Path

from mappings.loader import Reading, read_mapping

SOUND = """\
pair: acme
crm:
  system: hubspot
  account: "24680135"
  credentials: acme-hubspot
xero:
  organisation: Acme Pty Ltd
  credentials: acme-xero
invoices:
  - pipeline: New business
    stage: Closed won
    create: draft
    amounts are: tax exclusive
    due: 14 days after the invoice date
    reference: "{{ deal.name }}"
  - pipeline: Renewals
    stage: Renewed
    create: authorised
    amounts are: tax exclusive
    due: 20 of the following month
products:
  - {product: "CONSULT-*", account code: "200", tax type: GST on Income}
  - {product: LICENCE, account code: 0210, tax type: GST on Income}
contacts:
  match by: [tax number, email]
write back:
  invoice number: xero_number
  amount due: xero_due
  move to stage when paid: Paid
"""


def changed(*changes: tuple[str, str]) -> str:
    """The sound mapping with each first text put in the place of its second, once."""
    text = SOUND
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def reading_of(folder: Path, text: str | bytes) -> Reading:
    """What is read from these words when they are the mapping of the pair acme."""
    path = folder / "acme.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_mapping(path)
