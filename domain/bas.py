"""Which labels of an activity statement a sale feeds, by its tax type in Xero.

Amounts at G1 to G4 include GST; 1A is the GST itself. https://help.xero.com/au/Report_GSTCalculation
"""

from __future__ import annotations

GROSS = ("G1", "G2", "G3", "G4")
GST = "1A"

_LABELS = {
    "OUTPUT": ("G1", GST),
    "EXEMPTEXPORT": ("G1", "G2"),
    "EXEMPTOUTPUT": ("G1", "G3"),
    "INPUTTAXED": ("G1", "G4"),
    "BASEXCLUDED": (),
}


def labels(tax_type: str) -> tuple[str, ...]:
    """The labels of a sales line; none for what isn't reported and for rates that an organisation made itself."""
    return _LABELS.get(tax_type, ())


def is_known(tax_type: str) -> bool:
    """Whether the labels of this tax type can be told; Xero decides those of an organisation's own rates."""
    return tax_type in _LABELS
